"""The primitives that guides compose their checks and fixes of."""

from datetime import date

import pytest

from refrase.core.fix import fix_prompt
from refrase.core.guide import About, Check, Fix, Rule, RuleKind, Source, SourceKind
from refrase.core.lint import check_rules
from refrase.core.prompt import Message, Prompt, prompt_from_text

SOURCE = Source("t", "https://a.example", SourceKind.PRIMARY, date(2026, 11, 23))


def rule(check: Check, fix: Fix | None = None, rule_id: str = "r") -> Rule:
    return Rule(rule_id, RuleKind.PRACTICE, "Do it.", About.PROMPT, (SOURCE,), check=check, fix=fix)


def found(text: str, **check) -> list[str]:
    findings = check_rules(prompt_from_text(text), [rule(Check(message="{match} is wrong", **check))])
    return [finding.value for finding in findings]


def fixed(text: str, fix: Fix, **check) -> str:
    return fix_prompt(prompt_from_text(text), [rule(Check(message="m", **check), fix)]).after.texts[0]


def test_a_pattern_is_found_everywhere_but_in_code():
    text = "bad `bad` bad\n```\nbad\n```\nbad"
    assert found(text, pattern="bad") == ["bad", "bad", "bad"]


def test_a_finding_shows_what_matched_on_one_line():
    (finding,) = check_rules(
        prompt_from_text("so\n  bad"), [rule(Check(message="“{match}” is wrong", pattern=r"so\s+bad"))]
    )
    assert finding.message == "“so bad” is wrong"
    assert finding.rule == "r"


def test_what_is_missing_is_one_finding_over_all_messages():
    chat = Prompt((Message("Return JSON.", "system"), Message("The fields are a and b.", "user")))
    check = Check(message="m", missing="fields")
    assert check_rules(chat, [rule(check)]) == ()
    assert len(check_rules(chat.with_texts(("Return JSON.", "Go.")), [rule(check)])) == 1


def test_length_is_counted_over_all_messages():
    assert found("x" * 11, longer_than_characters=10) == [""]
    assert found("x" * 10, longer_than_characters=10) == []


BARE = [
    ("Sum up:\nRead this.\n{{text}}\nBe brief.", ["{{text}}"]),
    ("Read this.\n\n  {text}  \n\nBe brief.", ["{text}"]),
    ("Read this.\n<text>\n{{text}}\n</text>", []),
    ('Read this.\n"""\n{{text}}\n"""', []),
    ("Read this.\n```\n{{text}}\n```", []),
    ("Read this.\n---\n{{text}}\n---", []),
    ("# Text\n{{text}}\n# Task\nSum up.", []),
    ("Sum up the text.\n\nText:\n{{text}}", []),
    ("{{text}}", []),
    ("Sum up {{text}} now.", []),
    ("Sum up.\n{{text}}\nAnswer:", []),
    ("All:\n{% for m in ms %}\n{{ m.text }}\n{% endfor %}\nGo.", []),
    ('Sum up.\n{{role "user"}}\nGo.', []),
    ("Sum up.\n{{other}}\nGo.", []),
]


@pytest.mark.parametrize(("text", "values"), BARE, ids=[text for text, _ in BARE])
def test_a_bare_variable_is_one_whose_value_nothing_marks_off(text, values):
    assert found(text, bare_variable="text") == values


def test_a_bare_variable_is_wrapped_in_tags_of_its_name_with_the_indent_and_line_end_of_its_line():
    text = "Read this.\r\n  {{ doc.text }}\r\nBe brief."
    assert fixed(text, Fix(wrap="tags"), bare_variable="text") == (
        "Read this.\r\n  <text>\r\n  {{ doc.text }}\r\n  </text>\r\nBe brief."
    )


def test_tags_that_the_prompt_has_already_are_not_used_again():
    text = "The tag <text> means text.\n{{text}}\nGo."
    assert fixed(text, Fix(wrap="tags"), bare_variable="text") == text


FORMAT = "(?:Answer|Return) "
PROSE = [
    ("Do it.\n\nReturn JSON.", "Do it.\n\n## Output format\n\nReturn JSON."),
    ("Do it.\n\n## Output\nReturn JSON.", None),
    ("Return JSON.", None),
    ("Return JSON.\n\nDo it.", None),
    ("Do it.\n\n```\nReturn x\n```", None),
]


@pytest.mark.parametrize(("text", "after"), PROSE, ids=[text for text, _ in PROSE])
def test_a_format_told_in_prose_at_the_end_gets_a_heading(text, after):
    assert fixed(text, Fix(heading="## Output format"), format_in_prose=FORMAT) == (after or text)


def test_a_replacement_may_use_groups_and_capitalise_what_follows():
    text = "I want you to sort it. Your job is to wait."
    assert fixed(text, Fix(replace="", capitalise=True), pattern="I want you to ") == "Sort it. Your job is to wait."
    assert fixed("a1b", Fix(replace=r"<\1>"), pattern="([0-9])") == "a<1>b"


def test_of_two_fixes_that_overlap_the_first_rule_stands():
    rules = [
        rule(Check(message="m", pattern="one two"), Fix(replace="1"), "first"),
        rule(Check(message="m", pattern="two three"), Fix(replace="2"), "second"),
    ]
    candidate = fix_prompt(prompt_from_text("one two three"), rules)
    assert candidate.after.texts == ("1 three",)
    assert [change.rule for change in candidate.changes] == ["first"]


def test_what_others_said_is_neither_linted_nor_fixed():
    chat = Prompt((Message("bad", "user"), Message("bad", "assistant"), Message("bad", "tool")))
    rules = [rule(Check(message="m", pattern="bad"), Fix(replace="good"))]
    assert fix_prompt(chat, rules).after.texts == ("good", "bad", "bad")


def test_fixing_twice_is_fixing_once():
    rules = [
        rule(Check(message="m", bare_variable="text"), Fix(wrap="tags"), "a"),
        rule(Check(message="m", format_in_prose=FORMAT), Fix(heading="## Output format"), "b"),
    ]
    once = fix_prompt(prompt_from_text("Read.\n{{text}}\nGo.\n\nReturn JSON."), rules).after
    assert fix_prompt(once, rules).after == once
