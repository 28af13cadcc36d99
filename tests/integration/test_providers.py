"""Every profile meets its own provider's fake, which refuses what the real one refuses."""

import pytest

from refrase.bootstrap import open_services
from refrase.core.parameter import ParameterUse
from refrase.core.progress import TextWritten, Waiting
from refrase.core.prompt import prompt_from_text
from refrase.core.rewrite import Order, Outcome
from refrase.services.conversation import unwatched
from tests.conftest import KEY, MARK, make_settings
from tests.fakes.clock import Sleep
from tests.fakes.providers import (
    Fixed,
    Forbidding,
    Groq,
    Haimaker,
    ModelsLab,
    ModelsLabMessages,
    Moonshot,
    MoonshotMessages,
    OpenRouter,
    OwnServer,
)
from tests.fakes.server import RunningServer
from tests.fakes.upstream import BreakOff, Refuse, Say

pytestmark = pytest.mark.anyio

PROMPT = "I want you to sort {{list}} by name and give the 3 longest ones."
AFTER = "Sort {{list}} by name and give the 3 longest ones."
GOOD = f'<message-{MARK} n="1">\n{AFTER}\n</message-{MARK}>\n<changes-{MARK}>\n</changes-{MARK}>'

# profile: its fake, the variable of its key, and where the cost of a reply comes from
PROVIDERS = {
    "openrouter": (OpenRouter, "OPENROUTER_API_KEY", "provider"),
    "openrouter-exacto": (OpenRouter, "OPENROUTER_API_KEY", "provider"),
    "haimaker": (Haimaker, "HAIMAKER_API_KEY", "profile"),
    "moonshot": (Moonshot, "MOONSHOT_API_KEY", "profile"),
    "moonshot-cn": (Moonshot, "MOONSHOT_CN_API_KEY", "profile"),
    "modelslab": (ModelsLab, "MODELSLAB_API_KEY", ""),
    "modelslab-anthropic": (ModelsLabMessages, "MODELSLAB_API_KEY", ""),
    "moonshot-anthropic": (MoonshotMessages, "MOONSHOT_API_KEY", "profile"),
    "groq": (Groq, "GROQ_API_KEY", "profile"),
    "fireworks": (Fixed, "FIREWORKS_API_KEY", "provider"),
    "together": (Fixed, "TOGETHER_API_KEY", "provider"),
    "deepinfra": (Fixed, "DEEPINFRA_API_KEY", "provider"),
    "vllm": (OwnServer, "", "provider"),
    "sglang": (OwnServer, "", "provider"),
    "ktransformers": (OwnServer, "", "provider"),
    "tensorrt-llm": (Forbidding, "", "provider"),
    "litellm": (OwnServer, "", "provider"),
    "custom": (OwnServer, "", "provider"),
}


def settings_for(tmp_path, name: str, address: str, **more: str):
    variable = PROVIDERS[name][1]
    return make_settings(
        tmp_path,
        REFRASE_ENGINE_PROVIDER=name,
        # The SDK of the other form adds the version to the address by itself.
        REFRASE_ENGINE_BASE_URL=address if name.endswith("-anthropic") else f"{address}/v1",
        **({variable: KEY} if variable else {}),
        **more,
    )


async def rewritten(tmp_path, upstream, name, prompt=PROMPT, watch=lambda _: None, **more):
    with RunningServer(upstream) as address:
        settings = settings_for(tmp_path, name, address, **more)
        async with open_services(settings, sleep=Sleep(), draw_mark=lambda: MARK) as services:
            rewrite = await services.rewriter.rewrite(Order(prompt_from_text(prompt), "kimi-k2-0905"), watch)
            return rewrite, (await services.history.get(rewrite.id))[1]


@pytest.mark.parametrize("name", PROVIDERS)
async def test_a_prompt_is_rewritten_through_it(tmp_path, name):
    fake, _, cost_source = PROVIDERS[name]
    upstream = fake()
    upstream.will(Say(GOOD))
    rewrite, (attempt,) = await rewritten(tmp_path, upstream, name)
    assert rewrite.reason is None
    assert rewrite.outcome is Outcome.REWRITTEN
    assert rewrite.after.texts == (AFTER,)
    assert (attempt.provider, attempt.usage.output_tokens is not None) == (name, True)
    assert rewrite.usage.cost_source.partition(" ")[0] == cost_source
    assert (rewrite.usage.cost_usd is None) == (cost_source == "")
    assert KEY not in repr(rewrite) + repr(attempt)


