"""The word that says what a name means: “the tool find_book”. Another noun in its place makes it another thing."""

import re
from collections.abc import Iterator

from refrase.core.contract import Reading
from refrase.core.item import Item, ItemKind
from refrase.core.rewrite import Finding, Severity

# What fills a variable may be called by any word: “the topic {topic}” is as good as “the subject {topic}”.
_NAMED = frozenset({ItemKind.IDENTIFIER, ItemKind.TOOL, ItemKind.INLINE_CODE, ItemKind.PATH})
_KINDS = (
    "agent|api|argument|attribute|class|column|command|constant|directory|endpoint|enum|field|file|filename|flag|folder|"
    "function|header|library|method|module|package|parameter|path|property|script|sub-?agent|table|tool|utility|variable"
)
_LEAD_CHARACTERS = 60
_LEAD = re.compile(
    r"\b(?:the|an?|this|your|our|its|each|every)[ \t]+(?P<word>[A-Za-z]{3,30})[ \t]+[\"'“*`<{]{0,3}\Z", re.IGNORECASE
)
# What only describes the name: “the existing report.md”.
_DESCRIBES = re.compile(
    r"\w+(?:ed|ing|al|ive|ous|ic|able|ible|ary)|new|same|whole|full|given|right|first|second|last|next|other|old|real|own",
    re.IGNORECASE,
)
_KIND = re.compile(rf"(?:{_KINDS})s?", re.IGNORECASE)


def check_kinds(old: Reading, new: Reading) -> Iterator[Finding]:
    """Yield every name that was called a tool, a field, a file …, and is now called something that no name is."""
    were_called = list(_called(old))
    had = {item.value: (item, word) for item, word in were_called if _KIND.fullmatch(word)}
    if not had:
        return
    called = list(_called(new))
    still = {item.value for item, word in called if _KIND.fullmatch(word)}
    before = {(item.value, word.lower()) for item, word in were_called}
    for item, word in called:
        if item.value in had and item.value not in still and (item.value, word.lower()) not in before:
            was, kind = had[item.value]
            told = f"The {kind} {item.value} became the {word} {item.value}."
            yield Finding("kind_changed", Severity.BLOCKING, told, was.span, item.span, item.value)


def _called(reading: Reading) -> Iterator[tuple[Item, str]]:
    """Yield the names that have a noun and its article before them, each with the noun; no adjectives."""
    for item in reading.items:
        if item.kind in _NAMED:
            start = item.span.start
            lead = _LEAD.search(reading.text, max(0, start - _LEAD_CHARACTERS), start)
            if lead and not _DESCRIBES.fullmatch(lead["word"]):
                yield item, lead["word"]
