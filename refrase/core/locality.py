"""Things that stand in several sentences: none of those sentences may lose its own, and none may get another's number.

core.fidelity counts over a whole message; here each sentence is held against the one that it became.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from refrase.core.alignment import Link, Tie
from refrase.core.contract import Reading
from refrase.core.item import Item, ItemKind
from refrase.core.law import LAWS
from refrase.core.prompt import Span
from refrase.core.rewrite import Finding, Severity
from refrase.core.scan import common_edges, spots
from refrase.core.unit import unit_at

_KINDS = frozenset(
    {
        ItemKind.INLINE_CODE,
        ItemKind.IDENTIFIER,
        ItemKind.PATH,
        ItemKind.URL,
        ItemKind.EMAIL,
        ItemKind.TOOL,
        ItemKind.QUOTE,
        ItemKind.LABEL,
        ItemKind.DATE,
        ItemKind.NUMBER,
        ItemKind.PLACEHOLDER,
        ItemKind.TAG,
    }
)
# A letter or digit of a script with blanks between its words.
_LETTER = r"[0-9A-Za-z\u00c0-\u0dff]"
_BOLD = re.compile(r"__(\w+?)__")
_BY_NAME = frozenset({ItemKind.NUMBER, ItemKind.DATE})
_POINTERS = re.compile(
    r"\b(?:it|its|they|them|their|this|that|these|those|same|latter|former|such|so|one|here|there|es|sie|ihn|ihm|"
    r"dies\w*|diese\w*|"
    r"darin|davon|dort|il|elle|celui-ci|celle-ci|cela|ce|ces|lo|él|ella|eso|este|esta|ello|ele|ela|isso|esse|essa|"
    r"esso|essa|ciò|"
    r"hij|zij|dit|dat|deze|он|она|оно|его|её|это|этот|эта)\b|[它其该該此]|それ|その|これ|この|그것|그|이것",
    re.IGNORECASE,
)


def check_locality(old: Reading, new: Reading, links: Sequence[Link], told: frozenset[Span]) -> Iterator[Finding]:
    """Yield every thing that a sentence lost while others keep theirs. *told* are those that are told as lost."""
    side = _Side(old, new, links)
    for item, unit in side.items(old):
        if item.span in told or unit in side.equal or item.detail == "layout":
            continue
        afters = side.became[unit]
        is_all = side.is_only_change(unit, item)
        if not is_all and side.holds(afters, item):
            continue
        pattern = _pattern(item, old.units[unit].text)
        may_say = not is_all and item.kind is not ItemKind.NUMBER
        if may_say and any(pattern.search(new.units[place].text) for place in afters):
            continue
        said = " ".join(new.units[place].text for place in afters)
        if _is_fewer(old, new, item, pattern) and not _points(old.units[unit].text, said):
            message = f"The {LAWS[item.kind].noun} {item.value} is gone from this sentence."
            span = new.units[min(afters)].span if afters else None
            yield Finding(f"{item.kind}_lost", Severity.BLOCKING, message, item.span, span, item.value)


class _Side:
    """Which changed sentence became which, and what each of the rewrite's holds. An unchanged one takes up nothing."""

    def __init__(self, old: Reading, new: Reading, links: Sequence[Link]) -> None:
        self._old, self._new = old, new
        self._changed: dict[int, tuple[int, int]] = {}
        self.equal = {link.before for link in links if link.tie is Tie.EQUAL}
        self.became: defaultdict[int, set[int]] = defaultdict(set)
        unchanged = {link.after for link in links if link.tie is Tie.EQUAL}
        for link in links:
            if link.before not in self.equal and link.after not in unchanged:
                self.became[link.before].add(link.after)

    @cached_property
    def _held(self) -> dict[int, set[tuple[ItemKind, str]]]:
        held: defaultdict[int, set[tuple[ItemKind, str]]] = defaultdict(set)
        for item, unit in self.items(self._new):
            held[unit].add((item.kind, item.name or item.value))
        return held

    def holds(self, places: Iterable[int], item: Item) -> bool:
        """Return whether one of these sentences of the rewrite holds a thing of that kind and name."""
        return any((item.kind, item.name or item.value) in self._held.get(place, ()) for place in places)

    def is_only_change(self, unit: int, item: Item) -> bool:
        """Return whether a sentence changed nowhere but at this thing, so that it stands elsewhere in it by chance."""
        if unit not in self._changed:
            self._changed[unit] = self._changed_part(unit)
        first, last = self._changed[unit]
        return first < last and item.span.start <= first and last <= item.span.end + 1

    def _changed_part(self, unit: int) -> tuple[int, int]:
        """Return from where to where a sentence changed that became one other."""
        if len(self.became[unit]) != 1:
            return 0, 0
        before, after = self._old.units[unit], self._new.units[min(self.became[unit])]
        start, end = common_edges(before.text, after.text)
        return before.span.start + start, before.span.end - end

    def items(self, reading: Reading) -> Iterator[tuple[Item, int]]:
        """Yield the things that stand in a sentence of *reading*, with its place."""
        for item in reading.items:
            unit = unit_at(reading.units, item.span.start) if item.kind in _KINDS else None
            if unit is not None and item.span.end <= reading.units[unit].span.end:
                yield item, unit


def _points(before: str, after: str) -> bool:
    """Return whether a sentence points at a thing now that it named before: “If it is missing”."""
    return len(_POINTERS.findall(after)) > len(_POINTERS.findall(before))


def _is_fewer(old: Reading, new: Reading, item: Item, pattern: re.Pattern[str]) -> bool:
    """Return whether a thing stands less often in the rewrite."""
    if item.kind in _BY_NAME:
        had, has = (
            sum(other.kind is item.kind and other.name == item.name for other in reading.items)
            for reading in (old, new)
        )
        return has < had
    # Counting a plain word is far quicker, and mostly tells already.
    if not pattern.flags & re.IGNORECASE and new.text.count(item.value) >= old.text.count(item.value):
        return False
    words = (_words_of(item).lower(),)
    has, had = (
        sum(pattern.match(text, spot) is not None for spot in spots(text, words)) for text in (new.text, old.text)
    )
    return has < had


def _words_of(item: Item) -> str:
    """Return what of an item has to stand somewhere. Of a tag that is only spoken of, the word may stay alone."""
    bold = _BOLD.fullmatch(item.value)
    if item.kind is ItemKind.TAG:
        return (bold[1] if bold else item.value).strip("<>/")
    return item.name if item.kind is ItemKind.QUOTE else bold[1] if bold else item.value


def _pattern(item: Item, sentence: str) -> re.Pattern[str]:
    """Return what finds an item's words as words of their own; in scripts without blanks anywhere.

    A word in capitals may lose them, unless its sentence has the same word without them, too.
    """
    value = _words_of(item)
    start = rf"(?<!{_LETTER})" if re.match(_LETTER, value) else ""
    end = rf"(?!{_LETTER})" if re.match(_LETTER, value[-1:]) else ""
    is_free = item.kind is ItemKind.LABEL and not item.detail and value.lower() not in sentence
    return re.compile(start + re.escape(value) + end, re.IGNORECASE if is_free else 0)
