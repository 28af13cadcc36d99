"""A prompt's whole way: through the real SDK to a provider on a real socket, checked, and on record."""

import asyncio

import pytest

from refrase.bootstrap import open_services
from refrase.core.progress import EditWritten, Repairing, TextWritten
from refrase.core.prompt import Message, Prompt, prompt_from_text
from refrase.core.request import TodaysCall
from refrase.core.rewrite import EngineChoice, Form, Mode, Order, Outcome, Severity
from refrase.errors import PromptEmpty, PromptTooLarge, TargetNotFound
from refrase.storage.rewrites import Query
from tests.conftest import MARK
from tests.fakes.upstream import (
    COST_USD,
    MODEL,
    Say,
    Stall,
    Upstream,
    Whole,
)
from tests.rewriting import AFTER, GOOD, LONG, LOSES, PROMPT, order, rewritten

pytestmark = pytest.mark.anyio


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
