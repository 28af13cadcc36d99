"""Locked blocks: found by code or stated, shown to the engine as handles, put back byte for byte, closed to edits."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from refrase.api.schemas import LockRequest, spans_of
from refrase.core.body import body_of
from refrase.core.contract import contract_of
from refrase.core.draft import Case, Draft
from refrase.core.handle import Handles
from refrase.core.lock import Lock, LockKind, check_locks, lines_of, locks_of, touched
from refrase.core.prompt import Message, Prompt, Span, prompt_from_text
from refrase.core.reply import ReplyReader
from refrase.core.rewrite import Form, Severity, blocks
from refrase.errors import OptionInvalid
from refrase.instructions import Instructions
from refrase.web.forms import RewriteForm, order_from_form
from tests.cases import case_of
from tests.conftest import MARK

INSTRUCTIONS = Instructions()
LINE = "print('a line of code that is long enough')\n"
FENCE = f"```python\n{LINE * 5}```"
CODE = f"Please fix what is broken in this.\n\n{FENCE}\n\nBe brief."
SCHEMA = (
    '{"type": "object", "properties": {"name": {"type": "string", "description": "the name of the person"},\n'
    ' "age": {"type": "integer", "minimum": 0, "maximum": 150}}, "required": ["name", "age"]}'
)
XML = "<xs:schema>\n" + '  <xs:element name="person" type="xs:string"/>\n' * 5 + "</xs:schema>"
TABLE = "| Size | Price |\n|---|---|\n| small | 2 |\n| large | 3 |\n"
SHOTS = (
    "Review: The food was good and the waiters came late to the table.\nSentiment: positive\n\n"
    "Review: The food was cold and the waiters never came to the table.\nSentiment: negative\n\n"
    "Review: The food was there and so were the waiters, more or less.\nSentiment: mixed"
)
TAGGED = "The food was good, and we came back -> positive\nThe food was cold, and so were the waiters -> negative\n" * 2
XML_REST = " Keep the order of the fields, and leave none of them out." * 6
SAMPLE = "<people>\n" + '  <person id="1">\n    <name>Anna</name>\n    <age/>\n  </person>\n' * 4 + "</people>"
STORY = "The club was founded in the year when it rained so much. " * 8
HTML = f"<h1>The club</h1>\n<p>{STORY}</p>\n<p>It <b>rained</b> on.<br></p>"
MARKED = "<!-- refrase:lock -->\nSay so, please, and kindly.\n<!-- /refrase:lock -->"


def locks_in(text: str, *stated: Span) -> tuple[Lock, ...]:
    (reading,) = contract_of(prompt_from_text(text)).messages
    return locks_of(reading, stated)


def span_of(text: str, part: str) -> Span:
    return Span(text.index(part), text.index(part) + len(part))


def shown(text: str, lock: Lock) -> str:
    return text[lock.span.start : lock.span.end]


LOCKED = [
    ("a code fence, with its fences", CODE, LockKind.CODE, FENCE),
    ("a fence of tildes", CODE.replace("```", "~~~"), LockKind.CODE, FENCE.replace("```", "~~~")),
    (
        "a fence in a list",
        f"1. Fix this.\n\n   ```\n{'   ' + LINE}{('   ' + LINE) * 4}   ```\n2. Go.",
        LockKind.CODE,
        f"   ```\n{('   ' + LINE) * 5}   ```",
    ),
    ("a fence that is never closed", f"Fix this.\n\n```\n{LINE * 5}", LockKind.CODE, f"```\n{LINE * 5}"),
    ("XML in a fence", f"Fill this in.\n\n```xml\n{XML}\n```\nBe brief.", LockKind.CODE, f"```xml\n{XML}\n```"),
    (
        "an XML schema",
        f"Reply by this schema:\n{XML}\nBe brief, and say what each of the fields means.{XML_REST}",
        LockKind.DATA,
        XML,
    ),
    ("a sample of XML", f"Write what you find like this:\n{SAMPLE}\n{XML_REST}", LockKind.DATA, SAMPLE),
    ("a document with markup", f"Sum up.\n<article>{HTML}</article>\nBe brief.", LockKind.DOCUMENT, HTML),
    ("a JSON schema", f"Reply by this schema:\n{SCHEMA}\nNothing else.", LockKind.DATA, SCHEMA),
    ("a table", f"Use these prices.\n\n{TABLE}\nBe brief.", LockKind.TABLE, TABLE),
    ("a table that ends the text", f"Use these prices.\n\n{TABLE.rstrip()}", LockKind.TABLE, TABLE.rstrip()),
    ("labelled examples as one", f"Classify the review.\n\n{SHOTS}\n\nBe brief.", LockKind.EXAMPLES, SHOTS),
    (
        "the inside of example tags",
        f"Classify.\n<examples>\n{TAGGED}</examples>\nBe brief.",
        LockKind.EXAMPLES,
        TAGGED[:-1],
    ),
    (
        "a long document in tags",
        f"Sum this up.\n<document>\n{STORY}\n</document>\nGo.",
        LockKind.DOCUMENT,
        f"\n{STORY}\n",
    ),
    (
        "a document with attributes",
        f'Sum up.\n<Text lang="en">{STORY}</Text>\nBe brief.',
        LockKind.DOCUMENT,
        STORY,
    ),
    ("a document in quotes", f'Sum up.\n"""\n{STORY}\n"""\nBe brief.', LockKind.DOCUMENT, f"\n{STORY}\n"),
    ("what a user marks, with the marks", f"Sort it.\n{MARKED}\nBe brief.", LockKind.USER, MARKED),
    (
        "marks written in another way",
        "Go.\n<!--refrase:lock-->stay<!--  refrase:unlock  -->.",
        LockKind.USER,
        "<!--refrase:lock-->stay<!--  refrase:unlock  -->",
    ),
]


@pytest.mark.parametrize(("text", "kind", "part"), [case[1:] for case in LOCKED], ids=[case[0] for case in LOCKED])
def test_what_is_long_and_literal_is_locked_by_code(text, kind, part):
    (lock,) = locks_in(text)
    assert (lock.kind, shown(text, lock)) == (kind, part)


FREE = {
    "prose": "Sort the names.\n\nGive the longest ones first, and leave out whoever has left the club since. " * 3,
    "a short fence": "Fix this.\n\n```python\nprint(1)\n```\n\nBe brief.",
    "short JSON": 'Reply like this: {"name": "Anna", "age": 3}. Nothing else.',
    "a table of two lines": "Use these.\n\n| a | b |\n| 1 | 2 |\n\nBe brief.",
    "short examples": "Classify.\n\nQ: good\nA: yes\n\nQ: bad\nA: no\n\nBe brief.",
    "a short document": "Sum this up.\n<document>\nThe club was founded.\n</document>\nBe brief.",
    "a prompt in tags": f"<prompt>\n<task>Sort.</task>\n<rules>{XML_REST}</rules>\n<tone>Kind.</tone>\n</prompt>",
    "a prompt that is markup": f"<poml>\n{'<p>Be kind.</p><p>Be brief.</p>' * 6}\n</poml>",
    "tags that are never closed": f"Write <name> and <age> of each. {'<b>Be brief.<i>' * 40}",
    "a place for a document": "Sum this up.\n<document>\n{{document}}\n</document>\nBe brief.",
    "a comment of somebody else": "Sort it. <!-- lock --> Be brief. <!-- /lock -->",
}


@pytest.mark.parametrize("text", FREE.values(), ids=FREE)
def test_what_is_short_or_prose_is_not_locked(text):
    assert locks_in(text) == ()


def test_locks_come_in_the_order_of_the_text():
    text = f"{TABLE}\n{MARKED}\n\nFix this.\n\n{FENCE}\n\nReply by this schema:\n{SCHEMA}\n"
    assert [lock.kind for lock in locks_in(text)] == ["table", "user", "code", "data"]


def test_what_is_marked_twice_is_two_locks_with_what_is_between_them_free():
    text = f"{MARKED} Sort it. {MARKED}"
    first, second = locks_in(text)
    assert text[first.span.end : second.span.start] == " Sort it. "


def test_a_mark_within_marks_opens_nothing():
    text = "<!-- refrase:lock -->a<!-- refrase:lock -->b<!-- /refrase:lock -->c"
    (lock,) = locks_in(text)
    assert shown(text, lock) == text[:-1]


def test_a_mark_that_is_not_closed_is_refused_with_its_line():
    with pytest.raises(OptionInvalid, match="line 3") as told:
        locks_in("Sort it.\n\n<!-- refrase:lock -->\nBe brief.")
    assert "<!-- /refrase:lock -->" in told.value.hint


def test_a_stated_lock_is_one_however_short():
    text = "Sort the names."
    assert locks_in(text, span_of(text, "names")) == (Lock(span_of(text, "names"), LockKind.USER),)


def test_a_stated_lock_around_a_block_is_one_lock_of_the_user():
    around = Span(0, len(CODE))
    assert locks_in(CODE, around) == (Lock(around, LockKind.USER),)


def test_locks_that_touch_are_two():
    text = "Sort the names."
    assert len(locks_in(text, Span(0, 5), Span(5, 9))) == 2


CHAT = (Message("Be kind. Be brief.", "system"), Message("Be brief. Sort {{list}}.", "user"))
STATED = {
    "a message": (LockRequest(message=1), [Span(0, 24, 1)]),
    "a pointer": (LockRequest(pointer="/messages/1/content"), [Span(0, 24, 1)]),
    "a pointer to the message itself": (LockRequest(pointer="/messages/0"), [Span(0, 18, 0)]),
    "a stretch": (LockRequest(message=0, start=9, end=18), [Span(9, 18, 0)]),
    "from there to the end": (LockRequest(message=0, start=9), [Span(9, 18, 0)]),
    "a text wherever it stands": (LockRequest(text="Be brief."), [Span(9, 18, 0), Span(0, 9, 1)]),
    "a text in one message": (LockRequest(text="Be brief.", message=1), [Span(0, 9, 1)]),
}


@pytest.mark.parametrize(("lock", "spans"), STATED.values(), ids=STATED)
def test_a_caller_states_a_lock_by_place_or_by_text(lock, spans):
    assert list(spans_of(lock, CHAT)) == spans


MISTAKEN = {
    "a message that is not there": LockRequest(message=2),
    "a pointer to nothing": LockRequest(pointer="/messages/one"),
    "a pointer to a message that is not there": LockRequest(pointer="/messages/2/content"),
    "a text that is not there": LockRequest(text="Be loud."),
    "a text of another message": LockRequest(text="Be kind.", message=1),
    "nothing": LockRequest(),
    "a stretch of no message": LockRequest(start=0, end=3),
    "an empty stretch": LockRequest(message=0, start=3, end=3),
    "a stretch that ends behind the text": LockRequest(message=0, start=3, end=19),
}


@pytest.mark.parametrize("lock", MISTAKEN.values(), ids=MISTAKEN)
def test_a_lock_that_means_nothing_is_refused(lock):
    with pytest.raises(OptionInvalid):
        list(spans_of(lock, CHAT))


def test_a_prompt_that_is_one_text_needs_no_message_number():
    (message,) = messages = (Message("Sort the names."),)
    assert list(spans_of(LockRequest(start=5), messages)) == [Span(5, 15)]
    assert list(spans_of(LockRequest(pointer="/prompt"), messages)) == [Span(0, len(message.text))]


def test_the_form_locks_every_place_of_a_text_whatever_line_ends_the_browser_sends():
    form = RewriteForm(prompt="a\r\nb\r\n\r\na\r\nb", locks='["a\\r\\nb"]')
    order = order_from_form(form, "kimi-k2")
    assert order.locks == (Span(0, 3), Span(5, 8))


@pytest.mark.parametrize("locks", ['["c"]', '[""]', "[1]", "{", '"a"'])
def test_a_form_whose_locks_cannot_be_meant_is_refused(locks):
    with pytest.raises(OptionInvalid):
        order_from_form(RewriteForm(prompt="a b", locks=locks), "kimi-k2")


def test_the_lines_of_a_lock_are_told_as_an_editor_counts_them():
    (lock,) = locks_in(CODE)
    assert lines_of(CODE, lock) == (3, 9)
    text = f"{TABLE}Go."
    assert lines_of(text, locks_in(text)[0]) == (1, 4)


# Handles


def quoted(case: Case) -> tuple[str, Handles]:
    told = INSTRUCTIONS.quote(case)
    return "\n".join(message.text for message in told.messages), told.handles


def locked(text: str | Prompt, *stated: Span, form: Form = Form.WHOLE) -> Case:
    prompt = prompt_from_text(text) if isinstance(text, str) else text
    case = case_of(prompt, form)
    readings = case.contract.messages
    locks = [
        lock for reading in readings for lock in locks_of(reading, [s for s in stated if s.message == reading.number])
    ]
    return Case(case.prompt, case.contract, case.terms, case.mode, case.form, case.mark, case.citable, tuple(locks))


def handle(number: int) -> str:
    return f'<locked-{MARK} id="{number}"/>'


def message(text: str, number: int = 1) -> str:
    return f'<message-{MARK} n="{number}">\n{text}\n</message-{MARK}>'


def take(case: Case, reply: str) -> Draft:
    draft = Draft(case, INSTRUCTIONS.quote(case).handles)
    draft.take(reply)
    return draft


def kinds(draft: Draft) -> list[str]:
    return [finding.kind for finding in draft.candidate.findings]


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


# Edits


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
