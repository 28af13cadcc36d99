"""Data inside a prompt, outside of fences: JSON objects and lists, as examples, schemas and formats.

A piece of JSON is kept as a whole: its layout may change, its keys and values may not. Templates of str.format
write it with doubled braces; that is part of it.
"""

import re
from collections.abc import Iterator

from refrase.core.item import Item, ItemKind
from refrase.core.prompt import Span

_START = re.compile(r"\{\{?\s*\"(?:[^\"\\\n]|\\.){1,120}\"\s*:|\[\s*(?:\{\{?\s*\"|\"(?:[^\"\\\n]|\\.){0,120}\"\s*,)")
_TOKEN = re.compile(r"\"(?:[^\"\\\n]|\\.){0,2000}\"|[{}\[\]]")
_KEY = re.compile(r"\"((?:[^\"\\\n]|\\.){1,120})\"\s*:")
_LAYOUT = re.compile(r"(\"(?:[^\"\\\n]|\\.){0,2000}\")|\s+")
_LONGEST_CHARACTERS = 20_000
# A text full of openers that nothing closes is looked through this often, no more.
_MOST_FAILURES = 50
_PAIRS = {"}": "{", "]": "["}


def find_json(text: str, message: int = 0) -> Iterator[Item]:
    """Yield every piece of JSON; its `name` is the same for every layout of it."""
    end = failures = 0
    for match in _START.finditer(text) if '"' in text else ():
        if match.start() < end or failures >= _MOST_FAILURES:
            continue
        closed = _end_of(text, match.start())
        if closed is None:
            failures += 1
            continue
        end = closed
        value = text[match.start() : end]
        yield Item(ItemKind.JSON, value, Span(match.start(), end, message), without_layout(value))


def keys_of(json: str) -> tuple[str, ...]:
    """Return the keys of a piece of JSON, in order, nested ones among them."""
    return tuple(_KEY.findall(json))


def without_layout(json: str) -> str:
    """Return a piece of JSON without the white space between its tokens."""
    return _LAYOUT.sub(lambda match: match[1] or "", json)


def _end_of(text: str, start: int) -> int | None:
    stack: list[str] = []
    for token in _TOKEN.finditer(text, start, start + _LONGEST_CHARACTERS):
        sign = token.group()
        if sign in "{[":
            stack.append(sign)
        elif sign in _PAIRS:
            if not stack or stack.pop() != _PAIRS[sign]:
                return None
            if not stack:
                return token.end()
    return None
