"""A prompt's whole way: through the real SDK to a provider on a real socket, checked, and on record."""

import asyncio

import msgspec
import pytest

from refrase.bootstrap import open_services
from refrase.core.progress import EditWritten, Finished, Repairing, Started, TextWritten, Waiting
from refrase.core.prompt import Message, Prompt, prompt_from_text
from refrase.core.request import TodaysCall
from refrase.core.rewrite import EngineChoice, Form, Mode, Order, Outcome, Severity
from refrase.errors import EngineNotConfigured, PromptEmpty, PromptTooLarge, SettingsInvalid, TargetNotFound
from refrase.storage.rewrites import Query
from tests.conftest import KEY, MARK, make_settings
from tests.fakes.upstream import (
    COST_USD,
    MODEL,
    BreakOff,
    Garbage,
    Refuse,
    RefuseInside,
    Say,
    Stall,
    Upstream,
    Whole,
)

pytestmark = pytest.mark.anyio

PROMPT = "I want you to sort {{list}} by name and give the 3 longest ones."
ACCOUNT = f"<changes-{MARK}>\nrequest-wrapped | The verb comes late.\n</changes-{MARK}>"
AFTER = "Sort {{list}} by name and give the 3 longest ones."
GOOD = f'<message-{MARK} n="1">\n{AFTER}\n</message-{MARK}>\n{ACCOUNT}'
LOSES = GOOD.replace("{{list}}", "the list")
LONG = PROMPT + "\n\n" + "Mind the order of the names and leave out whoever has left the club since. " * 8


def order(prompt: str | Prompt = PROMPT, **options) -> Order:
    prompt = prompt_from_text(prompt) if isinstance(prompt, str) else prompt
    return Order(prompt, options.pop("target", "kimi-k2-0905"), **options)


async def rewritten(services, *args, **options):
    seen = []
    rewrite = await services.rewriter.rewrite(order(*args, **options), seen.append)
    assert isinstance(seen[-1], Finished)
    assert seen[-1].rewrite == rewrite
    return rewrite, seen


async def test_what_the_call_does_wrong_and_what_the_target_cannot_take_stand_in_the_result(services):
    text = "Say what the attached image shows."
    call = TodaysCall("gpt-4o", {"temperature": 1.5})
    rewrite, _ = await rewritten(services, text, call=call, engine=EngineChoice.OFFLINE)
    assert rewrite.outcome is Outcome.UNCHANGED
    assert [(finding.kind, finding.rule) for finding in rewrite.findings] == [
        ("media_unsupported", ""),
        ("guide_rule", "temperature-range"),
    ]
    stored, _ = await services.history.get(rewrite.id)
    assert stored == rewrite


async def test_a_short_prompt_is_asked_for_whole_and_kept_with_its_provenance(services, upstream: Upstream):
    upstream.will(Say(GOOD))
    rewrite, seen = await rewritten(services, name="list.md")
    assert rewrite.outcome is Outcome.REWRITTEN
    assert rewrite.after.texts == ("Sort {{list}} by name and give the 3 longest ones.",)
    assert [(change.rule, change.by) for change in rewrite.changes] == [("request-wrapped", "engine")]
    assert rewrite.findings == ()
    assert {setting.name: setting.value for setting in rewrite.settings}["temperature"] == 0.6
    assert rewrite.usage.cost_usd == COST_USD
    assert rewrite.usage.cost_source == "provider"
    assert (rewrite.usage.input_tokens, rewrite.usage.cached_tokens, rewrite.usage.output_tokens) == (1200, 1000, 80)
    assert rewrite.usage.time_to_first_token_seconds <= rewrite.usage.latency_seconds
    provenance = rewrite.provenance
    assert (provenance.provider, provenance.engine_model, provenance.engine_model_answered) == (
        "openrouter",
        MODEL,
        MODEL,
    )
    assert provenance.form is Form.WHOLE
    assert provenance.guide_version == services.guidebook.get_guide("kimi-k2").version
    assert "".join(piece.text for piece in seen if isinstance(piece, TextWritten)) == rewrite.after.texts[0]
    stored, (attempt,) = await services.history.get(rewrite.id)
    assert stored == rewrite
    assert attempt.reply == GOOD
    assert attempt.mark == MARK
    assert attempt.finished_at >= attempt.started_at


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


