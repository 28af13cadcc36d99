"""Stretches of a text that several checks ask for: its code and its variables. Each is found once."""

import re
import sys
from bisect import bisect_right
from functools import lru_cache

from refrase.core.item import Item
from refrase.core.literal import find_code_blocks
from refrase.core.variable import find_variables

_INLINE_CODE = re.compile(r"`[^`\n]{1,300}`")


@lru_cache(maxsize=8)
def variables_of(text: str) -> tuple[Item, ...]:
    """Return every variable, tag and placeholder of *text*, in order."""
    return tuple(find_variables(text))


def may_hold_variables(text: str, end: int) -> bool:
    """Return False where surely no variable of any syntax stands before *end*."""
    return any(text.find(sign, 0, end) >= 0 for sign in "{$%")


@lru_cache(maxsize=8)
def code_spans(text: str) -> list[tuple[int, int]]:
    """Return where code stands, fenced and inline, in order; the spans do not overlap."""
    blocks = [(item.span.start, item.span.end) for item in find_code_blocks(text)]
    inline = [match.span() for match in _INLINE_CODE.finditer(text) if not is_inside(match.start(), blocks)]
    return sorted(blocks + inline)


def is_inside(position: int, spans: list[tuple[int, int]]) -> bool:
    """Return whether *position* lies in one of the *spans*, which are in order and do not overlap."""
    index = bisect_right(spans, (position, sys.maxsize)) - 1
    return index >= 0 and position < spans[index][1]
