"""A database is brought to its schema once, and an older one keeps its pairs."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import msgspec
import pytest
from alembic import command
from sqlalchemy import inspect

from refrase.core.attempt import Attempt
from refrase.core.ledger import Ledger
from refrase.storage import migrate
from refrase.storage.convert import row_from_attempt, row_from_rewrite
from refrase.storage.database import Database
from refrase.storage.database import database_url as url_of
from refrase.storage.rewrites import Rewrites
from refrase.storage.tables import AttemptRow, RewriteRow
from tests.conftest import MARK
from tests.pairs import NOW, make_rewrite

pytestmark = pytest.mark.anyio


async def test_migrating_again_does_nothing(database: Database):
    assert await migrate.upgrade(database) is False
    assert await migrate.find_revision(database) == migrate.HEAD_REVISION


async def test_processes_that_start_together_migrate_once(database_url: str, tmp_path: Path):
    upgrade = (sys.executable, "-m", "refrase", "db", "upgrade")
    environment = {**os.environ, "REFRASE_DATABASE_URL": database_url, "REFRASE_DATA_DIR": str(tmp_path)}
    processes = [
        await asyncio.create_subprocess_exec(*upgrade, env=environment, stdout=PIPE, stderr=PIPE) for _ in range(3)
    ]
    said = [await process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    assert any(b"is brought to" in out + err for out, err in said)
    database = Database(url_of(database_url, tmp_path))
    assert await migrate.find_revision(database) == migrate.HEAD_REVISION
    await database.close()


def _insert_as_of_then(connection, table, row):
    """Insert *row* into a table that does not have all of its columns yet."""
    had = {column["name"] for column in inspect(connection).get_columns(table.name)}
    values = {name: value for name, value in row.items() if name in had}
    connection.execute(table.insert().values(values))


async def test_an_older_database_keeps_its_pairs_and_their_attempts(database_url: str, tmp_path: Path):
    database = Database(url_of(database_url, tmp_path))
    await database.write(lambda connection: command.upgrade(migrate.alembic_config(connection), "0001"))
    rewrite = make_rewrite()
    pair, call = row_from_rewrite(rewrite, "f1"), row_from_attempt(rewrite.id, Attempt(1, 0, MARK, NOW))
    await database.write(lambda connection: _insert_as_of_then(connection, RewriteRow.__table__, pair))
    await database.write(lambda connection: _insert_as_of_then(connection, AttemptRow.__table__, call))
    assert await migrate.upgrade(database)
    kept, attempts = await Rewrites(database).get(rewrite.id)
    assert kept == msgspec.structs.replace(rewrite, ledger=Ledger())
    assert attempts == (Attempt(1, 0, MARK, NOW),)
    assert not await migrate.upgrade(database)
    await database.close()
