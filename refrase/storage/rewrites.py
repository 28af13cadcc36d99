"""Reading and writing pairs: the record before a call, the outcome after it."""

from collections.abc import AsyncIterator
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Select, Text, func, or_, select, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncSession

from refrase.core.attempt import Attempt
from refrase.core.engine import Answer
from refrase.core.fingerprint import prompt_hash
from refrase.core.rewrite import Outcome, Rewrite
from refrase.errors import RewriteNotFound
from refrase.storage.columns import json_fragment
from refrase.storage.convert import attempt_from_row, rewrite_from_row, row_from_attempt, row_from_rewrite
from refrase.storage.database import Database
from refrase.storage.tables import AttemptRow, RewriteRow

# Outcomes that answer an equal request later; a failure is asked anew.
_REUSABLE = (Outcome.REWRITTEN, Outcome.FIXED, Outcome.UNCHANGED, Outcome.FLAGGED, Outcome.RETURNED)
_EXPORT_CHUNK = 200
# These carry one text, not two and a ledger; each page of them is sorted anew.
_VERSION_CHUNK = 2_000


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
        async with self._database.write() as session:
            session.add(row_from_rewrite(rewrite, fingerprint))
            if attempt is not None:
                await session.flush()
                session.add(row_from_attempt(rewrite.id, attempt))

    async def begin_attempt(self, rewrite_id: str, attempt: Attempt) -> None:
        """Record that a further call is about to be made."""
        async with self._database.write() as session:
            session.add(row_from_attempt(rewrite_id, attempt))

    async def finish_attempt(self, rewrite_id: str, number: int, answer: Answer, finished_at: datetime) -> None:
        """Record what became of a call, with the raw reply."""
        values = {
            "finished_at": finished_at,
            "reply": _storable(answer.text),
            "finish_reason": _storable(answer.finish_reason),
            "engine_model_answered": _storable(answer.model),
            "failure": answer.failure,
            "latency_seconds": answer.latency_seconds,
            "time_to_first_token_seconds": answer.time_to_first_token_seconds,
            "input_tokens": answer.usage.input_tokens,
            "cached_tokens": answer.usage.cached_tokens,
            "output_tokens": answer.usage.output_tokens,
            "cost_usd": answer.usage.cost_usd,
            "cost_source": answer.usage.cost_source,
        }
        is_it = (AttemptRow.rewrite_id == rewrite_id) & (AttemptRow.number == number)
        async with self._database.write() as session:
            await session.execute(update(AttemptRow).where(is_it).values(values))

    async def finish(self, rewrite: Rewrite, fingerprint: str) -> None:
        """Record the outcome; a rewrite that was never begun (no call was needed) is stored whole."""
        async with self._database.write() as session:
            await session.merge(row_from_rewrite(rewrite, fingerprint))

    async def find_done(self, fingerprint: str) -> Rewrite | None:
        """Return the newest finished pair of an equal request, or None."""
        wanted = (RewriteRow.fingerprint == fingerprint) & RewriteRow.outcome.in_(_REUSABLE)
        async with self._database.read() as session:
            query = select(RewriteRow).where(wanted).order_by(RewriteRow.id.desc()).limit(1)
            row = (await session.scalars(query)).first()
            return rewrite_from_row(row) if row else None

    async def get(self, rewrite_id: str) -> tuple[Rewrite, tuple[Attempt, ...]]:
        """Return a pair and its calls. Raises RewriteNotFound."""
        async with self._database.read() as session:
            row = await session.get(RewriteRow, rewrite_id)
            if row is None:
                raise RewriteNotFound(f"There is no pair with the id {rewrite_id!r}.")
            query = select(AttemptRow).where(AttemptRow.rewrite_id == rewrite_id).order_by(AttemptRow.number)
            attempts = (await session.scalars(query)).all()
            return rewrite_from_row(row), tuple(attempt_from_row(attempt) for attempt in attempts)

    async def get_page(self, query: Query, *, limit: int, cursor: str = "") -> Page:
        """Return up to *limit* pairs older than *cursor*, the newest first."""
        async with self._database.read() as session:
            rows = await _rows(session, query, limit + 1, cursor)
        items = tuple(rewrite_from_row(row) for row in rows[:limit])
        return Page(items, items[-1].id if len(rows) > limit else "")

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
            async with self._database.read() as session:
                found = (await session.execute(page)).all()
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
        async with self._database.read() as session:
            found = (await session.execute(wanted.order_by(last_at.desc()))).all()
        return tuple(VersionCount(*each) for each in found)


async def _rows(session: AsyncSession, query: Query, limit: int, cursor: str) -> list[RewriteRow]:
    statement = _filtered(select(RewriteRow), query)
    if cursor:
        statement = statement.where(RewriteRow.id < cursor)
    return list((await session.scalars(statement.order_by(RewriteRow.id.desc()).limit(limit))).all())


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


def _storable(text: str) -> str:
    """Return *text* with what no database can hold made visible: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()
