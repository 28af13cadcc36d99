"""What changed between two guides, what in a guide grows old, and which rules apply to a prompt and why."""

from datetime import date

import msgspec
import pytest

from refrase.core.applicability import Ground, applicability_of
from refrase.core.guidediff import diff_guides
from refrase.core.prompt import Message, Prompt, prompt_from_text
from refrase.core.target import Target
from refrase.core.terms import Terms, Tools
from refrase.core.worddiff import DiffKind
from refrase.guidebook import parse_guide, read_guidebook
from refrase.guidebook.overlay import parse_overlay
from refrase.guidebook.review import review_guide, review_overlay
from refrase.packaged import packaged_path

TEMPLATE = (packaged_path("guides") / "_template.md").read_text("utf-8")
TODAY = date(2026, 11, 24)
UNSTATED = Terms()
PAGE = "[Example, models](https://example.com/docs/models) · primary · 2026-11-23"


def guide_of(markdown: str = TEMPLATE):
    guide, faults = parse_guide(markdown, "example")
    assert faults == ()
    return guide


GUIDE = guide_of()
TARGET = Target(GUIDE, GUIDE.models[0])


def standings(prompt: Prompt, terms: Terms = UNSTATED, target: Target = TARGET) -> dict:
    return {each.rule: each for each in applicability_of(target, prompt, terms)}


def test_every_rule_of_the_guide_has_one_standing():
    told = applicability_of(TARGET, prompt_from_text("Go."), Terms())
    assert sorted(each.rule for each in told) == sorted(rule.id for rule in GUIDE.rules)
    assert {each.rule: each.ground for each in told} == {
        "delimit-input": Ground.ALWAYS,
        "format-section": Ground.ALWAYS,
        "politeness": Ground.ALWAYS,
        "json-described": Ground.CONDITION_FAILS,
        "too-long": Ground.CONDITION_FAILS,
        "temperature-fixed": Ground.OTHER_MODEL,
        "temperature-recommended": Ground.ABOUT_REQUEST,
        "retry-empty": Ground.ABOUT_INTEGRATION,
    }
    assert [each.applies for each in told] == sorted((each.applies for each in told), reverse=True)


def test_a_rule_that_applies_says_what_holds_and_what_code_saw_where():
    chat = Prompt((Message("Be brief.", "system"), Message("Hello.\nPlease return JSON.", "user")))
    told = standings(chat)
    assert told["json-described"].why == "the prompt speaks of JSON (“JSON”, line 2 of message 2)"
    (sighting,) = told["politeness"].seen
    assert (sighting.line, sighting.message_number, sighting.value) == (2, 1, "Please ")
    (sighting,) = told["json-described"].seen
    assert sighting.line is None


def test_a_rule_that_does_not_apply_names_its_condition_or_its_models():
    told = standings(prompt_from_text("Go."))
    assert told["json-described"].condition == "json"
    assert told["too-long"].condition == "long"
    assert told["temperature-fixed"].why == "it holds for example-1-thinking"


def test_stated_tools_are_tools():
    target = read_guidebook(packaged_path("guides")).get_target("kimi-k2-0905")
    tools = Terms(tools=Tools(("get_weather",), ()))
    assert not standings(prompt_from_text("Go."), target=target)["tools-when"].applies
    assert standings(prompt_from_text("Go."), tools, target)["tools-when"].applies


def test_two_equal_guides_differ_in_nothing():
    assert diff_guides(GUIDE, guide_of(TEMPLATE.replace("# Writing prompts", "# How to write prompts"))).is_empty


def test_a_diff_tells_rules_models_settings_and_prose():
    lines = TEMPLATE.splitlines(keepends=True)
    start = next(number for number, line in enumerate(lines) if "`retry-empty`" in line)
    changed = "".join(lines[:start] + lines[start + 3 :])
    for old, new in (
        ("Begin with the verb.\n", "Start with the verb.\n"),
        ("  - when: json\n", "  - when: json, user\n"),
        ("context_tokens: 200000\n    output", "context_tokens: 400000\n    output"),
        ("value: 0.7", "value: 0.8"),
        ("Reads [long letters]", "Reads [very long letters]"),
        ("vendor: Example Labs", "vendor: Example Works"),
        ("- `politeness`", f"- `new-one` Say it once.\n  - source: {PAGE}\n- `politeness`"),
    ):  # fmt: skip
        assert old in changed
        changed = changed.replace(old, new, 1)
    diff = diff_guides(GUIDE, guide_of(changed))
    assert not diff.is_empty
    assert (diff.rules.added, diff.rules.removed) == (("new-one",), ("retry-empty",))
    assert diff.texts["new-one"] == "Say it once."
    fields = {change.id: {field.name: field for field in change.fields} for change in diff.rules.changed}
    assert {rule: set(names) for rule, names in fields.items()} == {"json-described": {"when"}, "politeness": {"text"}}
    words = [(part.kind, part.text) for part in fields["politeness"]["text"].words if part.kind is not DiffKind.SAME]
    assert words == [(DiffKind.REMOVED, "Begin"), (DiffKind.ADDED, "Start")]
    assert list(fields["json-described"]["when"].after) == ["json", "user"]
    assert [change.id for change in diff.models.changed] == ["example-1"]
    assert [change.id for change in diff.settings.changed] == ["temperature (example-1)"]
    assert [change.id for change in diff.sections.changed] == ["Strengths"]
    assert [field.name for field in diff.head] == ["vendor"]
    msgspec.json.encode(diff)


def warnings_of(guide=GUIDE, *, today=TODAY, max_age_days=180) -> list[tuple[int, str]]:
    told = review_guide(guide, today=today, max_age_days=max_age_days, figures=None)
    return [(warned.line, warned.message) for warned in told]


def line_of(fragment: str, markdown: str = TEMPLATE) -> int:
    return next(number for number, line in enumerate(markdown.splitlines(), 1) if fragment in line)


def test_a_young_guide_is_not_warned_of():
    assert warnings_of() == []


def test_an_old_guide_and_each_old_page_is_told_once():
    told = warnings_of(today=date(2027, 5, 23))
    assert told[0] == (line_of("verified_at:"), "the guide was gone through last on 2026-11-23, 181 days ago")
    pages = [message.split()[0] for _, message in told[1:]]
    assert len(pages) == len(set(pages)) == 3
    assert told[1][0] == line_of("- `delimit-input`")
    assert warnings_of(today=date(2027, 5, 23), max_age_days=182) == []


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2026-11-24", "Example Labs ended 'example-1' on 2026-11-24"),
        ("2026-12-24", "Example Labs ends 'example-1' on 2026-12-24"),
        ("2026-12-25", None),
    ],
)
def test_a_model_that_has_ended_or_soon_will_is_told(day, told):
    markdown = TEMPLATE.replace("    name: Example 1\n", f"    name: Example 1\n    retired_at: {day}\n")
    assert warnings_of(guide_of(markdown)) == ([(line_of("- id: example-1"), told)] if told else [])


def test_an_old_overlay_is_told():
    overlay, _ = parse_overlay("---\nextends: example\nverified_at: 2026-01-01\n---\n", "team.md", {"example": GUIDE})
    (warned,) = review_overlay(overlay, today=TODAY, max_age_days=180)
    assert "327 days ago" in warned.message