async def test_a_long_prompt_is_asked_for_edits_and_the_rest_never_leaves_the_house(services, upstream: Upstream):
    upstream.will(
        Say(
            f'<edits-{MARK}><edit-{MARK} rule="request-wrapped"><old-{MARK}>I want you to sort</old-{MARK}>'
            f"<new-{MARK}>Sort</new-{MARK}><why-{MARK}>late</why-{MARK}></edit-{MARK}></edits-{MARK}>"
        )
    )
    rewrite, seen = await rewritten(services, LONG)
    assert rewrite.provenance.form is Form.EDITS
    assert rewrite.after.texts[0] == LONG.replace("I want you to sort", "Sort")
    (change,) = rewrite.changes
    assert (change.old, change.new, change.rule, change.reason) == (
        "I want you to sort",
        "Sort",
        "request-wrapped",
        "late",
    )
    assert [(piece.old, piece.new) for piece in seen if isinstance(piece, EditWritten)] == [
        ("I want you to sort", "Sort")
    ]


@pytest.mark.parametrize(
    ("prompt", "mode", "form"),
    [(PROMPT, Mode.CONSERVATIVE, Form.WHOLE), (LONG, Mode.NORMAL, Form.EDITS), (LONG, Mode.BOLD, Form.WHOLE)],
)
async def test_the_form_follows_length_and_mode(services, prompt, mode, form):
    rewrite, _ = await rewritten(services, prompt, mode=mode)
    assert rewrite.provenance.form is form


async def test_a_chat_travels_and_returns_message_by_message(services, upstream: Upstream):
    chat = Prompt(
        (Message("Be brief.\n", "system"), Message("I want you to sort {{list}}.", "user"), Message("OK", "assistant"))
    )
    upstream.will(
        Say(
            f'<message-{MARK} n="1">Be brief.</message-{MARK}><message-{MARK} n="2">Sort {{{{list}}}}.</message-{MARK}>'
            f'<message-{MARK} n="3">OK</message-{MARK}>'
        )
    )
    rewrite, _ = await rewritten(services, chat)
    assert rewrite.outcome is Outcome.REWRITTEN
    assert rewrite.after == chat.with_texts(("Be brief.\n", "Sort {{list}}.", "OK"))


async def test_what_was_lost_is_named_and_repaired(services, upstream: Upstream):
    upstream.will(Say(LOSES), Say(GOOD))
    rewrite, seen = await rewritten(services)
    assert rewrite.outcome is Outcome.REWRITTEN
    assert rewrite.usage.attempts == 2
    assert rewrite.usage.cost_usd == pytest.approx(2 * COST_USD)
    (repair,) = [piece for piece in seen if isinstance(piece, Repairing)]
    assert [finding.value for finding in repair.findings] == ["{{list}}"]
    again = upstream.requests[1]["messages"]
    assert [message["role"] for message in again] == ["system", "user", "assistant", "user"]
    assert again[:2] == upstream.requests[0]["messages"]
    assert again[2]["content"] == LOSES
    assert "The variable {{list}} is lost." in again[3]["content"]
    _, attempts = await services.history.get(rewrite.id)
    assert [(attempt.number, attempt.turn, attempt.reply) for attempt in attempts] == [(1, 0, LOSES), (2, 1, GOOD)]


async def test_after_two_repairs_the_original_is_handed_back_with_the_reason(services, upstream: Upstream):
    upstream.will(Say(LOSES), Say(LOSES), Say(LOSES))
    rewrite, _ = await rewritten(services)
    assert rewrite.outcome is Outcome.RETURNED
    assert rewrite.after == rewrite.before
    assert rewrite.changes == ()
    assert rewrite.reason.code == "contract_broken"
    assert "{{list}}" in rewrite.reason.message
    assert {finding.kind for finding in rewrite.findings if finding.severity is Severity.BLOCKING} == {"variable_lost"}
    assert len(upstream.requests) == 3


@pytest.mark.parametrize(
    "reply",
    ["The list, sorted, is: Anna, Bert.", f'<message-{MARK} n="1">\nAnna, Bert, Charlotte', ""],
    ids=["answered", "unclosed", "empty"],
)
async def test_an_answer_instead_of_a_rewrite_never_leaves(services, upstream: Upstream, reply):
    upstream.will(*[Say(reply)] * 8)
    rewrite, _ = await rewritten(services)
    assert rewrite.outcome in {Outcome.RETURNED, Outcome.FAILED}
    assert rewrite.after == rewrite.before


