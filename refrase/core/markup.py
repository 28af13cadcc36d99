"""Markup in a prompt: nested elements that are data (an XML schema, a sample), and elements that hold a document.

Read leniently, in one pass: a tag that is never closed, or closed out of turn, ends nothing.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

_TAG = re.compile(r"<(/?)([A-Za-z_][\w:.-]{0,60})((?:\s[^<>]{0,500})?)>")
_DOCUMENTS = frozenset(
    "document documents text article context data source transcript passage report log email".split()
)
# By trial on real prompts: data is made of tags and short values; instructions in tags are mostly sentences.
_LEAST_ELEMENTS = 3
_LEAST_MARKUP = 0.35
_LONGEST_VALUE_CHARACTERS = 160
_LEAST_DOCUMENT_CHARACTERS, _MOST_DOCUMENT_CHARACTERS = 400, 60_000
# A prompt that is markup itself is no sample of it.
_MOST_OF_TEXT = 0.6
_MOST_DEPTH = 200


class Element(Struct):
    """An element with its tags: where it and its content lie, and what it is made of."""

    name: str
    start: int
    inner_start: int
    inner_end: int = -1
    end: int = -1
    elements: int = 1
    tag_characters: int = 0
    longest_value: int = 0

    @property
    def is_data(self) -> bool:
        """Return whether it is made of tags and short values."""
        return (
            self.elements >= _LEAST_ELEMENTS
            and self.tag_characters >= _LEAST_MARKUP * (self.end - self.start)
            and self.longest_value <= _LONGEST_VALUE_CHARACTERS
        )

    @property
    def is_document(self) -> bool:
        """Return whether its name says that it holds a text to read, and it is long enough to be one."""
        length = self.inner_end - self.inner_start
        is_named = self.name.lower() in _DOCUMENTS
        return is_named and _LEAST_DOCUMENT_CHARACTERS <= length <= _MOST_DOCUMENT_CHARACTERS


def find_data(text: str) -> Iterator[tuple[int, int]]:
    """Yield where elements that are data stand, with their tags; some lie in others."""
    most = _MOST_OF_TEXT * len(text)
    return ((e.start, e.end) for e in find_elements(text) if e.is_data and e.end - e.start <= most)


def find_documents(text: str) -> Iterator[tuple[int, int]]:
    """Yield where elements that hold a document have it, without their tags."""
    return ((e.inner_start, e.inner_end) for e in find_elements(text) if e.is_document)


def find_elements(text: str) -> Iterator[Element]:
    """Yield every closed element, inner ones first."""
    if "</" not in text:
        return
    stack: list[Element] = []
    position = 0
    for match in _TAG.finditer(text):
        closing, name, attributes = match.groups()
        size = match.end() - match.start()
        if stack:
            stack[-1].longest_value = max(stack[-1].longest_value, match.start() - position)
        position = match.end()
        if not closing and attributes.endswith("/"):
            if stack:
                stack[-1].elements += 1
                stack[-1].tag_characters += size
        elif not closing:
            stack.append(Element(name, match.start(), match.end(), tag_characters=size))
            del stack[:-_MOST_DEPTH]
        elif any(element.name == name for element in stack):
            while (element := stack.pop()).name != name:
                pass
            element.inner_end, element.end = match.start(), match.end()
            element.tag_characters += size
            if stack:
                stack[-1].elements += element.elements
                stack[-1].tag_characters += element.tag_characters
                stack[-1].longest_value = max(stack[-1].longest_value, element.longest_value)
            yield element
