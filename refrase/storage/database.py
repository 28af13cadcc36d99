"""Opening the database, and the two ways in which anything happens in it: read and write."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Connection, make_url, text
from sqlalchemy.exc import ArgumentError

from refrase.errors import SettingsInvalid
from refrase.storage.postgres import PostgresPool
from refrase.storage.sqlite import SqliteThreads
from refrase.storage.translate import translated

T = TypeVar("T")

_DRIVERS = {
    "sqlite": "sqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
}


class Database:
    """One database, SQLite or PostgreSQL. Work on it is a plain function of a connection, done in one transaction."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.name = url.render_as_string(hide_password=True)  # how messages call it
        if url.get_backend_name() == "sqlite":
            self.name = url.database or self.name
        with translated(self.name):
            self._backend = SqliteThreads(url) if url.get_backend_name() == "sqlite" else PostgresPool(url)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Do *work*; what it returns is returned when its writes are committed. Raises StorageFailed: nothing is."""
        with translated(self.name):
            return await self._backend.write(work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Do *work*, which only reads. Raises StorageFailed."""
        with translated(self.name):
            return await self._backend.read(work)

    async def ping(self) -> None:
        """Ask the database for a sign of life. Raises StorageFailed."""
        await self.read(lambda connection: connection.execute(text("SELECT 1")).scalar_one())

    async def close(self) -> None:
        """Close all connections."""
        await self._backend.close()


def database_url(stated: str, data_dir: Path) -> URL:
    """Return the URL to open: *stated*, with its driver filled in, or a file in *data_dir*."""
    if not stated:
        return URL.create("sqlite", database=str(data_dir / "refrase.db"))
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
