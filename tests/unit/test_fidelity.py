"""What must survive is found, and what did not survive is named."""

from pathlib import Path

import pytest
import yaml

from refrase.core.contract import contract_of
from refrase.core.fidelity import check_fidelity
from refrase.core.likeness import check_likeness
from refrase.core.prompt import Message, Prompt, Span, prompt_from_text
from refrase.core.rewrite import Mode, Severity
from refrase.core.variable import find_variables, name_of

SPEC = Path(__file__).parents[1] / "spec"
VARIABLES = yaml.safe_load((SPEC / "variables.yaml").read_text("utf-8"))


@pytest.mark.parametrize("case", VARIABLES, ids=lambda case: case["text"])
def test_variables_are_found_verbatim(case):
    assert [item.value for item in find_variables(case["text"])] == case["found"]


def test_a_finding_says_what_and_where():
    before = Prompt((Message("Be brief.", "system"), Message("Say {{x}} now.", "user")))
    after = before.with_texts(("Be brief.", "Say it now."))
    (finding,) = check_fidelity(contract_of(before), contract_of(after))
    assert finding.value == "{{x}}"
    assert finding.before == Span(4, 9, message=1)
    assert finding.message == "The variable {{x}} is lost."


def test_a_variable_does_not_wander_to_another_message():
    before = Prompt((Message("Know {{x}}.", "system"), Message("Go.", "user")))
    after = before.with_texts(("Know.", "Go {{x}}."))
    assert {finding.kind for finding in check_fidelity(contract_of(before), contract_of(after))} == {"variable_moved"}


@pytest.mark.parametrize("role", ["assistant", "tool", "function"])
def test_what_others_said_must_not_change(role):
    before = Prompt((Message("Hi", "user"), Message("Hello there", role)))
    (finding,) = check_fidelity(contract_of(before), contract_of(before.with_texts(("Hi", "Hello you"))))
    assert finding.kind == "message_changed"
    assert finding.severity is Severity.BLOCKING


LONG = "Summarise the report for a reader who has five minutes and wants the risks named first. " * 6


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (
            "What is the capital of Australia?",
            "The seat of government there is Canberra, not Sydney.",
            "prompt_answered",
        ),
        (
            "Write a poem about spring in the garden",
            "Blossoms wake, soft rain begins to fall, bees return",
            "prompt_answered",
        ),
        (LONG, LONG[:200], "prompt_summarised"),
        (
            "Summarise the text for a reader in a hurry.",
            "请为赶时间的读者总结这段文字，并且先说明风险在哪里，谢谢你的帮助。",
            "language_switched",
        ),
        (
            "请阅读下面的文字并用三句话总结它的主要内容，不要添加任何评论。",
            "Read the text below and summarise its main content briefly.",
            "language_switched",
        ),
        ("Keep it short and friendly.", "  ", "prompt_emptied"),
    ],
)
def test_a_text_that_is_no_rewrite_is_recognised(before, after, kind):
    findings = check_likeness(contract_of(prompt_from_text(before)), contract_of(prompt_from_text(after)), Mode.NORMAL)
    assert kind in {finding.kind for finding in findings}
    assert all(finding.severity is Severity.BLOCKING for finding in findings)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (LONG, LONG.replace("Summarise the report", "Sum up the report")),
        ("I want you to act as a Linux terminal.", "Act as a Linux terminal."),
        ("{{question}}", "Question: {{question}}"),
        ("总结 {{text}}", "用中文总结 {{text}}"),
        (
            "Translate the words 猫, 犬 and 鳥 into English, one per line.",
            "Translate 猫, 犬 and 鳥 into English, one word per line.",
        ),
    ],
)
def test_a_rewrite_is_not_mistaken_for_something_else(before, after):
    assert (
        check_likeness(contract_of(prompt_from_text(before)), contract_of(prompt_from_text(after)), Mode.CONSERVATIVE)
        == ()
    )


@pytest.mark.parametrize(
    ("variable", "name"),
    [
        ("{{ user.input | trim }}", "input"),
        ("{x:.2f}", "x"),
        ("${x:a default}", "x"),
        ("$ARGUMENTS", "ARGUMENTS"),
        ("{{#17.result#}}", "result"),
        ("{{#items}}", ""),
        ('{{role "user"}}', ""),
        ("{% if x %}", ""),
        ("{0}", ""),
    ],
)
def test_the_name_of_a_variable_is_what_fills_it(variable, name):
    assert name_of(variable) == name


def test_items_of_a_prompt_carry_their_place():
    text = "Use `x` on https://a.example and 3 of\n```\ncode 7\n```\n"
    for item in contract_of(prompt_from_text(text)).items:
        assert item.value.strip("` ") in text[item.span.start : item.span.end]
    assert {item.kind for item in contract_of(prompt_from_text(text)).items} == {
        "inline_code",
        "url",
        "number",
        "code_block",
    }
