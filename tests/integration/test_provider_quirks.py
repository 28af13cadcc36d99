"""What single providers do in a way of their own: lists of models, counting, routing, limits told by headers."""

import json

import pytest

from refrase.bootstrap import open_services
from refrase.core.parameter import ParameterUse
from refrase.core.prompt import prompt_from_text
from refrase.core.rewrite import Order, Outcome
from refrase.errors import SettingsInvalid
from refrase.provider_check import check_provider
from tests.conftest import KEY, MARK
from tests.fakes.clock import Sleep
from tests.fakes.providers import Moonshot, OpenRouter
from tests.fakes.server import RunningServer
from tests.fakes.upstream import BreakOff, Refuse, RefuseInside, Say
from tests.integration.test_providers import GOOD, PROMPT, PROVIDERS, rewritten, settings_for

pytestmark = pytest.mark.anyio


async def checked(tmp_path, name: str, **more: str):
    with RunningServer(PROVIDERS[name][0]()) as address:
        return await check_provider(settings_for(tmp_path, name, address, **more), "", calls=True)


# Models and tokens, which are asked for without a call


@pytest.mark.parametrize("name", PROVIDERS)
async def test_a_check_asks_for_its_models(tmp_path, name):
    model = "moonshotai/kimi-k2-0905" if name.startswith("openrouter") else ""
    report = await checked(tmp_path, name, REFRASE_ENGINE_MODEL=model)
    assert report.is_good
    assert report.answered[0].startswith("It answers, and the model is one of its ")


@pytest.mark.parametrize("name", ["openrouter", "moonshot-anthropic"])
async def test_a_check_offers_the_models_nearest_to_one_that_is_not_there(tmp_path, name):
    report = await checked(tmp_path, name, REFRASE_ENGINE_MODEL="kimi-k2.61")
    assert not report.is_good
    assert "lists no model 'kimi-k2.61'" in report.answered[0]
    assert "kimi-k2" in report.answered[1]


@pytest.mark.parametrize("name", ["moonshot", "moonshot-cn", "modelslab-anthropic"])
async def test_a_check_compares_how_tokens_are_counted(tmp_path, name):
    report = await checked(tmp_path, name)
    assert report.answered[-1].startswith("It counts 31 tokens in a sample, its frame included; Refrase counts ")


# What the user adds to the body of a call


ROUTING = {"order": ["moonshotai"], "data_collection": "deny", "max_price": {"prompt": 1}, "require_parameters": True}


@pytest.mark.parametrize("name", ["openrouter", "openrouter-exacto"])
async def test_routing_options_travel_and_are_stored_with_their_reason(tmp_path, name):
    upstream = OpenRouter()
    upstream.will(Say(GOOD))
    stated = json.dumps({"provider": ROUTING})
    rewrite, _ = await rewritten(tmp_path, upstream, name, REFRASE_ENGINE_EXTRA_BODY=stated)
    assert rewrite.outcome is Outcome.REWRITTEN
    assert upstream.requests[0]["provider"] == ROUTING
    assert rewrite.provenance.parameters["provider"] == ROUTING
    decision = next(item for item in rewrite.provenance.decisions if item.name == "provider")
    assert (decision.use, decision.reason) == (ParameterUse.SENT, "You set it.")


async def test_another_routing_asks_anew_and_the_same_does_not(tmp_path):
    upstream = OpenRouter()
    upstream.will(Say(GOOD), Say(GOOD))
    with RunningServer(upstream) as address:
        for sort in ("price", "latency", "price"):
            stated = json.dumps({"provider": {"sort": sort}})
            settings = settings_for(tmp_path, "openrouter", address, REFRASE_ENGINE_EXTRA_BODY=stated)
            async with open_services(settings, draw_mark=lambda: MARK) as services:
                await services.rewriter.rewrite(Order(prompt_from_text(PROMPT), "kimi-k2-0905"))
    assert [request["provider"]["sort"] for request in upstream.requests] == ["price", "latency"]


