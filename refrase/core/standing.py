"""Whether the words of a thing still stand in a text, whatever marks are around them."""

import re
from collections import Counter
from functools import lru_cache

from refrase.core.contract import Reading
from refrase.core.data import without_layout
from refrase.core.example import plain_line
from refrase.core.heading import heading_names
from refrase.core.item import Item, ItemKind

_BLANK = re.compile(r"\s+")
_COMMON_LABELS = frozenset(["no", "none", "not", "all", "any", "other", "both", "neither", "a", "b"])
_BOLD = re.compile(r"__(\w+?)__")
_TAG_EDGE = re.compile(r"^\s*<[\w-]{1,40}>|</[\w-]{1,40}>\s*$")
_CONTROL = re.compile(r"<\|.*\|>|<</?SYS>>|\[/?INST\]|</?s>", re.DOTALL)


def stands(reading: Reading, item: Item) -> bool:
    """Return whether *item*'s words stand in a message as words of their own."""
    text = reading.text
    if item.kind is ItemKind.HEADING:
        return item.value.casefold() in heading_names(text)
    if item.kind is ItemKind.JSON:
        return item.name in _without_layout(text)
    if item.kind is ItemKind.EXAMPLE:
        return item.name in _plain_lines(text)
    value = item.value
    if item.kind is ItemKind.QUOTE:
        text, value = flat(text), item.name
        if not any(sign.isalnum() for sign in value):
            return bool(re.search(rf"[\"“„«「'‘`(\[]{re.escape(value)}[\"”“»」'’`)\]]", text))
    elif item.kind is ItemKind.LABEL and not item.detail:
        text, value = text.casefold(), value.casefold()
    elif item.kind is ItemKind.IDENTIFIER and (bold := _BOLD.fullmatch(value)):
        return _is_in(text, value) or _is_in(text, bold[1])
    return _is_in(text, value)


def stands_as_often(old: Reading, new: Reading, item: Item) -> bool:
    """Return whether a heading, a line or a label that is a common word, too (“no”), stands as often as it did."""
    if item.kind is ItemKind.HEADING:
        name = item.value.casefold()
        return heading_names(new.text)[name] >= heading_names(old.text)[name]
    if item.kind is ItemKind.EXAMPLE:
        return _plain_lines(new.text)[item.name] >= _plain_lines(old.text)[item.name]
    if item.kind not in (ItemKind.LABEL, ItemKind.QUOTE) or item.value.casefold() not in _COMMON_LABELS:
        return True
    word = re.compile(rf"(?<!\w){re.escape(item.value)}(?!\w)")
    return len(word.findall(new.text)) >= len(word.findall(old.text))


def is_control(value: str) -> bool:
    """Return whether a tag is one of a chat's own, which a model reads as more than text."""
    return bool(_CONTROL.fullmatch(value))


@lru_cache(maxsize=16)
def flat(text: str) -> str:
    """Return *text* with every run of white space as one blank."""
    return _BLANK.sub(" ", text)


@lru_cache(maxsize=16)
def _plain_lines(text: str) -> Counter[str]:
    """Return how often each line of *text* stands there, as one of an example, without tags around it."""
    return Counter(plain_line(_TAG_EDGE.sub("", line) if "<" in line else line) for line in text.splitlines())


@lru_cache(maxsize=16)
def _without_layout(text: str) -> str:
    return without_layout(text)


def _is_in(text: str, value: str) -> bool:
    if not value:
        return True
    position = text.find(value)
    while position >= 0:
        end = position + len(value)
        starts = not (value[0].isalnum() and _joins(text[position - 1 : position]))
        ends = not (value[-1].isalnum() and _joins(text[end : end + 1]))
        if starts and ends:
            return True
        position = text.find(value, position + 1)
    return False


def _joins(sign: str) -> bool:
    """Return whether a letter beside a word makes it another word; in scripts without blanks it does not."""
    return sign.isalnum() and sign < "\u0e00"
