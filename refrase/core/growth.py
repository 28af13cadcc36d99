"""What a rewrite says more than its original: by the words of the stretches that changed between unchanged sentences.

A sentence put in other words, split or merged takes about as many words as before. One that was added does not.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from refrase.core.contract import Reading
from refrase.core.unit import Unit, size_of, words_of_all

# So many new words that make a stretch so much longer are more than other words for the same. By trial on the
# paraphrases and the traps (tests/benchmarks/fidelity.py, tests/spec/traps.yaml).
_MANY_WORDS = 4
_GROWTH = 1.5
_MOSTLY = 0.7
# A sentence without a counterpart, in a stretch that has so many words more than before, or such a share.
_GROWN_WORDS = 3
_GROWN_SHARE = 0.2


class Growth:
    """The changed stretches of a rewrite. *anchors* are the unchanged sentences, as places in both texts, in order."""

    def __init__(self, old: Reading, new: Reading, anchors: Sequence[tuple[int, int]]) -> None:
        self._old, self._new = old, new
        self._stretches = list(_stretches(anchors, (len(old.units), len(new.units))))

    @cached_property
    def old_words(self) -> frozenset[str]:
        """The words of the whole original."""
        return words_of_all(self._old.text)

    @cached_property
    def _new_words(self) -> frozenset[str]:
        return words_of_all(self._new.text)

    def adds(self, index: int) -> bool:
        """Return whether sentence *index* of the rewrite, which has no counterpart, is more than a part of another."""
        words = self._new.units[index].words
        brings = size_of(words - self.old_words)
        if brings >= _MANY_WORDS and brings >= _MOSTLY * size_of(words):
            return True
        olds, news = next(stretch for stretch in self._stretches if index in stretch[1])
        was, now = _size(self._old.units, olds), _size(self._new.units, news)
        return now - was >= min(_GROWN_WORDS, max(1, was * _GROWN_SHARE))

    def grown(self) -> Iterator[tuple[Unit, Unit]]:
        """Yield for each stretch that says much more than before its first old and its newest new sentence."""
        for olds, news in self._stretches:
            if not olds or _size(self._new.units, news) < _GROWTH * _size(self._old.units, olds):
                continue
            was, now = _words(self._old.units, olds), _words(self._new.units, news)
            come = size_of(now - self.old_words)
            if come >= _MANY_WORDS and come - size_of(was - self._new_words) >= _MANY_WORDS:
                newest = max(news, key=lambda place: size_of(self._new.units[place].words - self.old_words))
                yield self._old.units[olds[0]], self._new.units[newest]


def _stretches(anchors: Sequence[tuple[int, int]], ends: tuple[int, int]) -> Iterator[tuple[range, range]]:
    low = (-1, -1)
    for high in (*anchors, ends):
        if high[1] - low[1] > 1:
            yield range(low[0] + 1, high[0]), range(low[1] + 1, high[1])
        low = high


def _size(units: Sequence[Unit], places: Iterable[int]) -> float:
    return sum(size_of(units[place].words) for place in places)


def _words(units: Sequence[Unit], places: Iterable[int]) -> frozenset[str]:
    return frozenset[str]().union(*(units[place].words for place in places))
