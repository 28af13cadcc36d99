"""Template variables alone on their line, with nothing that marks where their value ends."""

import re
from collections.abc import Iterator
from functools import lru_cache

from refrase.core.item import ItemKind
from refrase.core.pattern import is_whole
from refrase.core.scan import line_end
from refrase.core.stretch import code_spans, is_inside, may_hold_variables, variables_of
from refrase.core.variable import name_of

# What a loop repeats is one item of several; marks of its own would be repeated with it.
_LOOP = re.compile(r"(?P<open>\{%-?\s*for\b|\{\{-?\s*(?:#each|range)\b)|\{%-?\s*endfor\b|\{\{-?\s*/each\b")
# As far as delimiters are looked for around a variable.
_NEAR_CHARACTERS = 400
# A heading, or a label on a line of its own: it says what stands below, and the next one says that it has ended.
_TITLE = re.compile(r"^\s*(?:#{1,6}\s|\*\*[^*]{1,60}\*\*:?\s*$|\[[^\]]{1,60}\]\s*$|[^\n:]{1,60}:\s*$)")
_LABEL = re.compile(r"\s*[A-Z][\w ]{0,30}:(?:\s|$)")
_HEADING = re.compile(r"\s{0,3}#{1,6}\s")
_STATEMENT = re.compile(r"\s*(?:\{%|\{\{-?\s*[#/]?(?:if|else)\b)")
_VARIABLE_LINE = re.compile(r"\s*(?:\{\{[^{}%]{1,80}\}\}|\$?\{[\w.]{1,60}\})\s*$")
# What a variable of any syntax begins with.
_VARIABLE_SIGNS = ("{", "$", "%", "<%", "!{", "@{", "#{", "={")
# What one begins with that may go on over several lines.
_LONG_SIGNS = ("{{", "={{", "${{", "<%")
_DELIMITER = re.compile(r"^\s*(?:<[^>]+>|`{3,}|~{3,}|\"{3}|'{3}|-{3,}|={3,}|\*{3,}|#{3,}\s*$)|<[^>]+>\s*$")
# A completion prompt ends where the model goes on: "Answer:". Its raw form is its contract.
_COMPLETION_END = re.compile(r"(?:^|\n)[^\n]{0,40}\w:\s*$")


def find_bare_variables(text: str, pattern: str) -> Iterator[tuple[int, int]]:
    """Yield where variables stand bare whose name *pattern* matches whole. Raises TimeoutError."""
    if _is_completion(text) or not _may_be_bare(text, pattern):
        return
    for item in variables_of(text):
        start, end = item.span.start, item.span.end
        first, last = text.rfind("\n", 0, start) + 1, line_end(text, end)
        is_alone = not text[first:start].strip() and not text[end:last].strip()
        if (
            is_alone
            and item.kind is ItemKind.VARIABLE
            and is_whole(pattern, name_of(item.value))
            and not is_inside(start, code_spans(text))
            and not _is_delimited(text, first, last)
            and not is_inside(start, _loop_spans(text))
            and text.strip() != item.value
        ):
            yield start, end


def _may_be_bare(text: str, pattern: str) -> bool:
    """Return False where surely no line is such a variable: it is told by its signs, before all variables are found."""
    if not may_hold_variables(text, len(text)):
        return False
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        value = line.strip()
        if value.startswith(_VARIABLE_SIGNS) and (
            _goes_on(value) or (is_whole(pattern, name_of(value)) and not _is_delimited(text, start, end))
        ):
            return True
        start = end + 1
    return False


def _goes_on(value: str) -> bool:
    """Return whether a variable that begins a line may end on another."""
    return value.startswith(_LONG_SIGNS) and ("%>" if value.startswith("<") else "}}") not in value[2:]


def _is_completion(text: str) -> bool:
    last = text.rstrip()
    return last.endswith(":") and _COMPLETION_END.search(text, max(0, last.rfind("\n"))) is not None


def _is_delimited(text: str, first: int, last: int) -> bool:
    """Return whether marks around the line show where it begins and ends. Neighbours that are variables are passed."""
    above = [line for line in text[max(0, first - _NEAR_CHARACTERS) : first].splitlines() if line.strip()]
    below = [line for line in text[last : last + _NEAR_CHARACTERS].splitlines() if line.strip()]
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
