"""Executable rules: the checks that guides carry as data, run by a few primitives.

Primitives of a check (core.guide.Check), one each:

- pattern: every match of the expression outside code is a finding;
- missing: no match anywhere is one finding;
- bare_variable: a template variable whose name the expression matches whole, alone on its line, with nothing that
  marks where its value ends: tags, quotes, fences, rules, or a title above and one (or the end) below;
- format_in_prose: the last paragraph begins with a demand on the output's form (the expression), and no heading
  tells where the form is described;
- longer_than_characters: the prompt is longer than that.

Expressions are Python's, matched with MULTILINE.
"""

import re
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from refrase.core.guide import About, Check, Rule
from refrase.core.item import ItemKind
from refrase.core.literal import find_code_blocks
from refrase.core.prompt import LOCKED_ROLES, Prompt, Span
from refrase.core.rewrite import Finding, Severity
from refrase.core.variable import find_variables, name_of

# What a loop repeats is one item of several; marks of its own would be repeated with it.
_LOOP = re.compile(r"(?P<open>\{%-?\s*for\b|\{\{-?\s*(?:#each|range)\b)|\{%-?\s*endfor\b|\{\{-?\s*/each\b")
# As far as delimiters are looked for around a variable.
_NEAR_CHARACTERS = 400
_INLINE_CODE = re.compile(r"`[^`\n]{1,300}`")
_FORMAT_HEADING = re.compile(r"^\s{0,3}(?:#{1,6}|\*\*|<)[^\n]*(?:format|output)", re.IGNORECASE | re.MULTILINE)
# A heading, or a label on a line of its own: it says what stands below, and the next one says that it has ended.
_TITLE = re.compile(r"^\s*(?:#{1,6}\s|\*\*[^*]{1,60}\*\*:?\s*$|\[[^\]]{1,60}\]\s*$|[^\n:]{1,60}:\s*$)")
_DELIMITER = re.compile(r"^\s*(?:<[^>]+>|`{3,}|~{3,}|\"{3}|'{3}|-{3,}|={3,}|\*{3,}|#{3,}\s*$)|<[^>]+>\s*$")
# A completion prompt ends where the model goes on: "Answer:". Its raw form is its contract.
_COMPLETION_END = re.compile(r"(?:^|\n)[^\n]{0,40}\w:\s*$")


def check_rules(prompt: Prompt, rules: Iterable[Rule]) -> tuple[Finding, ...]:
    """Return what the checks of *rules* find in *prompt*, in the order of the rules, then of the text."""
    return tuple(
        finding
        for rule in rules
        if rule.check is not None and rule.about is About.PROMPT
        for finding in _findings(prompt, rule, rule.check)
    )


def _findings(prompt: Prompt, rule: Rule, check: Check) -> Iterator[Finding]:
    primitive: Callable[[str, Check], Iterator[tuple[int, int]]]
    if check.missing is not None:
        if not any(re.search(check.missing, text, re.MULTILINE) for text in prompt.texts):
            yield _finding(rule, check, None, "")
        return
    if check.longer_than_characters is not None:
        if prompt.characters > check.longer_than_characters:
            yield _finding(rule, check, None, "")
        return
    if check.pattern is not None:
        primitive = _pattern
    elif check.bare_variable:
        primitive = _bare_variables
    else:
        primitive = _format_in_prose
    for number, (role, text) in enumerate((message.role, message.text) for message in prompt.messages):
        if role in LOCKED_ROLES:
            continue
        for start, end in primitive(text, check):
            yield _finding(rule, check, Span(start, end, number), text[start:end])


def _finding(rule: Rule, check: Check, span: Span | None, match: str) -> Finding:
    message = check.message.replace("{match}", " ".join(match.split())[:80])
    return Finding("guide_rule", Severity.NOTE, message, before=span, value=match, rule=rule.id)


def _pattern(text: str, check: Check) -> Iterator[tuple[int, int]]:
    code = _code_spans(text)
    for match in re.finditer(check.pattern or "", text, re.MULTILINE):
        if match.end() > match.start() and not _is_inside(match.start(), code):
            yield match.span()


def _bare_variables(text: str, check: Check) -> Iterator[tuple[int, int]]:
    if _COMPLETION_END.search(text):
        return
    code = _code_spans(text)
    loops = _loop_spans(text)
    for item in find_variables(text):
        start, end = item.span.start, item.span.end
        line_start = text.rfind("\n", 0, start) + 1
        line_end = _line_end(text, end)
        is_alone = not text[line_start:start].strip() and not text[end:line_end].strip()
        if (
            is_alone
            and item.kind is ItemKind.VARIABLE
            and re.fullmatch(check.bare_variable or "", name_of(item.value))
            and not _is_inside(start, code)
            and not _is_delimited(text, line_start, line_end)
            and not _is_inside(start, loops)
            and text.strip() != item.value
        ):
            yield start, end


def _format_in_prose(text: str, check: Check) -> Iterator[tuple[int, int]]:
    start = _last_paragraph(text)
    if not text[:start].strip() or _FORMAT_HEADING.search(text):
        return
    last = text[start:].rstrip()
    if re.match(check.format_in_prose or "", last) and not _is_inside(start, _code_spans(text)):
        yield start, start + len(last)


def _last_paragraph(text: str) -> int:
    """Return where the last paragraph begins: behind the last line of blanks alone that has text below."""
    plain = text.replace("\r", "\n")
    start = position = len(text.rstrip())
    while position > 0:
        line_start = plain.rfind("\n", 0, position) + 1
        if not text[line_start:position].strip():
            break
        start, position = line_start, line_start - 1
    return start


def _is_delimited(text: str, line_start: int, line_end: int) -> bool:
    above = text[max(0, line_start - _NEAR_CHARACTERS) : line_start].rstrip().rpartition("\n")[2]
    below = text[line_end : line_end + _NEAR_CHARACTERS].lstrip().partition("\n")[0]
    is_titled = _TITLE.search(above) and (not below or _TITLE.search(below))
    return bool(is_titled or _DELIMITER.search(above) or _DELIMITER.search(below))


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


@lru_cache(maxsize=16)  # every rule asks for them
def _code_spans(text: str) -> list[tuple[int, int]]:
    """Return where code stands, fenced and inline, in order; the spans do not overlap."""
    blocks = [(item.span.start, item.span.end) for item in find_code_blocks(text)]
    inline = [match.span() for match in _INLINE_CODE.finditer(text) if not _is_inside(match.start(), blocks)]
    return sorted(blocks + inline)


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
