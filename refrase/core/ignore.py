"""Ignore comments: where a prompt's author says that a rule of a guide does not count here.

`<!-- refrase:ignore rule-id, other-id -->` or `{# refrase:ignore rule-id #}` on a line of its own speaks of the
paragraph below, beside text of that line. Before all text, `refrase:ignore-file` speaks of the whole prompt. Without
ids every rule is meant. A Jinja comment never reaches the model; an HTML comment does unless the caller takes it out.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from refrase.core.prompt import LOCKED_ROLES, Prompt, Span

_WORD = "refrase:ignore"
COMMENT = re.compile(
    r"(?:<!--|\{#-?)\s*refrase:(?P<word>ignore(?:-file)?)(?![\w-]):?(?P<ids>[\w\s,/-]{0,2000}?)\s*(?:-->|-?#\})"
)
_LINE = re.compile(r"[^\n]*\n?")


class Ignore(Struct, frozen=True):
    """One ignore comment. `rules` are the ids it names, none: every rule; `stretch` is what it speaks of.

    Without a stretch that is the whole prompt, or nothing where it `is_misplaced`: ignore-file below text.
    """

    span: Span
    rules: tuple[str, ...]
    stretch: Span | None = None
    is_at_top: bool = False
    is_misplaced: bool = False

    def covers(self, rule: str, place: Span | None) -> bool:
        """Return whether *rule* is silenced at *place*; of the prompt as a whole (None) by a comment at its top."""
        if self.is_misplaced or (self.rules and rule not in self.rules):
            return False
        if place is None:
            return self.is_at_top
        if self.stretch is None:
            return True
        return place.message == self.stretch.message and self.stretch.start <= place.start < self.stretch.end


def ignores_of(prompt: Prompt) -> tuple[Ignore, ...]:
    """Return the ignore comments of *prompt* in order; those in messages that are never linted count for nothing."""
    return tuple(
        ignore
        for number, message in enumerate(prompt.messages)
        if _WORD in message.text and message.role not in LOCKED_ROLES
        for ignore in _of_text(message.text, number)
    )


def without_ignores(prompt: Prompt) -> Prompt:
    """Return *prompt* with its ignore comments blanked out, so that no check reads them and every place stays."""
    ignores = ignores_of(prompt)
    if not ignores:
        return prompt
    texts = list(prompt.texts)
    for ignore in ignores:
        text, span = texts[ignore.span.message], ignore.span
        blanks = "".join(sign if sign in "\r\n" else " " for sign in text[span.start : span.end])
        texts[span.message] = text[: span.start] + blanks + text[span.end :]
    return prompt.with_texts(tuple(texts))


def ids_of(match: re.Match[str]) -> tuple[str, ...]:
    """Return the rules that a comment names."""
    return tuple(match["ids"].replace(",", " ").split())


def _of_text(text: str, number: int) -> Iterator[Ignore]:
    for match in COMMENT.finditer(text):
        is_at_top = not COMMENT.sub("", text[: match.start()]).strip()
        span = Span(*match.span(), number)
        if match["word"] == "ignore":
            yield Ignore(span, ids_of(match), _stretch(text, match, number), is_at_top and number == 0)
        elif not is_at_top:
            yield Ignore(span, ids_of(match), is_misplaced=True)
        elif number:
            yield Ignore(span, ids_of(match), Span(0, len(text), number))
        else:
            yield Ignore(span, ids_of(match), is_at_top=True)


def _stretch(text: str, match: re.Match[str], number: int) -> Span:
    """Return the line of a comment, or the paragraph below where nothing else stands in its line."""
    start = text.rfind("\n", 0, match.start()) + 1
    end = text.find("\n", match.end())
    end = len(text) if end < 0 else end + 1
    if COMMENT.sub("", text[start:end]).strip():
        return Span(start, end, number)
    start = end
    while start < len(text) and not _said(text, start):
        start = _line_end(text, start)
    end = start
    while end < len(text) and text[end : _line_end(text, end)].strip():
        end = _line_end(text, end)
    return Span(start, end, number)


def _said(text: str, start: int) -> str:
    return COMMENT.sub("", text[start : _line_end(text, start)]).strip()


def _line_end(text: str, start: int) -> int:
    match = _LINE.match(text, start)
    return match.end() if match else len(text)
