"""Migrations and tables say the same, and the head is the one the program expects."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from refrase.packaged import packaged_path
from refrase.storage.database import Database
from refrase.storage.database import database_url as url_of
from refrase.storage.migrate import HEAD_REVISION, alembic_config, upgrade
from refrase.storage.tables import Base

pytestmark = pytest.mark.anyio


def test_the_expected_revision_is_the_newest_file():
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [HEAD_REVISION]
    assert (packaged_path("migrations") / "versions").is_dir()


async def test_a_migrated_database_is_what_the_tables_say(database_url: str, tmp_path: Path):
    database = Database(url_of(database_url, tmp_path))
    await upgrade(database)
    differences = await database.read(
        lambda connection: compare_metadata(
            MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata
        )
    )
    await database.close()
    assert differences == []
