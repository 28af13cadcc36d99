"""Which sentence of the original is which of the rewrite: equal ones first, then like ones, then by their place."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from functools import cache
from itertools import accumulate, chain
from math import sqrt

from msgspec import Struct

from refrase.core.unit import Unit


class Tie(StrEnum):
    """How two units are tied, the surest first."""

    EQUAL = "equal"
    LIKE = "like"
    PLACE = "place"  # both stand between the same neighbours; nothing else ties them


class Link(Struct, frozen=True):
    """Unit `before` of the original and unit `after` of the rewrite, by index, and how alike they are, 0 to 1."""

    before: int
    after: int
    tie: Tie
    likeness: float = 1.0


# Shares of weighted words, by trial on the paraphrases of tests/data (tests/benchmarks/fidelity.py).
_LEAST_ALIKE = 0.36
_LEAST_CONTAINED = 0.6
# Verbs of every request: two sentences that have no more than these in common have little in common.
_LIGHT = frozenset(
    ("add us use mak make includ include give writ write provid provide keep put tak take want need").split()
)
_LIGHT_WEIGHT = 0.4
# A unit that is tied to its equal is less likely another one's, too.
_TIED_ALREADY = 0.85
# Two units between the same unchanged neighbours are likelier each other's.
_SAME_GAP = 1.2
# With a smaller share of its words in another unit none is alike enough, wherever both stand.
_LEAST_SHARED = 0.17
# A word that stands in more units than this tells nothing about which one is meant.
_MOST_UNITS = 60


def align(before: Sequence[Unit], after: Sequence[Unit]) -> tuple[Link, ...]:
    """Return the links between two texts' units. A unit may have several: sentences are merged and split."""
    links = _equal(before, after)
    open_before = _without(range(len(before)), (link.before for link in links))
    open_after = _without(range(len(after)), (link.after for link in links))
    gaps = dict(zip(open_before, _gaps(links, open_before, len(after)), strict=True))
    links += _alike(before, after, open_before, open_after, gaps)
    open_before = _without(open_before, (link.before for link in links))
    open_after = _without(open_after, (link.after for link in links))
    links += _placed(links, open_before, open_after, len(after))
    return tuple(sorted(links, key=lambda link: (link.before, link.after)))


def _equal(before: Sequence[Unit], after: Sequence[Unit]) -> list[Link]:
    """Tie equal units one to one: first those with the same line above their list, then the others."""
    links: list[Link] = []
    open_before, open_after = list(range(len(before))), list(range(len(after)))
    for key_of in (lambda unit: (unit.key, unit.lead), lambda unit: unit.key):
        places: defaultdict[object, list[int]] = defaultdict(list)
        for index in reversed(open_after):
            places[key_of(after[index])].append(index)
        found = [(index, places[key_of(before[index])]) for index in open_before]
        links += [Link(index, there.pop(), Tie.EQUAL) for index, there in found if there]
        open_before = _without(open_before, (link.before for link in links))
        open_after = _without(open_after, (link.after for link in links))
    return links


def _alike(
    before: Sequence[Unit],
    after: Sequence[Unit],
    open_before: list[int],
    open_after: list[int],
    gaps: dict[int, tuple[int, int]],
) -> list[Link]:
    """Tie each open unit to the most alike one of the other side: also to one that is tied already (merged, split)."""
    if not open_before and not open_after:
        return []
    weights = _weights(before, after)
    is_open = set(open_after)

    def factor(i: int, j: int) -> float:
        """Return how much likelier the place of two units makes their tie."""
        if i not in gaps or j not in is_open:
            return _TIED_ALREADY
        return _SAME_GAP if gaps[i][0] < j < gaps[i][1] else 1.0

    found = {(i, j): score for i, j, score in _best(before, after, open_before, weights, factor)}
    found |= {(i, j): score for j, i, score in _best(after, before, open_after, weights, lambda j, i: factor(i, j))}
    return [Link(i, j, Tie.LIKE, round(min(1.0, score), 3)) for (i, j), score in found.items()]


def _best(
    these: Sequence[Unit],
    those: Sequence[Unit],
    open_these: list[int],
    weights: dict[str, float],
    factor: Callable[[int, int], float],
) -> Iterable[tuple[int, int, float]]:
    if not open_these:
        return
    index: defaultdict[str, list[int]] = defaultdict(list)
    wanted = {word for i in open_these for word in these[i].words}
    for j, unit in enumerate(those):
        for word in unit.words & wanted:
            index[word].append(j)
    weight_of = weights.__getitem__
    sum_of = cache(lambda j: sum(map(weight_of, those[j].words)))
    for i in open_these:
        shared: defaultdict[int, float] = defaultdict(float)
        for word in these[i].words:
            for j in index[word] if len(index[word]) <= _MOST_UNITS else ():
                shared[j] += weights[word]
        own = sum(map(weight_of, these[i].words))
        likely = [(j, weight) for j, weight in shared.items() if weight >= _LEAST_SHARED * own]
        scored = [(_score(weight, own, sum_of(j)) * factor(i, j), -abs(i - j), j) for j, weight in likely]
        if scored:
            score, _, j = max(scored)
            if score >= _LEAST_ALIKE:
                yield i, j, score


def _score(shared: float, own: float, other: float) -> float:
    """Return how alike two units are: their common share, or how much of the first the second holds."""
    alike = 2 * shared / (own + other) if own + other else 0.0
    contained = shared / own if own else 0.0
    return max(alike, contained * 0.8 if contained >= _LEAST_CONTAINED else 0.0)


def _weights(before: Sequence[Unit], after: Sequence[Unit]) -> dict[str, float]:
    counts = Counter(chain.from_iterable(unit.words for unit in (*before, *after)))
    return {word: (_LIGHT_WEIGHT if word in _LIGHT else 1) / sqrt(count) for word, count in counts.items()}


def _placed(links: list[Link], open_before: list[int], open_after: list[int], after_count: int) -> list[Link]:
    """Tie what is left over by place: the open units between the same two neighbours, one by one in order."""
    if not open_before or not open_after:
        return []
    gaps: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for index, gap in zip(open_before, _gaps(links, open_before, after_count), strict=True):
        gaps[gap].append(index)
    placed: list[Link] = []
    for (low, high), lefts in gaps.items():
        rights = open_after[bisect_right(open_after, low) : bisect_left(open_after, high)]
        placed += (Link(i, j, Tie.PLACE, 0.0) for i, j in zip(lefts, rights, strict=False))
    return placed


def _gaps(links: list[Link], open_before: list[int], after_count: int) -> Iterable[tuple[int, int]]:
    """Yield for each open unit the two units of the rewrite that its tied neighbours on either side lead to."""
    if not open_before:
        return
    anchors = sorted((link.before, link.after) for link in links)
    befores = [before for before, _ in anchors]
    lows = list(accumulate((after for _, after in anchors), max, initial=-1))
    highs = list(accumulate((after for _, after in reversed(anchors)), min, initial=after_count))[::-1]
    for index in open_before:
        place = bisect_left(befores, index)
        low, high = lows[place], highs[place]
        yield (low, high) if low < high else (after_count, after_count)


def _without(indexes: Iterable[int], tied: Iterable[int]) -> list[int]:
    taken = set(tied)
    return [index for index in indexes if index not in taken]
