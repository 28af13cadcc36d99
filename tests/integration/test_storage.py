"""Pairs are kept whole on SQLite and on PostgreSQL alike."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert

from refrase.bootstrap import open_services
from refrase.core.attempt import Attempt
from refrase.core.engine import Answer, CallUsage, Failure, FailureKind
from refrase.core.prompt import prompt_from_text
from refrase.core.rewrite import (
    EngineChoice,
    Order,
    Outcome,
)
from refrase.errors import RewriteNotFound, StorageFailed
from refrase.storage import migrate
from refrase.storage.convert import row_from_rewrite
from refrase.storage.database import Database
from refrase.storage.database import database_url as url_of
from refrase.storage.rewrites import Query, Rewrites
from refrase.storage.tables import RewriteRow
from tests.conftest import MARK, make_settings
from tests.fakes.clock import FakeClock
from tests.fakes.upstream import Say, Upstream
from tests.pairs import NOW, make_rewrite

pytestmark = pytest.mark.anyio


async def test_a_pair_comes_back_as_it_was_stored(rewrites: Rewrites):
    stored = make_rewrite()
    await rewrites.finish(stored, "f1")
    assert (await rewrites.get(stored.id)) == (stored, ())


async def test_an_attempt_is_on_record_before_the_call_and_complete_after_it(rewrites: Rewrites):
    running = make_rewrite(outcome=Outcome.RUNNING, finished_at=None)
    await rewrites.begin(running, "f1", Attempt(1, 0, MARK, NOW))
    read, (attempt,) = await rewrites.get(running.id)
    assert read == running
    assert attempt == Attempt(1, 0, MARK, NOW)
    answer = Answer(
        "half \0 a \ud83d reply",
        "m" * 400,
        CallUsage(1, 2, 3, 0.5, "provider"),
        2.0,
        "length",
        0.5,
        Failure(FailureKind.TRUNCATED, "cut", 200, 3.0),
    )
    await rewrites.finish_attempt(running.id, 1, answer, NOW)
    await rewrites.begin_attempt(running.id, Attempt(2, 1, MARK, NOW))
    _, (first, second) = await rewrites.get(running.id)
    assert first.reply == "half \ufffd a ? reply"
    assert (first.usage, first.failure, first.engine_model_answered) == (answer.usage, answer.failure, answer.model)
    assert second.finished_at is None


async def test_finishing_replaces_what_was_begun(rewrites: Rewrites):
    await rewrites.begin(make_rewrite(outcome=Outcome.RUNNING, finished_at=None), "f1", Attempt(1, 0, MARK, NOW))
    done = make_rewrite(outcome=Outcome.RETURNED)
    await rewrites.finish(done, "f1")
    read, attempts = await rewrites.get(done.id)
    assert read == done
    assert len(attempts) == 1


@pytest.mark.parametrize(
    ("outcome", "is_found"),
    [
        (Outcome.REWRITTEN, True),
        (Outcome.FIXED, True),
        (Outcome.UNCHANGED, True),
        (Outcome.RETURNED, True),
        (Outcome.FAILED, False),
        (Outcome.RUNNING, False),
    ],
)
async def test_an_equal_request_finds_what_is_done(rewrites: Rewrites, outcome, is_found):
    await rewrites.finish(make_rewrite(outcome=outcome), "f1")
    assert (await rewrites.find_done("f1") is not None) is is_found
    assert await rewrites.find_done("f2") is None


async def test_the_newest_of_equal_ones_is_found(rewrites: Rewrites):
    await rewrites.finish(make_rewrite(2), "f1")
    await rewrites.finish(make_rewrite(1), "f1")
    assert (await rewrites.find_done("f1")).id == make_rewrite(2).id


async def test_pages_go_from_the_newest_to_the_oldest(rewrites: Rewrites):
    for number in range(5):
        await rewrites.finish(make_rewrite(number), f"f{number}")
    first = await rewrites.get_page(Query(), limit=2)
    second = await rewrites.get_page(Query(), limit=2, cursor=first.next_cursor)
    third = await rewrites.get_page(Query(), limit=2, cursor=second.next_cursor)
    ids = [item.id for page in (first, second, third) for item in page.items]
    assert ids == [make_rewrite(number).id for number in (4, 3, 2, 1, 0)]
    assert third.next_cursor == ""
    assert [item.id async for item in rewrites.each(Query())] == ids


SEARCHES = [
    ("füll", True),
    ("猫", True),
    ('"', True),
    ("\\", True),
    ("100%", True),
    ("100_", False),
    ("😀", True),
    ("after", True),
    ("FILE.MD", True),
    ("nowhere", False),
]


@pytest.mark.parametrize(("text", "is_found"), SEARCHES, ids=[text for text, _ in SEARCHES])
async def test_search_looks_into_prompts_rewrites_and_names(rewrites: Rewrites, database: Database, text, is_found):
    if text == "füll" and database.url.get_backend_name() == "sqlite":
        text = "Füll"  # SQLite folds the case of ASCII letters alone
    await rewrites.finish(make_rewrite(), "f1")
    page = await rewrites.get_page(Query(text=text), limit=5)
    assert bool(page.items) is is_found


async def test_filters_narrow_the_page(rewrites: Rewrites):
    await rewrites.finish(make_rewrite(1), "f1")
    await rewrites.finish(make_rewrite(2, outcome=Outcome.FAILED), "f2")
    assert [i.outcome for i in (await rewrites.get_page(Query(outcome="failed"), limit=5)).items] == [Outcome.FAILED]
    assert (await rewrites.get_page(Query(target="kimi-k3"), limit=5)).items == ()


async def test_a_pair_that_is_not_there_is_told(rewrites: Rewrites):
    with pytest.raises(RewriteNotFound):
        await rewrites.get("nothing")


async def test_a_transaction_that_fails_leaves_nothing(database: Database, rewrites: Rewrites):
    def fail(connection: Connection) -> None:
        connection.execute(insert(RewriteRow), row_from_rewrite(make_rewrite(), "f1"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(fail)
    assert (await rewrites.get_page(Query(), limit=1)).items == ()


async def test_many_writers_at_once_all_get_through(rewrites: Rewrites):
    await asyncio.gather(*(rewrites.finish(make_rewrite(number), f"f{number}") for number in range(40)))
    assert len((await rewrites.get_page(Query(), limit=100)).items) == 40


async def test_of_writes_that_are_made_together_each_is_told_of_its_own_fault(rewrites: Rewrites):
    await rewrites.finish(make_rewrite(0), "f0")
    done = await asyncio.gather(
        rewrites.finish(make_rewrite(1), "f1"),
        rewrites.begin(make_rewrite(0), "f0", Attempt(1, 0, MARK, NOW)),  # is there already
        rewrites.begin_attempt("nobody", Attempt(1, 0, MARK, NOW)),  # of no pair
        rewrites.finish(make_rewrite(2), "f2"),
        return_exceptions=True,
    )
    assert [type(told) for told in done] == [type(None), StorageFailed, StorageFailed, type(None)]
    assert "rewrites" in done[1].detail
    assert "FOREIGN KEY" in done[2].detail.upper()
    stored = await rewrites.get_page(Query(), limit=5)
    assert [item.id for item in stored.items] == [make_rewrite(number).id for number in (2, 1, 0)]


async def test_a_write_whose_waiter_has_left_spoils_no_other(rewrites: Rewrites):
    writes = [asyncio.create_task(rewrites.finish(make_rewrite(number), f"f{number}")) for number in range(20)]
    await asyncio.sleep(0)
    for write in writes[::2]:
        write.cancel()
    done = await asyncio.gather(*writes, return_exceptions=True)
    assert done[1::2] == [None] * 10
    stored = {item.id for item in (await rewrites.get_page(Query(), limit=30)).items}
    assert {make_rewrite(number).id for number in range(1, 20, 2)} <= stored


async def test_a_database_that_is_closed_has_kept_what_was_begun(tmp_path: Path):
    database = Database(url_of("", tmp_path))
    await migrate.upgrade(database)
    writing = asyncio.create_task(Rewrites(database).finish(make_rewrite(), "f1"))
    await asyncio.sleep(0)
    await database.close()
    await writing
    again = Database(url_of("", tmp_path))
    assert (await Rewrites(again).find_done("f1")) == make_rewrite()
    await again.close()


async def test_the_whole_way_of_a_prompt_works_on_it(
    database_url: str, tmp_path: Path, upstream: Upstream, upstream_url: str
):
    settings = make_settings(tmp_path, REFRASE_DATABASE_URL=database_url, REFRASE_ENGINE_BASE_URL=upstream_url)
    reply = f'<message-{MARK} n="1">\nSort {{{{list}}}} now.\n</message-{MARK}>'
    upstream.will(Say(reply))
    async with open_services(settings, draw_mark=lambda: MARK) as services:
        order = Order(prompt_from_text("Please sort {{list}} now."), "kimi-k2")
        rewrite = await services.rewriter.rewrite(order)
        again = await services.rewriter.rewrite(order)
        assert (await services.history.get(rewrite.id))[0] == rewrite
        assert await services.health.check() == {"database": "ok"}
    assert again.is_reused
    assert rewrite.outcome is Outcome.REWRITTEN


async def test_what_was_running_long_ago_was_interrupted(tmp_path: Path):
    clock = FakeClock()
    async with open_services(make_settings(tmp_path), clock=clock) as services:
        running = make_rewrite(outcome=Outcome.RUNNING, finished_at=None, created_at=clock.now())
        await Rewrites(services.database).begin(running, "f1", Attempt(1, 0, MARK, clock.now()))
        assert (await services.history.get(running.id))[0].outcome is Outcome.RUNNING
        clock.advance(24 * 3600)
        interrupted, _ = await services.history.get(running.id)
    assert (interrupted.outcome, interrupted.reason.code) == (Outcome.FAILED, "interrupted")


async def test_a_database_of_sqlite_is_an_ordinary_file(tmp_path: Path):
    settings = make_settings(tmp_path)
    async with open_services(settings) as services:
        await services.rewriter.rewrite(
            Order(prompt_from_text("I want you to wait."), "kimi-k2", engine=EngineChoice.OFFLINE)
        )
    connection = sqlite3.connect(settings.data_dir / "refrase.db")
    assert connection.execute("SELECT outcome, engine FROM rewrites").fetchall() == [("fixed", "offline")]
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