async def test_thinking_is_switched_on_over_the_profile_and_fixed_sampling_is_not_sent(tmp_path):
    upstream = Moonshot()
    upstream.will(Say(GOOD, thoughts="Hm."))
    stated = json.dumps({"thinking": {"type": "enabled"}, "top_p": 0.9})
    rewrite, _ = await rewritten(tmp_path, upstream, "moonshot", REFRASE_ENGINE_EXTRA_BODY=stated)
    assert rewrite.outcome is Outcome.REWRITTEN
    assert upstream.requests[0]["thinking"] == {"type": "enabled"}
    assert "top_p" not in upstream.requests[0]
    decisions = [item for item in rewrite.provenance.decisions if item.name == "top_p"]
    assert [item.use for item in decisions] == [ParameterUse.REFUSED]


ROOM = [
    ("moonshot", "", "", range(4_000, 8_000)),  # the profile switches thinking off
    ("moonshot", "", '{"thinking": {"type": "enabled"}}', range(20_000, 24_000)),
    ("moonshot", "kimi-k3", "", range(20_000, 24_000)),  # it always thinks
    ("openrouter", "", "", range(4_000, 8_000)),
    ("openrouter", "moonshotai/kimi-k2.6", "", range(4_000, 8_000)),  # the profile switches it off
    ("openrouter", "moonshotai/kimi-k2.6", '{"reasoning": {"effort": "low"}}', range(20_000, 24_000)),
    ("openrouter", "moonshotai/kimi-k3", "", range(20_000, 24_000)),
    ("fireworks", "", "", range(16_384, 16_385)),  # all that is known to be given there
    ("fireworks", "", '{"reasoning_effort": "none"}', range(4_000, 8_000)),
    ("vllm", "", "", range(4_000, 8_000)),
    ("vllm", "", '{"reasoning_effort": "high"}', range(20_000, 24_000)),
]


@pytest.mark.parametrize(("name", "model", "stated", "room"), ROOM)
async def test_a_reply_has_room_for_thoughts_where_the_engine_thinks(tmp_path, name, model, stated, room):
    upstream = PROVIDERS[name][0]()
    upstream.will(Say(GOOD))
    more = {"REFRASE_ENGINE_MODEL": model, "REFRASE_ENGINE_EXTRA_BODY": stated}
    await rewritten(tmp_path, upstream, name, **more)
    request = upstream.requests[0]
    assert request.get("max_completion_tokens", request.get("max_tokens")) in room


async def test_where_thoughts_take_the_whole_limit_the_call_is_made_once_more_with_all_that_there_is(tmp_path):
    upstream = Moonshot()
    upstream.will(Say("", finish_reason="length", thoughts="Hm."), Say(GOOD, thoughts="Hm."))
    rewrite, attempts = await rewritten(tmp_path, upstream, "moonshot", REFRASE_ENGINE_MODEL="kimi-k3")
    assert rewrite.outcome is Outcome.REWRITTEN
    assert [attempt.usage.output_tokens for attempt in attempts] == [100, 100]
    assert upstream.requests[1]["max_completion_tokens"] == 131_072
    assert "partial" not in str(upstream.requests[1]["messages"][-1])


async def test_no_limit_is_sent_that_does_not_fit_into_the_window_with_the_prompt(tmp_path):
    upstream = Moonshot()
    upstream.will(Say("", finish_reason="length", thoughts="Hm."), Say(GOOD))
    rewrite, _ = await rewritten(tmp_path, upstream, "moonshot")
    assert rewrite.outcome is Outcome.REWRITTEN
    assert 240_000 < upstream.requests[1]["max_completion_tokens"] < upstream.window_tokens


async def test_where_nothing_is_known_of_the_window_all_that_is_known_to_be_given_is_asked_for(tmp_path):
    upstream = PROVIDERS["custom"][0]()
    upstream.will(Say(GOOD[:50], finish_reason="length"), Say(GOOD))
    await rewritten(tmp_path, upstream, "custom", REFRASE_ENGINE_MODEL="my-model")
    assert upstream.requests[1]["max_tokens"] == 16_384


