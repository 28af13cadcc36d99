"""The primitives that guides compose their checks and fixes of."""

from datetime import date

import pytest

from refrase.core.fix import fix_prompt
from refrase.core.guide import About, Check, Fix, Place, Rule, RuleKind, Source, SourceKind
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


def test_what_contradicts_is_found_with_what_it_goes_against():
    check = Check(message="“{match}” against “{other}”", contradiction=(r"\bbe brief\b", r"\bwrite at length\b"))
    (finding,) = check_rules(prompt_from_text("Do it: write at length. But be brief."), [rule(check)])
    assert finding.message == "“write at length” against “be brief”"
    assert check_rules(prompt_from_text("Just write at length."), [rule(check)]) == ()
    assert check_rules(prompt_from_text("Write at length: `be brief` is a name."), [rule(check)]) == ()


STEADY = [
    ("Dear {{name}}, " + "x" * 20, ["{{name}}"]),
    ("Dear {{name}}, " + "x" * 20 + " {{last}}", []),
    ("x" * 20 + "{{name}}", []),
    ("`{{name}}` " + "x" * 20, []),
    ("$V_{CO}$ " + "x" * 20, []),
]


@pytest.mark.parametrize(("text", "values"), STEADY, ids=[text for text, _ in STEADY])
def test_a_variable_before_what_stays_the_same_is_found(text, values):
    assert found(text, steady_after_variable=20) == values


SENTENCES = [
    ("One two three four.", []),
    ("One two three four five.", ["One two three four five."]),
    ("Version 1.2 is one word here.", ["Version 1.2 is one word here."]),
    ("a list | of | cells | with | bars", []),
    ("```\nOne two three four five.\n```", []),
]


@pytest.mark.parametrize(("text", "values"), SENTENCES, ids=[text for text, _ in SENTENCES])
def test_a_sentence_of_prose_with_too_many_words_is_found(text, values):
    assert found(text, sentence_words=4) == values


REPEATED = [
    ("You must not name it. Yes. You must not name it.", ["You must not name it."]),
    ("- You must not name it.\n2. You must not name it.", ["You must not name it."]),
    ("You must not name it. You must not say it.", []),
    ("The shop is on the left. The shop is on the left.", []),
    ("You must. You must.", []),
    ("`You must not name it.` You must not name it.", []),
]


@pytest.mark.parametrize(("text", "values"), REPEATED, ids=[text for text, _ in REPEATED])
def test_a_rule_that_stands_twice_is_found_the_second_time(text, values):
    assert found(text, repeated_rule_words=4) == values


def test_the_list_item_that_is_one_too_many_is_found_once():
    text = "- a\n* b\n 3. c\n```\n- d\n```\n• e\n- f"
    assert found(text, list_items=3) == ["• e"]
    assert found(text, list_items=5) == []


UNSECTIONED = [
    ("All of it runs on. " * 4, True),
    ("All of it runs on. " * 2, False),
    ("# Task\n" + "All of it runs on. " * 4, False),
    ("All of it runs on. " * 4 + "\n- a point", False),
    ("All of it runs on. " * 4 + "\nInput: x", False),
    ("All of it runs on. " * 4 + "<text>", False),
    ("[" + "All of it runs on. " * 4, False),
]


@pytest.mark.parametrize(("text", "is_found"), UNSECTIONED, ids=[text for text, _ in UNSECTIONED])
def test_a_long_text_without_any_mark_is_found(text, is_found):
    assert bool(found(text, unsectioned_characters=60)) is is_found


ROLES = [
    ({"present_role": "system"}, ("system", "user"), True),
    ({"present_role": "system"}, ("user",), False),
    ({"absent_role": "system"}, ("user", "assistant"), True),
    ({"absent_role": "system"}, ("system", "user"), False),
    ({"absent_role": "system"}, ("user",), True),
    ({"absent_role": "system"}, ("prompt",), False),
]


@pytest.mark.parametrize(("check", "roles", "is_found"), ROLES)
def test_roles_are_judged_where_they_are_stated(check, roles, is_found):
    chat = Prompt(tuple(Message("Go.", role) for role in roles))
    assert bool(check_rules(chat, [rule(Check(message="m", **check))])) is is_found


NARROWED = [
    ({"where": "shop"}, ["bad", "bad", "bad"]),
    ({"where": "bakery"}, []),
    ({"unless": "shop"}, []),
    ({"unless": "bakery"}, ["bad", "bad", "bad"]),
    ({"place": Place.FIRST}, ["bad"]),
    ({"place": Place.LAST}, ["bad"]),
    ({"after_characters": 10}, ["bad", "bad"]),
    ({"more_than": 2}, ["bad"]),
    ({"more_than": 3}, []),
    ({"first_only": True}, ["bad"]),
]


@pytest.mark.parametrize(("narrowed", "values"), NARROWED)
def test_a_check_is_narrowed_by_data(narrowed, values):
    assert found("A bad one.\n\nA bad shop.\n\nA bad end.\n", pattern="bad", **narrowed) == values


def test_what_narrows_is_looked_for_in_every_message():
    chat = Prompt((Message("A shop.", "system"), Message("bad", "user")))
    assert len(check_rules(chat, [rule(Check(message="m", pattern="bad", where="shop"))])) == 1
    assert check_rules(chat, [rule(Check(message="m", pattern="bad", unless="shop"))]) == ()


SLOW = [r"(a|a)+$|(?:a*)*b", r"^(?:a|aa)+#"]


@pytest.mark.parametrize("pattern", SLOW)
def test_an_expression_that_runs_on_is_given_up_and_the_next_rule_is_judged(pattern):
    rules = [rule(Check(message="m", pattern=pattern), rule_id="slow"), rule(Check(message="m", pattern="!"))]
    findings = check_rules(prompt_from_text("a" * 60 + "!#"), rules)  # with “#”, without which the second is not run
    assert [(finding.kind, finding.rule) for finding in findings] == [("check_too_slow", "slow"), ("guide_rule", "r")]


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
    ("# Text\nRead this.\n{{text}}\n# Task\nSum up.", []),
    ("Sum up.\nText:\n{{text}}\nQuestion: why?", []),
    ("Sum up.\nText:\n{{text}}\n{{source}}\n\n# Task\nGo.", []),
    ("{% if text %}\n{{text}}\n{% else %}\nGo.\n{% endif %}", []),
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
