"""Budgets: nothing is called that could pass one; and where prices come from."""

import asyncio

import pytest

from refrase.bootstrap import open_services
from refrase.core.rewrite import AnsweredBy, Outcome
from refrase.engine.engine import TokenCount
from refrase.errors import BudgetWithoutPrice
from refrase.provider_check import check_provider
from refrase.services.budget import Budget
from tests.conftest import KEY, make_settings
from tests.engine_room import GOOD, services_of
from tests.fakes.upstream import COST_USD, Say
from tests.rewriting import PROMPT, order

pytestmark = pytest.mark.anyio


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
