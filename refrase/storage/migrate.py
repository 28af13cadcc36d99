"""Bringing the database to the schema that this version of Refrase writes."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect, text

from refrase.packaged import packaged_path
from refrase.storage.database import Database

# The newest revision under migrations/versions; tests/promises holds it to the files.
HEAD_REVISION = "0004"
# Any number, the same in every process: PostgreSQL lets one migrate while the others wait.
_LOCK_NUMBER = 7_203_114


async def find_revision(database: Database) -> str | None:
    """Return the revision the database is at, or None where it is empty. Raises StorageFailed."""
    return await database.read(_revision)


async def upgrade(database: Database) -> bool:
    """Bring the database to the newest schema; return whether anything had to be done. Raises StorageFailed.

    All of it happens in one transaction, and only in one process at a time.
    """
    if await find_revision(database) == HEAD_REVISION:
        return False
    await database.write(_upgrade)
    return True


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for the packaged migrations; no alembic.ini is needed."""
    config = Config()
    config.set_main_option("script_location", str(packaged_path("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK_NUMBER})"))
    command.upgrade(alembic_config(connection), "head")
