"""Where the engine fails, the next one is asked."""

import pytest

from refrase.core.rewrite import AnsweredBy, Outcome
from refrase.errors import SettingsInvalid
from tests.engine_room import GOOD, LOSES, services_of
from tests.fakes.upstream import Garbage, Refuse, Say
from tests.rewriting import order

pytestmark = pytest.mark.anyio


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
