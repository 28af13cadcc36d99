"""Locked blocks on their way: to the engine and back, through repairs, by REST and in the form."""

import json

import pytest

from refrase.core.progress import TextWritten
from refrase.core.prompt import Message, Prompt, Span
from refrase.core.rewrite import EngineChoice, Outcome
from tests.conftest import MARK
from tests.fakes.upstream import Say, Upstream
from tests.form import finished_page, submit
from tests.locks import FENCE, handle
from tests.repairs import AFTER, PROMPT, REST, asked, blocking, edits, kinds, rewritten, whole

pytestmark = pytest.mark.anyio


CODE = f"I want you to explain this to {{{{reader}}}}.\n\n{FENCE}\n\nBe brief."
KEEP = "Please say it kindly, kindly."
ASKS = f"I want you to sort {{{{list}}}} by name. {KEEP}"


async def test_in_a_whole_text_a_block_travels_as_a_handle_and_comes_back_as_it_was(services, upstream: Upstream):
    upstream.will(Say(whole(f"Explain this to {{{{reader}}}}.\n\n{handle(1)}\n\nBe brief.")))
    rewrite, seen = await rewritten(services, CODE.replace("\n", "\r\n"))
    assert rewrite.outcome is Outcome.REWRITTEN
    assert rewrite.after.texts == (CODE.replace("I want you to explain", "Explain").replace("\n", "\r\n"),)
    request = asked(upstream, 0)
    assert f'<locked-{MARK} id="1">{FENCE}</locked-{MARK}>' in request
    assert "In its place write its tag alone" in request
    shown = "".join(step.text for step in seen if isinstance(step, TextWritten))
    assert MARK not in shown
    assert FENCE in shown.replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Explain this to {{reader}}.\n\nBe brief.", "The locked block 1 is missing: “```python"),
        (f"Explain this to {{{{reader}}}}.\n{handle(1)}\n{handle(1)}\nBe brief.", "stands more than once"),
        (f"Explain this to {{{{reader}}}}.\n{handle(1)}\n{handle(2)}\nBe brief.", "There is no locked block 2."),
    ],
    ids=["lost", "repeated", "unknown"],
)
async def test_a_handle_that_is_not_there_once_goes_into_the_repair(services, upstream: Upstream, text, told):
    upstream.will(Say(whole(text)), Say(whole(f"Explain this to {{{{reader}}}}.\n\n{handle(1)}\n\nBe brief.")))
    rewrite, _ = await rewritten(services, CODE)
    assert told in asked(upstream, 1)
    assert rewrite.outcome is Outcome.REWRITTEN
    assert FENCE in rewrite.after.texts[0]


READER = f"Explain this to the reader.\n\n{handle(1)}\n\nBe brief."


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
async def test_a_repair_may_quote_its_own_text_across_a_handle(services, upstream: Upstream, newline):
    across = (f"the reader.\n\n{handle(1)}\n\nBe", f"{{{{reader}}}}.\n\n{handle(1)}\n\nBe")
    upstream.will(Say(whole(READER)), Say(edits(across)))
    rewrite, _ = await rewritten(services, CODE.replace("\n", newline))
    assert rewrite.outcome is Outcome.REWRITTEN
    assert rewrite.after.texts == (CODE.replace("I want you to explain", "Explain").replace("\n", newline),)


BROKEN_LOCKS = {
    "forgets it": (f"the reader.\n\n{handle(1)}\n\nBe", "{{reader}}. Be"),
    "writes in it": (f"the reader.\n\n{handle(1)}", f"{{{{reader}}}}.\n\n{FENCE.replace('a line', 'lines')}"),
    "means none": ("the reader.", f"{{{{reader}}}}. {handle(7)}"),
}


@pytest.mark.parametrize("edit", BROKEN_LOCKS.values(), ids=BROKEN_LOCKS)
async def test_a_repair_that_breaks_a_lock_never_leaves(services, upstream: Upstream, edit):
    upstream.will(Say(whole(READER)), Say(edits(edit)), Say(edits()))
    rewrite, _ = await rewritten(services, CODE)
    assert (rewrite.outcome, rewrite.after.texts) == (Outcome.RETURNED, (CODE,))
    assert set(blocking(rewrite)) & {"lock_broken", "reply_tag_inside"}


async def test_where_edits_are_asked_for_locked_lines_are_told_and_nothing_is_hidden(services, upstream: Upstream):
    prompt = f"{CODE}\n\n{REST}"
    upstream.will(Say(edits(("I want you to explain", "Explain"))))
    rewrite, _ = await rewritten(services, prompt)
    request = asked(upstream, 0)
    assert prompt.strip() in request
    assert "Locked, not to be edited: lines 3 to 9 (code)." in request
    assert f"<locked-{MARK}" not in request
    assert rewrite.outcome is Outcome.REWRITTEN


async def test_an_edit_in_a_locked_block_goes_into_the_repair_and_is_left_out_in_the_end(services, upstream: Upstream):
    prompt = f"{CODE}\n\n{REST}"
    inside = (f"this to {{{{reader}}}}.\n\n{FENCE}", f"it to {{{{reader}}}}.\n\n{FENCE.replace('a line', 'lines')}")
    good = ("Be brief.", "Keep it brief.")
    upstream.will(Say(edits(inside, good)), *[Say(edits(inside))] * 2)
    rewrite, _ = await rewritten(services, prompt)
    assert "- An edit reaches into a locked block (code); leave it as it is." in asked(upstream, 1)
    assert rewrite.outcome is Outcome.REWRITTEN
    assert rewrite.after.texts == (prompt.replace(*good),)
    assert kinds(rewrite) == ["edit_left_out"]


async def test_the_locks_of_a_chat_are_told_with_their_messages(services, upstream: Upstream):
    chat = Prompt((Message(f"{CODE}\n\n{REST}", "system"), Message(f"{PROMPT}\n{KEEP}", "user")))
    upstream.will(Say(edits()))
    start = chat.texts[1].index(KEEP)
    await rewritten(services, chat, locks=(Span(start, start + len(KEEP), 1),))
    assert "lines 3 to 9 of message 1 (code); line 2 of message 2 (user)." in asked(upstream, 0)


async def test_the_offline_engine_fixes_nothing_in_a_lock(services, upstream: Upstream):
    prompt = f"{PROMPT}\n\n<!-- refrase:lock -->I want you to wait.<!-- /refrase:lock -->"
    rewrite, _ = await rewritten(services, prompt, engine=EngineChoice.OFFLINE)
    assert rewrite.outcome is Outcome.FIXED
    assert rewrite.after.texts == (prompt.replace("I want you to sort", "Sort"),)


async def test_other_locks_are_another_request(services, upstream: Upstream):
    upstream.will(Say(whole(ASKS)), Say(whole(ASKS.replace(KEEP, handle(1)))))
    await rewritten(services, ASKS)
    start = ASKS.index(KEEP)
    second, _ = await rewritten(services, ASKS, locks=(Span(start, len(ASKS)),))
    assert not second.is_reused


LOCKS = {
    "by its text": {"text": KEEP},
    "by its place": {"message": 0, "start": ASKS.index(KEEP), "end": len(ASKS)},
    "by its place, to the end": {"pointer": "/prompt", "start": ASKS.index(KEEP)},
}


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
@pytest.mark.parametrize("written", [handle(1), f'<locked-{MARK} id="1">Say it kindly.</locked-{MARK}>'])
def test_a_text_locked_over_rest_is_kept(client, upstream: Upstream, lock, written):
    upstream.will(Say(whole(f"Sort {{{{list}}}} by name. {written}")))
    rewrite = client.post("/api/v1/rewrites", json={"prompt": ASKS, "locks": [lock]}).json()
    assert f'<locked-{MARK} id="1">{KEEP}</locked-{MARK}>' in asked(upstream, 0)
    assert rewrite["outcome"] == "rewritten"
    assert rewrite["after"]["messages"][0]["text"] == f"Sort {{{{list}}}} by name. {KEEP}"


def test_a_message_locked_over_rest_is_kept(client, upstream: Upstream):
    messages = [{"role": "system", "content": KEEP}, {"role": "user", "content": PROMPT}]
    upstream.will(Say(whole(handle(1), AFTER)))
    rewrite = client.post("/api/v1/rewrites", json={"messages": messages, "locks": [{"message": 0}]}).json()
    assert rewrite["outcome"] == "rewritten"
    assert [message["text"] for message in rewrite["after"]["messages"]] == [KEEP, AFTER]


def test_an_engine_that_rewords_a_lock_without_its_handle_is_refused(client, upstream: Upstream):
    upstream.will(*[Say(whole("Sort {{list}} by name. Say it kindly, kindly."))] * 3)
    rewrite = client.post("/api/v1/rewrites", json={"prompt": ASKS, "locks": [{"text": KEEP}]}).json()
    assert rewrite["outcome"] == "returned"
    assert "lock_lost" in [finding["kind"] for finding in rewrite["findings"]]


@pytest.mark.parametrize(
    "lock",
    [{"text": "Say it loud"}, {"message": 1}, {"message": 0, "start": 9, "end": 9}, {"pointer": "/1"}, {"mesage": 0}],
    ids=["no such text", "no such message", "empty", "no pointer", "no such field"],
)
def test_a_lock_over_rest_that_means_nothing_is_a_problem(client, upstream: Upstream, lock):
    response = client.post("/api/v1/rewrites", json={"prompt": ASKS, "locks": [lock]})
    assert response.status_code == 400
    assert response.json()["detail"]
    assert upstream.requests == []


def test_a_lock_that_is_not_closed_is_a_problem_over_rest(client, upstream: Upstream):
    response = client.post("/api/v1/rewrites", json={"prompt": f"{PROMPT} <!-- refrase:lock --> {KEEP}"})
    assert (response.status_code, response.json()["code"]) == (400, "option_invalid")
    assert "<!-- /refrase:lock -->" in response.json()["hint"]


def test_a_text_locked_in_the_form_is_kept(client, upstream: Upstream):
    keep = "Say it kindly,\nkindly."
    prompt = f"I want you to sort {{{{list}}}} by name.\n\n{keep}"
    upstream.will(Say(whole(f"Sort {{{{list}}}} by name.\n\n{handle(1)}")))
    response = submit(client, prompt=prompt.replace("\n", "\r\n"), locks=json.dumps([keep]))
    assert 'class="badge rewritten"' in finished_page(client, response)
    assert client.get(f"{response.headers['location']}/text").text == f"Sort {{{{list}}}} by name.\n\n{keep}"
    assert f'<locked-{MARK} id="1">{keep}</locked-{MARK}>' in asked(upstream, 0)


def test_a_text_marked_in_the_form_is_kept(client, upstream: Upstream):
    marked = f"<!-- refrase:lock -->{KEEP}<!-- /refrase:lock -->"
    upstream.will(Say(whole(f"Sort {{{{list}}}} by name. {handle(1)}")))
    response = submit(client, prompt=f"I want you to sort {{{{list}}}} by name. {marked}")
    finished_page(client, response)
    assert client.get(f"{response.headers['location']}/text").text == f"Sort {{{{list}}}} by name. {marked}"


def test_a_lock_that_is_not_in_the_prompt_any_more_comes_back_with_the_form(client, upstream: Upstream):
    response = submit(client, prompt=PROMPT, locks=json.dumps([KEEP]))
    assert response.status_code == 400
    assert f"The locked text “{KEEP}” does not stand in the prompt any more." in response.text
    assert "Unlock it." in response.text
    assert ">[&#34;Please say it kindly, kindly.&#34;]<" in response.text
    assert upstream.requests == []