# Fireworks' K2.6 thinks: a reply that may be so long is streamed.
WHOLE = [name for name in PROVIDERS if not name.endswith("-anthropic") and name != "fireworks"]


@pytest.mark.parametrize("name", WHOLE)
async def test_what_nobody_watches_comes_whole_and_is_counted_alike(tmp_path, name):
    fake, _, cost_source = PROVIDERS[name]
    upstream = fake()
    upstream.will(Say(GOOD))
    rewrite, (attempt,) = await rewritten(tmp_path, upstream, name, watch=unwatched)
    assert upstream.requests[0]["stream"] is False
    assert "stream_options" not in upstream.requests[0]
    assert rewrite.outcome is Outcome.REWRITTEN
    assert rewrite.after.texts == (AFTER,)
    assert attempt.usage.output_tokens is not None
    assert rewrite.usage.cost_source.partition(" ")[0] == cost_source


@pytest.mark.parametrize("watch", [lambda _: None, unwatched], ids=["streamed", "whole"])
@pytest.mark.parametrize("name", PROVIDERS)
async def test_thoughts_are_no_part_of_the_rewrite_and_are_paid(tmp_path, name, watch):
    fake, _, cost_source = PROVIDERS[name]
    upstream = fake()
    draft = GOOD.replace("the 3 longest ones", "all of them")
    upstream.will(Say(GOOD, thoughts=f"Perhaps {draft}? That is not what was asked."))
    rewrite, (attempt,) = await rewritten(tmp_path, upstream, name, watch=watch)
    assert rewrite.outcome is Outcome.REWRITTEN
    assert rewrite.after.texts == (AFTER,)
    assert attempt.usage.output_tokens in {80, 100}  # all that the provider counted
    assert rewrite.usage.cost_source.partition(" ")[0] == cost_source


@pytest.mark.parametrize("name", [name for name, (_, variable, _) in PROVIDERS.items() if variable])
async def test_a_wrong_key_is_told_by_name_and_never_shown(tmp_path, name):
    upstream = PROVIDERS[name][0]()
    upstream.key = "another"
    rewrite, (attempt,) = await rewritten(tmp_path, upstream, name)
    assert rewrite.reason.code == "engine_wrong_key"
    assert KEY not in repr(rewrite) + repr(attempt)
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("name", ["moonshot", "fireworks", "together", "deepinfra"])
async def test_a_temperature_that_the_model_refuses_is_never_sent(tmp_path, name):
    upstream = PROVIDERS[name][0]()
    upstream.will(Say(GOOD))
    rewrite, _ = await rewritten(tmp_path, upstream, name, REFRASE_ENGINE_TEMPERATURE="0.3")
    assert "temperature" not in upstream.requests[0]
    decision = next(item for item in rewrite.provenance.decisions if item.name == "temperature")
    assert decision.use is ParameterUse.REFUSED
    assert "fix" in decision.reason


MOONSHOTS_429 = [
    ("engine_overloaded_error", 2, None),
    ("rate_limit_reached_error", 2, None),
    ("exceeded_current_quota_error", 1, "engine_quota_spent"),
]


@pytest.mark.parametrize(("kind", "calls", "code"), MOONSHOTS_429)
async def test_moonshots_three_kinds_of_429_are_told_apart(tmp_path, kind, calls, code):
    upstream = Moonshot()
    upstream.will(Refuse(429, {"type": kind, "message": "no"}), Say(GOOD))
    rewrite, _ = await rewritten(tmp_path, upstream, "moonshot")
    assert len(upstream.requests) == calls
    assert (rewrite.reason and rewrite.reason.code) == code


async def test_moonshots_filter_is_told_by_name_though_it_comes_as_400(tmp_path):
    upstream = Moonshot()
    upstream.will(Refuse(400, {"type": "content_filter", "message": "high risk"}))
    rewrite, _ = await rewritten(tmp_path, upstream, "moonshot")
    assert rewrite.reason.code == "engine_filtered"


async def test_a_cut_reply_is_gone_on_with_in_partial_mode(tmp_path):
    upstream = Moonshot()
    upstream.will(Say(GOOD[:50], finish_reason="length"), Say(GOOD[50:60], finish_reason="length"), Say(GOOD[60:]))
    rewrite, attempts = await rewritten(tmp_path, upstream, "moonshot")
    assert rewrite.after.texts == (AFTER,)
    assert upstream.requests[1]["messages"][-1] == {"role": "assistant", "content": GOOD[:50], "partial": True}
    assert upstream.requests[2]["messages"][-1]["content"] == GOOD[:60]
    assert [attempt.reply for attempt in attempts] == [GOOD[:50], GOOD[50:60], GOOD[60:]]


