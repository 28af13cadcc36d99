"""Requests that join, the deadline, and waiting at the gate."""

import asyncio

import pytest

from refrase.core.progress import Finished, Queued, Started
from refrase.core.rewrite import Outcome
from refrase.storage.rewrites import Query
from tests.engine_room import GOOD, LOSES, services_of
from tests.fakes.clock import FakeClock
from tests.fakes.upstream import Say
from tests.rewriting import order

pytestmark = pytest.mark.anyio


# Equal requests


async def test_equal_requests_under_way_are_one_call_and_say_so(tmp_path, upstream, upstream_url):
    upstream.will(Say(GOOD, seconds_per_chunk=0.05))
    seen = [[] for _ in range(5)]
    async with services_of(tmp_path, upstream_url) as services:
        rewrites = await asyncio.gather(*(services.rewriter.rewrite(order(), watch.append) for watch in seen))
        stored = await services.history.get_page(Query(), limit=10)
    assert len(upstream.requests) == 1
    assert len({rewrite.id for rewrite in rewrites}) == len(stored.items) == 1
    assert sorted(rewrite.is_joined for rewrite in rewrites) == [False, True, True, True, True]
    assert all(isinstance(watch[-1], Finished) for watch in seen)


async def test_fresh_requests_do_not_join(tmp_path, upstream, upstream_url):
    upstream.will(Say(GOOD, seconds_per_chunk=0.02), Say(GOOD, seconds_per_chunk=0.02))
    async with services_of(tmp_path, upstream_url) as services:
        await asyncio.gather(*(services.rewriter.rewrite(order(is_fresh=True)) for _ in range(2)))
    assert len(upstream.requests) == 2


async def test_where_the_first_is_cancelled_another_one_asks(tmp_path, upstream, upstream_url):
    upstream.will(Say(GOOD, seconds_per_chunk=0.3), Say(GOOD))
    async with services_of(tmp_path, upstream_url) as services:
        first = asyncio.create_task(services.rewriter.rewrite(order()))
        while not upstream.requests:  # noqa: ASYNC110 - it lives in another thread
            await asyncio.sleep(0.01)
        second = asyncio.create_task(services.rewriter.rewrite(order()))
        await asyncio.sleep(0.05)
        first.cancel()
        rewrite = await second
    assert rewrite.outcome is Outcome.REWRITTEN
    assert not rewrite.is_joined
    assert len(upstream.requests) == 2


# The deadline


DEADLINE_SECONDS = 900


def late(clock: FakeClock, text: str = LOSES, finish_reason: str = "stop") -> Say:
    """A reply that comes when the time for the rewrite is over."""

    def write(_request) -> str:
        clock.advance(DEADLINE_SECONDS + 1)
        return text

    return Say(write, finish_reason=finish_reason)


@pytest.mark.parametrize(
    ("text", "finish_reason"),
    [(LOSES, "stop"), (GOOD[:30], "length"), ("", "stop"), (GOOD, "error"), (GOOD, "content_filter")],
    ids=["a repair", "a larger limit", "an empty reply again", "a broken reply again", "the fallback"],
)
async def test_no_call_begins_after_the_deadline(tmp_path, upstream, upstream_url, second, text, finish_reason):
    other, settings = second
    clock = FakeClock()
    upstream.will(late(clock, text, finish_reason), Say(GOOD), Say(GOOD))
    async with services_of(tmp_path, upstream_url, clock=clock, **settings) as services:
        rewrite = await services.rewriter.rewrite(order())
        _, attempts = await services.history.get(rewrite.id)
    assert rewrite.outcome is Outcome.FAILED
    assert (len(upstream.requests), len(other.requests), len(attempts)) == (1, 0, 1)


async def test_a_call_whose_place_at_the_gate_comes_after_the_deadline_is_not_made(tmp_path, upstream, upstream_url):
    clock = FakeClock()

    async def sleep(seconds: float) -> None:
        clock.advance(seconds)

    limits = {"REFRASE_ENGINE_REQUESTS_PER_MINUTE": "1", "REFRASE_ENGINE_DEADLINE_SECONDS": "30"}
    async with services_of(tmp_path, upstream_url, clock=clock, sleep=sleep, **limits) as services:
        await services.rewriter.rewrite(order())
        rewrite = await services.rewriter.rewrite(order(is_fresh=True))
    assert rewrite.reason.code == "engine_timeout"
    assert len(upstream.requests) == 1


# Waiting at the gate


async def test_a_rewrite_that_waits_at_the_gate_says_so_and_is_on_record_meanwhile(tmp_path, upstream, upstream_url):
    going = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        await going.wait()

    limits = {"REFRASE_ENGINE_REQUESTS_PER_MINUTE": "1"}
    async with services_of(tmp_path, upstream_url, sleep=sleep, clock=FakeClock(), **limits) as services:
        await services.rewriter.rewrite(order())
        job = await services.watching.start(order(is_fresh=True))
        stored, attempts = await services.history.get(await job.id())
        assert (stored.outcome, attempts) == (Outcome.RUNNING, ())
        going.set()
        rewrite = await job.result()
        seen = [progress async for _, progress in job.follow()]
        _, attempts = await services.history.get(rewrite.id)
    assert [type(progress) for progress in seen[:3]] == [Started, Queued, Queued]
    assert seen[1] == Queued("Waiting 60 s: the provider takes 1 requests a minute.", 60.0)
    assert rewrite.outcome is Outcome.UNCHANGED
    assert len(attempts) == 1
