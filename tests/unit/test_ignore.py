"""Ignore comments: what they silence, that no check reads them, and that no fix touches them."""

from datetime import date

import pytest

from refrase.core.contract import contract_of
from refrase.core.guide import About, Check, Fix, Rule, RuleKind, Source, SourceKind
from refrase.core.ignore import ignores_of, without_ignores
from refrase.core.lock import LockKind, locks_of
from refrase.core.mend import mend
from refrase.core.notice import notice
from refrase.core.prompt import Message, Prompt, prompt_from_text

SOURCE = Source("t", "https://a.example", SourceKind.PRIMARY, date(2026, 11, 23))


def rule(rule_id: str, fix: Fix | None = None, **check) -> Rule:
    return Rule(
        rule_id, RuleKind.PRACTICE, "Do it.", About.PROMPT, (SOURCE,), check=Check(message="m", **check), fix=fix
    )


RULES = [rule("bad-word", Fix(replace="good"), pattern="bad"), rule("worse-word", pattern="worse")]
WHOLE = rule("says-go", missing="Go")


def found(text: str, rules=RULES) -> list[tuple[str, int]]:
    """Return the rules that count, each with its line."""
    prompt = prompt_from_text(text)
    return [
        (finding.rule, text.count("\n", 0, finding.before.start) + 1 if finding.before else 0)
        for finding in notice(prompt, rules).findings
    ]


COMMENTS = [
    ("bad", [("bad-word", 1)]),
    ("<!-- refrase:ignore bad-word -->\nbad", []),
    ("<!--refrase:ignore bad-word-->\nbad", []),
    ("<!-- refrase:ignore: bad-word -->\nbad", []),
    ("{# refrase:ignore bad-word #}\nbad", []),
    ("{#- refrase:ignore bad-word -#}\nbad", []),
    ("<!-- refrase:ignore -->\nbad worse", []),
    ("<!-- refrase:ignore worse-word -->\nbad worse", [("bad-word", 2)]),
    ("<!-- refrase:ignore worse-word, bad-word -->\nbad worse", []),
    ("<!-- refrase:ignore worse-word bad-word -->\nbad worse", []),
    ("<!-- refrase:ignore bad-word -->\n<!-- refrase:ignore worse-word -->\nbad worse", []),
    # the paragraph below, to its end
    ("<!-- refrase:ignore bad-word -->\n\nbad\nbad\n\nbad", [("bad-word", 6)]),
    ("<!-- refrase:ignore bad-word -->\r\n\r\nbad\r\nbad\r\n\r\nbad", [("bad-word", 6)]),
    ("bad\n<!-- refrase:ignore bad-word -->\nbad", [("bad-word", 1)]),
    # beside text: its line
    ("bad <!-- refrase:ignore bad-word -->\nbad", [("bad-word", 2)]),
    ("{# refrase:ignore bad-word #} bad\nbad", [("bad-word", 2)]),
    # the whole prompt
    ("<!-- refrase:ignore-file bad-word -->\nbad\n\nbad worse", [("worse-word", 4)]),
    ("\n{# refrase:ignore-file #}\nbad\n\nbad worse", []),
    ("<!-- refrase:ignore worse-word -->\n<!-- refrase:ignore-file bad-word -->\nworse\n\nbad", []),
    ("Text.\n<!-- refrase:ignore-file bad-word -->\nbad", [("bad-word", 3)]),
    # no comment of ours
    ("<!-- refrase:ignored bad-word -->\nbad", [("bad-word", 1), ("bad-word", 2)]),
    ("<!-- refrase:ignore bad-word\nbad", [("bad-word", 1), ("bad-word", 2)]),
]


@pytest.mark.parametrize(("text", "left"), COMMENTS, ids=[text for text, _ in COMMENTS])
def test_a_comment_silences_the_rules_it_names_where_it_speaks_of(text, left):
    assert found(text) == left


WHOLES = [
    ("Stop.", [("says-go", 0)]),
    ("<!-- refrase:ignore says-go -->\nStop.", []),
    ("{# refrase:ignore-file says-go #}\nStop.", []),
    ("Stop.\n\n<!-- refrase:ignore says-go -->\nNow.", [("says-go", 0)]),
]


@pytest.mark.parametrize(("text", "left"), WHOLES, ids=[text for text, _ in WHOLES])
def test_a_finding_about_the_prompt_as_a_whole_is_silenced_from_its_top(text, left):
    assert found(text, [WHOLE]) == left


def test_no_check_reads_a_comment():
    assert found("Stop. <!-- refrase:ignore Go -->", [WHOLE]) == [("says-go", 0)]


def test_a_comment_speaks_of_its_own_message():
    chat = Prompt(
        (Message("{# refrase:ignore bad-word #}\nbad", "system"), Message("bad", "user"), Message("bad", "assistant"))
    )
    assert [finding.before.message for finding in notice(chat, RULES).findings] == [1]


def test_ignore_file_at_the_top_of_a_later_message_speaks_of_that_message():
    chat = Prompt((Message("bad", "system"), Message("{# refrase:ignore-file #}\nbad\n\nbad", "user")))
    assert [finding.before.message for finding in notice(chat, RULES).findings] == [0]


def test_a_comment_in_what_others_said_counts_for_nothing():
    chat = Prompt((Message("bad", "user"), Message("{# refrase:ignore bad-word #}", "tool")))
    assert ignores_of(chat).comments == ()


def test_blanked_out_a_prompt_keeps_every_place():
    text = "a\n<!-- refrase:ignore\r\nx -->\nb"
    blanked = without_ignores(prompt_from_text(text)).texts[0]
    assert len(blanked) == len(text)
    assert blanked == f"a\n{' ' * 19}\r\n{' ' * 5}\nb"


def test_what_is_silenced_is_not_fixed_and_comments_stay():
    text = "bad\n\n<!-- refrase:ignore bad-word -->\nbad\n\nbad"
    assert mend(prompt_from_text(text), RULES).after.texts == ("good\n\n<!-- refrase:ignore bad-word -->\nbad\n\ngood",)


def test_no_fix_reaches_over_a_comment():
    heading = rule("format", Fix(heading="## Output format"), format_in_prose="Return ")
    text = "Do it.\n\nReturn JSON.\n<!-- refrase:ignore bad-word -->\nReturn all of it."
    assert "refrase:ignore bad-word -->" in mend(prompt_from_text(text), [heading]).after.texts[0]


@pytest.mark.parametrize("comment", ["<!-- refrase:ignore bad-word -->", "{# refrase:ignore-file #}"])
def test_the_engine_may_not_touch_a_comment(comment):
    (reading,) = contract_of(prompt_from_text(f"{comment}\nSort the list.")).messages
    (lock,) = locks_of(reading)
    assert (lock.kind, reading.text[lock.span.start : lock.span.end]) == (LockKind.USER, comment)


FULL = [
    "{# refrase:ignore #}",
    "{# refrase:ignore x #}\n",
    "{# refrase:ignore-file #} x\n",
    "<!-- refrase:ignore x\n--> bad\n\n",
]


@pytest.mark.parametrize("unit", FULL)
def test_a_prompt_full_of_comments_is_read_whole(unit):
    ignores = ignores_of(prompt_from_text(unit * 2_000))
    assert len(ignores.comments) == 2_000
    assert [comment.span.start for comment in ignores.comments] == list(range(0, len(unit) * 2_000, len(unit)))


def test_a_paragraph_ends_at_the_next_comment():
    assert found("{# refrase:ignore bad-word #}\nbad\n{# refrase:ignore worse-word #}\nbad") == [("bad-word", 4)]
