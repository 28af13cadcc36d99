"""Fallbacks, budgets, requests that join, and a storm of faults in which nothing stays nameless."""

import asyncio
import random

import pytest

from refrase.bootstrap import open_services
from refrase.core.engine import FailureKind
from refrase.core.progress import Finished, Queued, Started
from refrase.core.prompt import prompt_from_text
from refrase.core.rewrite import AnsweredBy, Order, Outcome
from refrase.engine.engine import TokenCount
from refrase.engine_setup import check_provider
from refrase.errors import BudgetWithoutPrice, SettingsInvalid
from refrase.services.budget import Budget
from refrase.storage.rewrites import Query
from tests.conftest import KEY, MARK, make_settings
from tests.fakes.clock import FakeClock, Sleep
from tests.fakes.server import RunningServer
from tests.fakes.upstream import COST_USD, BreakOff, Garbage, Refuse, RefuseInside, Say, Upstream, Whole

pytestmark = pytest.mark.anyio

PROMPT = "I want you to sort {{list}} by name and give the 3 longest ones."
AFTER = "Sort {{list}} by name and give the 3 longest ones."
GOOD = f'<message-{MARK} n="1">\n{AFTER}\n</message-{MARK}>\n<changes-{MARK}>\n</changes-{MARK}>'
LOSES = GOOD.replace("{{list}}", "it")


def order(prompt: str = PROMPT, **more) -> Order:
    return Order(prompt_from_text(prompt), "kimi-k2-0905", **more)


PROFILE = """
[second]
title = "Second"
base_url = "{address}/v1"
key_variables = ["SECOND_API_KEY"]
model = "second-model"
source = "https://example.com"
"""


@pytest.fixture
def second(tmp_path):
    """A second provider, and the settings that make it the fallback."""
    upstream = Upstream()
    with RunningServer(upstream) as address:
        profile = tmp_path / "providers.toml"
        profile.write_text(PROFILE.format(address=address))
        yield (
            upstream,
            {
                "REFRASE_PROVIDERS_FILE": str(profile),
                "REFRASE_ENGINE_FALLBACKS": "second",
                "SECOND_API_KEY": "sk-second-0123456789",
            },
        )


def services_of(tmp_path, upstream_url, *, clock=None, sleep=None, **more):
    settings = make_settings(
        tmp_path,
        OPENROUTER_API_KEY=KEY,
        REFRASE_ENGINE_PROVIDER="openrouter",
        REFRASE_ENGINE_BASE_URL=upstream_url,
        **more,
    )
    return open_services(settings, clock=clock, sleep=sleep or Sleep(), draw_mark=lambda: MARK)


# Fallbacks


@pytest.mark.parametrize(
    "step", [Refuse(401, {"message": "no"}), Refuse(402, {"message": "no"}), Garbage()], ids=["key", "quota", "garbage"]
)
async def test_where_the_engine_fails_the_next_one_is_asked_and_the_result_says_so(
    tmp_path, upstream, upstream_url, second, step
):
    other, settings = second
    upstream.will(step)
    other.will(Say(GOOD))
    async with services_of(tmp_path, upstream_url, **settings) as services:
        rewrite = await services.rewriter.rewrite(order())
        stored, attempts = await services.history.get(rewrite.id)
    assert rewrite.outcome is Outcome.REWRITTEN
    assert [finding.kind for finding in rewrite.findings] == ["engine_fell_back"]
    assert "second" in rewrite.findings[0].message
    assert [(attempt.provider, attempt.engine_model) for attempt in attempts] == [
        ("openrouter", "moonshotai/kimi-k2-0905"),
        ("second", "second-model"),
    ]
    assert other.headers[0]["authorization"] == "Bearer sk-second-0123456789"
    assert rewrite.provenance.provider == "openrouter"
    assert rewrite.answered_by == stored.answered_by == AnsweredBy("second", "second-model")


async def test_a_repair_goes_on_where_the_first_turn_ended(tmp_path, upstream, upstream_url, second):
    other, settings = second
    upstream.will(Refuse(401, {"message": "no"}))
    other.will(Say(LOSES), Say(GOOD))
    async with services_of(tmp_path, upstream_url, **settings) as services:
        rewrite = await services.rewriter.rewrite(order())
    assert rewrite.outcome is Outcome.REWRITTEN
    assert (len(upstream.requests), len(other.requests)) == (1, 2)


async def test_where_all_fail_the_last_failure_is_told(tmp_path, upstream, upstream_url, second):
    other, settings = second
    upstream.will(Refuse(401, {"message": "no"}))
    other.will(Refuse(402, {"message": "empty"}))
    async with services_of(tmp_path, upstream_url, **settings) as services:
        rewrite = await services.rewriter.rewrite(order())
    assert rewrite.reason.code == "engine_quota_spent"
    assert rewrite.answered_by is None
    assert rewrite.after == rewrite.before


