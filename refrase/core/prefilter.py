"""Whether an expression can match a text at all: told by what every match holds, without running the expression."""

from functools import cached_property, lru_cache

from refrase.core.expression import read
from refrase.core.required import Clause, Need, fold, has_odd_letters
from refrase.core.scan import latin_words


class _Text:
    """A text as needs look at it."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def folded(self) -> str:
        return fold(self.text)

    @cached_property
    def words(self) -> frozenset[str]:
        return latin_words(self.folded if has_odd_letters(self.text) else self.text)


def may_match(pattern: str, text: str) -> bool:
    """Return False where *pattern* surely matches nowhere in *text*."""
    need = read(pattern).need
    return not need or _holds(need, _read(text))


@lru_cache(maxsize=8)
def _read(text: str) -> _Text:
    return _Text(text)


def _holds(need: Need, text: _Text) -> bool:
    words = text.words
    for clause in need:
        if clause.cues and clause.cues.isdisjoint(words):
            return False
        if clause.words.isdisjoint(words) and not _holds_else(clause, text):
            return False
    return True


def _holds_else(clause: Clause, text: _Text) -> bool:
    """Return whether anything of *clause* holds but its words."""
    words = text.words
    for phrase in clause.phrases:
        if phrase.words <= words and phrase.text in (text.folded if phrase.folded else text.text):
            return True
    if clause.run and _has_run(text.text, clause.run):
        return True
    for need in clause.needs:  # noqa: SIM110 - a loop is several times as fast as a generator
        if _holds(need, text):
            return True
    return False


def _has_run(text: str, length: int) -> bool:
    """Return whether so many signs of *text* stand together without a blank."""
    start = 0
    while (end := start + length) <= len(text):
        blank = text.rfind(" ", start, end)
        if blank < 0:
            blank = text.rfind("\n", start, end)
        if blank < 0:
            return True
        start = blank + 1
    return False
