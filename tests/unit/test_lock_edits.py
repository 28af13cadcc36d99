"""Locked blocks are closed to edits, and to mending."""

import pytest

from refrase.core.lock import Lock, LockKind, check_locks, touched
from refrase.core.prompt import Message, Prompt, Span, prompt_from_text
from refrase.core.rewrite import Form, blocks
from tests.conftest import MARK
from tests.locks import CODE, kinds, locked, take


def edit(old: str, new: str) -> str:
    return (
        f'<edits-{MARK}><edit-{MARK} rule="action-verb"><old-{MARK}>{old}</old-{MARK}><new-{MARK}>{new}</new-{MARK}>'
        f"</edit-{MARK}></edits-{MARK}>"
    )


BROKEN = {
    "inside": ("print('a line of code that is long enough')\n```", "print(1)\n```"),
    "across its beginning": ("this.\n\n```python", "this code.\n\n```python"),
    "across its end": ("```\n\nBe brief.", "```\n\nBe very brief."),
    "around it": (CODE[7:-1], "what"),
}


@pytest.mark.parametrize(("old", "new"), BROKEN.values(), ids=BROKEN)
def test_an_edit_that_reaches_into_a_locked_block_is_refused_and_left_out(old, new):
    draft = take(locked(CODE, form=Form.EDITS), edit(old, new))
    assert kinds(draft) == ["lock_broken"]
    assert blocks(draft.candidate.findings)
    assert draft.candidate.after.texts == (CODE,)


def test_a_finding_about_an_edit_says_what_kind_of_block_it_reaches_into():
    (finding,) = take(locked(CODE, form=Form.EDITS), edit(*BROKEN["inside"])).candidate.findings
    assert "a locked block (code)" in finding.message
    assert CODE[finding.before.start : finding.before.end] == BROKEN["inside"][0]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Please fix what is broken in this.\n\n", "Fix what is broken in this.\n\n"),
        ("\n\nBe brief.", "\n\nKeep it brief."),
    ],
    ids=["before", "behind"],
)
def test_an_edit_may_stand_right_beside_a_locked_block(old, new):
    draft = take(locked(CODE, form=Form.EDITS), edit(old, new))
    assert kinds(draft) == []
    assert draft.candidate.after.texts == (CODE.replace(old, new),)


def test_an_edit_of_a_stated_lock_is_refused_in_its_message_alone():
    chat = Prompt((Message("Please be kind to all.", "system"), Message("Please be brief to all.", "user")))
    case = locked(chat, Span(0, 6, 1), form=Form.EDITS)
    assert kinds(take(case, edit("Please be brief", "Be brief"))) == ["lock_broken"]
    assert kinds(take(case, edit("Please be kind", "Be kind"))) == []


def test_what_lies_beside_a_lock_touches_none():
    lock = Lock(Span(4, 8, 1), LockKind.USER)
    free = [Span(0, 4, 1), Span(8, 9, 1), Span(5, 6, 0), Span(4, 4, 1), Span(8, 8, 1)]
    assert [touched([lock], span) for span in free] == [None] * 5
    assert touched([lock], Span(7, 8, 1)) == touched([lock], Span(0, 9, 1)) == touched([lock], Span(6, 6, 1)) == lock


def test_mending_can_neither_change_nor_forget_a_locked_block():
    text = "I want you to sort {{list}} by name. Say it kindly to everyone here."
    prompt = prompt_from_text(text)
    start = text.index("Say it")
    locks = (Lock(Span(start, len(text)), LockKind.USER),)
    sentence = text[start:]
    for after in (text.replace(sentence, "Say it kindly to all of those here."), text.replace(sentence, "").rstrip()):
        assert [item.kind for item in check_locks(prompt, prompt.with_texts((after,)), locks)] == ["lock_broken"]
    assert list(check_locks(prompt, prompt, locks)) == []
