"""The primitives that guides compose checks of the call of, and what the shipped ones find."""

import pytest

from refrase.core.call_check import check_call
from refrase.core.guide import About, Check, Range, Rule, RuleKind
from refrase.core.request import TodaysCall
from refrase.guidebook import read_guidebook
from refrase.packaged import packaged_path

BOUNDS = Range("temperature", 0, 1)
CASES = [
    ({"setting_sent": ("top_k", "seed")}, {"top_k": 5}, ["top_k"]),
    ({"setting_sent": ("top_k", "seed")}, {"extra": {"seed": 0}, "top_k": 5}, ["top_k", "seed"]),
    ({"setting_sent": ("top_k",)}, {"top_k": None}, []),
    ({"setting_sent": ("top_k",)}, {"top_p": 1}, []),
    ({"settings_together": ("temperature", "top_p")}, {"temperature": 0, "top_p": 1}, ["temperature and top_p"]),
    ({"settings_together": ("temperature", "top_p")}, {"temperature": 0}, []),
    ({"setting_outside": BOUNDS}, {"temperature": 1.5}, ["temperature 1.5"]),
    ({"setting_outside": BOUNDS}, {"config": {"temperature": -1}}, ["temperature -1"]),
    ({"setting_outside": BOUNDS}, {"temperature": 1}, []),
    ({"setting_outside": BOUNDS}, {"temperature": "2"}, []),
    ({"setting_outside": Range("temperature", most=1)}, {"temperature": -5}, []),
    ({"retired_id": "^old-"}, {}, ["old-1"]),
    ({"retired_id": "^new-"}, {}, []),
]


@pytest.mark.parametrize(("check", "settings", "values"), CASES)
def test_what_is_wrong_with_a_call_is_found(check, settings, values):
    rule = Rule("r", RuleKind.PRACTICE, "Do.", About.REQUEST, (), check=Check(message="{match} is wrong", **check))
    findings = check_call(TodaysCall("old-1", settings), [rule])
    assert [finding.value for finding in findings] == values
    assert all(finding.message == f"{finding.value} is wrong" for finding in findings)


def test_where_no_call_is_told_nothing_is_found():
    rule = Rule("r", RuleKind.PRACTICE, "Do.", About.REQUEST, (), check=Check(message="m", setting_sent=("n",)))
    assert check_call(None, [rule]) == ()


SHIPPED = [
    ("claude-opus-5-5", {"temperature": 0.2}, {"sampling-refused"}),
    ("claude-opus-4-5", {"temperature": 0.2, "top_p": 0.9}, {"one-sampling-setting"}),
    ("command-a-03-2025", {"temperature": 1.2}, {"temperature-low"}),
    ("deepseek-r1", {"temperature": 1}, {"temperature-r1"}),
    ("gemini-3.5-flash", {"generationConfig": {"temperature": 0}}, {"temperature-default", "current-ids"}),
    ("grok-4.20-0309-reasoning", {"reasoning_effort": "low", "stop": ["x"]}, {"effort-refused", "penalties-refused"}),
    ("kimi-k2-0905", {"temperature": 1.2, "top_p": 1}, {"temperature-range", "one-sampling-setting"}),
    ("kimi-k2.6", {"temperature": 0.6}, {"sampling-fixed"}),
    ("kimi-k2-thinking", {"temperature": 0.6}, {"temperature-thinking"}),
    ("kimi-k2-thinking", {"temperature": 1, "max_completion_tokens": 4000}, {"reply-limit-thinking"}),
    ("kimi-k2-thinking", {"temperature": 1, "max_completion_tokens": 16000}, set()),
    ("kimi-k3", {"thinking": {"type": "disabled"}}, {"thinking-omitted"}),
    ("kimi-k2-0905", {"function_call": "auto"}, {"retired-functions"}),
    ("minimax-m2", {"temperature": 1.2, "n": 2, "thinking": {}}, {"sampling", "thinking-fixed", "settings-ignored"}),
    ("mistral-large-2512", {"temperature": 1, "top_p": 1}, {"temperature-range", "one-sampling-setting"}),
    ("o3", {"temperature": 0, "max_tokens": 9}, {"sampling-refused", "reply-limit-name"}),
    ("o3", {"max_completion_tokens": 9}, {"reply-limit-reasoning"}),
    ("qwen3-235b-a22b-2507", {"enable_thinking": False}, {"one-mode"}),
    ("gemini-2.5-pro", {}, {"current-ids"}),
]


@pytest.mark.parametrize(("target", "settings", "rules"), SHIPPED)
def test_the_checks_of_shipped_guides_find_what_a_call_does_wrong(target, settings, rules):
    found = read_guidebook(packaged_path("guides")).get_target(target)
    wrong = TodaysCall("models/gemini-1.5-pro", settings)
    assert {finding.rule for finding in check_call(wrong, found.rules)} == rules
    assert check_call(TodaysCall("another", {"seed": 1}), found.rules) == ()
