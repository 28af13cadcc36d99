"""A database that fails says what to do."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from refrase.bootstrap import open_services
from refrase.core.prompt import prompt_from_text
from refrase.core.rewrite import (
    Order,
    Outcome,
)
from refrase.errors import DatabaseReadOnly, DatabaseUnreachable, DiskFull
from refrase.storage import migrate
from refrase.storage.database import Database
from refrase.storage.database import database_url as url_of
from tests.conftest import MARK, make_settings
from tests.fakes.upstream import Say, Upstream

pytestmark = pytest.mark.anyio


async def test_a_database_that_is_not_there_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    for url in (f"sqlite:///{tmp_path}/file/x.db", "postgresql://u:secret@127.0.0.1:9/d"):
        with pytest.raises(DatabaseUnreachable) as told:
            await Database(url_of(url, tmp_path)).ping()
        assert "secret" not in told.value.detail


async def test_a_file_that_is_no_database_is_told(tmp_path: Path):
    path = tmp_path / "x.db"
    path.write_text("this is a letter, not a database " * 100)
    with pytest.raises(DatabaseUnreachable, match="not a database"):
        await migrate.upgrade(Database(url_of(f"sqlite:///{path}", tmp_path)))


async def test_a_database_that_cannot_be_written_is_told_before_anything_is_paid(
    tmp_path: Path, upstream: Upstream, upstream_url: str
):
    settings = make_settings(tmp_path, REFRASE_ENGINE_BASE_URL=upstream_url)
    async with open_services(settings):
        pass
    path = settings.data_dir / "refrase.db"
    # Read-only by its header: files of root cannot be protected by their mode.
    read_only = make_settings(
        tmp_path, REFRASE_ENGINE_BASE_URL=upstream_url, REFRASE_DATABASE_URL=f"sqlite:///file:{path}?mode=ro&uri=true"
    )
    async with open_services(read_only) as services:
        with pytest.raises(DatabaseReadOnly) as told:
            await services.rewriter.rewrite(Order(prompt_from_text("Sort {{list}} now."), "kimi-k2"))
    assert "writable" in told.value.hint
    assert upstream.requests == []


async def test_a_full_disk_is_told_and_a_paid_result_is_handed_out_all_the_same(
    tmp_path: Path, upstream: Upstream, upstream_url: str
):
    settings = make_settings(tmp_path, REFRASE_ENGINE_BASE_URL=upstream_url)
    account = "action-verb | " + "The verb of the job comes late, and so on. " * 2000
    text = "Sort {{list}} now."
    reply = f'<message-{MARK} n="1">\n{text}\n</message-{MARK}>\n<changes-{MARK}>\n{account}\n</changes-{MARK}>'
    upstream.will(Say(reply))
    async with open_services(settings, draw_mark=lambda: MARK) as services:
        with pytest.raises(DiskFull):
            await _fill(services.database)
        rewrite = await services.rewriter.rewrite(Order(prompt_from_text("Please sort {{list}} now."), "kimi-k2"))
    assert rewrite.outcome is Outcome.REWRITTEN
    assert "not_stored" in {finding.kind for finding in rewrite.findings}


async def _fill(database: Database) -> None:
    """Let the file grow by a few pages and no more, then ask for more than that."""

    def limit(connection: Connection) -> None:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count={pages + 4}"))

    await database.write(limit)
    await database.write(lambda connection: connection.execute(text("CREATE TABLE filler AS SELECT zeroblob(1000000)")))
