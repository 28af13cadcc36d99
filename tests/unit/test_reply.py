"""Messy replies are taken by name; nothing that would have to be guessed is used."""

import json
from pathlib import Path

import pytest
import yaml

from refrase.core.candidate import apply_edits
from refrase.core.draft import Draft
from refrase.core.handle import Handles
from refrase.core.progress import TextWritten
from refrase.core.prompt import Message, Prompt, prompt_from_text
from refrase.core.reply import EditDraft, ReplyReader
from refrase.core.rewrite import Form, Severity, blocks
from tests.cases import case_of
from tests.conftest import MARK

CASES = yaml.safe_load((Path(__file__).parents[1] / "spec" / "replies.yaml").read_text("utf-8"))


def take(prompt: Prompt, text: str, form: Form):
    draft = Draft(case_of(prompt, form), Handles(MARK))
    draft.take(text.replace("MARK", MARK))
    return draft, draft.candidate, draft.candidate.findings


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_reply_is_taken(case):
    prompt = prompt_from_text(case["prompt"])
    draft, candidate, findings = take(prompt, case["reply"], Form(case["form"]))
    told = [("!" if finding.severity is Severity.BLOCKING else "") + finding.kind for finding in findings]
    assert sorted(told) == sorted(case.get("found", []))
    took = "refused" if blocks(findings) else "unchanged" if candidate.after == prompt else "accepted"
    assert took == case["takes"]
    if "after" in case:
        assert candidate.after.texts == (case["after"],)
    if "rules" in case:
        assert [change.rule for change in candidate.changes] == case["rules"]
    assert list(draft.advice) == case.get("advice", [])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_reply_that_streams_in_piece_by_piece_shows_what_it_will_say(case):
    text = case["reply"].replace("MARK", MARK)
    form = Form(case["form"])
    whole = ReplyReader(MARK, form, 1).feed(text)
    reader = ReplyReader(MARK, form, 1)
    pieces = [piece for letter in text for piece in reader.feed(letter)]
    if form is Form.EDITS:
        assert pieces == whole
    else:
        assert "".join(piece.text for piece in pieces) == "".join(piece.text for piece in whole)
        assert all(MARK not in piece.text for piece in pieces)


@pytest.mark.parametrize("piece", [1, 5, 10_000])
def test_thoughts_are_not_shown_while_they_are_written(piece):
    thought, said = '<think>\n<message-MARK n="1">\nNo.\n</message-MARK>', '<message-MARK n="1">\nYes.\n</message-MARK>'
    text = f"\n{thought}</think>\n{said}".replace("MARK", MARK)
    reader = ReplyReader(MARK, Form.WHOLE, 1)
    pieces = [shown for at in range(0, len(text), piece) for shown in reader.feed(text[at : at + piece])]
    assert "".join(shown.text for shown in pieces) == "Yes."
    assert {shown.message for shown in pieces} == {0}


def test_a_cut_reply_whose_thoughts_draft_the_form_is_not_taken_for_a_whole_one():
    draft = Draft(case_of(prompt_from_text("Sort."), Form.EDITS), Handles(MARK))
    assert draft.holds(f"<edits-{MARK}></edits-{MARK}>")
    assert not draft.holds(f"<think><edits-{MARK}></edits-{MARK}> or")


CHAT = Prompt((Message("Be kind. Be brief.", "system"), Message("Hi {{name}}. Be brief.", "user")))


def test_edits_of_a_chat_name_their_message_where_a_quote_stands_in_two():
    edit = (
        '<edit-MARK rule="action-verb"{}><old-MARK>Be brief.</old-MARK><new-MARK>Keep it brief.</new-MARK></edit-MARK>'
    )
    _, _, findings = take(CHAT, f"<edits-MARK>{edit.format('')}</edits-MARK>", Form.EDITS)
    assert {finding.kind for finding in findings} == {"edit_ambiguous"}
    second = edit.format(' n="2"')
    _, candidate, findings = take(CHAT, f"<edits-MARK>{second}</edits-MARK>", Form.EDITS)
    assert findings == ()
    assert candidate.after.texts == ("Be kind. Be brief.", "Hi {{name}}. Keep it brief.")


def test_whole_messages_come_back_by_their_number():
    first, second = "Be kind. Be brief.", "Hello {{name}}. Be brief."
    reply = f'<message-MARK n="2">{second}</message-MARK><message-MARK n="1">{first}</message-MARK>'
    _, candidate, findings = take(CHAT, reply, Form.WHOLE)
    assert findings == ()
    assert candidate.after.texts == ("Be kind. Be brief.", "Hello {{name}}. Be brief.")
    assert [message.role for message in candidate.after.messages] == ["system", "user"]


