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
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache

from msgspec import Struct

from refrase.core.guide import Check
from refrase.core.item import Item, ItemKind
from refrase.core.language import likely_language
from refrase.core.literal import find_code_blocks
from refrase.core.pattern import find_matches, is_whole, match_at
from refrase.core.rule import speaks_with_force
from refrase.core.variable import find_variables, name_of

# What a loop repeats is one item of several; marks of its own would be repeated with it.
_LOOP = re.compile(r"(?P<open>\{%-?\s*for\b|\{\{-?\s*(?:#each|range)\b)|\{%-?\s*endfor\b|\{\{-?\s*/each\b")
# As far as delimiters are looked for around a variable.
_NEAR_CHARACTERS = 400
_INLINE_CODE = re.compile(r"`[^`\n]{1,300}`")
_FORMAT_HEADING = re.compile(r"^\s{0,3}(?:#{1,6}|\*\*|<)[^\n]*(?:format|output)", re.IGNORECASE | re.MULTILINE)
# A heading, or a label on a line of its own: it says what stands below, and the next one says that it has ended.
_TITLE = re.compile(r"^\s*(?:#{1,6}\s|\*\*[^*]{1,60}\*\*:?\s*$|\[[^\]]{1,60}\]\s*$|[^\n:]{1,60}:\s*$)")
_LABEL = re.compile(r"\s*[A-Z][\w ]{0,30}:(?:\s|$)")
_HEADING = re.compile(r"\s{0,3}#{1,6}\s")
_STATEMENT = re.compile(r"\s*(?:\{%|\{\{-?\s*[#/]?(?:if|else)\b)")
_VARIABLE_LINE = re.compile(r"\s*(?:\{\{[^{}%]{1,80}\}\}|\$?\{[\w.]{1,60}\})\s*$")
# What a variable of any syntax begins with.
_VARIABLE_SIGNS = ("{", "$", "%", "<%", "!{", "@{", "#{", "={")
_DELIMITER = re.compile(r"^\s*(?:<[^>]+>|`{3,}|~{3,}|\"{3}|'{3}|-{3,}|={3,}|\*{3,}|#{3,}\s*$)|<[^>]+>\s*$")
# A completion prompt ends where the model goes on: "Answer:". Its raw form is its contract.
_COMPLETION_END = re.compile(r"(?:^|\n)[^\n]{0,40}\w:\s*$")
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
        if match.end() > match.start() and not _is_inside(match.start(), _code_spans(text)):
            yield Found(*match.span())


def _contradiction(text: str, check: Check) -> Iterator[Found]:
    first, second = check.contradiction or ("", "")
    code = _code_spans(text)
    others = (match for match in find_matches(first, text) if not _is_inside(match.start(), code))
    other = next(others, None)
    if other is None:
        return
    for match in find_matches(second, text):
        if not _is_inside(match.start(), code) and (match.end() <= other.start() or match.start() >= other.end()):
            yield Found(*match.span(), other.group())


def _bare_variables(text: str, check: Check) -> Iterator[Found]:
    if not _may_be_alone(text) or _is_completion(text):
        return
    for item in _variables(text):
        start, end = item.span.start, item.span.end
        line_start = text.rfind("\n", 0, start) + 1
        line_end = _line_end(text, end)
        is_alone = not text[line_start:start].strip() and not text[end:line_end].strip()
        if (
            is_alone
            and item.kind is ItemKind.VARIABLE
            and is_whole(check.bare_variable or "", name_of(item.value))
            and not _is_inside(start, _code_spans(text))
            and not _is_delimited(text, line_start, line_end)
            and not _is_inside(start, _loop_spans(text))
            and text.strip() != item.value
        ):
            yield Found(start, end)


def _steady_after_variable(text: str, check: Check) -> Iterator[Found]:
    if len(text) < (check.steady_after_variable or 0):
        return
    filled = [
        item
        for item in _variables(text)
        if item.kind is ItemKind.VARIABLE
        and len(name_of(item.value).strip("_")) > 1
        and text[max(0, item.span.start - 1) : item.span.start] not in _LATEX_BEFORE
        and not _is_inside(item.span.start, _code_spans(text))
    ]
    if filled and len(text) - filled[-1].span.end >= (check.steady_after_variable or 0):
        yield Found(filled[0].span.start, filled[0].span.end)


def _format_in_prose(text: str, check: Check) -> Iterator[Found]:
    start = last_paragraph(text)
    last = text[start:].rstrip()
    if (
        text[:start].strip()
        and match_at(check.format_in_prose or "", last)
        and not _FORMAT_HEADING.search(text)
        and not _is_inside(start, _code_spans(text))
    ):
        yield Found(start, start + len(last))


