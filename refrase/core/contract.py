"""The contract of a prompt: everything in it that must survive a rewrite, found by code."""

import re
from collections.abc import Iterable
from functools import cached_property

from msgspec import Struct

from refrase.core.block import Scopes, scopes_of
from refrase.core.choice import find_choices
from refrase.core.data import find_json
from refrase.core.date import find_dates
from refrase.core.example import find_examples
from refrase.core.heading import find_headings
from refrase.core.item import Item, ItemKind
from refrase.core.label import find_labels
from refrase.core.language import language_of, likely_language
from refrase.core.literal import (
    blank,
    find_code_blocks,
    find_inline_code,
    find_names,
    find_role_lines,
    find_terms,
    find_urls,
)
from refrase.core.number import find_numbers
from refrase.core.prompt import Message, Prompt
from refrase.core.quote import find_foreign, find_quotes
from refrase.core.scan import is_plain
from refrase.core.table import find_tables
from refrase.core.terms import Terms
from refrase.core.tool import find_tools
from refrase.core.unit import Unit, units_of
from refrase.core.variable import find_variables

_FENCE_LINE = re.compile(r"^[ \t>]*(?:`{3,}|~{3,})[^\r\n]*", re.MULTILINE)


class Reading:
    """One message, read: what must survive of it, its blocks, its sentences and its language.

    `prose` is its text with everything blanked out that is kept whole or filled in; `said` is without quoted
    literals, too: what the prompt itself says. `language` is "" where code cannot tell it with confidence;
    `likely_language` is a guess then.
    """

    def __init__(self, message: Message, number: int, texts: "_Texts", items: tuple[Item, ...], scopes: Scopes) -> None:
        self.text = message.text
        self.role = message.role
        self.number = number
        self.items = items
        self.scopes = scopes
        self.prose = texts.prose
        self.said = texts.said
        self.language = texts.language
        self.likely_language = texts.likely_language
        self._rest = texts.rest

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """The sentences, list items and headings outside of code, data and examples."""
        return units_of(self._rest, self.number, self.prose, self.said)


class _Texts(Struct, frozen=True):
    """The text of a message with more and more of it blanked out, and the language of what is left."""

    rest: str
    prose: str
    said: str
    language: str
    likely_language: str


class Contract(Struct, frozen=True):
    """A prompt, read message by message."""

    messages: tuple[Reading, ...]

    @property
    def items(self) -> tuple[Item, ...]:
        """Everything that must survive, over all messages."""
        return tuple(item for message in self.messages for item in message.items)


def contract_of(prompt: Prompt, terms: Terms | None = None, original: Contract | None = None) -> Contract:
    """Read *prompt*. *terms* is what the caller knows of it; *original* is what it was rewritten from.

    A text too short to tell its language is read in that of its original. One that stayed as it was is not read again.
    """
    terms = terms or Terms()
    olds = original.messages if original else [None] * len(prompt.messages)
    messages = enumerate(zip(prompt.messages, olds, strict=True))
    return Contract(tuple(_read_again(message, number, terms, old) for number, (message, old) in messages))


def _read_again(told: Message, message: int, terms: Terms, old: Reading | None) -> Reading:
    if old and old.text == told.text and old.role == told.role:
        return old
    return _read(told, message, terms, old.likely_language if old else "")


def _read(told: Message, message: int, terms: Terms, hint: str) -> Reading:
    """Read one message. What stands inside of something that is kept whole is not told a second time."""
    text = told.text
    blocks = list(find_code_blocks(text, message))
    fences = _spans(blocks)
    inline = list(find_inline_code(blank(text, fences), message))
    filled = list(find_variables(text, message, syntaxes=terms.syntaxes, fences=fences, inline=_spans(inline)))
    scopes = scopes_of(filled)
    rest = blank(text, [*fences, *(match.span() for match in _FENCE_LINE.finditer(text))] if blocks else [])
    tokens = [item for item in filled if item.kind is not ItemKind.BRACES]
    whole = list(find_tables(rest, message))
    whole += find_examples(blank(rest, _spans(whole)), message)
    if json := list(find_json(blank(rest, _spans(whole)), message)):
        whole += _outside(json, blank(text, _spans(tokens)))
    rest = blank(rest, _spans(whole))
    filled = [item for item in filled if item.kind is not ItemKind.BRACES or rest[item.span.start] != "\0"]
    inline = [item for item in inline if "\0" not in rest[item.span.start : item.span.end]]
    urls = list(find_urls(blank(rest, _spans(inline)), message))
    masked = blank(rest, _spans([*inline, *urls]))
    prose = blank(masked, _spans(filled))
    language = language_of(prose)
    likely = language or hint or likely_language(prose)
    quotes = list(find_quotes(prose, message, text))
    quotes += [] if is_plain(prose) else find_foreign(blank(prose, _spans(quotes)), message)
    quotes_and_headings = [*quotes, *find_headings(masked, message)]
    masked = blank(masked, _spans([*quotes_and_headings, *filled]))
    dates = list(find_dates(masked, message))
    masked = blank(masked, _spans(dates))
    tools = list(find_tools(masked, terms.tools, message)) if terms.tools else []
    names = [*tools, *find_role_lines(masked, message)]
    names += find_names(blank(masked, _spans(names)), message)
    names += [] if is_plain(masked) else find_terms(blank(masked, _spans(names)), message)
    masked = blank(masked, _spans(names))
    gaps = frozenset(item.span.start for item in filled if item.kind is ItemKind.PLACEHOLDER)
    labels = list(find_choices(masked, message, gaps))
    labels += find_labels(blank(masked, _spans(labels)), message)
    others = [*find_numbers(masked, message, likely), *labels]
    found = (*filled, *blocks, *whole, *inline, *urls, *quotes_and_headings, *dates, *names, *others)
    said = blank(prose, _spans([*quotes, *(label for label in labels if label.detail)]))
    texts = _Texts(rest, prose, said, language, likely)
    has_scopes = len(scopes.starts) > 1
    return Reading(
        told, message, texts, tuple(_scoped(item, scopes) for item in found) if has_scopes else found, scopes
    )


def _outside(items: Iterable[Item], masked: str) -> list[Item]:
    """Return those of *items* that are no part of something that *masked* has blanked out."""
    return [item for item in items if masked[item.span.start : item.span.end].strip("\0")]


def _scoped(item: Item, scopes: Scopes) -> Item:
    scope = scopes.at(item.span.start)
    return Item(item.kind, item.value, item.span, item.name, scope, item.detail) if scope else item


def _spans(items: Iterable[Item]) -> list[tuple[int, int]]:
    return [(item.span.start, item.span.end) for item in items]


# Kinds that are kept whole, so that what stands inside of them is a part of them.
WHOLE_KINDS = frozenset(
    {ItemKind.CODE_BLOCK, ItemKind.INLINE_CODE, ItemKind.JSON, ItemKind.EXAMPLE, ItemKind.QUOTE, ItemKind.URL}
)
