"""Where values stand in the source of valid JSON, so that a string is replaced and no other byte."""

import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache

from refrase.library.document import Piece, Writer

DECODER = json.JSONDecoder(strict=False)
_BLANK = re.compile(r"[ \t\r\n]*")
# One character of a string that its literal writes with several; two halves of a pair are one character.
_ESCAPE = re.compile(r"\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[\da-fA-F]{4}|\\.")


def piece_at(text: str, start: int, role: str) -> Piece:
    """Return the string at *start* as the piece of a prompt."""
    value, end = DECODER.raw_decode(text, start)
    return Piece(start, end, value, role)


def members(text: str, start: int) -> Iterator[tuple[str, int]]:
    """Yield key and start of the value of each member of the object at *start*, which is known to be valid."""
    position = skip(text, start + 1)
    while text[position] != "}":
        key, position = DECODER.raw_decode(text, position)
        position = skip(text, skip(text, position) + 1)
        yield key, position
        position = _after(text, position)


def elements(text: str, start: int) -> Iterator[int]:
    """Yield the start of each element of the array at *start*, which is known to be valid."""
    position = skip(text, start + 1)
    while text[position] != "]":
        yield position
        position = _after(text, position)


def _after(text: str, position: int) -> int:
    """Return where the next member or element, or the closing bracket, stands."""
    position = skip(text, DECODER.raw_decode(text, position)[1])
    return skip(text, position + 1) if text[position] == "," else position


def skip(text: str, position: int) -> int:
    """Return where the blanks at *position* end."""
    match = _BLANK.match(text, position)
    return match.end() if match else position


def literal_writer(source: str) -> Writer:
    r"""Return what writes a string into *source*, in the style of the one that it replaces (`\u` escapes or not)."""
    has_raw_letters = not source.isascii()

    def write(old: str, new: str) -> str:
        is_escaped = old.isascii() and ("\\u" in old or not has_raw_letters)
        literal = json.dumps(new, ensure_ascii=is_escaped)
        return literal.replace("/", "\\/") if "\\/" in old else literal

    return write


def place_in_literal(literal: str, position: int) -> int:
    """Return where in a JSON string the character of that number is written."""
    positions, shifts = _escapes(literal)
    return position + 1 + shifts[bisect_left(positions, position)]


@lru_cache(maxsize=16)
def _escapes(literal: str) -> tuple[list[int], list[int]]:
    """Return which characters a JSON string escapes, and how much longer that makes it before each and at the end."""
    positions, shifts = list[int](), [0]
    for match in _ESCAPE.finditer(literal):
        positions.append(match.start() - 1 - shifts[-1])
        shifts.append(shifts[-1] + len(match.group()) - 1)
    return positions, shifts
