"""Ignore comments: where a prompt's author says that a rule of a guide does not count here.

`<!-- refrase:ignore rule-id, other-id -->` or `{# refrase:ignore rule-id #}` on a line of its own speaks of the
paragraph below, as far as the next comment, beside text of that line. Before all text, `refrase:ignore-file` speaks of
the whole prompt. Without ids every rule is meant. A Jinja comment never reaches the model; an HTML comment does unless
the caller takes it out. A text may be full of comments: all of this takes time in proportion to its length.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from refrase.core.prompt import LOCKED_ROLES, Prompt, Span

_WORD = "refrase:ignore"
COMMENT = re.compile(
    r"(?:<!--|\{#-?)\s{0,20}refrase:(?P<word>ignore(?:-file)?)(?![\w-]):?(?P<ids>[\w\s,/-]{0,2000}?)(?:-->|-?#\})"
)
_TEXT = re.compile(r"\S")
_BLANK_LINE = re.compile(r"\n(?=[ \t\r]*(?:\n|\Z))")


class Reach(StrEnum):
    """How far a comment speaks."""

    NOTHING = "nothing"  # ignore-file below text
    LINE = "line"
    PARAGRAPH = "paragraph"
    MESSAGE = "message"
    PROMPT = "prompt"


class Ignore(Struct, frozen=True):
    """One ignore comment: the ids it names, none meaning every rule, and the stretch it speaks of.

    Without a stretch that is the prompt, or nothing. One that `is_at_top` also silences what is found about the prompt
    as a whole.
    """

    span: Span
    rules: tuple[str, ...]
    reach: Reach
    stretch: Span | None = None
    is_at_top: bool = False


class Ignores:
    """The ignore comments of a prompt, in order, and what they silence."""

    def __init__(self, comments: Sequence[Ignore] = ()) -> None:
        self.comments = tuple(comments)
        self._rules: defaultdict[Span | None, set[str]] = defaultdict(set)
        self._at_top: set[str] = set()
        stretches: defaultdict[Reach, set[Span]] = defaultdict(set)
        for comment in self.comments:
            named = comment.rules or ("",)
            if comment.reach is not Reach.NOTHING:
                self._rules[comment.stretch].update(named)
            if comment.stretch is not None:
                stretches[comment.reach].add(comment.stretch)
            if comment.is_at_top:
                self._at_top.update(named)
        # Stretches of one reach do not overlap.
        self._stretches = [sorted(found, key=_order) for found in stretches.values()]

    def silencing(self, rule: str, place: Span | None) -> list[Span | None]:
        """Return the stretches for which *rule* is silenced at *place*, None standing for the prompt; none: it counts.

        *place* is None where a finding is about the prompt as a whole.
        """
        if place is None:
            return [None] if self._at_top & {rule, ""} else []
        found: list[Span | None] = [None]
        for stretches in self._stretches:
            index = bisect_right(stretches, (place.message, place.start), key=_order) - 1
            if index >= 0 and stretches[index].message == place.message and place.start < stretches[index].end:
                found.append(stretches[index])
        return [stretch for stretch in found if stretch in self._rules and self._rules[stretch] & {rule, ""}]


def ignores_of(prompt: Prompt) -> Ignores:
    """Return the ignore comments of *prompt*; those in messages that are never linted count for nothing."""
    if not any(_WORD in text for text in prompt.texts):
        return Ignores()
    return Ignores(
        [
            ignore
            for number, message in enumerate(prompt.messages)
            if _WORD in message.text and message.role not in LOCKED_ROLES
            for ignore in _of_text(message.text, number)
        ]
    )


def without_ignores(prompt: Prompt) -> Prompt:
    """Return *prompt* with its ignore comments blanked out, so that no check reads them and every place stays."""
    if not any(_WORD in text for text in prompt.texts):
        return prompt
    texts = (
        message.text if message.role in LOCKED_ROLES else COMMENT.sub(_blanks, message.text)
        for message in prompt.messages
    )
    return prompt.with_texts(tuple(texts))


def ids_of(match: re.Match[str]) -> tuple[str, ...]:
    """Return the rules that a comment names."""
    return tuple(match["ids"].replace(",", " ").split())


def _blanks(match: re.Match[str]) -> str:
    return re.sub(r"[^\r\n]", " ", match.group())


def _of_text(text: str, number: int) -> Iterator[Ignore]:
    blanked = COMMENT.sub(_blanks, text)
    begin = _position_of_text(blanked, 0)
    comments: list[Ignore] = []
    below: _Below | None = None
    line = Span(len(text), len(text), number)
    has_text = False
    for match in reversed(list(COMMENT.finditer(text))):
        span, rules, is_at_top = Span(*match.span(), number), ids_of(match), match.end() <= begin
        if match["word"] == "ignore-file":
            reach = Reach.NOTHING if not is_at_top else Reach.MESSAGE if number else Reach.PROMPT
            stretch = Span(0, len(text), number) if reach is Reach.MESSAGE else None
            comments.append(Ignore(span, rules, reach, stretch, reach is Reach.PROMPT))
            continue
        if not (line.start <= span.start and span.end <= line.end):
            line = _line_of(blanked, span)
            has_text = _TEXT.search(blanked, line.start, line.end) is not None
        if has_text:
            comments.append(Ignore(span, rules, Reach.LINE, line, is_at_top and number == 0))
        else:
            below = _below(blanked, span, below)
            comments.append(Ignore(span, rules, Reach.PARAGRAPH, below.stretch, is_at_top and number == 0))
    yield from reversed(comments)


class _Below(Struct, frozen=True):
    """A comment's place, and the paragraph below it."""

    comment: Span
    stretch: Span


def _below(blanked: str, comment: Span, following: _Below | None) -> _Below:
    """Return the paragraph below *comment*; it may be that of the next comment, *following*."""
    if following is not None and _TEXT.search(blanked, comment.end, following.comment.start) is None:
        return _Below(comment, following.stretch)
    text = _position_of_text(blanked, comment.end)
    start = blanked.rfind("\n", comment.end, text) + 1 or text
    blank = _BLANK_LINE.search(blanked, start)
    return _Below(comment, Span(start, blank.end() if blank else len(blanked), comment.message))


def _line_of(blanked: str, comment: Span) -> Span:
    """Return the line of a comment, or the lines of one that is broken."""
    end = blanked.find("\n", comment.end)
    return Span(blanked.rfind("\n", 0, comment.start) + 1, len(blanked) if end < 0 else end + 1, comment.message)


def _position_of_text(blanked: str, start: int) -> int:
    match = _TEXT.search(blanked, start)
    return match.start() if match else len(blanked)


def _order(span: Span) -> tuple[int, int]:
    return span.message, span.start
