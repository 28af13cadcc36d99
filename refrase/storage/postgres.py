"""PostgreSQL by asyncpg, through SQLAlchemy's asyncio."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import URL, Connection
from sqlalchemy.ext.asyncio import create_async_engine

from refrase.errors import SettingsInvalid

T = TypeVar("T")
Work = Callable[[Connection], T]


class PostgresPool:
    """A few connections; each transaction has one of them."""

    def __init__(self, url: URL) -> None:
        try:
            self._engine = create_async_engine(url, pool_size=10, max_overflow=0, pool_pre_ping=True)
        except ModuleNotFoundError as error:
            hint = "Install it with the extra: pip install 'refrase[postgres]'."
            raise SettingsInvalid(f"PostgreSQL needs the package {error.name}.", hint=hint) from None

    async def write(self, work: Work[T]) -> T:
        """Do *work* in a transaction; return when it is committed."""
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)

    read = write

    async def close(self) -> None:
        """Close the connections."""
        await self._engine.dispose()
