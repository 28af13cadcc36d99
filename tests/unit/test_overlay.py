"""A folder of the user's own changes guides without a fork, and a fault in it is told with its line."""

from pathlib import Path

import pytest

from refrase.core.guide import SourceKind
from refrase.errors import GuideInvalid, SettingsInvalid
from refrase.guidebook import parse_guide, read_guidebook
from refrase.guidebook.reader import GuideReader
from refrase.packaged import packaged_path

TEMPLATE = (packaged_path("guides") / "_template.md").read_text("utf-8")
OTHER = (
    TEMPLATE.replace("id: example  ", "id: sample   ")
    .replace("example-1", "sample-1")
    .replace("aliases: [example, sample-1-preview]", "aliases: [sample]")
)
OVERLAY = """---
extends: example
verified_at: 2026-11-20
off: [retry-empty, politeness]
---

What our team wants.

## Recommended practices

- `delimit-input` Set every inserted text between tags named after it.
  - models: example-1
  - weight: 9
- `house-tone` Keep the tone that the prompt asks for.
  - when: thinking

## Anti-patterns

- `house-emoji` Do not add emoji.
  - check: {pattern: '😀', message: 'No “{match}” in our prompts.'}
  - source: [Our handbook](https://example.com/handbook) · third party · 2026-11-01
"""


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    folder = tmp_path / "shipped"
    folder.mkdir()
    (folder / "example.md").write_text(TEMPLATE, "utf-8")
    (folder / "sample.md").write_text(OTHER, "utf-8")
    return folder


def write(own: Path, text: str, name: str = "team.md") -> None:
    (own / name).write_text(text, "utf-8")


def test_an_overlay_adds_replaces_and_switches_off(shipped, own):
    write(own, OVERLAY)
    base, guide = read_guidebook(shipped).get_guide("example"), read_guidebook(shipped, own).get_guide("example")
    assert guide.overlays == ("team.md",)
    assert guide.find_rule("retry-empty") is None
    assert guide.find_rule("politeness") is None
    replaced = guide.find_rule("delimit-input")
    assert (replaced.text, replaced.weight, replaced.overlay) == (
        "Set every inserted text between tags named after it.",
        9,
        "team.md",
    )
    assert [rule.id for rule in guide.rules if rule.overlay] == ["delimit-input", "house-tone", "house-emoji"]
    assert guide.find_rule("house-tone").sources[0].kind is SourceKind.HOUSE
    assert guide.rules[0].id == base.rules[0].id
    assert guide.find_rule("too-long") == base.find_rule("too-long")


def test_the_version_covers_what_is_in_force(shipped, own):
    plain = read_guidebook(shipped)
    write(own, OVERLAY)
    first = read_guidebook(shipped, own)
    write(own, OVERLAY.replace("emoji.", "smileys."))
    second = read_guidebook(shipped, own)
    versions = [book.get_guide("example").version for book in (plain, first, second)]
    assert len(set(versions)) == 3
    assert len({book.get_guide("sample").version for book in (plain, first, second)}) == 1


def test_house_rules_hold_for_every_guide_and_those_of_a_model_for_its_own(shipped, own):
    house = "---\nextends: '*'\nverified_at: 2026-11-20\n---\n\n## Anti-patterns\n\n"
    write(own, f"{house}- `house-a` Say A.\n- `house-b` Say B.\n  - models: sample-1\n")
    book = read_guidebook(shipped, own)
    assert [rule.id for rule in book.get_guide("example").rules if rule.overlay] == ["house-a"]
    assert [rule.id for rule in book.get_guide("sample").rules if rule.overlay] == ["house-a", "house-b"]


def test_a_setting_goes_with_the_rule_it_cites(shipped, own):
    write(own, "---\nextends: [example]\nverified_at: 2026-11-20\noff: [temperature-fixed]\n---\n")
    guide = read_guidebook(shipped, own).get_guide("example")
    assert [setting.rule for setting in guide.settings] == ["temperature-recommended"]


def test_a_family_of_ones_own_needs_no_fork(shipped, own):
    (shipped / "sample.md").unlink()
    write(own, OTHER, "sample.md")
    assert read_guidebook(shipped, own).get_target("sample").id == "sample-1"


def test_the_page_of_a_guide_shows_what_is_in_force(shipped, own):
    write(own, OVERLAY.partition("## Anti")[0].replace(", politeness", ""))
    guide = read_guidebook(shipped, own).get_guide("example")
    practices = guide.markdown.partition("## Recommended practices")[2].partition("\n## ")[0]
    assert "retry-empty" not in guide.markdown
    assert "so that the model sees where it begins" not in practices
    assert "- `delimit-input` Set every inserted text between tags named after it.\n  - about: prompt" in practices
    assert practices.endswith(
        "- `house-tone` Keep the tone that the prompt asks for.\n"
        "  - about: prompt\n  - when: thinking\n  - overlay: team.md\n"
    )
    cleaned = guide.markdown.replace(
        "  - overlay: team.md\n",
        "  - source: [Example, models](https://example.com/docs/models) · primary · 2026-11-23\n",
    )
    again, faults = parse_guide(cleaned, "example")
    assert faults == ()
    assert {rule.id for rule in again.rules} == {rule.id for rule in guide.rules}