@pytest.mark.parametrize("stated", ["nobody", "second"])
async def test_a_fallback_that_cannot_be_asked_is_refused_at_the_start(tmp_path, upstream_url, second, stated):
    settings = {**second[1], "REFRASE_ENGINE_FALLBACKS": stated, "SECOND_API_KEY": ""}
    with pytest.raises(SettingsInvalid, match="REFRASE_ENGINE_FALLBACKS"):
        async with services_of(tmp_path, upstream_url, **settings):
            pass


# Budgets


async def test_nothing_is_called_that_could_pass_the_budget(tmp_path, upstream, upstream_url):
    async with services_of(tmp_path, upstream_url) as services:
        rewrite = await services.rewriter.rewrite(order(budget_usd=0.000001))
    assert rewrite.reason.code == "engine_budget_spent"
    assert upstream.requests == []
    assert rewrite.after == rewrite.before


async def test_a_budget_that_is_large_enough_changes_nothing(tmp_path, upstream, upstream_url):
    upstream.will(Say(GOOD))
    async with services_of(tmp_path, upstream_url) as services:
        rewrite = await services.rewriter.rewrite(order(budget_usd=1.0))
    assert rewrite.outcome is Outcome.REWRITTEN
    assert rewrite.answered_by == AnsweredBy("openrouter", "moonshotai/kimi-k2-0905")


async def test_prompts_of_a_run_wait_for_the_money_that_others_hold_and_may_not_spend(tmp_path, upstream, upstream_url):
    budget = Budget(0.1)  # holds the worst case of two of them; all eight cost a tenth of it
    async with services_of(tmp_path, upstream_url) as services:
        orders = [order(f"{PROMPT} Case {number}.") for number in range(8)]
        rewrites = await asyncio.gather(*(services.rewriter.rewrite(one, budget=budget) for one in orders))
    assert {rewrite.outcome for rewrite in rewrites} == {Outcome.UNCHANGED}
    assert len(upstream.requests) == 8
    assert budget.spent_usd == pytest.approx(8 * COST_USD)


async def test_a_run_that_has_spent_its_budget_makes_no_further_call(tmp_path, upstream, upstream_url):
    budget = Budget(0.1)
    upstream.will(*[Say(GOOD, usage={"prompt_tokens": 1, "completion_tokens": 1, "cost": 0.06})] * 2)
    async with services_of(tmp_path, upstream_url) as services:
        rewrites = [await services.rewriter.rewrite(order(is_fresh=True), budget=budget) for _ in range(2)]
    assert [rewrite.reason and rewrite.reason.code for rewrite in rewrites] == [None, "engine_budget_spent"]
    assert len(upstream.requests) == 1


async def test_a_cancelled_call_counts_as_spent(tmp_path, upstream, upstream_url):
    budget = Budget(1.0)
    upstream.will(Say(GOOD, seconds_per_chunk=0.5))
    async with services_of(tmp_path, upstream_url) as services:
        task = asyncio.create_task(services.rewriter.rewrite(order(), budget=budget))
        while not upstream.requests:  # noqa: ASYNC110 - it lives in another thread
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert 0 < budget.spent_usd < 1.0


async def test_who_has_money_does_not_share_the_failure_of_who_has_none(tmp_path, upstream, upstream_url):
    upstream.will(Say(GOOD))
    async with services_of(tmp_path, upstream_url) as services:
        poor, rich = await asyncio.gather(
            services.rewriter.rewrite(order(budget_usd=0.000001)), services.rewriter.rewrite(order())
        )
    assert poor.reason.code == "engine_budget_spent"
    assert rich.outcome is Outcome.REWRITTEN


async def test_without_a_price_a_budget_is_refused_with_the_way_to_state_one(tmp_path, upstream, upstream_url):
    model = {"REFRASE_ENGINE_MODEL": "somebody/else"}
    async with services_of(tmp_path, upstream_url, **model) as services:
        with pytest.raises(BudgetWithoutPrice) as told:
            await services.rewriter.rewrite(order(budget_usd=1.0))
    assert "REFRASE_ENGINE_PRICE_USD" in told.value.hint
    async with services_of(tmp_path, upstream_url, **model, REFRASE_ENGINE_PRICE_USD="0.6,2.5") as services:
        assert (await services.rewriter.rewrite(order(budget_usd=1.0))).outcome is Outcome.UNCHANGED
    assert len(upstream.requests) == 1


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "input 0.6, output 2.5 USD per million tokens (by profile 2026-08-22, https://openrouter.ai"),
        ({"REFRASE_ENGINE_MODEL": "moonshotai/kimi-k2-thinking"}, "(by genai-prices "),
        (
            {"REFRASE_ENGINE_PRICE_USD": "1,0.1,2"},
            "input 1, cached input 0.1, output 2 USD per million tokens (by setting",
        ),
        ({"REFRASE_ENGINE_MODEL": "somebody/else"}, "REFRASE_ENGINE_PRICE_USD=input,output states one"),
        ({"REFRASE_ENGINE_BASE_URL": "http://10.0.0.7:8000/v1", "REFRASE_ENGINE_MODEL": "x"}, "not known"),
    ],
    ids=["profile", "package", "setting", "nobody", "a server of one's own"],
)
async def test_who_says_what_it_costs_is_told(tmp_path, settings, told):
    every = {"OPENROUTER_API_KEY": KEY, "REFRASE_ENGINE_PROVIDER": "openrouter", **settings}
    report = await check_provider(make_settings(tmp_path, **every), "", calls=False)
    assert told in report.price


