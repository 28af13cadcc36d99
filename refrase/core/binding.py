"""What a number belongs to: its bound, its unit, and the rule it stands in. All three must stay what they were.

Looked at are the numbers whose values all survived; one that is lost is told by core.fidelity.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from refrase.core.alignment import Link, Tie
from refrase.core.contract import Reading
from refrase.core.item import Item, ItemKind
from refrase.core.measure import bound_of, is_sign, unit_of
from refrase.core.rewrite import Finding, Severity
from refrase.core.unit import unit_at, words_of

# A link this sure says that both sentences are the same rule.
_SURE = 0.5
_BOUNDARY = re.compile(r"[,;:.()\n]| and | or | und | et | y | oder | ou |，|；|。|、")
_NEAR_CHARACTERS = 60
# Of a number that stands more often, or of a sentence with more numbers, nobody can say which is which.
_MOST_SAME = 60
_MOST_IN_SENTENCE = 20
_WORDS = {
    "most": "an upper limit",
    "least": "a lower limit",
    "exact": "an exact number",
    "about": "a rough number",
    "": "a plain number",
}


def check_bindings(old: Reading, new: Reading, links: Sequence[Link]) -> Iterator[Finding]:
    """Yield every number that has another bound or unit than it had, or that stands in another rule."""
    before, after = _numbers(old), _numbers(new)
    tied: defaultdict[int, list[int]] = defaultdict(list)
    sure: defaultdict[int, set[int]] = defaultdict(set)
    for link in links:
        tied[link.before].append(link.after)
        if link.tie is Tie.LIKE and link.likeness >= _SURE:
            sure[link.before].add(link.after)
    taken = {link.after for link in links}
    unchanged = {link.before for link in links if link.tie is Tie.EQUAL}
    places = {name: [(unit_at(new.units, item.span.start), item) for item in items] for name, items in after.items()}
    for name, items in before.items():
        if len(items) != len(after.get(name, ())) or len(items) > _MOST_SAME:
            continue
        for item in items:
            unit = unit_at(old.units, item.span.start)
            if unit is None or unit in unchanged:
                continue
            there = [other for place, other in places[name] if place in tied[unit]]
            if there:
                yield from _detail_changed(old, new, item, there)
            elif sure[unit] and (elsewhere := [other for place, other in places[name] if place in taken]):
                yield _moved(item, elsewhere[0])
    yield from _swapped(old, new, links)


def _numbers(reading: Reading) -> dict[str, list[Item]]:
    found: defaultdict[str, list[Item]] = defaultdict(list)
    for item in reading.items:
        if item.kind is ItemKind.NUMBER:
            found[item.name].append(item)
    return found


def _detail_changed(old: Reading, new: Reading, before: Item, candidates: list[Item]) -> Iterator[Finding]:
    """Tell that bound or unit changed, unless one of the same numbers in the same rule still has them."""
    context = _context(old.text, before)
    if any(_context(new.text, after) == context for after in candidates):
        return
    bound, unit = _measure(old, before)
    details = [_measure(new, candidate) for candidate in candidates]
    if any(_is_same_bound(bound, other) for other, _ in details):
        if unit and all(other != unit and (other or is_sign(unit)) for _, other in details):
            what = f"counted {unit}s and counts {details[0][1] or 'nothing'}{'s' if details[0][1] else ''} now"
            yield _finding("number_changed", f"{before.value} {what}.", before, candidates[0])
        return
    message = f"{before.value} was {_WORDS[bound]} and is {_WORDS[details[0][0]]} now."
    yield _finding("number_changed", message, before, candidates[0])


def _measure(reading: Reading, item: Item) -> tuple[str, str]:
    start, end = item.span.start, item.span.end
    return bound_of(reading.prose, start, end), unit_of(reading.prose, start, end)


def _is_same_bound(bound: str, other: str) -> bool:
    """Return whether a number is bound as before; exact and rough ones may lose the word that says so."""
    return bound == other or ("" in (bound, other) and {bound, other} <= {"", "exact", "about"})


def _moved(before: Item, after: Item) -> Finding:
    return _finding("number_moved", f"The number {before.value} stands in another rule now.", before, after)


def _swapped(old: Reading, new: Reading, links: Sequence[Link]) -> Iterator[Finding]:
    """Within one sentence: tell two numbers that stand at each other's words."""
    alike = [link for link in links if link.tie is Tie.LIKE]
    mine_of, theirs_of = (_by_sentence(reading) if alike else {} for reading in (old, new))
    for link in alike:
        mine = mine_of[link.before]
        theirs = {item.name: item for item in theirs_of[link.after]}
        if len(mine) > _MOST_IN_SENTENCE:
            continue
        pairs = [(item, theirs[item.name]) for item in mine if item.name in theirs]
        for index, (first, first_now) in enumerate(pairs):
            for second, second_now in pairs[index + 1 :]:
                if first.name == second.name:
                    continue
                a, b = _key(old.prose, first), _key(old.prose, second)
                x, y = _key(new.prose, first_now), _key(new.prose, second_now)
                if len(a & y) + len(b & x) > len(a & x) + len(b & y) + 1:
                    message = f"The numbers {first.value} and {second.value} changed places."
                    yield _finding("number_moved", message, first, first_now)


def _by_sentence(reading: Reading) -> defaultdict[int, list[Item]]:
    """Return the numbers of each sentence, by its place."""
    found: defaultdict[int, list[Item]] = defaultdict(list)
    for item in reading.items:
        if item.kind is ItemKind.NUMBER and (unit := unit_at(reading.units, item.span.start)) is not None:
            found[unit].append(item)
    return found


def _key(text: str, item: Item) -> frozenset[str]:
    """Return the words that say what a number is about: from the last boundary to the next."""
    before = _BOUNDARY.split(text[max(0, item.span.start - _NEAR_CHARACTERS) : item.span.start])[-1]
    after = _BOUNDARY.split(text[item.span.end : item.span.end + _NEAR_CHARACTERS])[0]
    return words_of(f"{before} {after}")


def _context(text: str, item: Item) -> str:
    return text[max(0, item.span.start - 40) : item.span.end + 40]


def _finding(kind: str, message: str, before: Item, after: Item) -> Finding:
    return Finding(kind, Severity.BLOCKING, message, before.span, after.span, before.value)