HEAD = "---\nextends: example\nverified_at: 2026-11-20\n"
RULES = "---\n\n## Anti-patterns\n\n"
FAULTS = [
    (f"{HEAD}off: [retry-emty]\n---\n", 4, "off names the rule 'retry-emty', which is in none"),
    ("---\nextends: exampel\nverified_at: 2026-11-20\n---\n", 2, "there is no guide 'exampel' to extend"),
    ("---\nextends: example\n---\n", 1, "missing required field `verified_at`"),
    ("---\nextends: *\nverified_at: 2026-11-20\n---\n", 2, "front matter is not YAML"),
    (f"{HEAD}off: [a\x07]\n---\n", 4, "control characters are not allowed"),
    (f"{HEAD}turn_off: [politeness]\n---\n", 4, "unknown field `turn_off`"),
    (f"{HEAD}{RULES}- `a` Say A.\n- `a` Say B.\n", 9, "the rule id 'a' is taken by line 8"),
    (f"{HEAD}off: [politeness]\n{RULES}- `politeness` Be polite.\n", 4, "is switched off and replaced"),
    (f"{HEAD}{RULES}- `a` Say A.\n  - models: sample-1\n", 9, "'sample-1' is not a model of this guide"),
    (f"{HEAD}{RULES}- `a` Say A.\n  - when: xml\n", 9, "'xml' is not a condition"),
    (f"{HEAD}{RULES}- `a` Say A.\n  - weight: 10\n", 9, "a weight is 1 to 9, not '10'"),
    (f"{HEAD}{RULES}- `a` Say A.\n  - check: {{pattern: '(', message: x}}\n", 9, "the check cannot be used"),
    (f"{HEAD}{RULES}- `a` Say A.\n  - source: [x](nowhere) · primary · 2026-11-01\n", 9, "a source must read"),
    (f"{HEAD}---\n\n## Strengths\n\nAll.\n", 6, "“## Strengths” is not a section of an overlay"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "message"), FAULTS, ids=[message for _, _, message in FAULTS])
def test_a_fault_of_an_overlay_is_told_with_file_and_line(shipped, own, text, line, message):
    write(own, text)
    told = GuideReader(shipped, own).read().faults
    assert len(told) == 1
    assert told[0].startswith(f"{own / 'team.md'}:{line}: ")
    assert message in told[0]


def test_two_overlays_do_not_quietly_replace_each_others_rules(shipped, own):
    write(own, f"{HEAD}{RULES}- `a` Say A.\n", "a.md")
    write(own, f"{HEAD}{RULES}- `a` Say B.\n", "b.md")
    assert GuideReader(shipped, own).read().faults == (
        f"{own / 'b.md'}:8: the rule id 'a' is taken by another overlay, a.md:8",
    )


def test_a_guide_of_an_id_that_is_there_is_told_to_be_an_overlay(shipped, own):
    write(own, TEMPLATE, "example.md")
    with pytest.raises(GuideInvalid, match=r"own/example\.md:1: .*write an overlay \(extends: example\)"):
        read_guidebook(shipped, own)


def test_a_folder_that_is_not_there_is_told(shipped, own):
    with pytest.raises(SettingsInvalid, match="is not a folder"):
        read_guidebook(shipped, own / "nowhere")


def test_what_a_broken_file_said_before_holds_and_the_others_go_on(shipped, own):
    reader = GuideReader(shipped, own)
    write(own, f"{HEAD}{RULES}- `a` Say A.\n", "a.md")
    reader.read()
    write(own, f"{HEAD}{RULES}- `a` Say A again.\n  - when: xml\n", "a.md")
    write(own, f"{HEAD}{RULES}- `b` Say B.\n", "b.md")
    (shipped / "sample.md").write_text(OTHER.replace("## Strengths", "## Strong"), "utf-8")
    reading = reader.read()
    guides = {guide.id: guide for guide in reading.guides}
    assert [rule.text for rule in guides["example"].rules if rule.overlay] == ["Say A.", "Say B."]
    assert guides["sample"].find_rule("politeness")
    assert len(reading.faults) >= 2


def test_a_file_is_parsed_again_only_where_it_changed(shipped):
    reader = GuideReader(shipped)
    first = {guide.id: guide for guide in reader.read().guides}
    (shipped / "example.md").write_text(TEMPLATE + "\n", "utf-8")
    second = {guide.id: guide for guide in reader.read().guides}
    assert second["sample"] is first["sample"]
    assert second["example"].version != first["example"].version


def test_what_an_editor_leaves_beside_a_file_is_no_guide(shipped, own):
    (own / ".#team.md").symlink_to("nowhere")
    (own / ".team.md").write_text("half a file", "utf-8")
    assert GuideReader(shipped, own).read().faults == ()


def test_a_link_to_nowhere_is_a_fault_of_its_own(shipped, own):
    (own / "team.md").symlink_to("nowhere")
    reader = GuideReader(shipped, own)
    assert own / "team.md" in reader.stamps()
    (fault,) = reader.read().faults
    assert "team.md:1: cannot be read" in fault


def test_a_file_that_was_removed_says_nothing_any_more_even_if_a_broken_one_takes_its_name(shipped, own):
    reader = GuideReader(shipped, own)
    write(own, f"{HEAD}{RULES}- `a` Say A.\n")
    reader.read()
    (own / "team.md").unlink()
    reader.read()
    write(own, f"{HEAD}{RULES}- `a` Say B.\n  - when: xml\n")
    assert not any(guide.overlays for guide in reader.read().guides)
