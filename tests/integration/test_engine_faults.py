"""What goes wrong at a provider: what passes is tried again, what cannot pass fails by name."""

import pytest

from refrase.bootstrap import open_services
from refrase.core.progress import Started, Waiting
from refrase.core.rewrite import Outcome
from tests.conftest import KEY, MARK, make_settings
from tests.fakes.upstream import (
    BreakOff,
    Garbage,
    Refuse,
    RefuseInside,
    Say,
    Stall,
    Upstream,
)
from tests.rewriting import GOOD, rewritten

pytestmark = pytest.mark.anyio


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
    Garbage("", content_type="application/json"),
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
    (Garbage("{}", content_type="application/json"), "engine_malformed"),
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


SAID = [
    (Garbage("<html><head><title>Not Found</title><style>p{}</style>", 404), "The provider said (404): Not Found"),
    (Garbage("<h1>No such\n host</h1>", 404), "The provider said (404): No such host"),
    (Garbage(f"The key {KEY} is too old", 403, "text/plain"), "The provider said (403): The key [key] is too old"),
    (Garbage("", 404), "The provider said (404): Not Found"),
    (Garbage('[{"error": {"message": "No model"}}]', 404, "application/json"), "The provider said (404): No model"),
    (Garbage("<html>Welcome"), "The provider sent something that is not JSON (text/html)."),
]


@pytest.mark.parametrize(("step", "message"), SAID, ids=[message for _, message in SAID])
async def test_a_page_or_a_text_instead_of_an_error_object_is_told_in_its_words(services, upstream, step, message):
    upstream.will(step)
    rewrite, _ = await rewritten(services)
    assert rewrite.reason.message == message


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_no_prompt_and_no_key_follows_where_a_provider_sends_calls_on_to(services, upstream, status):
    elsewhere = "https://elsewhere.example/v1/chat/completions"
    upstream.will(Refuse(status, "moved", {"location": f"{elsewhere}?key=a"}))
    rewrite, _ = await rewritten(services)
    assert rewrite.reason.code == "engine_refused"
    assert rewrite.reason.message.startswith(f"The provider sends calls on to {elsewhere} ({status})")
    assert len(upstream.requests) == 1


async def test_a_reply_of_thoughts_alone_is_told_as_that(services, upstream: Upstream):
    upstream.will(*[Say("", thoughts="All that I wrote stands here.")] * 4)
    rewrite, _ = await rewritten(services)
    assert rewrite.reason.code == "engine_empty"
    assert "thoughts and no text" in rewrite.reason.message


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