def _long_sentences(text: str, check: Check) -> Iterator[Found]:
    most = check.sentence_words or 0
    for start, sentence in _sentences(text):
        # So many words have as many signs between them.
        is_long = len(sentence) > 2 * most and len(sentence.split()) > most
        is_prose = is_long and sentence[0].isupper() and not _PROSE_MARKS.search(sentence)
        if is_prose and not _is_inside(start, _code_spans(text)):
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
        if is_rule and not _is_inside(start, _code_spans(text)):
            yield Found(start, start + len(found))


def _list_items(text: str, check: Check) -> Iterator[Found]:
    most = check.list_items or 0
    items = list(_ITEM.finditer(text))
    if len(items) <= most:
        return
    code = _code_spans(text)
    for match in [item for item in items if not _is_inside(item.start(), code)][most : most + 1]:
        yield Found(match.start(), _line_end(text, match.end()))


def _unsectioned(text: str, check: Check) -> Iterator[Found]:
    if len(text) > (check.unsectioned_characters or 0) and not _DATA_START.match(text) and not _SECTION.search(text):
        start = len(text) - len(text.lstrip())
        yield Found(start, _line_end(text, start))


_PRIMITIVES: dict[str, Callable[[str, Check], Iterator[Found]]] = {
    "pattern": _pattern,
    "contradiction": _contradiction,
    "bare_variable": _bare_variables,
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


def _may_be_alone(text: str) -> bool:
    """Return False where surely no variable stands at the beginning of a line."""
    is_any = any(sign in text for sign in "{$%")
    return is_any and any(line.lstrip().startswith(_VARIABLE_SIGNS) for line in text.split("\n"))


def _is_completion(text: str) -> bool:
    last = text.rstrip()
    return last.endswith(":") and _COMPLETION_END.search(text, max(0, last.rfind("\n"))) is not None


def _is_delimited(text: str, line_start: int, line_end: int) -> bool:
    """Return whether marks around the line show where it begins and ends. Neighbours that are variables are passed."""
    above = [line for line in text[max(0, line_start - _NEAR_CHARACTERS) : line_start].splitlines() if line.strip()]
    below = [line for line in text[line_end : line_end + _NEAR_CHARACTERS].splitlines() if line.strip()]
    above, below = _past_variables(above[::-1]), _past_variables(below)
    before, after = next(iter(above), ""), next(iter(below), "")
    is_closed = not after or _TITLE.search(after) or _LABEL.match(after) or _STATEMENT.match(after)
    is_titled = _TITLE.search(before) and is_closed
    is_section = any(map(_HEADING.match, above)) and _HEADING.match(after)
    is_branch = _STATEMENT.match(before) and _STATEMENT.match(after)
    return bool(is_titled or is_section or is_branch or _DELIMITER.search(before) or _DELIMITER.search(after))


def _past_variables(lines: list[str]) -> list[str]:
    first = next((number for number, line in enumerate(lines) if not _VARIABLE_LINE.match(line)), len(lines))
    return lines[first:]


# A prompt is asked for its code and variables by many checks in turn.
@lru_cache(maxsize=8)
def _variables(text: str) -> tuple[Item, ...]:
    return tuple(find_variables(text))


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


@lru_cache(maxsize=8)
def _code_spans(text: str) -> list[tuple[int, int]]:
    """Return where code stands, fenced and inline, in order; the spans do not overlap."""
    blocks = [(item.span.start, item.span.end) for item in find_code_blocks(text)]
    inline = [match.span() for match in _INLINE_CODE.finditer(text) if not _is_inside(match.start(), blocks)]
    return sorted(blocks + inline)


@lru_cache(maxsize=8)
def _sentences(text: str) -> list[tuple[int, str]]:
    """Return every sentence and where it begins."""
    return [(match.start(), match.group()) for match in _SENTENCE.finditer(text)]


@lru_cache(maxsize=8)
def _loop_spans(text: str) -> list[tuple[int, int]]:
    """Return where a template's loops stand, outermost ones only, in order."""
    spans: list[tuple[int, int]] = []
    depth = start = 0
    for match in _LOOP.finditer(text):
        if match["open"]:
            start = match.start() if depth == 0 else start
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                spans.append((start, match.end()))
    return [*spans, (start, len(text))] if depth else spans


def _is_inside(position: int, spans: list[tuple[int, int]]) -> bool:
    """Return whether *position* lies in one of the *spans*, which are in order and do not overlap."""
    index = bisect_right(spans, (position, sys.maxsize)) - 1
    return index >= 0 and position < spans[index][1]
