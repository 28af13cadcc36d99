"""SQLite in threads: one writes, in turn and in groups; a few read, beside it."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

T = TypeVar("T")
Work = Callable[[Connection], T]

# WAL lets readers go on while one writes; FULL keeps a committed record through a power cut: it was paid for.
# The time-out stands first: turning to WAL waits for its turn, too.
_PRAGMAS = ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
_READERS = 4


class SqliteThreads:
    """A file, opened once to write and a few times to read. The event loop never waits for the disk."""

    def __init__(self, url: URL) -> None:
        if url.database and url.database != ":memory:":
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        self._writer = _engine(url, begin="BEGIN IMMEDIATE", pool_size=1)
        self._reader = _engine(url, begin="BEGIN", pool_size=_READERS)
        self._writing = ThreadPoolExecutor(1, "refrase-writes")
        self._reading = ThreadPoolExecutor(_READERS, "refrase-reads")
        self._waiting: deque[tuple[Work[Any], Future[Any]]] = deque()

    async def write(self, work: Work[T]) -> T:
        """Do *work* in a transaction, together with whatever else waits; return when it is on disk.

        Where the group fails, each is done again alone, so that each is told of its own fault. *work* does nothing
        but talk to its connection.
        """
        future: Future[T] = Future()
        self._waiting.append((work, future))
        self._writing.submit(self._commit_waiting)
        return await asyncio.wrap_future(future)

    async def read(self, work: Work[T]) -> T:
        """Do *work* in a transaction that sees one state of the file."""
        return await asyncio.get_running_loop().run_in_executor(self._reading, _transact, self._reader, work)

    async def close(self) -> None:
        """Close the file when what was begun is done."""
        for pool in (self._writing, self._reading):
            await asyncio.to_thread(pool.shutdown)
        self._writer.dispose()
        self._reader.dispose()

    def _commit_waiting(self) -> None:
        """Run in the writing thread. Whoever came first takes along all who came since: the others find nothing."""
        taken = [self._waiting.popleft() for _ in range(len(self._waiting))]
        group = [(work, future) for work, future in taken if future.set_running_or_notify_cancel()]
        if len(group) > 1:
            try:
                results = _transact(self._writer, lambda connection: [work(connection) for work, _ in group])
            except Exception:  # noqa: BLE001 - told below, to whom it concerns
                results = None
            if results is not None:
                for (_, future), result in zip(group, results, strict=True):
                    future.set_result(result)
                return
        for work, future in group:
            try:
                future.set_result(_transact(self._writer, work))
            except Exception as error:  # noqa: BLE001 - raised where the result is waited for
                future.set_exception(error)


def _transact(engine: Engine, work: Work[T]) -> T:
    with engine.begin() as connection:
        return work(connection)


def _engine(url: URL, *, begin: str, pool_size: int) -> Engine:
    engine = create_engine(url, pool_size=pool_size, max_overflow=0)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # transactions are begun below, also around DDL
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
