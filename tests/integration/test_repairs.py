"""What follows a refusal: what the engine is shown and asked for, how often, and what comes out in the end."""

import pytest

from refrase.core.progress import EditWritten, Repairing, TextWritten
from refrase.core.rewrite import Author, Form, Mode, Outcome, Severity
from tests.conftest import MARK
from tests.fakes.upstream import Say, Upstream
from tests.repairs import (
    AFTER,
    GOOD,
    KIND,
    LONG,
    LOSES,
    MENDED,
    PROMPT,
    REST,
    asked,
    blocking,
    edits,
    kinds,
    rewritten,
    turns,
    whole,
)

pytestmark = pytest.mark.anyio


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


@pytest.mark.parametrize("mode", [Mode.NORMAL, Mode.BOLD])
async def test_a_repair_is_held_against_the_mode_that_was_asked_for(services, upstream: Upstream, mode):
    upstream.will(Say(whole(AFTER.replace("{{list}}", "it"))), Say(edits(("Sort it", "Sort {{list}}"))))
    rewrite, _ = await rewritten(services, PROMPT, mode=mode)
    assert (rewrite.outcome, rewrite.provenance.mode) == (Outcome.REWRITTEN, mode)