async def test_a_prompt_that_needs_nothing_is_left_as_it_is(services, upstream: Upstream):
    upstream.will(Say(f'<message-{MARK} n="1">\n{PROMPT}\n</message-{MARK}>'))
    rewrite, _ = await rewritten(services)
    assert rewrite.outcome is Outcome.UNCHANGED
    assert rewrite.reason.code == "nothing_to_change"


PASSING = [
    Refuse(429, {"message": "slow", "code": 429}, {"retry-after": "7"}),
    Refuse(503, {"message": "busy", "code": 503}),
    Refuse(500, {"message": "oops"}),
    RefuseInside({"message": "upstream broke", "code": 502}),
    BreakOff("<mess", {"message": "broke in the middle", "code": 502}),
    BreakOff("<mess"),
    BreakOff("<mess", cuts_connection=True),
    Say(GOOD, finish_reason="error"),
    Say("", finish_reason="stop"),
]


@pytest.mark.parametrize("step", PASSING, ids=repr)
async def test_what_passes_is_tried_again_and_every_try_is_on_record(services, upstream: Upstream, sleep, step):
    upstream.will(step, Say(GOOD))
    rewrite, seen = await rewritten(services)
    assert rewrite.outcome is Outcome.REWRITTEN
    assert [type(piece) for piece in seen if isinstance(piece, Waiting | Started)] == [Started, Waiting]
    # The gate holds what a provider asked for, too: on a real clock that wait is over by then.
    assert len({round(wait) for wait in sleep.waits_seconds}) == 1
    _, attempts = await services.history.get(rewrite.id)
    assert len(attempts) == 2
    assert attempts[0].failure.is_retryable
    assert attempts[1].failure is None


async def test_a_provider_that_asks_for_a_wait_gets_it(services, upstream: Upstream, sleep):
    upstream.will(Refuse(429, {"message": "slow"}, {"retry-after": "7"}), Say(GOOD))
    await rewritten(services)
    assert 7 <= sleep.waits_seconds[0] < 8


FINAL = [
    (Refuse(401, {"message": f"Incorrect API key {KEY}", "code": 401}), "engine_wrong_key"),
    (Refuse(402, {"message": "Insufficient credits", "code": 402}), "engine_quota_spent"),
    (Refuse(429, {"message": "gone", "type": "exceeded_current_quota_error"}), "engine_quota_spent"),
    (Refuse(400, {"message": "invalid temperature: only 1 is allowed"}), "engine_refused"),
    (Refuse(404, "no such model"), "engine_refused"),
    (Refuse(403, {"message": "x", "metadata": {"flagged_input": "y"}}), "engine_filtered"),
    (Say(GOOD[:40], finish_reason="content_filter"), "engine_filtered"),
    (Say(GOOD[:40], finish_reason="tool_calls"), "engine_malformed"),
    (Garbage(), "engine_malformed"),
    (Garbage('["a"]', content_type="application/json"), "engine_malformed"),
    (RefuseInside({"message": "No auth", "code": 401}), "engine_wrong_key"),
]


@pytest.mark.parametrize(("step", "code"), FINAL, ids=[f"{code} {step!r:.60}" for step, code in FINAL])
async def test_what_cannot_pass_fails_by_name_at_once(services, upstream: Upstream, sleep, step, code):
    upstream.will(step)
    rewrite, _ = await rewritten(services)
    assert rewrite.outcome is Outcome.FAILED
    assert rewrite.reason.code == code
    assert rewrite.reason.hint
    assert rewrite.after == rewrite.before
    assert len(upstream.requests) == 1
    assert KEY not in str(rewrite)
    _, (attempt,) = await services.history.get(rewrite.id)
    assert attempt.failure.code == code
    assert KEY not in str(attempt)


async def test_a_provider_that_never_recovers_fails_after_a_bounded_number_of_tries(services, upstream: Upstream):
    upstream.will(*[Refuse(503, {"message": "busy"})] * 10)
    rewrite, _ = await rewritten(services)
    assert rewrite.reason.code == "engine_overloaded"
    assert len(upstream.requests) == 4


