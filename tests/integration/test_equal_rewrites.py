"""An equal request is not paid twice, and whatever shapes a rewrite asks anew."""

import msgspec
import pytest

from refrase.bootstrap import open_services
from refrase.core.rewrite import Mode, Outcome
from tests.conftest import MARK
from tests.fakes.upstream import (
    Refuse,
    Say,
    Upstream,
)
from tests.rewriting import GOOD, PROMPT, rewritten

pytestmark = pytest.mark.anyio


async def test_an_equal_request_is_not_paid_twice(services, upstream: Upstream):
    upstream.will(Say(GOOD))
    first, _ = await rewritten(services)
    second, _ = await rewritten(services)
    assert second.is_reused
    assert second.id == first.id
    assert len(upstream.requests) == 1


async def test_what_is_done_is_found_before_its_text_is_read(settings, upstream: Upstream):
    drawn: list[str] = []  # a mark is drawn where a prompt is read, to quote it

    def draw_mark() -> str:
        drawn.append(MARK)
        return MARK

    upstream.will(Say(GOOD))
    async with open_services(settings, draw_mark=draw_mark) as services:
        await rewritten(services)
        second, _ = await rewritten(services)
    assert second.is_reused
    assert len(drawn) == 1


@pytest.mark.parametrize(
    "change",
    [{"prompt": PROMPT + " "}, {"mode": Mode.NORMAL}, {"target": "kimi-k2.6"}, {"is_fresh": True}],
    ids=["a blank", "mode", "target", "asked anew"],
)
async def test_whatever_shapes_a_rewrite_asks_anew(services, upstream: Upstream, change):
    upstream.will(Say(GOOD), Say(GOOD))
    await rewritten(services)
    second, _ = await rewritten(services, change.pop("prompt", PROMPT), **change)
    assert not second.is_reused
    assert len(upstream.requests) == 2


async def test_the_same_model_id_at_another_address_asks_anew(services, settings, upstream: Upstream):
    upstream.will(Say(GOOD), Say(GOOD))
    await rewritten(services)
    elsewhere = msgspec.structs.replace(
        settings, engine_base_url=settings.engine_base_url.replace("127.0.0.1", "localhost")
    )
    async with open_services(elsewhere, draw_mark=lambda: MARK) as others:
        second, _ = await rewritten(others)
    assert not second.is_reused


async def test_a_raised_limit_of_the_reply_pays_for_nothing_twice(services, settings, upstream: Upstream):
    upstream.will(Say(GOOD))
    await rewritten(services)
    roomier = msgspec.structs.replace(settings, engine_max_output_tokens=200_000)
    async with open_services(roomier, draw_mark=lambda: MARK) as others:
        second, _ = await rewritten(others)
    assert second.is_reused


async def test_a_failure_is_asked_anew(services, upstream: Upstream):
    upstream.will(Refuse(401, {"message": "x"}), Say(GOOD))
    first, _ = await rewritten(services)
    second, _ = await rewritten(services)
    assert (first.outcome, second.outcome) == (Outcome.FAILED, Outcome.REWRITTEN)