async def test_a_call_that_goes_on_and_breaks_off_is_made_again_behind_the_same_words(tmp_path):
    upstream = Moonshot()
    upstream.will(Say(GOOD[:50], finish_reason="length"), BreakOff(GOOD[50:60]), Say(GOOD[50:]))
    seen: list = []
    rewrite, _ = await rewritten(tmp_path, upstream, "moonshot", watch=seen.append)
    assert rewrite.after.texts == (AFTER,)
    assert upstream.requests[2]["messages"][-1]["content"] == GOOD[:50]
    last = max(number for number, piece in enumerate(seen) if isinstance(piece, Waiting))
    assert "".join(piece.text for piece in seen[last:] if isinstance(piece, TextWritten)) == AFTER


async def test_a_reply_that_is_cut_again_and_again_fails_by_name(tmp_path):
    upstream = Moonshot()
    upstream.will(*[Say("<mess", finish_reason="length")] * 9)
    rewrite, attempts = await rewritten(tmp_path, upstream, "moonshot")
    assert rewrite.reason.code == "engine_truncated"
    assert len(attempts) == 4


async def test_without_partial_mode_a_cut_reply_is_asked_for_once_more_with_the_whole_limit(tmp_path):
    upstream = Haimaker()
    upstream.will(Say(GOOD[:50], finish_reason="length"), Say(GOOD))
    rewrite, _ = await rewritten(tmp_path, upstream, "haimaker")
    assert rewrite.after.texts == (AFTER,)
    first, second = upstream.requests
    assert first["max_tokens"] < 10_000
    assert 240_000 < second["max_tokens"] < 262_144  # what the window leaves
    assert first["messages"] == second["messages"]


@pytest.mark.parametrize("name", ["moonshot-anthropic", "modelslab-anthropic"])
async def test_in_anthropics_form_a_cut_reply_is_gone_on_with_behind_what_was_said(tmp_path, name):
    upstream = PROVIDERS[name][0]()
    upstream.will(Say(GOOD[:55], finish_reason="length"), Say(GOOD[55:]))
    rewrite, attempts = await rewritten(tmp_path, upstream, name)
    assert rewrite.after.texts == (AFTER,)
    assert upstream.requests[1]["messages"][-1] == {"role": "assistant", "content": GOOD[:55].rstrip()}
    assert (attempts[0].usage.input_tokens, attempts[0].usage.cached_tokens) == (1000, 800)


async def test_moonshots_anthropic_form_is_sent_the_temperature_that_means_the_wanted_one(tmp_path):
    upstream = MoonshotMessages()
    upstream.will(Say(GOOD))
    model = "kimi-k2-0905-preview"
    rewrite, _ = await rewritten(tmp_path, upstream, "moonshot-anthropic", REFRASE_ENGINE_MODEL=model)
    assert upstream.requests[0]["temperature"] == 1.0
    decision = next(item for item in rewrite.provenance.decisions if item.name == "temperature")
    assert (decision.use, decision.value) == (ParameterUse.MAPPED, 1.0)
    assert "0.6" in decision.reason


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (529, "overloaded_error", "engine_overloaded"),
        (429, "rate_limit_error", "engine_rate_limited"),
        (413, "request_too_large", "engine_refused"),
    ],
)
async def test_anthropics_errors_are_told_by_name(tmp_path, status, kind, code):
    upstream = MoonshotMessages()
    upstream.will(*[Refuse(status, {"type": kind, "message": "no"})] * 4)
    rewrite, _ = await rewritten(tmp_path, upstream, "moonshot-anthropic")
    assert rewrite.reason.code == code


@pytest.mark.parametrize("name", ["openrouter", "modelslab", "modelslab-anthropic"])
async def test_a_provider_that_sends_calls_elsewhere_is_not_followed(tmp_path, name):
    upstream, elsewhere = PROVIDERS[name][0](), OpenRouter()
    with RunningServer(elsewhere) as address:
        upstream.will(Refuse(307, "moved", {"location": address}))
        rewrite, _ = await rewritten(tmp_path, upstream, name)
    assert rewrite.reason.message.startswith(f"The provider sends calls on to {address} (307)")
    assert elsewhere.requests == []
