"""Locked blocks in whole texts: shown to the engine as handles, put back byte for byte."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from refrase.core.body import body_of
from refrase.core.handle import Handles
from refrase.core.prompt import Message, Prompt, Span
from refrase.core.reply import ReplyReader
from refrase.core.rewrite import Form, Severity, blocks
from tests.conftest import MARK
from tests.locks import CODE, FENCE, TABLE, handle, kinds, locked, message, quoted, take


def test_a_locked_block_is_shown_in_its_place_between_tags_with_its_number():
    text, handles = quoted(locked(CODE))
    assert text == CODE.replace(FENCE, f'<locked-{MARK} id="1">{FENCE}</locked-{MARK}>')
    assert handles == Handles(MARK, (FENCE,), (0,))


def test_blocks_are_numbered_over_all_messages():
    chat = Prompt((Message(CODE, "system"), Message(f"Use this.\n\n{TABLE}", "user")))
    text, handles = quoted(locked(chat))
    assert [f'id="{number}"' in text for number in (0, 1, 2, 3)] == [False, True, True, False]
    assert handles.messages == (0, 1)


def test_edits_are_asked_for_without_handles():
    text, handles = quoted(locked(CODE, form=Form.EDITS))
    assert text == CODE
    assert handles.blocks == ()


@pytest.mark.parametrize(
    "written",
    [
        handle(1),
        f"<locked-{MARK} id='1' />",
        f"<locked-{MARK} id=1/>",
        f'<locked-{MARK} id="1"></locked-{MARK}>',
        f'<locked-{MARK} id="1">',
        f'<locked-{MARK} id="1">{FENCE}</locked-{MARK}>',
        f'<locked-{MARK} id="1">\n```python\nprint(2)  # mended\n```\n</locked-{MARK}>',
    ],
    ids=["alone", "single quotes", "no quotes", "empty", "not closed", "written out", "written out and changed"],
)
def test_a_handle_is_put_back_as_its_block_however_it_is_written(written):
    draft = take(locked(CODE), message(f"Fix what is broken in this.\n\n{written}\n\nBe brief."))
    assert kinds(draft) == []
    assert draft.candidate.after.texts == (CODE.replace("Please fix", "Fix"),)


BYTES = {
    "line ends of two characters": CODE.replace("\n", "\r\n"),
    "line ends of both kinds": CODE.replace("code that is long enough')\n", "code that is long enough')\r\n", 2),
    "blanks at the ends of lines": CODE.replace("')\n", "')  \t\n"),
    "invisible characters": CODE.replace("a line", "a\u200bline\u00a0\ufeff"),
    "letters encoded in two ways": CODE.replace("a line", "caf\u00e9 cafe\u0301"),
    "what a pattern would read as a group": CODE.replace("a line", r"\1 \g<0> \n"),
    "a template's own braces": CODE.replace("a line", "{{ '%s' % x }} ${y}"),
    "tags that are not of this request": CODE.replace("a line", '<locked-ffffffff id="1"/>'),
}


@pytest.mark.parametrize("text", BYTES.values(), ids=BYTES)
def test_a_block_comes_back_byte_for_byte(text):
    case = locked(text)
    body, handles = quoted(case)
    (block,) = handles.blocks
    start, end = body.index("<locked-" + MARK), body.index(f"</locked-{MARK}>") + len(f"</locked-{MARK}>")
    reply = message(body[:start].replace("Please fix", "Fix") + handle(1) + body[end:])
    draft = take(case, reply)
    assert kinds(draft) == []
    assert draft.candidate.after.texts == (text.replace("Please fix", "Fix"),)
    assert block in text


@st.composite
def locked_texts(draw):
    """A text with line ends of one kind, and stretches of it that somebody locks, none overlapping another."""
    newline = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text = "".join(draw(st.lists(st.sampled_from(["a", "b c", newline, " ", "\u200b", "ü", "{{x}}", "<b>", "\t"]))))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    return text, [Span(start, end) for start, end in zip(cuts[::2], cuts[1::2], strict=False)]


@given(locked_texts())
@example(("\r\na\r\nb\r\n", [Span(0, 4), Span(5, 9)]))
@example(("a\r\nb", [Span(0, 2), Span(2, 4)]))
def test_whatever_is_locked_comes_back_in_its_place(told):
    text, stated = told
    body, handles = quoted(locked(text, *stated))
    assert handles.check(body, 0) == []
    written = re.sub(rf"(<locked-{MARK} id=\"\d+\")>.*?</locked-{MARK}>", r"\1/>", body, flags=re.DOTALL)
    assert written.count("/>") == len(handles.blocks)
    for shown_text in (body, written):
        assert handles.expand(body_of(text).source_whole(shown_text)) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Mend this.", ["lock_lost", "lock_lost"]),
        (f"Mend this. {handle(1)}", ["lock_lost"]),
        (f"Mend this. {handle(1)} {handle(2)} {handle(1)}", ["lock_repeated"]),
        (f"Mend this. {handle(1)} {handle(2)} {handle(7)}", ["lock_unknown"]),
        (f"Mend this. {handle(1)} {handle(1)} {handle(0)}", ["lock_repeated", "lock_lost", "lock_unknown"]),
        (f"Mend this. {handle(2)} {handle(1)}", []),
    ],
    ids=["both lost", "one lost", "repeated", "unknown", "all at once", "in another order"],
)
def test_every_handle_stands_exactly_once(text, told):
    handles = Handles(MARK, (FENCE, TABLE), (0, 0))
    findings = handles.check(text, 0)
    assert [finding.kind for finding in findings] == told
    assert all(finding.severity is Severity.BLOCKING for finding in findings)


def test_a_finding_about_a_handle_shows_which_block_it_means():
    (finding,) = Handles(MARK, (FENCE,), (0,)).check("Mend this.", 0)
    assert finding.message.startswith("The locked block 1 is missing: “```python print(")
    assert finding.message.endswith("…”")


def test_a_block_stays_in_its_message():
    case = locked(Prompt((Message(CODE, "system"), Message("Be brief, and sort {{list}}.", "user"))))
    reply = message("Please fix what is broken in this.\n\nBe brief.") + message(
        f"Be brief, and sort {{{{list}}}}.\n{handle(1)}", 2
    )
    assert [kind for kind in kinds(take(case, reply)) if kind.startswith("lock_")] == [
        "lock_lost",
        "lock_repeated",
        "lock_broken",
    ]


@pytest.mark.parametrize(
    "text", ["Please fix what is broken in this.\n\nBe brief.", f"{handle(1)}\n{handle(1)}", handle(2)]
)
def test_a_text_with_a_broken_lock_cannot_leave(text):
    assert blocks(take(locked(CODE), message(text)).candidate.findings)


# Streaming


STREAMED = {
    "alone": f"Mend this.\n\n{handle(1)}\n\nBe brief.",
    "two in a line": f"{handle(1)} and {handle(2)}",
    "first and last": f"{handle(1)}\nGo.\n{handle(2)}",
    "with other quotes": f"Mend <locked-{MARK} id='1' /> now.",
    "not closed": f'Mend <locked-{MARK} id="1"> now.',
    "unknown": f"Mend {handle(9)} now.",
    "among signs that look like tags": f"If a < b </b> <locked> <lock {handle(1)} < c",
    "in a text of another tag": f"<locked-ffffffff id=1/> {handle(1)}",
}


def streamed(text: str, size: int) -> str:
    handles = Handles(MARK, (FENCE, TABLE), (0, 0))
    reader = ReplyReader(MARK, Form.WHOLE, 1, handles.expand)
    reply = message(text)
    pieces = [reply[start : start + size] for start in range(0, len(reply), size)]
    return "".join(written.text for piece in pieces for written in reader.feed(piece))


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("text", STREAMED.values(), ids=STREAMED)
def test_handles_that_stream_in_piece_by_piece_show_the_same_as_at_once(text, size):
    whole = streamed(text, 100_000)
    assert whole == Handles(MARK, (FENCE, TABLE), (0, 0)).expand(text)
    assert streamed(text, size) == whole
    assert MARK not in whole


def test_no_letter_of_a_handle_is_shown_before_it_is_whole():
    handles = Handles(MARK, (FENCE,), (0,))
    reader = ReplyReader(MARK, Form.WHOLE, 1, handles.expand)
    text = message(f"Mend {handle(1)} now.")
    position = text.index(handle(1)) + len(handle(1))
    assert "".join(written.text for written in reader.feed(text[: position - 1])) == "Mend "
    assert "".join(written.text for written in reader.feed(text[position - 1 : position])) == FENCE