REFUSED = [
    ("openrouter", "deny", "is not a JSON object"),
    ("openrouter", '["a"]', "is not a JSON object"),
    ("openrouter", '{"provider": {"data_colection": "deny"}}', "OpenRouter knows no 'data_colection' in 'provider'"),
    ("openrouter", '{"provider": "deny"}', "'provider' must be an object with order, "),
    ("openrouter", '{"model": "x"}', "may not hold 'model'"),
    ("openrouter", '{"temperature": 1}', "may not hold 'temperature'"),
    ("openrouter", '{"messages": []}', "may not hold 'messages': Refrase sets it itself"),
    ("openrouter", f'{{"user": "{KEY}"}}', "holds a key"),
    ("moonshot", '{"max_completion_tokens": 9}', "may not hold 'max_completion_tokens'"),
    ("modelslab", '{"key": "x"}', "may not hold 'key'"),
    ("modelslab", '{"model_id": "x"}', "may not hold 'model_id'"),
]


@pytest.mark.parametrize(("name", "stated", "told"), REFUSED, ids=[f"{name} {stated}" for name, stated, _ in REFUSED])
async def test_what_is_not_the_users_to_add_is_refused_by_name(tmp_path, name, stated, told):
    with pytest.raises(SettingsInvalid, match=told) as refused:
        async with open_services(settings_for(tmp_path, name, "http://x", REFRASE_ENGINE_EXTRA_BODY=stated)):
            pass
    assert KEY not in f"{refused.value.detail} {refused.value.hint}"


# Limits and failures


async def test_a_reply_whose_headers_leave_no_further_request_holds_the_next_call(tmp_path):
    upstream, sleep = Moonshot(), Sleep()
    spent = {"X-RateLimit-Limit": "3", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "7"}
    upstream.will(Say(GOOD, headers=spent), Say(GOOD))
    with RunningServer(upstream) as address:
        async with open_services(
            settings_for(tmp_path, "moonshot", address), sleep=sleep, draw_mark=lambda: MARK
        ) as services:
            for prompt in (PROMPT, f"{PROMPT} "):
                await services.rewriter.rewrite(Order(prompt_from_text(prompt), "kimi-k2-0905"))
    assert len(upstream.requests) == 2
    assert max(sleep.waits_seconds) == pytest.approx(7, abs=1)


AVAILABLE = {"code": "provider_overloaded", "retryable": True, "retry_after": 9, "fallback_models": []}
FAILURES = [
    (Refuse(402, {"code": 402, "message": "Insufficient credits"}), "engine_quota_spent", 1),
    (
        Refuse(403, {"code": 403, "message": "x", "metadata": {"reasons": ["violence"], "flagged_input": "y"}}),
        "engine_filtered",
        1,
    ),
    (
        Refuse(503, {"code": 503, "message": "x", "availability": {**AVAILABLE, "retryable": False}}),
        "engine_overloaded",
        1,
    ),
    (Refuse(400, {"code": 400, "message": "x", "availability": AVAILABLE}), "", 2),
    (Refuse(429, {"code": 429, "message": "x"}, {"Retry-After": "9"}), "", 2),
    (RefuseInside({"code": 502, "message": "x"}), "", 2),
    (BreakOff("<mes", {"code": "server_error", "message": "x"}), "", 2),
    (Say(GOOD, finish_reason="error"), "", 2),
]


@pytest.mark.parametrize(("step", "code", "calls"), FAILURES, ids=[f"{step!r:.70}" for step, _, _ in FAILURES])
async def test_openrouters_failures_are_told_by_name_or_asked_again(tmp_path, step, code, calls):
    upstream = OpenRouter()
    upstream.will(step, Say(GOOD))
    rewrite, attempts = await rewritten(tmp_path, upstream, "openrouter")
    assert (rewrite.reason.code if rewrite.reason else "") == code
    assert len(attempts) == len(upstream.requests) == calls
