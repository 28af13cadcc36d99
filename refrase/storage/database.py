"""Opening the database, and the two scopes in which anything happens in it: read and write."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from refrase.errors import SettingsInvalid
from refrase.storage.translate import translated

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
}
# WAL lets readers go on while one writes; FULL keeps a committed record through a power cut: it was paid for.
# The time-out stands first: turning to WAL waits for its turn, too.
_PRAGMAS = ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")


class Database:
    """One database, SQLite or PostgreSQL. On SQLite all writing goes through one connection, in turn."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.name = url.render_as_string(hide_password=True)  # how messages call it
        if url.get_backend_name() == "sqlite":
            self.name = url.database or self.name
            self._writer = _sqlite_engine(url, begin="BEGIN IMMEDIATE", pool_size=1)
            self._reader = _sqlite_engine(url, begin="BEGIN", pool_size=4)
        else:
            self._writer = _postgres_engine(url)
            self._reader = self._writer

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction that is committed on leaving, or rolled back with a StorageFailed."""
        with translated(self.name):
            async with AsyncSession(self._writer, expire_on_commit=False) as session, session.begin():
                yield session

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction for reading."""
        with translated(self.name):
            async with AsyncSession(self._reader, expire_on_commit=False) as session, session.begin():
                yield session

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Any]:
        """Open a bare writing connection in a transaction, for migrations."""
        with translated(self.name):
            async with self._writer.begin() as connection:
                yield connection

    async def ping(self) -> None:
        """Ask the database for a sign of life. Raises StorageFailed."""
        async with self.read() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close all connections."""
        await self._writer.dispose()
        await self._reader.dispose()


def database_url(stated: str, data_dir: Path) -> URL:
    """Return the URL to open: *stated*, with its driver filled in, or a file in *data_dir*."""
    if not stated:
        return URL.create("sqlite+aiosqlite", database=str(data_dir / "refrase.db"))
    try:
        url = make_url(stated)
    except ArgumentError:
        raise SettingsInvalid(
            "REFRASE_DATABASE_URL is not a database URL.",
            hint="Write sqlite:////path/to/file.db or postgresql://user:password@host/name.",
        ) from None
    driver = _DRIVERS.get(url.drivername, url.drivername)
    if driver not in _DRIVERS.values():
        raise SettingsInvalid(f"Refrase stores in SQLite or PostgreSQL, not {url.drivername!r}.")
    return url.set(drivername=driver)


def _postgres_engine(url: URL) -> AsyncEngine:
    try:
        return create_async_engine(url, pool_size=10, max_overflow=0, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        hint = "Install it with the extra: pip install 'refrase[postgres]'."
        raise SettingsInvalid(f"PostgreSQL needs the package {error.name}.", hint=hint) from None


def _sqlite_engine(url: URL, *, begin: str, pool_size: int) -> AsyncEngine:
    if url.database and url.database != ":memory:":
        with translated(url.render_as_string()):
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=0)

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # transactions are begun below, also around DDL
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
