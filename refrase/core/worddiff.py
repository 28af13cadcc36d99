"""Before and after, word by word: lines first, then the words inside the lines that differ."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from enum import StrEnum

from msgspec import Struct

# Words, runs of blanks, single line ends, and each other sign alone; characters of unspaced scripts one by one.
_TOKEN = re.compile(r"[^\W\u3040-\u30ff\u3400-\u9fff]+|[^\S\n]+|\n|.", re.DOTALL)
# Above this, comparing words of one stretch would take too long to be worth it: the stretch is shown whole.
_MOST_TOKENS = 4_000


class DiffKind(StrEnum):
    """Whether a stretch stands in both texts or in one."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


class DiffPart(Struct, frozen=True):
    """A stretch of text and where it stands."""

    kind: DiffKind
    text: str


def diff_words(before: str, after: str) -> tuple[DiffPart, ...]:
    """Return the stretches that lead from *before* to *after*.

    All that are not added, joined, give *before*; all that are not removed give *after*.
    """
    if before == after:
        return (DiffPart(DiffKind.SAME, before),) if before else ()
    return tuple(_merged(_by_lines(before, after)))


def _by_lines(before: str, after: str) -> Iterator[DiffPart]:
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new).get_opcodes():
        if tag == "equal":
            yield DiffPart(DiffKind.SAME, "".join(old[i1:i2]))
        else:
            yield from _by_words("".join(old[i1:i2]), "".join(new[j1:j2]))


def _by_words(before: str, after: str) -> Iterator[DiffPart]:
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if max(len(old), len(new)) > _MOST_TOKENS or not old or not new:
        yield DiffPart(DiffKind.REMOVED, before)
        yield DiffPart(DiffKind.ADDED, after)
        return
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new).get_opcodes():
        if tag == "equal":
            yield DiffPart(DiffKind.SAME, "".join(old[i1:i2]))
            continue
        yield DiffPart(DiffKind.REMOVED, "".join(old[i1:i2]))
        yield DiffPart(DiffKind.ADDED, "".join(new[j1:j2]))


def _merged(parts: Iterator[DiffPart]) -> Iterator[DiffPart]:
    """Join neighbours of one kind; a blank between two changes is part of the change."""
    pending: dict[DiffKind, str] = {}
    for part in parts:
        if not part.text:
            continue
        is_gap = part.kind is DiffKind.SAME and pending and DiffKind.SAME not in pending and part.text == " "
        if is_gap:
            for kind in (DiffKind.REMOVED, DiffKind.ADDED):
                pending[kind] = pending.get(kind, "") + part.text
            continue
        if (part.kind is DiffKind.SAME) != (DiffKind.SAME in pending) and pending:
            yield from _flushed(pending)
            pending = {}
        pending[part.kind] = pending.get(part.kind, "") + part.text
    yield from _flushed(pending)


def _flushed(pending: dict[DiffKind, str]) -> Iterator[DiffPart]:
    for kind in (DiffKind.SAME, DiffKind.REMOVED, DiffKind.ADDED):
        if pending.get(kind):
            yield DiffPart(kind, pending[kind])
