"""What follows a refusal: what the engine is shown and asked for, how often, and what comes out in the end."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from refrase.core.progress import EditWritten, Finished, Repairing, TextWritten
from refrase.core.prompt import Message, Prompt, Span, prompt_from_text
from refrase.core.rewrite import Author, EngineChoice, Form, Mode, Order, Outcome, Severity
from tests.conftest import KEY, MARK
from tests.fakes.upstream import Say, Upstream

pytestmark = pytest.mark.anyio

PROMPT = "I want you to sort {{list}} by name and give the 3 longest ones."
AFTER = "Sort {{list}} by name and give the 3 longest ones."
REST = "Mind the order of the names and leave out whoever has left the club since. " * 8
LONG = f"{PROMPT}\n\nPlease be so kind as to greet {{{{reader}}}} first.\n\nThen kindly write a farewell.\n\n{REST}"


def whole(text: str, *more: str) -> str:
    messages = "\n".join(
        f'<message-{MARK} n="{number}">\n{told}\n</message-{MARK}>' for number, told in enumerate((text, *more), 1)
    )
    return f'{messages}\n<changes-{MARK}>\nrequest-wrapped | "Sort" | The verb comes late.\n</changes-{MARK}>'


def edits(*pairs: tuple[str, str]) -> str:
    told = "".join(
        f'<edit-{MARK} rule="request-wrapped">\n<old-{MARK}>{old}</old-{MARK}>\n<new-{MARK}>{new}</new-{MARK}>\n'
        f"<why-{MARK}>The verb comes late.</why-{MARK}>\n</edit-{MARK}>\n"
        for old, new in pairs
    )
    return f"<edits-{MARK}>\n{told}</edits-{MARK}>"


GOOD = ("I want you to sort", "Sort")
KIND = ("Then kindly write a farewell.", "Then write a farewell.")
LOSES = ("Please be so kind as to greet {{reader}} first.", "Greet the reader first.")
MENDED = ("Please be so kind as to greet {{reader}} first.", "Greet {{reader}} first.")


async def rewritten(services, prompt: str | Prompt = LONG, **options):
    seen = []
    prompt = prompt_from_text(prompt) if isinstance(prompt, str) else prompt
    order = Order(prompt, "kimi-k2-0905", **options)
    rewrite = await services.rewriter.rewrite(order, seen.append)
    assert seen[-1] == Finished(rewrite)
    stored, _ = await services.history.get(rewrite.id)
    assert stored == rewrite
    return rewrite, seen


def turns(upstream: Upstream) -> list[list[dict]]:
    return [request["messages"] for request in upstream.requests]


def asked(upstream: Upstream, number: int) -> str:
    return turns(upstream)[number][-1]["content"]


def kinds(rewrite) -> list[str]:
    return [finding.kind for finding in rewrite.findings if finding.kind != "guide_rule"]


def blocking(rewrite) -> list[str]:
    return [finding.kind for finding in rewrite.findings if finding.severity is Severity.BLOCKING]


# A whole text is mended by edits of it


async def test_a_lost_variable_is_named_and_only_edits_of_the_rewrite_are_asked_for(services, upstream: Upstream):
    first = whole("Sort the list by name and give the 3 longest ones.")
    upstream.will(Say(first), Say(edits(("Sort the list by", "Sort {{list}} by"))))
    rewrite, _ = await rewritten(services, PROMPT)
    assert rewrite.outcome is Outcome.REWRITTEN
    assert rewrite.after.texts == (AFTER,)
    before, again = turns(upstream)
    assert again[: len(before)] == before
    assert again[len(before)] == {"role": "assistant", "content": first}
    repair = asked(upstream, 1)
    assert "- The variable {{list}} is lost." in repair
    assert "Send edits of your rewrite that mend these faults and nothing else: quote your rewrite" in repair
    assert f"Begin your reply with <edits-{MARK}> now." in repair
    assert f"<message-{MARK}" not in repair
    assert PROMPT not in repair


async def test_what_is_told_of_a_mended_text_is_the_account_and_the_mending(services, upstream: Upstream):
    upstream.will(Say(whole(AFTER.replace("{{list}}", "it"))), Say(edits(("Sort it", "Sort {{list}}"))))
    rewrite, seen = await rewritten(services, PROMPT)
    account, mending = rewrite.changes
    assert (account.quote, account.by, account.before) == ("Sort", Author.ENGINE, None)
    assert (mending.reason, mending.before, mending.after, mending.old) == ("The verb comes late.", None, None, "")
    steps = [type(step) for step in seen if isinstance(step, TextWritten | Repairing | EditWritten)]
    assert steps.index(Repairing) == steps.index(EditWritten) - 1 == len(steps) - 2
    assert steps[0] is TextWritten


async def test_an_engine_that_sends_its_whole_text_once_more_is_taken_at_that(services, upstream: Upstream):
    upstream.will(Say(whole(AFTER.replace("{{list}}", "it"))), Say(whole(AFTER)))
    rewrite, _ = await rewritten(services, PROMPT)
    assert (rewrite.outcome, rewrite.after.texts) == (Outcome.REWRITTEN, (AFTER,))


async def test_a_second_repair_is_of_the_text_as_the_first_one_left_it(services, upstream: Upstream):
    upstream.will(
        Say(whole("Sort it by name and give the longest ones.")),
        Say(edits(("Sort it by", "Sort {{list}} by"))),
        Say(edits(("Sort {{list}} by name and give the longest", "Sort {{list}} by name and give the 3 longest"))),
    )
    rewrite, seen = await rewritten(services, PROMPT)
    assert (rewrite.outcome, rewrite.after.texts) == (Outcome.REWRITTEN, (AFTER,))
    told = [[finding.kind for finding in step.findings] for step in seen if isinstance(step, Repairing)]
    assert told == [["variable_lost", "number_lost"], ["number_lost"]]
    assert "{{list}} is lost" not in asked(upstream, 2)
    assert [message["role"] for message in turns(upstream)[2]] == ["system", *["user", "assistant"] * 2, "user"]


async def test_a_reply_without_its_form_is_asked_for_once_more_and_whole(services, upstream: Upstream):
    upstream.will(Say("Anna, Bert and Charlotte."), Say(whole(AFTER)))
    rewrite, _ = await rewritten(services, PROMPT)
    assert rewrite.after.texts == (AFTER,)
    assert "Send your whole reply once more." in asked(upstream, 1)
    assert f'Begin your reply with <message-{MARK} n="1"> now.' in asked(upstream, 1)


@pytest.mark.parametrize("form", Form)
async def test_two_repairs_are_asked_for_and_no_more(services, upstream: Upstream, form):
    bad = whole(AFTER.replace("{{list}}", "it")) if form is Form.WHOLE else edits(LOSES)
    upstream.will(*[Say(bad)] * 5)
    rewrite, seen = await rewritten(services, PROMPT if form is Form.WHOLE else LONG)
    assert rewrite.provenance.form is form
    assert rewrite.outcome is Outcome.RETURNED
    assert [step.turn for step in seen if isinstance(step, Repairing)] == [1, 2]
    assert len(upstream.requests) == 3


async def test_a_whole_text_that_stays_broken_is_not_handed_out(services, upstream: Upstream):
    upstream.will(Say(whole(AFTER.replace("{{list}}", "it"))), Say(edits()), Say(edits(("Sort it", "Sort all of it"))))
    rewrite, _ = await rewritten(services, PROMPT)
    assert rewrite.outcome is Outcome.RETURNED
    assert rewrite.after == rewrite.before
    assert rewrite.changes == ()
    assert rewrite.reason.code == "contract_broken"
    assert "the original is handed back. The variable {{list}} is lost." in rewrite.reason.message
    assert blocking(rewrite) == ["variable_lost"]


# Edits are mended by edits of the original


async def test_only_the_edits_that_were_refused_are_asked_for_again_and_the_others_stand(services, upstream: Upstream):
    upstream.will(Say(edits(GOOD, LOSES, KIND)), Say(edits(MENDED)))
    rewrite, _ = await rewritten(services)
    assert rewrite.outcome is Outcome.REWRITTEN
    assert rewrite.after.texts == (LONG.replace(*GOOD).replace(*MENDED).replace(*KIND),)
    assert [(change.old, change.new) for change in rewrite.changes] == [GOOD, MENDED, KIND]
    repair = asked(upstream, 1)
    assert "- The variable {{reader}} is lost." in repair
    assert "Your other 2 edits stand; do not send them again." in repair
    assert "only for the places named above" in repair


async def test_a_place_that_a_repair_leaves_out_stays_as_it_was(services, upstream: Upstream):
    upstream.will(Say(edits(GOOD, LOSES)), Say(edits()))
    rewrite, _ = await rewritten(services)
    assert rewrite.outcome is Outcome.REWRITTEN
    assert rewrite.after.texts == (LONG.replace(*GOOD),)
    assert len(upstream.requests) == 2


async def test_after_the_last_repair_bad_edits_are_left_out_and_good_ones_stay(services, upstream: Upstream):
    upstream.will(Say(edits(GOOD, LOSES)), Say(edits(LOSES)), Say(edits(LOSES)))
    rewrite, _ = await rewritten(services)
    assert rewrite.outcome is Outcome.REWRITTEN
    assert rewrite.reason is None
    assert rewrite.after.texts == (LONG.replace(*GOOD),)
    assert [(change.old, change.new) for change in rewrite.changes] == [GOOD]
    (left_out,) = [finding for finding in rewrite.findings if finding.kind == "edit_left_out"]
    assert left_out.severity is Severity.WARNING
    assert left_out.message == ("An edit was left out, the original stands there. The variable {{reader}} is lost.")
    assert blocking(rewrite) == []


async def test_where_no_edit_is_good_the_original_comes_back_with_the_reason(services, upstream: Upstream):
    upstream.will(*[Say(edits(LOSES))] * 3)
    rewrite, _ = await rewritten(services)
    assert rewrite.outcome is Outcome.RETURNED
    assert rewrite.after == rewrite.before
    assert rewrite.changes == ()
    assert "The variable {{reader}} is lost." in rewrite.reason.message
    assert rewrite.reason.hint
    assert blocking(rewrite) == ["variable_lost"]


UNUSABLE = {
    "unmatched": (
        [("I want you to order", "Order")],
        "The quoted text “I want you to order” does not stand in the prompt.",
    ),
    "ambiguous": ([("the order of the names", "the names' order")], "stands more than once in the prompt"),
    "overlapping": (
        [("Please be so kind as to greet", "Greet"), ("to greet {{reader}} first", "first greet {{reader}}")],
        "Two edits overlap: “Please be so kind as to greet” and “to greet {{reader}} first”.",
    ),
}


@pytest.mark.parametrize(("pairs", "told"), UNUSABLE.values(), ids=UNUSABLE)
async def test_an_edit_that_has_no_place_of_its_own_goes_into_the_repair(services, upstream: Upstream, pairs, told):
    upstream.will(Say(edits(GOOD, *pairs, KIND)), Say(edits(MENDED)))
    rewrite, _ = await rewritten(services)
    assert told in asked(upstream, 1)
    assert "Your other 2 edits stand" in asked(upstream, 1)
    assert rewrite.outcome is Outcome.REWRITTEN
    assert rewrite.after.texts == (LONG.replace(*GOOD).replace(*MENDED).replace(*KIND),)
    assert kinds(rewrite) == []


@pytest.mark.parametrize("name", UNUSABLE)
async def test_an_edit_that_never_finds_its_place_is_left_out(services, upstream: Upstream, name):
    pairs, _ = UNUSABLE[name]
    upstream.will(Say(edits(GOOD, *pairs)), *[Say(edits(*pairs))] * 2)
    rewrite, _ = await rewritten(services)
    assert rewrite.outcome is Outcome.REWRITTEN
    assert rewrite.after.texts == (LONG.replace(*GOOD),)
    assert kinds(rewrite) == ["edit_left_out"]


@pytest.mark.parametrize("name", UNUSABLE)
async def test_where_every_edit_has_no_place_the_original_comes_back(services, upstream: Upstream, name):
    pairs, _ = UNUSABLE[name]
    upstream.will(*[Say(edits(*pairs))] * 3)
    rewrite, _ = await rewritten(services)
    assert (rewrite.outcome, rewrite.after) == (Outcome.RETURNED, rewrite.before)
    assert set(blocking(rewrite)) == {f"edit_{name}"}


async def test_an_incomplete_edit_is_asked_for_again_and_the_complete_one_stands(services, upstream: Upstream):
    broken = f"<edits-{MARK}>{edits(MENDED)}{edits(GOOD).replace(f'</new-{MARK}>', '')}</edits-{MARK}>"
    upstream.will(Say(broken), Say(edits(GOOD)))
    rewrite, _ = await rewritten(services)
    assert "Edit 2 is not complete." in asked(upstream, 1)
    assert rewrite.after.texts == (LONG.replace(*GOOD).replace(*MENDED),)


async def test_a_long_list_of_faults_is_cut_and_counted(services, upstream: Upstream):
    prompt = f"Please fill in {' '.join(f'{{{{v{number}}}}}' for number in range(15))}.\n\n{REST}"
    upstream.will(Say(edits((prompt.splitlines()[0], "Fill them in."))), Say(edits()))
    rewrite, _ = await rewritten(services, prompt)
    repair = asked(upstream, 1)
    assert repair.count("is lost.") == 12
    assert "- and 3 more of the same" in repair
    assert rewrite.outcome is Outcome.UNCHANGED


# What the checks refuse leaves only where it is asked for, and marked


@pytest.mark.parametrize("accepts", [True, False])
async def test_a_refused_text_leaves_only_where_the_caller_accepts_it(services, upstream: Upstream, accepts):
    upstream.will(*[Say(whole(AFTER.replace("{{list}}", "it")))] * 3)
    rewrite, _ = await rewritten(services, PROMPT, accepts_warnings=accepts)
    assert rewrite.outcome is (Outcome.FLAGGED if accepts else Outcome.RETURNED)
    assert rewrite.after.texts == (AFTER.replace("{{list}}", "it") if accepts else PROMPT,)
    assert bool(rewrite.changes) is accepts
    assert rewrite.reason.code == "contract_broken"
    assert "The variable {{list}} is lost." in rewrite.reason.message
    assert blocking(rewrite) == ["variable_lost"]


async def test_of_all_refused_texts_the_one_with_the_fewest_faults_is_handed_out(services, upstream: Upstream):
    upstream.will(
        Say(whole("Sort it by name and give the longest ones.")),
        Say(whole("Sort it by name and give the 3 longest ones.")),
        Say(whole("Sort it by length and give the longest ones.")),
    )
    rewrite, _ = await rewritten(services, PROMPT, accepts_warnings=True)
    assert rewrite.outcome is Outcome.FLAGGED
    assert rewrite.after.texts == ("Sort it by name and give the 3 longest ones.",)
    assert blocking(rewrite) == ["variable_lost"]


async def test_whoever_accepts_warnings_gets_a_good_text_unmarked(services, upstream: Upstream):
    upstream.will(Say(whole(AFTER)))
    rewrite, _ = await rewritten(services, PROMPT, accepts_warnings=True)
    assert (rewrite.outcome, rewrite.reason) == (Outcome.REWRITTEN, None)


async def test_good_edits_alone_are_preferred_to_a_marked_text(services, upstream: Upstream):
    upstream.will(Say(edits(GOOD, LOSES)), *[Say(edits(LOSES))] * 2)
    rewrite, _ = await rewritten(services, accepts_warnings=True)
    assert rewrite.outcome is Outcome.REWRITTEN
    assert rewrite.after.texts == (LONG.replace(*GOOD),)


async def test_where_no_edit_is_good_the_edited_text_is_handed_out_marked(services, upstream: Upstream):
    upstream.will(*[Say(edits(LOSES))] * 3)
    rewrite, _ = await rewritten(services, accepts_warnings=True)
    assert rewrite.outcome is Outcome.FLAGGED
    assert rewrite.after.texts == (LONG.replace(*LOSES),)
    assert [(change.old, change.new) for change in rewrite.changes] == [LOSES]


@pytest.mark.parametrize("reply", ["Anna, Bert, Charlotte.", f'<message-{MARK} n="1">\nAnna'])
async def test_a_reply_that_is_no_text_at_all_is_never_handed_out(services, upstream: Upstream, reply):
    upstream.will(*[Say(reply)] * 3)
    rewrite, _ = await rewritten(services, PROMPT, accepts_warnings=True)
    assert (rewrite.outcome, rewrite.after) == (Outcome.RETURNED, rewrite.before)


async def test_accepting_warnings_is_another_request_than_not(services, upstream: Upstream):
    upstream.will(*[Say(whole(AFTER.replace("{{list}}", "it")))] * 6)
    first, _ = await rewritten(services, PROMPT)
    second, _ = await rewritten(services, PROMPT, accepts_warnings=True)
    assert (first.outcome, second.outcome) == (Outcome.RETURNED, Outcome.FLAGGED)


@pytest.mark.parametrize(("accepts", "outcome"), [(True, "flagged"), (False, "returned")])
def test_over_rest_the_caller_says_whether_warnings_are_accepted(client, upstream: Upstream, accepts, outcome):
    text = AFTER.replace("{{list}}", "it")
    upstream.will(*[Say(whole(text))] * 3)
    response = client.post("/api/v1/rewrites", json={"prompt": PROMPT, "accept_warnings": accepts})
    assert response.status_code == 201
    rewrite = response.json()
    assert rewrite["outcome"] == outcome
    assert rewrite["after"]["messages"][0]["text"] == (text if accepts else PROMPT)
    assert rewrite["reason"]["code"] == "contract_broken"
    assert {
        finding["kind"]: finding["severity"] for finding in rewrite["findings"] if finding["kind"] != "guide_rule"
    } == {"variable_lost": "blocking"}


@pytest.fixture
def command(tmp_path: Path, upstream_url: str):
    environ = {name: value for name, value in os.environ.items() if not name.startswith("REFRASE")}
    environ |= {
        "REFRASE_DATA_DIR": str(tmp_path),
        "REFRASE_ENGINE_PROVIDER": "openrouter",
        "REFRASE_ENGINE_BASE_URL": upstream_url,
        "OPENROUTER_API_KEY": KEY,
    }

    def run(*args: str, stdin: str) -> tuple[int, str, str]:
        line = [sys.executable, "-m", "refrase", *args]
        done = subprocess.run(line, input=stdin.encode(), capture_output=True, env=environ, timeout=60, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return run


@pytest.mark.parametrize(
    ("options", "outcome", "text"),
    [([], "returned", PROMPT), (["--accept-warnings"], "flagged", AFTER.replace("{{list}}", "it"))],
    ids=["without", "with"],
)
def test_on_the_command_line_an_option_accepts_warnings(command, upstream: Upstream, options, outcome, text):
    def reply(request: dict) -> str:
        mark = re.search(r"<message-(\w+) ", request["messages"][1]["content"])[1]
        return whole(AFTER.replace("{{list}}", "it")).replace(MARK, mark)

    upstream.will(*[Say(reply)] * 3)
    code, out, err = command("rewrite", *options, stdin=PROMPT)
    assert (code, out) == (3, text)
    assert err.startswith(outcome)
    assert "blocking [variable_lost] The variable {{list}} is lost." in err


# Locked blocks on their way


FENCE = "```python\n" + "print('a line of code that is long enough')\n" * 5 + "```"
CODE = f"I want you to explain this to {{{{reader}}}}.\n\n{FENCE}\n\nBe brief."
KEEP = "Please say it kindly, kindly."
ASKS = f"I want you to sort {{{{list}}}} by name. {KEEP}"


def handle(number: int) -> str:
    return f'<locked-{MARK} id="{number}"/>'


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


def submit(client, **fields):
    page = client.get("/", headers={"accept": "text/html"}).text
    token = page.partition('name="_csrf_token" value="')[2].partition('"')[0]
    return client.post("/rewrites", data={"_csrf_token": token, **fields}, headers={"accept": "text/html"})


def finished(client, response) -> str:
    assert response.status_code == 303
    with client.stream("GET", f"{response.headers['location']}/events") as stream:
        assert "event: finished" in "\n".join(stream.iter_lines())
    return client.get(response.headers["location"], headers={"accept": "text/html"}).text


def test_a_text_locked_in_the_form_is_kept(client, upstream: Upstream):
    keep = "Say it kindly,\nkindly."
    prompt = f"I want you to sort {{{{list}}}} by name.\n\n{keep}"
    upstream.will(Say(whole(f"Sort {{{{list}}}} by name.\n\n{handle(1)}")))
    response = submit(client, prompt=prompt.replace("\n", "\r\n"), locks=json.dumps([keep]))
    assert 'class="badge rewritten"' in finished(client, response)
    assert client.get(f"{response.headers['location']}/text").text == f"Sort {{{{list}}}} by name.\n\n{keep}"
    assert f'<locked-{MARK} id="1">{keep}</locked-{MARK}>' in asked(upstream, 0)


def test_a_text_marked_in_the_form_is_kept(client, upstream: Upstream):
    marked = f"<!-- refrase:lock -->{KEEP}<!-- /refrase:lock -->"
    upstream.will(Say(whole(f"Sort {{{{list}}}} by name. {handle(1)}")))
    response = submit(client, prompt=f"I want you to sort {{{{list}}}} by name. {marked}")
    finished(client, response)
    assert client.get(f"{response.headers['location']}/text").text == f"Sort {{{{list}}}} by name. {marked}"


def test_a_lock_that_is_not_in_the_prompt_any_more_comes_back_with_the_form(client, upstream: Upstream):
    response = submit(client, prompt=PROMPT, locks=json.dumps([KEEP]))
    assert response.status_code == 400
    assert f"The locked text “{KEEP}” does not stand in the prompt any more." in response.text
    assert "Unlock it." in response.text
    assert ">[&#34;Please say it kindly, kindly.&#34;]<" in response.text
    assert upstream.requests == []


@pytest.mark.parametrize(("fields", "outcome"), [({}, "returned"), ({"accept_warnings": "true"}, "flagged")])
def test_the_form_says_whether_warnings_are_accepted(client, upstream: Upstream, fields, outcome):
    upstream.will(*[Say(whole(AFTER.replace("{{list}}", "it")))] * 3)
    page = finished(client, submit(client, prompt=PROMPT, **fields))
    assert f'class="badge {outcome}"' in page
    assert '<span class="badge blocking">blocking</span> The variable {{list}} is lost.' in page
    assert ("Rewritten, but not as it must be" in page) is (outcome == "flagged")


@pytest.mark.parametrize("mode", [Mode.NORMAL, Mode.BOLD])
async def test_a_repair_is_held_against_the_mode_that_was_asked_for(services, upstream: Upstream, mode):
    upstream.will(Say(whole(AFTER.replace("{{list}}", "it"))), Say(edits(("Sort it", "Sort {{list}}"))))
    rewrite, _ = await rewritten(services, PROMPT, mode=mode)
    assert (rewrite.outcome, rewrite.provenance.mode) == (Outcome.REWRITTEN, mode)
