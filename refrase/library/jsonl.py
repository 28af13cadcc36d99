r"""JSON Lines: one record a line, each with its prompt in a string or in messages.

A record is a string, a list of chat messages, or an object with `messages`, `prompt` or `text`, or with the field
the caller names. A message has a role and content: a string, or a list of parts with `text`. Only the string
literals of prompts are written anew, in the style they had (`\u` escapes or not); a record that is not of this
form is a slot with a fault and passes through untouched.
"""

import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from refrase.core.prompt import UNSTATED_ROLE
from refrase.library.document import Document, Piece, Slot, decode

_FIELDS = ("messages", "prompt", "text")
# One character of a string that its literal writes with several; two halves of a pair are one character.
_ESCAPE = re.compile(r"\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[\da-fA-F]{4}|\\.")
_BLANK = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder(strict=False)


def read_jsonl(data: bytes, where: str, field: str = "") -> Document:
    """Read a file of records; *field* names the one that holds the prompt. Raises NotText."""
    text, mark, encoding = decode(data, where)
    slots: list[Slot] = []
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            slots.append(_slot(f"line {number}", text, start, start + len(line), field))
        start += len(line) + 1
    has_raw_letters = not text.isascii()
    return Document(
        text,
        mark,
        encoding,
        tuple(slots),
        write=lambda old, new: _literal(old, new, has_raw_letters=has_raw_letters),
        locate=_place_in_literal,
    )


def _slot(name: str, text: str, start: int, end: int, field: str) -> Slot:
    try:
        value = _DECODER.decode(text[start:end])
        pieces = tuple(_pieces(value, text, _skip(text, start), field))
    except (ValueError, RecursionError) as error:
        return Slot(name, fault=f"The record is not JSON: {error}.")
    if not pieces:
        has = f"no text in the field {field!r}" if field else f"none of the fields {', '.join(_FIELDS)} with a text"
        return Slot(name, fault=f"The record has {has}; --field names the field that holds the prompt.")
    return Slot(name, pieces)


def _pieces(value: Any, text: str, start: int, field: str) -> Iterator[Piece]:
    if isinstance(value, str) and not field:
        yield _piece(text, start, UNSTATED_ROLE)
    if isinstance(value, list) and not field:
        yield from _message_pieces(value, text, start)
    if not isinstance(value, dict):
        return
    members = dict(_members(text, start))
    for name in (field,) if field else _FIELDS:
        held = value.get(name)
        if isinstance(held, str) and held.strip():
            yield _piece(text, members[name], UNSTATED_ROLE)
            return
        if isinstance(held, list):
            pieces = list(_message_pieces(held, text, members[name]))
            yield from pieces
            if pieces:
                return


def _message_pieces(messages: list[Any], text: str, start: int) -> Iterator[Piece]:
    """Yield the texts of chat messages: each content that is a string, and each text part of one that is a list."""
    for message, message_start in zip(messages, _elements(text, start), strict=True):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            continue
        content = message.get("content")
        if isinstance(content, str):
            yield _piece(text, dict(_members(text, message_start))["content"], message["role"])
        elif isinstance(content, list):
            parts = _elements(text, dict(_members(text, message_start))["content"])
            for part, part_start in zip(content, parts, strict=True):
                if isinstance(part, dict) and isinstance(part.get("text"), str):
                    yield _piece(text, dict(_members(text, part_start))["text"], message["role"])


def _piece(text: str, start: int, role: str) -> Piece:
    value, end = _DECODER.raw_decode(text, start)
    return Piece(start, end, value, role)


def _members(text: str, start: int) -> Iterator[tuple[str, int]]:
    """Yield key and start of the value of each member of the object at *start*, which is known to be valid."""
    position = _skip(text, start + 1)
    while text[position] != "}":
        key, position = _DECODER.raw_decode(text, position)
        position = _skip(text, _skip(text, position) + 1)
        yield key, position
        position = _after(text, position)


def _elements(text: str, start: int) -> Iterator[int]:
    """Yield the start of each element of the array at *start*, which is known to be valid."""
    position = _skip(text, start + 1)
    while text[position] != "]":
        yield position
        position = _after(text, position)


def _after(text: str, position: int) -> int:
    """Return where the next member or element, or the closing bracket, stands."""
    position = _skip(text, _DECODER.raw_decode(text, position)[1])
    return _skip(text, position + 1) if text[position] == "," else position


def _skip(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position


def _literal(old: str, new: str, *, has_raw_letters: bool) -> str:
    """Return *new* as a JSON string in the style of *old*."""
    is_escaped = old.isascii() and ("\\u" in old or not has_raw_letters)
    literal = json.dumps(new, ensure_ascii=is_escaped)
    return literal.replace("/", "\\/") if "\\/" in old else literal


def _place_in_literal(literal: str, position: int) -> int:
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