async def test_a_provider_that_does_not_answer_times_out(tmp_path, upstream: Upstream, upstream_url: str, sleep):
    upstream.will(*[Stall(5)] * 2)
    settings = make_settings(
        tmp_path,
        REFRASE_ENGINE_BASE_URL=upstream_url,
        REFRASE_ENGINE_TIMEOUT_SECONDS="0.2",
        REFRASE_ENGINE_MOST_TRIES="2",
    )
    async with open_services(settings, sleep=sleep, draw_mark=lambda: MARK) as services:
        rewrite, _ = await rewritten(services)
    assert rewrite.reason.code == "engine_timeout"


async def test_a_provider_that_is_not_there_is_told(tmp_path, sleep):
    settings = make_settings(tmp_path, REFRASE_ENGINE_BASE_URL="http://127.0.0.1:9/v1")
    async with open_services(settings, sleep=sleep, draw_mark=lambda: MARK) as services:
        rewrite, _ = await rewritten(services)
    assert rewrite.reason.code == "engine_unreachable"
    assert len(sleep.waits_seconds) == 3


async def test_a_completion_that_is_no_stream_is_taken_all_the_same(services, upstream: Upstream):
    upstream.will(Whole(GOOD))
    rewrite, _ = await rewritten(services)
    assert rewrite.outcome is Outcome.REWRITTEN
    assert rewrite.usage.output_tokens == 5


async def test_what_nobody_watches_comes_as_a_whole(services, upstream: Upstream):
    upstream.will(Whole(LOSES), Whole(GOOD))
    rewrite = await services.rewriter.rewrite(Order(prompt_from_text(PROMPT), "kimi-k2"))
    assert (rewrite.outcome, rewrite.after.texts) == (Outcome.REWRITTEN, (AFTER,))
    assert [request.get("stream") for request in upstream.requests] == [False, False]
    assert not any("stream_options" in request for request in upstream.requests)
    (first, _) = (await services.history.get(rewrite.id))[1]
    assert first.reply == LOSES


async def test_what_is_watched_is_streamed_and_so_is_what_may_take_long(services, upstream: Upstream):
    await rewritten(services)
    await services.rewriter.rewrite(Order(prompt_from_text("Sort the names by their length. " * 400), "kimi-k2"))
    assert [request["stream"] for request in upstream.requests] == [True, True]


async def test_an_equal_request_is_not_paid_twice(services, upstream: Upstream):
    upstream.will(Say(GOOD))
    first, _ = await rewritten(services)
    second, _ = await rewritten(services)
    assert second.is_reused
    assert second.id == first.id
    assert len(upstream.requests) == 1


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
    ("prompt", "target", "error"),
    [(" \n", "kimi-k2", PromptEmpty), ("x" * 1_000_001, "kimi-k2", PromptTooLarge), ("x", "gpt-9", TargetNotFound)],
    ids=["empty", "large", "unknown target"],
)
async def test_what_cannot_be_rewritten_is_refused_before_anything_is_stored(services, prompt, target, error):
    with pytest.raises(error):
        await services.rewriter.rewrite(order(prompt, target=target))
    assert (await services.history.get_page(Query(), limit=1)).items == ()


async def test_a_cancelled_rewrite_is_on_record_as_such(services, upstream: Upstream):
    upstream.will(Stall(30))
    started = asyncio.Event()
    task = asyncio.create_task(services.rewriter.rewrite(order(), lambda _progress: started.set()))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (rewrite,) = (await services.history.get_page(Query(), limit=1)).items
    assert rewrite.outcome is Outcome.FAILED
    assert rewrite.reason.code == "engine_cancelled"
    _, (attempt,) = await services.history.get(rewrite.id)
    assert attempt.failure.code == "engine_cancelled"


async def test_a_mark_never_occurs_in_the_prompt(settings, upstream: Upstream):
    marks = iter(["abcd1234", "abcd1234", MARK])
    upstream.will(Say(GOOD))
    async with open_services(settings, draw_mark=lambda: next(marks)) as services:
        await services.rewriter.rewrite(order("Explain abcd1234 and " + PROMPT))
    assert MARK in upstream.requests[0]["messages"][1]["content"]


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
