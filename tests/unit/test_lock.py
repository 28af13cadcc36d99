"""Locked blocks: what code finds, what is stated, what means nothing."""

import pytest

from refrase.api.schemas import LockRequest, spans_of
from refrase.core.lock import Lock, LockKind, lines_of
from refrase.core.prompt import Message, Span
from refrase.errors import OptionInvalid
from refrase.web.forms import RewriteForm, order_from_form
from tests.locks import CODE, FENCE, LINE, TABLE, locks_in

SCHEMA = (
    '{"type": "object", "properties": {"name": {"type": "string", "description": "the name of the person"},\n'
    ' "age": {"type": "integer", "minimum": 0, "maximum": 150}}, "required": ["name", "age"]}'
)
XML = "<xs:schema>\n" + '  <xs:element name="person" type="xs:string"/>\n' * 5 + "</xs:schema>"
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
