r"""JSON Lines: one record a line, each with its prompt in a string or in messages.

A record is a string, a list of chat messages, or an object with `messages`, `prompt` or `text`, or with the field
the caller names. A message has a role and content: a string, or a list of parts with `text`. Only the string
literals of prompts are written anew, in the style they had (`\u` escapes or not); a record that is not of this
form is a slot with a fault and passes through untouched.
"""

from collections.abc import Iterator
from typing import Any

from refrase.core.prompt import UNSTATED_ROLE
from refrase.library.document import Document, Piece, Slot, decode
from refrase.library.json_source import DECODER, elements, literal_writer, members, piece_at, place_in_literal, skip

_FIELDS = ("messages", "prompt", "text")


def read_jsonl(data: bytes, where: str, field: str = "") -> Document:
    """Read a file of records; *field* names the one that holds the prompt. Raises NotText."""
    text, mark, encoding = decode(data, where)
    slots: list[Slot] = []
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            slots.append(_slot(f"line {number}", text, start, start + len(line), field))
        start += len(line) + 1
    return Document(text, mark, encoding, tuple(slots), write=literal_writer(text), locate=place_in_literal)


def _slot(name: str, text: str, start: int, end: int, field: str) -> Slot:
    try:
        value = DECODER.decode(text[start:end])
        pieces = tuple(_pieces(value, text, skip(text, start), field))
    except (ValueError, RecursionError) as error:
        return Slot(name, fault=f"The record is not JSON: {error}.")
    if not pieces:
        has = f"no text in the field {field!r}" if field else f"none of the fields {', '.join(_FIELDS)} with a text"
        return Slot(name, fault=f"The record has {has}; --field names the field that holds the prompt.")
    return Slot(name, pieces)


def _pieces(value: Any, text: str, start: int, field: str) -> Iterator[Piece]:
    if isinstance(value, str) and not field:
        yield piece_at(text, start, UNSTATED_ROLE)
    if isinstance(value, list) and not field:
        yield from _message_pieces(value, text, start)
    if not isinstance(value, dict):
        return
    held_at = dict(members(text, start))
    for name in (field,) if field else _FIELDS:
        held = value.get(name)
        if isinstance(held, str) and held.strip():
            yield piece_at(text, held_at[name], UNSTATED_ROLE)
            return
        if isinstance(held, list):
            pieces = list(_message_pieces(held, text, held_at[name]))
            yield from pieces
            if pieces:
                return


def _message_pieces(messages: list[Any], text: str, start: int) -> Iterator[Piece]:
    """Yield the texts of chat messages: each content that is a string, and each text part of one that is a list."""
    for message, message_start in zip(messages, elements(text, start), strict=True):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            continue
        content = message.get("content")
        if isinstance(content, str):
            yield piece_at(text, dict(members(text, message_start))["content"], message["role"])
        elif isinstance(content, list):
            parts = elements(text, dict(members(text, message_start))["content"])
            for part, part_start in zip(content, parts, strict=True):
                if isinstance(part, dict) and isinstance(part.get("text"), str):
                    yield piece_at(text, dict(members(text, part_start))["text"], message["role"])
