"""The ledger of a rewrite: where every instruction of the original went, and where every new sentence came from."""

from enum import StrEnum

from msgspec import Struct

from refrase.core.prompt import Span


class Fate(StrEnum):
    """What became of a sentence."""

    REWORDED = "reworded"
    MERGED = "merged"  # with another one, into one
    SPLIT = "split"
    MOVED = "moved"
    DROPPED = "dropped"
    ADDED = "added"


class Evidence(StrEnum):
    """Who shows it."""

    CODE = "code"  # the texts show it: their words, or the edit that code applied
    ENGINE = "engine"  # the engine says so, and what it quotes is there
    NONE = "none"  # not verified


class Entry(Struct, frozen=True, omit_defaults=True):
    """One sentence that is not what it was. A dropped one has no `after`, an added one no `before`."""

    fate: Fate
    evidence: Evidence
    before: tuple[Span, ...] = ()
    after: tuple[Span, ...] = ()
    rule: str = ""
    reason: str = ""


class Ledger(Struct, frozen=True):
    """How many sentences were kept word for word, and what became of each of the others."""

    kept: int = 0
    entries: tuple[Entry, ...] = ()

    @property
    def unverified(self) -> int:
        """How many entries neither code nor the engine can show."""
        return sum(entry.evidence is Evidence.NONE for entry in self.entries)
