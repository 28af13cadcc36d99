"""Reading and writing pairs: the record before a call, the outcome after it."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, Select, Text, bindparam, func, insert, or_, select, type_coerce, update

from refrase.core.attempt import Attempt
from refrase.core.engine import Answer
from refrase.core.fingerprint import prompt_hash
from refrase.core.rewrite import Outcome, Rewrite
from refrase.errors import RewriteNotFound
from refrase.storage.columns import json_fragment
from refrase.storage.convert import (
    attempt_from_row,
    rewrite_from_row,
    row_from_answer,
    row_from_attempt,
    row_from_rewrite,
)
from refrase.storage.database import Database
from refrase.storage.tables import AttemptRow, RewriteRow

# Outcomes that answer an equal request later; a failure is asked anew.
_REUSABLE = (Outcome.REWRITTEN, Outcome.FIXED, Outcome.UNCHANGED, Outcome.FLAGGED, Outcome.RETURNED)
_EXPORT_CHUNK = 200
# These carry one text, not two and a ledger; each page of them is sorted anew.
_VERSION_CHUNK = 2_000

# What every rewrite needs, compiled once. The columns that are written are those of the values that go with it.
_INSERT_REWRITE = insert(RewriteRow)
_UPDATE_REWRITE = update(RewriteRow).where(RewriteRow.id == bindparam("of_rewrite"))
_INSERT_ATTEMPT = insert(AttemptRow)
_UPDATE_ATTEMPT = update(AttemptRow).where(
    (AttemptRow.rewrite_id == bindparam("of_rewrite")) & (AttemptRow.number == bindparam("of_number"))
)
# What an outcome changes nothing of; these are long.
_AS_BEGUN = frozenset({"before", "settings", "request", "conditions"})
_SELECT_DONE = (
    select(RewriteRow)
    .where((RewriteRow.fingerprint == bindparam("of_fingerprint")) & RewriteRow.outcome.in_(_REUSABLE))
    .order_by(RewriteRow.id.desc())
    .limit(1)
)


class Page(Struct, frozen=True):
    """Some pairs, the newest first, and the cursor to go on from, or "" at the end."""

    items: tuple[Rewrite, ...]
    next_cursor: str


class Query(Struct, frozen=True):
    """Which pairs are wanted: by text, outcome or target; an empty field asks for nothing."""

    text: str = ""
    outcome: str = ""
    target: str = ""


class PairVersion(Struct, frozen=True):
    """A finished pair in short: what it was made of, by which version of a guide, and the rules it cites."""

    id: str
    name: str
    created_at: datetime
    target: str
    guide: str
    guide_version: str
    engine: str
    mode: str
    prompt_hash: str
    rules: frozenset[str]


class VersionCount(Struct, frozen=True):
    """How many finished pairs a version of a guide has made, and when the first and the last of them."""

    version: str
    pairs: int
    first_at: datetime
    last_at: datetime


class Rewrites:
    """The stored pairs. Every method is one committed transaction; all raise StorageFailed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, rewrite: Rewrite, fingerprint: str, attempt: Attempt | None) -> None:
        """Record that *rewrite* is running and that its first call is about to be made; without one, that it waits."""
        pair, call = row_from_rewrite(rewrite, fingerprint), attempt and row_from_attempt(rewrite.id, attempt)

        def work(connection: Connection) -> None:
            connection.execute(_INSERT_REWRITE, pair)
            if call:
                connection.execute(_INSERT_ATTEMPT, call)

        await self._database.write(work)

    async def begin_attempt(self, rewrite_id: str, attempt: Attempt) -> None:
        """Record that a further call is about to be made."""
        call = row_from_attempt(rewrite_id, attempt)
        await self._database.write(lambda connection: connection.execute(_INSERT_ATTEMPT, call).close())

    async def finish_attempt(self, rewrite_id: str, number: int, answer: Answer, finished_at: datetime) -> None:
        """Record what became of a call, with the raw reply."""
        came = {"of_rewrite": rewrite_id, "of_number": number, **row_from_answer(answer, finished_at)}
        await self._database.write(lambda connection: connection.execute(_UPDATE_ATTEMPT, came).close())

    async def finish(self, rewrite: Rewrite, fingerprint: str) -> None:
        """Record the outcome; a rewrite that was never begun (no call was needed) is stored whole."""
        pair = row_from_rewrite(rewrite, fingerprint)
        outcome = {column: value for column, value in pair.items() if column not in _AS_BEGUN}

        def work(connection: Connection) -> None:
            if not connection.execute(_UPDATE_REWRITE, {"of_rewrite": rewrite.id, **outcome}).rowcount:
                connection.execute(_INSERT_REWRITE, pair)

        await self._database.write(work)

    async def find_done(self, fingerprint: str) -> Rewrite | None:
        """Return the newest finished pair of an equal request, or None."""

        def work(connection: Connection) -> Rewrite | None:
            row = connection.execute(_SELECT_DONE, {"of_fingerprint": fingerprint}).mappings().first()
            return rewrite_from_row(row) if row else None

        return await self._database.read(work)

    async def get(self, rewrite_id: str) -> tuple[Rewrite, tuple[Attempt, ...]]:
        """Return a pair and its calls. Raises RewriteNotFound."""
        pair = select(RewriteRow).where(RewriteRow.id == rewrite_id)
        calls = select(AttemptRow).where(AttemptRow.rewrite_id == rewrite_id).order_by(AttemptRow.number)

        def work(connection: Connection) -> tuple[Rewrite, tuple[Attempt, ...]]:
            row = connection.execute(pair).mappings().first()
            if row is None:
                raise RewriteNotFound(f"There is no pair with the id {rewrite_id!r}.")
            return rewrite_from_row(row), tuple(map(attempt_from_row, connection.execute(calls).mappings()))

        return await self._database.read(work)

    async def get_page(self, query: Query, *, limit: int, cursor: str = "") -> Page:
        """Return up to *limit* pairs older than *cursor*, the newest first."""
        statement = _statement(query, limit + 1, cursor)

        def work(connection: Connection) -> list[Rewrite]:
            return list(map(rewrite_from_row, connection.execute(statement).mappings()))

        found = await self._database.read(work)
        return Page(tuple(found[:limit]), found[limit - 1].id if len(found) > limit else "")

    async def each(self, query: Query) -> AsyncIterator[Rewrite]:
        """Yield all pairs, the newest first, a few hundred at a time in memory."""
        cursor = ""
        while True:
            page = await self.get_page(query, limit=_EXPORT_CHUNK, cursor=cursor)
            for rewrite in page.items:
                yield rewrite
            if not page.next_cursor:
                return
            cursor = page.next_cursor

    async def each_version(self, target: str = "") -> AsyncIterator[PairVersion]:
        """Yield the finished pairs of *target* (of all, if empty) in short, the newest first."""
        row = RewriteRow
        columns = row.id, row.name, row.created_at, row.target, row.guide, row.guide_version, row.engine, row.mode
        wanted = select(*columns, row.before, row.changes).where(row.outcome.in_(_REUSABLE))
        wanted = wanted.where(row.target == target) if target else wanted
        cursor = ""
        while True:
            page = (wanted.where(row.id < cursor) if cursor else wanted).order_by(row.id.desc()).limit(_VERSION_CHUNK)
            found = await self._database.read(partial(_all, page))
            for *plain, before, changes in found:
                cited = frozenset(change.rule for change in changes if change.rule)
                yield PairVersion(*(*plain, prompt_hash(before), cited))
            if len(found) < _VERSION_CHUNK:
                return
            cursor = found[-1].id

    async def count_versions(self, guide: str) -> tuple[VersionCount, ...]:
        """Return the versions of *guide* that finished pairs were made by, the one used last first."""
        row = RewriteRow
        last_at = func.max(row.created_at)
        columns = row.guide_version, func.count(), func.min(row.created_at), last_at
        wanted = select(*columns).where((row.guide == guide) & row.outcome.in_(_REUSABLE)).group_by(row.guide_version)
        wanted = wanted.order_by(last_at.desc())
        found = await self._database.read(partial(_all, wanted))
        return tuple(VersionCount(*each) for each in found)


def _all(statement: Select[Any], connection: Connection) -> Sequence[Row[Any]]:
    return connection.execute(statement).all()


def _statement(query: Query, limit: int, cursor: str) -> Select[tuple[RewriteRow]]:
    statement = _filtered(select(RewriteRow), query)
    if cursor:
        statement = statement.where(RewriteRow.id < cursor)
    return statement.order_by(RewriteRow.id.desc()).limit(limit)


def _filtered(statement: Select[tuple[RewriteRow]], query: Query) -> Select[tuple[RewriteRow]]:
    if query.text:
        fragment = json_fragment(query.text)
        texts = (type_coerce(RewriteRow.before, Text), type_coerce(RewriteRow.after, Text))
        found = [column.icontains(fragment, autoescape=True) for column in texts]
        statement = statement.where(or_(*found, RewriteRow.name.icontains(query.text, autoescape=True)))
    if query.outcome:
        statement = statement.where(RewriteRow.outcome == query.outcome)
    if query.target:
        statement = statement.where(RewriteRow.target == query.target)
    return statement
