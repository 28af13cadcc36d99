"""Which engine is asked, what it is sent, and what is done without one."""

import pytest

from refrase.bootstrap import open_services
from refrase.core.rewrite import EngineChoice, Outcome
from refrase.errors import EngineNotConfigured, SettingsInvalid
from refrase.storage.rewrites import Query
from tests.conftest import KEY, MARK, make_settings
from tests.fakes.upstream import (
    MODEL,
    Say,
    Upstream,
)
from tests.rewriting import GOOD, order, rewritten

pytestmark = pytest.mark.anyio


async def test_the_request_is_what_the_profile_says(services, upstream: Upstream):
    upstream.will(Say(GOOD))
    await rewritten(services)
    (request,), (headers,) = upstream.requests, upstream.headers
    assert request["model"] == MODEL
    assert request["temperature"] == 0.6
    assert 0 < request["max_tokens"] < 10_000
    assert [message["role"] for message in request["messages"]] == ["system", "user"]
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["x-openrouter-title"] == "Refrase"


async def test_headers_meant_for_openai_travel_nowhere(settings, upstream: Upstream, monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-secret")
    upstream.will(Say(GOOD))
    async with open_services(settings, draw_mark=lambda: MARK) as services:
        await rewritten(services)
    assert "secret" not in str(upstream.headers)


async def test_a_server_without_a_key_gets_none(tmp_path, upstream: Upstream, upstream_url: str):
    upstream.will(Say(GOOD))
    settings = make_settings(tmp_path, REFRASE_ENGINE_BASE_URL=upstream_url, REFRASE_ENGINE_MODEL="local")
    async with open_services(settings, draw_mark=lambda: MARK) as services:
        rewrite, _ = await rewritten(services)
    assert rewrite.provenance.provider == "custom"
    assert "authorization" not in upstream.headers[0]
    assert upstream.requests[0]["model"] == "local"
    assert "temperature" not in upstream.requests[0]


async def test_moonshot_gets_its_own_field_and_no_temperature(tmp_path, upstream: Upstream, upstream_url: str):
    upstream.will(
        Say(GOOD, usage_in_choice=True, usage={"prompt_tokens": 10, "completion_tokens": 5, "cached_tokens": 4})
    )
    settings = make_settings(
        tmp_path, REFRASE_ENGINE_PROVIDER="moonshot", MOONSHOT_API_KEY="sk-m", REFRASE_ENGINE_BASE_URL=upstream_url
    )
    async with open_services(settings, draw_mark=lambda: MARK) as services:
        rewrite, _ = await rewritten(services)
    request = upstream.requests[0]
    assert "max_completion_tokens" in request
    assert "max_tokens" not in request
    assert "temperature" not in request
    assert request["thinking"] == {"type": "disabled"}
    assert rewrite.usage.cached_tokens == 4
    assert rewrite.usage.cost_source == "profile 2026-08-21"
    assert rewrite.usage.cost_usd == pytest.approx((6 * 0.95 + 4 * 0.16 + 5 * 4.0) / 1e6)


async def test_the_offline_engine_fixes_and_says_what_it_is(services, upstream: Upstream):
    rewrite, _ = await rewritten(services, engine=EngineChoice.OFFLINE)
    assert rewrite.outcome is Outcome.FIXED
    assert rewrite.after.texts == ("Sort {{list}} by name and give the 3 longest ones.",)
    assert [(change.rule, change.by) for change in rewrite.changes] == [("request-wrapped", "code")]
    assert "offline" in rewrite.notice
    assert rewrite.provenance.engine is EngineChoice.OFFLINE
    assert upstream.requests == []
    stored, attempts = await services.history.get(rewrite.id)
    assert stored == rewrite
    assert attempts == ()


async def test_the_offline_engine_leaves_alone_what_no_fix_is_for(services):
    rewrite, _ = await rewritten(services, "Sort {{list}}.", engine=EngineChoice.OFFLINE)
    assert rewrite.outcome is Outcome.UNCHANGED
    assert "Only a model" in rewrite.reason.message


async def test_without_a_key_nothing_is_asked_and_nothing_stored(tmp_path):
    async with open_services(make_settings(tmp_path)) as services:
        with pytest.raises(EngineNotConfigured) as told:
            await services.rewriter.rewrite(order())
        assert "OPENROUTER_API_KEY" in told.value.hint
        page = await services.history.get_page(Query(), limit=10)
        assert page.items == ()


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"OPENROUTER_API_KEY": "sk-or-…7f"}, "OpenRouter cannot be sent: its character 7 stands"),
        ({"OPENROUTER_API_KEY": "Bearer sk-or-7f"}, "its character 7 stands"),
        ({"OPENROUTER_API_KEY": "sk-or-7f\nsk-or-8f"}, "its character 9 stands"),
        ({"REFRASE_ENGINE_PROVIDER": "custom"}, "“custom” has no address"),
        ({"REFRASE_ENGINE_BASE_URL": "localhost:8000/v1"}, "does not begin with http"),
        ({"REFRASE_ENGINE_BASE_URL": "http:///v1"}, "does not begin with http"),
        ({"REFRASE_ENGINE_BASE_URL": "http://localhost:port/v1"}, "does not begin with http"),
        ({"REFRASE_ENGINE_BASE_URL": "u:sk-or-7f@host"}, "does not begin with http"),
    ],
)
async def test_a_key_or_an_address_that_cannot_be_used_is_told_before_any_call(tmp_path, environ, told):
    async with open_services(make_settings(tmp_path, **environ)) as services:
        with pytest.raises(EngineNotConfigured, match=told) as refused:
            await services.rewriter.rewrite(order())
    assert "7f" not in f"{refused.value.detail} {refused.value.hint}"


@pytest.mark.parametrize(
    ("environ", "provider"),
    [
        ({"OPENROUTER_API_KEY": "a", "MOONSHOT_API_KEY": "b"}, "openrouter"),
        ({"MOONSHOT_API_KEY": "b"}, "moonshot"),
        ({"HAIMAKER_API_KEY": "b"}, "haimaker"),
        ({"REFRASE_ENGINE_API_KEY": "c"}, "openrouter"),
        ({"REFRASE_ENGINE_BASE_URL": "http://x/v1"}, "custom"),
        ({"REFRASE_ENGINE_PROVIDER": "openrouter-exacto", "OPENROUTER_API_KEY": "a"}, "openrouter-exacto"),
    ],
)
async def test_the_provider_is_the_one_stated_or_the_one_with_a_key(tmp_path, environ, provider):
    async with open_services(make_settings(tmp_path, **environ)) as services:
        assert services.engine.identity.provider == provider


async def test_a_provider_that_does_not_exist_is_told(tmp_path):
    with pytest.raises(SettingsInvalid, match="nowhere"):
        async with open_services(make_settings(tmp_path, REFRASE_ENGINE_PROVIDER="nowhere")):
            pass
