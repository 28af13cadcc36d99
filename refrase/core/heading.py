"""Headings that a prompt itself refers to: “put it into the section IDEAS”, “follow the Steps above”.

A heading that nothing refers to is layout: a rewrite may word it anew.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from refrase.core.item import Item, ItemKind
from refrase.core.prompt import Span
from refrase.core.scan import at_lines, lowered

_HEADING = re.compile(
    r"^[ \t]{0,3}(?:#{1,6}[ \t]+(?P<marked>[^\r\n]{1,120})|\*\*(?P<bold>[^*\r\n]{1,80})\*\*:?[ \t]*\r?$"
    r"|={2,}[ \t]*(?P<ruled>[^=\r\n]{1,80}?)[ \t]*={2,}[ \t]*\r?$|"
    r"[ \t]{0,8}(?P<capitals>[A-Z][A-Z0-9 &/_-]{2,60}):?[ \t]*\r?$|(?P<plain>[A-Z][\w -]{2,40}):[ \t]*\r?$)",
    re.MULTILINE,
)
_EDGE = re.compile(r"^[\W\d_]+|[\W_]+$")
_POINTING = re.compile(
    r"(?:\b(?:section|part|block|heading|chapter|under|see|follow|per|titled|called|named|to|in|from|above|below|"
    r"abschnitt|"
    r"unter|section|sección|sezione)\s+(?:the\s+|your\s+)?|[\"“„「『【'*`<\[({])$",
    re.IGNORECASE,
)
_POINTED = re.compile(r"[\"”'*`>\])]?\s+(?:section|part|block|heading|above|below)\b", re.IGNORECASE)
# A name of so many signs in a script without blanks is hardly said by chance.
_TELLING_SIGNS = 4
# A text of more headings is a document; which of them it refers to is not looked for beyond these.
_MOST_HEADINGS = 200
_WORD = re.compile(r"\w+")
# From so many characters to search on, it pays to know the words first.
_MUCH_SEARCHING = 20_000_000


def find_headings(text: str, message: int = 0) -> Iterator[Item]:
    """Yield every heading whose words stand somewhere else in *text*, too, as its name."""
    found = list(at_lines(_HEADING, text))
    names: dict[str, re.Match[str]] = {}
    for match in found:
        name = _EDGE.sub("", match[match.lastgroup or 0])
        if len(name) > 2 and name not in names:
            names[name] = match
        if len(names) == _MOST_HEADINGS:
            break
    lines = [match.span() for match in found]
    said = _said_elsewhere(text, lines) if len(names) * len(text) > _MUCH_SEARCHING else None
    for name, match in names.items():
        if said is not None and name.isascii() and not said.issuperset(_WORD.findall(name.lower())):
            continue
        if _is_referred_to(text, name, lines):
            start = text.index(name, match.start())
            yield Item(ItemKind.HEADING, name, Span(start, start + len(name), message))


@lru_cache(maxsize=16)
def heading_names(text: str) -> Counter[str]:
    """Return how often the words of each heading of *text* are one, case folded."""
    return Counter(_EDGE.sub("", match[match.lastgroup or 0]).casefold() for match in at_lines(_HEADING, text))


def _said_elsewhere(text: str, lines: list[tuple[int, int]]) -> frozenset[str]:
    """Return the words that stand outside of headings: a heading with others is not referred to."""
    small = lowered(text)
    edges = [0, *(edge for line in lines for edge in line), len(text)]
    outside = (small[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True))
    return frozenset(word for part in outside for word in _WORD.findall(part))


def _is_referred_to(text: str, name: str, lines: list[tuple[int, int]]) -> bool:
    is_telling = name.isupper() or " " in name or (len(name) >= _TELLING_SIGNS and not name.isascii())
    # A name of several words is one in whatever letters.
    if " " in name:
        text, name = lowered(text), name.lower()
    position = text.find(name)
    while position >= 0:
        end = position + len(name)
        is_word = not (name.isascii() and (text[position - 1 : position].isalnum() or text[end : end + 1].isalnum()))
        line = bisect_right(lines, (position, len(text))) - 1
        if is_word and not (line >= 0 and lines[line][0] <= position < lines[line][1]):
            before, after = text[max(0, position - 24) : position], text[end : end + 12]
            if is_telling or _POINTING.search(before) or _POINTED.match(after):
                return True
        position = text.find(name, end)
    return False
