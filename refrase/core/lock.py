"""Locked blocks: what never passes through the engine's pen.

Long literals (code, data, examples, tables, documents) and whatever a user locks. The engine sees them in place,
between tags that carry the mark of the request and a number; in a whole text it answers with the tag alone, and code
puts the block back byte for byte. An edit that touches one is refused.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from refrase.core.contract import Contract, Reading
from refrase.core.ignore import COMMENT
from refrase.core.item import ItemKind
from refrase.core.markup import find_data, find_documents
from refrase.core.prompt import Prompt, Span
from refrase.core.rewrite import Finding, Severity
from refrase.errors import OptionInvalid


class LockKind(StrEnum):
    """Why a block is locked."""

    CODE = "code"
    DATA = "data"
    EXAMPLES = "examples"
    TABLE = "table"
    DOCUMENT = "document"
    USER = "user"


class Lock(Struct, frozen=True):
    """A stretch of the source text that stays as it is."""

    span: Span
    kind: LockKind


# A handle costs about as much as this many characters: a shorter literal is written out.
_LEAST_CHARACTERS = 160
_SHOWN_CHARACTERS = 200
_OPEN = re.compile(r"<!--\s*refrase:lock\s*-->")
_CLOSE = re.compile(r"<!--\s*(?:/refrase:lock|refrase:unlock)\s*-->")
_TABLE = re.compile(r"(?:^[ \t]*\|[^\n]*\|[ \t]*\r?(?:\n|\Z)){3,}", re.MULTILINE)
_QUOTED_DOCUMENT = re.compile(r"\"\"\"([^\"]{400,60000})\"\"\"")
# Labels between the lines of an example; more is prose.
_MOST_BETWEEN = 24


def locks_of(reading: Reading, stated: Iterable[Span] = ()) -> tuple[Lock, ...]:
    """Return the locked blocks of a message in order, none overlapping another: those that would are one."""
    text, number = reading.text, reading.number
    found = [Lock(span, LockKind.USER) for span in (*stated, *_marked(text, number))]
    for item in reading.items:
        if item.kind is ItemKind.CODE_BLOCK and _is_long(item.span):
            found.append(Lock(_code(text, item.span), LockKind.CODE))
        elif item.kind is ItemKind.JSON and _is_long(item.span):
            found.append(Lock(item.span, LockKind.DATA))
    found += (Lock(span, LockKind.EXAMPLES) for span in _examples(reading) if _is_long(span))
    found += (Lock(Span(*match.span(), number), LockKind.TABLE) for match in _TABLE.finditer(text))
    found += (Lock(Span(*match.span(1), number), LockKind.DOCUMENT) for match in _QUOTED_DOCUMENT.finditer(text))
    found += (Lock(Span(*place, number), LockKind.DOCUMENT) for place in find_documents(text))
    found += (
        Lock(Span(*place, number), LockKind.DATA)
        for place in find_data(text)
        if place[1] - place[0] >= _LEAST_CHARACTERS
    )
    return tuple(_apart(found))


def kept_spans(contract: Contract, locks: Iterable[Lock]) -> tuple[Span, ...]:
    """Return where nothing may be changed: locked blocks, and the lines of examples."""
    examples = (item.span for item in contract.items if item.kind is ItemKind.EXAMPLE)
    return (*(lock.span for lock in locks), *examples)


def touched(locks: Sequence[Lock], span: Span) -> Lock | None:
    """Return the lock that an edit at *span* touches, or None. An edit may stand right beside one."""
    return next(
        (
            lock
            for lock in locks
            if lock.span.message == span.message and lock.span.start < span.end and span.start < lock.span.end
        ),
        None,
    )


def check_locks(before: Prompt, after: Prompt, locks: Sequence[Lock]) -> Iterator[Finding]:
    """Yield every locked block that does not stand in its message as often as it did: the last word on locks."""
    for lock in locks:
        old, new = before.texts[lock.span.message], after.texts[lock.span.message]
        block = old[lock.span.start : lock.span.end].strip()
        if block and new.count(block) < old.count(block):
            told = f"A locked block ({lock.kind}) is not there as it was; put it back letter by letter."
            yield Finding("lock_broken", Severity.BLOCKING, told, before=lock.span, value=block[:_SHOWN_CHARACTERS])


def lines_of(text: str, lock: Lock) -> tuple[int, int]:
    """Return the first and the last line of a lock, counted from 1."""
    return text.count("\n", 0, lock.span.start) + 1, text.count("\n", 0, max(lock.span.start, lock.span.end - 1)) + 1


def _marked(text: str, number: int) -> Iterator[Span]:
    """Yield what stands between a user's marks, marks included, and ignore comments of lint.

    Raises OptionInvalid where a mark is not closed.
    """
    yield from (Span(*match.span(), number) for match in COMMENT.finditer(text))
    end = 0
    for opened in _OPEN.finditer(text):
        if opened.start() < end:
            continue
        closed = _CLOSE.search(text, opened.end())
        if closed is None:
            line = text.count("\n", 0, opened.start()) + 1
            raise OptionInvalid(
                f"The lock in line {line} is not closed.", hint="Write <!-- /refrase:lock --> where it ends."
            )
        end = closed.end()
        yield Span(opened.start(), end, number)


def _examples(reading: Reading) -> Iterator[Span]:
    """Yield the stretches that examples make: lines with little but labels and blanks between them."""
    start = end = -1
    for item in reading.items:
        if item.kind is not ItemKind.EXAMPLE:
            continue
        if end >= 0 and len(reading.text[end : item.span.start].strip()) > _MOST_BETWEEN:
            yield Span(start, end, reading.number)
            start = -1
        start = item.span.start if start < 0 else start
        end = item.span.end
    if end >= 0:
        yield Span(start, end, reading.number)


def _code(text: str, span: Span) -> Span:
    """Return a code block with its fences, so that its handle stands on a line of its own."""
    opening = text.rfind("\n", 0, max(0, span.start - 1)) + 1
    closing = text.find("\n", span.end)
    if closing > 0 and text[closing - 1] == "\r":
        closing -= 1
    return Span(opening, len(text) if closing < 0 else closing, span.message)


def _apart(locks: list[Lock]) -> list[Lock]:
    """Return the locks in the order of the text; those that overlap are one, the user’s if one of them is."""
    taken: list[Lock] = []
    for lock in sorted(locks, key=lambda lock: (lock.span.start, lock.span.end)):
        last = taken[-1] if taken else None
        if last is None or lock.span.start >= last.span.end:
            taken.append(lock)
            continue
        span = Span(last.span.start, max(last.span.end, lock.span.end), lock.span.message)
        taken[-1] = Lock(span, LockKind.USER if LockKind.USER in {last.kind, lock.kind} else last.kind)
    return taken


def _is_long(span: Span) -> bool:
    return span.end - span.start >= _LEAST_CHARACTERS
