"""What a check looks for in one message: the primitives that guides compose their checks of.

Those that give places are here, those that judge the prompt as a whole in core.lint:

- pattern: every match of the expression outside code;
- contradiction: each match of the second expression, where the first matches too: {other} is what it matched;
- bare_variable: a template variable whose name the expression matches whole, alone on its line, with nothing that
  marks where its value ends: tags, quotes, fences, rules, or a title above and one (or the end) below;
- steady_after_variable: the first template variable, where so many characters follow it that are the same in every
  call: what is between the last variable and the end;
- format_in_prose: the last paragraph begins with a demand on the output's form (the expression), and no heading
  tells where the form is described;
- sentence_words: a sentence of prose with more words;
- repeated_rule_words: a sentence or list item of at least so many words that holds a rule word (must, never, only)
  and stands a second time, word for word;
- list_items: the list item that is one too many;
- unsectioned_characters: the start of a text that is longer and has no heading, list, tag, label or mark in it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache

from msgspec import Struct

from refrase.core.bare import find_bare_variables
from refrase.core.guide import Check
from refrase.core.item import ItemKind
from refrase.core.language import likely_language
from refrase.core.pattern import find_matches, match_at
from refrase.core.rule import speaks_with_force
from refrase.core.scan import line_end
from refrase.core.stretch import code_spans, is_inside, may_hold_variables, variables_of
from refrase.core.variable import name_of

_FORMAT_HEADING = re.compile(r"^\s{0,3}(?:#{1,6}|\*\*|<)[^\n]*(?:format|output)", re.IGNORECASE | re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+(?=\S)", re.MULTILINE)
_SENTENCE = re.compile(r"[^\s.!?。！？][^\n.!?。！？]*(?:[.!?](?!\s|$)[^\n.!?。！？]*)*[.!?。！？]?")
_SENTENCE_ENDS = ".!?。！？ "
_PROSE_MARKS = re.compile(r"[|{}<>\[\]`;:=\t\"“]")
_SECTION = re.compile(
    r"^[ \t\xa0]*(?:#|\*\*|<|[-=*_~]{3}|[-*+•>] |\d{1,2}[.)]|```|\"{3}|[\[【「■●|]|\w[^:：\n]{0,40}[:：](?:[ \t]|$)"
    r"|[A-Z]:)|\{[{%]|</?\w",
    re.MULTILINE,
)
_DATA_START = re.compile(r"\s{0,9}[{\[<]")


# V_{CO}, x^{n}: what LaTeX puts below or above, no variable.
_LATEX_BEFORE = frozenset("_^")


class Found(Struct, frozen=True):
    """Where a primitive saw something, and what it goes against, if anything."""

    start: int
    end: int
    other: str = ""


def primitive_of(check: Check) -> Callable[[str, Check], Iterator[Found]]:
    """Return the primitive of a check that gives places."""
    for name, primitive in _PRIMITIVES.items():
        if getattr(check, name) is not None:
            return primitive
    raise LookupError(f"{check!r} has no primitive that gives places")


def _pattern(text: str, check: Check) -> Iterator[Found]:
    for match in find_matches(check.pattern or "", text):
        if match.end() > match.start() and not is_inside(match.start(), code_spans(text)):
            yield Found(*match.span())


def _contradiction(text: str, check: Check) -> Iterator[Found]:
    first, second = check.contradiction or ("", "")
    code = code_spans(text)
    others = (match for match in find_matches(first, text) if not is_inside(match.start(), code))
    other = next(others, None)
    if other is None:
        return
    for match in find_matches(second, text):
        if not is_inside(match.start(), code) and (match.end() <= other.start() or match.start() >= other.end()):
            yield Found(*match.span(), other.group())


def _bare_variable(text: str, check: Check) -> Iterator[Found]:
    for start, end in find_bare_variables(text, check.bare_variable or ""):
        yield Found(start, end)


def _steady_after_variable(text: str, check: Check) -> Iterator[Found]:
    steady = check.steady_after_variable or 0
    if len(text) < steady or not may_hold_variables(text, len(text) - steady):
        return
    filled = [
        item
        for item in variables_of(text)
        if item.kind is ItemKind.VARIABLE
        and len(name_of(item.value).strip("_")) > 1
        and text[max(0, item.span.start - 1) : item.span.start] not in _LATEX_BEFORE
        and not is_inside(item.span.start, code_spans(text))
    ]
    if filled and len(text) - filled[-1].span.end >= steady:
        yield Found(filled[0].span.start, filled[0].span.end)


def _format_in_prose(text: str, check: Check) -> Iterator[Found]:
    start = last_paragraph(text)
    last = text[start:].rstrip()
    if (
        text[:start].strip()
        and match_at(check.format_in_prose or "", last)
        and not _FORMAT_HEADING.search(text)
        and not is_inside(start, code_spans(text))
    ):
        yield Found(start, start + len(last))


def _long_sentences(text: str, check: Check) -> Iterator[Found]:
    most = check.sentence_words or 0
    for start, sentence in _sentences(text):
        # So many words have as many signs between them.
        is_long = len(sentence) > 2 * most and len(sentence.split()) > most
        is_prose = is_long and sentence[0].isupper() and not _PROSE_MARKS.search(sentence)
        if is_prose and not is_inside(start, code_spans(text)):
            yield Found(start, start + len(sentence))


def _repeated(text: str, check: Check) -> Iterator[Found]:
    least = check.repeated_rule_words or 0
    # So many words have as many signs between them, less one.
    long = [(start, found) for start, found in _sentences(text) if len(found) >= 2 * least - 1]
    last_words = [found.rstrip(_SENTENCE_ENDS).rsplit(None, 1)[-1] for _, found in long]
    more_than_once = {word for word, count in Counter(last_words).items() if count > 1}
    seen: set[str] = set()
    for (start, found), last in zip(long, last_words, strict=True):
        if last not in more_than_once:
            continue
        sentence = " ".join(found.lstrip("-*+• 0123456789.)").rstrip(_SENTENCE_ENDS).split())
        if sentence not in seen:
            seen.add(sentence)
            continue
        is_prose = sentence.count(" ") + 1 >= least and not _PROSE_MARKS.search(sentence)
        is_rule = is_prose and speaks_with_force(sentence, likely_language(text))
        if is_rule and not is_inside(start, code_spans(text)):
            yield Found(start, start + len(found))


def _list_items(text: str, check: Check) -> Iterator[Found]:
    most = check.list_items or 0
    items = list(_ITEM.finditer(text))
    if len(items) <= most:
        return
    code = code_spans(text)
    for match in [item for item in items if not is_inside(item.start(), code)][most : most + 1]:
        yield Found(match.start(), line_end(text, match.end()))


def _unsectioned(text: str, check: Check) -> Iterator[Found]:
    if len(text) > (check.unsectioned_characters or 0) and not _DATA_START.match(text) and not _SECTION.search(text):
        start = len(text) - len(text.lstrip())
        yield Found(start, line_end(text, start))


_PRIMITIVES: dict[str, Callable[[str, Check], Iterator[Found]]] = {
    "pattern": _pattern,
    "contradiction": _contradiction,
    "bare_variable": _bare_variable,
    "steady_after_variable": _steady_after_variable,
    "format_in_prose": _format_in_prose,
    "sentence_words": _long_sentences,
    "repeated_rule_words": _repeated,
    "list_items": _list_items,
    "unsectioned_characters": _unsectioned,
}


def last_paragraph(text: str) -> int:
    """Return where the last paragraph begins: behind the last line of blanks alone that has text below."""
    plain = text.replace("\r", "\n")
    start = position = len(text.rstrip())
    while position > 0:
        line_start = plain.rfind("\n", 0, position) + 1
        if not text[line_start:position].strip():
            break
        start, position = line_start, line_start - 1
    return start


@lru_cache(maxsize=8)
def _sentences(text: str) -> list[tuple[int, str]]:
    """Return every sentence and where it begins."""
    return [(match.start(), match.group()) for match in _SENTENCE.finditer(text)]
