"""Accounting for every instruction: which sentence went where, by the words of both texts, else by what was claimed.

What code can see is computed. What the engine claims counts where its quote stands in the text and its rule is one
that applies. What neither shows is not verified, and stands in the ledger as that.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise

from msgspec import Struct

from refrase.core.alignment import Link, Tie
from refrase.core.contract import Reading
from refrase.core.growth import Growth
from refrase.core.item import ItemKind
from refrase.core.ledger import Entry, Evidence, Fate, Ledger
from refrase.core.prompt import Span
from refrase.core.rewrite import Change, Finding, Severity
from refrase.core.rule import speaks_with_force
from refrase.core.unit import Unit, unit_at, words_of

_WEIGHTY = frozenset({ItemKind.NUMBER, ItemKind.LABEL, ItemKind.QUOTE, ItemKind.DATE})
# Words by which a sentence says again what another one says.
_AGAIN = words_of("again remember reminder note important always finally lastly reminded keep mind")
# A sentence that gives the target its part.
_ROLE = re.compile(
    r"(?:please )?(?:act|be|play|pretend|imagine)\b|you are (?:an?|the|my)\b|i want you to (?:act|be)\b"
    r"|你是|你扮演|请你扮演|あなたは|당신은|du bist|sie sind|tu es|vous êtes|eres|você é|sei un|jij bent|ты |вы ",
    re.IGNORECASE,
)
# Of fewer telling words nothing but the place can speak.
_FEWEST_WORDS = 3


class Account(Struct, frozen=True):
    """The ledger of one message, and what in it has to be told."""

    ledger: Ledger
    findings: tuple[Finding, ...]


def account_for(old: Reading, new: Reading, links: Sequence[Link], changes: Sequence[Change]) -> Account:
    """Return where each sentence of *old* went in *new*. *changes* are those of this message."""
    book = _Book(old, new, links, changes)
    entries = tuple(book.entries())
    return Account(Ledger(book.kept, entries), tuple(book.findings(entries)))


class _Book:
    def __init__(self, old: Reading, new: Reading, links: Sequence[Link], changes: Sequence[Change]) -> None:
        self._old, self._new = old, new
        self._changes = changes
        self._to: defaultdict[int, list[Link]] = defaultdict(list)
        self._from: defaultdict[int, list[Link]] = defaultdict(list)
        for link in links:
            self._to[link.before].append(link)
            self._from[link.after].append(link)
        equals = [link for link in links if link.tie is Tie.EQUAL]
        # The sentences of the original that stand in the rewrite as they are, and those of the rewrite that stood so.
        self._unchanged = frozenset(link.before for link in equals)
        self._standing = frozenset(link.after for link in equals)
        self._in_order = _in_order(equals)
        self.kept = len(self._in_order)

    @cached_property
    def _units(self) -> dict[tuple[bool, Span], Unit]:
        olds = {(True, unit.span): unit for unit in self._old.units}
        return olds | {(False, unit.span): unit for unit in self._new.units}

    @cached_property
    def _weighty(self) -> frozenset[int | None]:
        """The sentences of the original that hold a number, a label, a date or a quoted text."""
        items = (item for item in self._old.items if item.kind in _WEIGHTY)
        return frozenset(unit_at(self._old.units, item.span.start) for item in items)

    def entries(self) -> Iterator[Entry]:
        """Yield an entry for each sentence that was not kept where it stood, then one for each that is new."""
        for index, unit in enumerate(self._old.units):
            if index not in self._in_order:
                yield from self._left(index, unit)
        for index, unit in enumerate(self._new.units):
            if index not in self._standing and self._is_new(index, unit):
                change = self._change_at(unit.span, "after")
                yield Entry(Fate.ADDED, _claimed(change), (), (unit.span,), *_why(change))

    def _is_covered_by_nothing(self, unit: Unit, links: Sequence[Link]) -> bool:
        """Return whether all that this sentence is like stands in the rewrite as before, and does not say the same."""
        if any(link.after not in self._standing for link in links):
            return False
        others = [self._new.units[link.after] for link in links]
        if any(other.key == unit.key and other.lead == unit.lead for other in others):
            return False  # it stood there twice
        if speaks_with_force(unit.demand, self._old.likely_language):
            return True
        return not unit.words <= frozenset[str]().union(*(other.words for other in others))

    def _is_new(self, index: int, unit: Unit) -> bool:
        """Return whether nothing of the original became this: it is no heading, and what it is like stays as it was."""
        links = self._from[index]
        if any(link.tie is not Tie.LIKE for link in links):
            return False
        if unit.is_heading or unit.text.endswith((":", "：")) or unit.text in self._texts:
            return False
        stood = unit.text in self._old.text
        if stood and unit.text not in self._old.prose:
            return False
        if not links:
            return index not in self._filled
        if any(link.before not in self._unchanged for link in links):
            return False
        return stood or not unit.words - _AGAIN <= self._growth.old_words

    @cached_property
    def _filled(self) -> frozenset[int | None]:
        """The sentences of the rewrite that hold a variable which left its own: they come from where it stood."""
        olds = {
            item.value
            for item in self._old.items
            if item.kind is ItemKind.VARIABLE and unit_at(self._old.units, item.span.start) not in self._unchanged
        }
        items = (item for item in self._new.items if item.kind is ItemKind.VARIABLE and item.value in olds)
        return frozenset(unit_at(self._new.units, item.span.start) for item in items)

    @cached_property
    def _texts(self) -> frozenset[str]:
        return frozenset(unit.text for unit in self._old.units)

    @cached_property
    def _growth(self) -> Growth:
        equals = ((before, self._to[before]) for before in sorted(self._in_order))
        anchors = [(before, next(link.after for link in links if link.tie is Tie.EQUAL)) for before, links in equals]
        return Growth(self._old, self._new, anchors)

    def _left(self, index: int, unit: Unit) -> Iterator[Entry]:
        links = self._to[index]
        equal = next((link for link in links if link.tie is Tie.EQUAL), None)
        if equal is not None:
            yield Entry(Fate.MOVED, Evidence.CODE, (unit.span,), (self._new.units[equal.after].span,))
            return
        change = self._change_at(unit.span, "before")
        if not links or self._is_covered_by_nothing(unit, links):
            if unit.text in self._new.text and unit.text not in self._new.prose:  # in a fence now, or in an example
                self.kept += 1
            elif not unit.is_heading or speaks_with_force(unit.said, self._old.likely_language):
                yield Entry(Fate.DROPPED, _claimed(change), (unit.span,), (), *_why(change))
            return
        likes = [link for link in links if link.tie is Tie.LIKE]
        spans = tuple(self._new.units[link.after].span for link in links)
        if not likes:
            evidence = Evidence.CODE if change and change.before else Evidence.NONE
            yield Entry(Fate.REWORDED, evidence, (unit.span,), spans, *_why(change))
            return
        others = {link.before for like in likes for link in self._from[like.after]} - {index}
        fate = Fate.SPLIT if len(likes) > 1 else Fate.MERGED if others else Fate.REWORDED
        yield Entry(fate, Evidence.CODE, (unit.span,), spans, *_why(change))

    def findings(self, entries: Sequence[Entry]) -> Iterator[Finding]:
        """Yield what has to be told: instructions that are gone, that are new, or that only their place ties."""
        added: set[Span] = set()
        for entry in entries:
            if entry.fate is Fate.DROPPED:
                yield self._dropped(entry)
            elif entry.fate is Fate.ADDED:
                added.add(entry.after[0])
                yield self._added(entry)
            elif entry.fate is Fate.REWORDED and entry.evidence is Evidence.NONE:
                yield from self._unverified(entry)
        for old, new in self._growth.grown():
            if new.span not in added:
                severity = _weight(_claimed(self._change_at(new.span, "after")))
                message = f"This says more than the prompt does: {_shown(new)}"
                yield Finding("instruction_added", severity, message, old.span, new.span, new.text)

    def _dropped(self, entry: Entry) -> Finding:
        unit = self._units[True, entry.before[0]]
        holds = unit_at(self._old.units, unit.span.start) in self._weighty
        is_role = entry.evidence is Evidence.NONE and _ROLE.match(unit.text)
        is_weighty = holds or is_role or speaks_with_force(unit.demand, self._old.likely_language)
        severity = Severity.BLOCKING if is_weighty else Severity.WARNING
        return Finding(
            "instruction_lost", severity, f"This has no counterpart: {_shown(unit)}", unit.span, value=unit.text
        )

    def _added(self, entry: Entry) -> Finding:
        """Block a plain addition; warn of one that the engine ties to a rule of the guide."""
        unit = self._units[False, entry.after[0]]
        index = unit_at(self._new.units, unit.span.start) or 0
        severity = _weight(entry.evidence) if self._growth.adds(index) else Severity.WARNING
        message = f"The prompt does not ask for this: {_shown(unit)}"
        return Finding("instruction_added", severity, message, after=unit.span, value=unit.text)

    def _unverified(self, entry: Entry) -> Iterator[Finding]:
        unit = self._units[True, entry.before[0]]
        other = self._units[False, entry.after[0]]
        was, now = (speaks_with_force(each.demand, self._old.likely_language) for each in (unit, other))
        if was and not now:
            message = f"This rule has no counterpart: {_shown(unit)}"
            yield Finding("instruction_lost", Severity.BLOCKING, message, unit.span, other.span, unit.text)
            return
        if len(unit.words) < _FEWEST_WORDS:
            return
        message = f"Only its place says that {_shown(unit)} became {_shown(other)}"
        yield Finding("instruction_unverified", Severity.WARNING, message, unit.span, other.span, unit.text)

    def _change_at(self, span: Span, side: str) -> Change | None:
        """Return the change that made or took what stands at *span*: by its place, or by the words it quotes."""
        for change in self._changes:
            place = getattr(change, side)
            if place is not None:
                if place.start < span.end and span.start < place.end:
                    return change
            elif change.quote and change.quote in self._text(span, side):
                return change
        return None

    def _text(self, span: Span, side: str) -> str:
        return (self._old if side == "before" else self._new).text[span.start : span.end]


def _weight(evidence: Evidence) -> Severity:
    return Severity.BLOCKING if evidence is Evidence.NONE else Severity.WARNING


def _claimed(change: Change | None) -> Evidence:
    return Evidence.ENGINE if change is not None and change.rule else Evidence.NONE


def _why(change: Change | None) -> tuple[str, str]:
    return (change.rule, change.reason) if change is not None else ("", "")


def _in_order(links: Sequence[Link]) -> set[int]:
    """Return the sentences that still stand in the order they had: the longest run that only goes forward."""
    ordered = sorted(links, key=lambda link: link.before)
    if all(link.after < following.after for link, following in pairwise(ordered)):
        return {link.before for link in ordered}
    tails: list[int] = []
    ends: list[int] = []
    previous: dict[int, int] = {}
    for place, link in enumerate(ordered):
        low = bisect_left(tails, link.after)
        previous[place] = ends[low - 1] if low else -1
        if low == len(tails):
            tails.append(link.after)
            ends.append(place)
        else:
            tails[low], ends[low] = link.after, place
    kept: set[int] = set()
    place = ends[-1] if ends else -1
    while place >= 0:
        kept.add(ordered[place].before)
        place = previous[place]
    return kept


def _shown(unit: Unit) -> str:
    flat = " ".join(unit.text.split())
    return f"“{flat if len(flat) <= 100 else flat[:99] + '…'}”"