def test_a_message_left_out_is_named():
    _, _, findings = take(CHAT, '<message-MARK n="1">Be kind. Be brief.</message-MARK>', Form.WHOLE)
    assert [finding.message for finding in findings] == ["The reply lacks message 2."]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_edits_keep_the_line_ends_of_the_source(newline):
    source = newline.join(["", "# Role", "Please kindly sort", "the list.  ", "", "Be brief.", "", ""])
    reply = (
        '<edits-MARK><edit-MARK rule="action-verb"><old-MARK>Please kindly sort\nthe list.</old-MARK>'
        "<new-MARK>Sort\nthe list\nof names.</new-MARK></edit-MARK></edits-MARK>"
    )
    _, candidate, findings = take(prompt_from_text(source), reply, Form.EDITS)
    assert findings == ()
    expected = newline.join(["", "# Role", "Sort", "the list", "of names.  ", "", "Be brief.", "", ""])
    assert candidate.after.texts == (expected,)
    (change,) = candidate.changes
    assert source[change.before.start : change.before.end] == change.old
    assert expected[change.after.start : change.after.end] == change.new


def test_whole_texts_keep_the_line_ends_of_the_source():
    _, candidate, _ = take(
        prompt_from_text("Please sort\r\n{{list}}\r\n"),
        '<message-MARK n="1">\nSort\n{{list}}\n</message-MARK>',
        Form.WHOLE,
    )
    assert candidate.after.texts == ("Sort\r\n{{list}}\r\n",)


def test_streamed_edits_carry_rule_and_reason():
    reader = ReplyReader(MARK, Form.EDITS, 1)
    parts = f"<old-{MARK}>a</old-{MARK}><new-{MARK}>b</new-{MARK}><why-{MARK}>so</why-{MARK}>"
    text = f'<edit-{MARK} rule="r">{parts}</edit-{MARK}>'
    assert reader.feed(text) == [EditDraft("a", "b", "r", "so", 0)]


def test_streamed_texts_say_which_message_they_belong_to():
    reader = ReplyReader(MARK, Form.WHOLE, 2)
    text = f'<message-{MARK} n="1">\na\n</message-{MARK}>\n<message-{MARK} n="2">\nb\n</message-{MARK}>'
    assert reader.feed(text) == [TextWritten("a", 0), TextWritten("b", 1)]


def test_no_edits_give_the_same_prompt():
    candidate = apply_edits(CHAT, [])
    assert candidate.after == CHAT
    assert candidate.changes == ()


DATA = Path(__file__).parents[1] / "data"
TRIAL_PROMPTS = {
    told["name"]: told["prompt"] for told in map(json.loads, (DATA / "trial.jsonl").read_text("utf-8").splitlines())
}
TRIAL_REPLIES = [json.loads(line) for line in (DATA / "trial-replies.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize(
    "told", TRIAL_REPLIES, ids=lambda told: f"{told['model'][14:18]} {told['prompt']} {told['turn']}"
)
def test_what_a_small_real_model_wrote_is_taken_for_what_it_is(told):
    prompt = prompt_from_text(TRIAL_PROMPTS[told["prompt"]])
    _, candidate, findings = take(prompt, told["reply"], Form(told["form"]))
    took = "refused" if blocks(findings) else "unchanged" if candidate.after == prompt else "accepted"
    assert took == told["takes"]


WRITTEN = {
    "as its tag alone": f'<locked-{MARK} id="1"/>',
    "opened and left": f'<locked-{MARK} id="1">',
    "written out": f'<locked-{MARK} id="1">print(1)\nprint(2)</locked-{MARK}>',
    "written out, closed with a blank": f'<locked-{MARK} id="1">print(1)\nprint(2)</locked-{MARK} >',
}


@pytest.mark.parametrize("handle", WRITTEN.values(), ids=WRITTEN)
def test_a_locked_block_streams_in_as_it_was_however_its_handle_is_written(handle):
    handles = Handles(MARK, ("the block",), (0,))
    reader = ReplyReader(MARK, Form.WHOLE, 1, handles.expand)
    reply = f'<message-{MARK} n="1">\nSort it. {handle}\nThen <stop>.\n</message-{MARK}>'
    shown = "".join(piece.text for letter in reply for piece in reader.feed(letter))
    assert shown == "Sort it. the block\nThen <stop>."