async def test_a_reply_that_does_not_tell_its_cost_is_counted_by_the_package_cached_input_at_its_price(tmp_path):
    model = {"REFRASE_ENGINE_PROVIDER": "moonshot", "REFRASE_ENGINE_MODEL": "kimi-k2.7-code"}
    settings = make_settings(tmp_path, MOONSHOT_API_KEY=KEY, **model)
    async with open_services(settings) as services:
        usage = services.engine._usage(TokenCount(1000, 400, 100))
    assert usage.cost_source.startswith("genai-prices 2026-")
    assert usage.cost_usd == pytest.approx((600 * 0.95 + 400 * 0.19 + 100 * 4.0) / 1e6)


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


# A storm of faults

STORM = (
    lambda: Refuse(429, {"message": "slow", "code": 429}, {"retry-after": "1"}),
    lambda: Refuse(429, {"message": "slow", "type": "rate_limit_reached_error"}),
    lambda: Refuse(429, {"message": "gone", "type": "exceeded_current_quota_error"}),
    lambda: Refuse(503, {"message": "busy", "code": 503, "availability": {"retryable": True, "retry_after": 1}}),
    lambda: Refuse(503, {"message": "gone", "code": 503, "availability": {"retryable": False}}),
    lambda: Refuse(500, {"message": "oops"}),
    lambda: Refuse(401, {"message": f"bad key {KEY}"}),
    lambda: Refuse(402, {"message": "credits"}),
    lambda: Refuse(403, {"message": "x", "metadata": {"reasons": ["violence"], "flagged_input": "y"}}),
    lambda: Refuse(400, {"message": "invalid temperature"}),
    lambda: Refuse(400, {"type": "content_filter", "message": "high risk"}),
    lambda: Refuse(404, "no such model"),
    lambda: Refuse(413, {"message": "too large"}),
    lambda: Refuse(529, {"type": "overloaded_error", "message": "overloaded"}),
    lambda: RefuseInside({"message": "upstream broke", "code": 502}),
    lambda: RefuseInside({"message": "No auth", "code": 401}),
    lambda: BreakOff("<mess"),
    lambda: BreakOff("<mess", {"message": "broke in the middle", "code": 502}),
    lambda: BreakOff("<mess", cuts_connection=True),
    Garbage,
    lambda: Garbage('["a"]', content_type="application/json"),
    lambda: Garbage("{", content_type="application/json"),
    lambda: Garbage("", status=502),
    lambda: Say("", finish_reason="stop"),
    lambda: Say(GOOD[:30], finish_reason="length"),
    lambda: Say(GOOD, finish_reason="error"),
    lambda: Say(GOOD, finish_reason="content_filter"),
    lambda: Say(GOOD, finish_reason="tool_calls"),
    lambda: Say(GOOD, finish_reason=None),
    lambda: Say(LOSES),
    lambda: Say("I cannot help with that."),
    lambda: Whole(GOOD),
    lambda: Say(GOOD),
    lambda: Say(GOOD),
)


async def test_in_a_storm_of_faults_each_rewrite_ends_by_name_and_each_call_is_on_record(
    tmp_path, upstream, upstream_url, caplog
):
    dice = random.Random(20261124)

    def choose():
        return dice.choice(STORM)()

    upstream.choose = choose
    count = 1000
    async with services_of(tmp_path, upstream_url, REFRASE_LOG_LEVEL="debug") as services:
        limit = asyncio.Semaphore(24)

        async def one(number: int):
            async with limit:
                return await services.rewriter.rewrite(order(f"{PROMPT} Case {number}.", is_fresh=True))

        rewrites = await asyncio.gather(*(one(number) for number in range(count)))
        recorded = 0
        for rewrite in rewrites:
            stored, attempts = await services.history.get(rewrite.id)
            assert stored.outcome is rewrite.outcome
            assert all(attempt.finished_at for attempt in attempts)
            assert KEY not in repr((stored, attempts))
            recorded += len(attempts)
    names = {f"engine_{kind}" for kind in FailureKind} | {"contract_broken"}
    for rewrite in rewrites:
        assert rewrite.outcome in {Outcome.REWRITTEN, Outcome.UNCHANGED, Outcome.RETURNED, Outcome.FAILED}
        assert (rewrite.reason is None) == (rewrite.outcome in {Outcome.REWRITTEN, Outcome.UNCHANGED})
        if rewrite.reason:
            assert rewrite.reason.code in names
            assert rewrite.reason.hint
            assert rewrite.after == rewrite.before
    assert recorded == len(upstream.requests)
    assert {rewrite.outcome for rewrite in rewrites} >= {Outcome.RETURNED, Outcome.FAILED}
    assert KEY not in caplog.text
