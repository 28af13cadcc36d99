"""A guide that breaks its form is told with every fault and its line."""

from pathlib import Path

import pytest

from refrase.errors import GuideInvalid, GuideNotFound, TargetNotFound
from refrase.guidebook import Guidebook, parse_guide, read_guidebook
from refrase.guidebook.book import read_guides
from refrase.packaged import packaged_path

TEMPLATE = (packaged_path("guides") / "_template.md").read_text("utf-8")


def faults_of(markdown: str) -> list[str]:
    return [f"{fault.line}: {fault.message}" for fault in parse_guide(markdown, "example")[1]]


def line_of(fragment: str, markdown: str = TEMPLATE) -> int:
    return next(number for number, line in enumerate(markdown.splitlines(), 1) if fragment in line)


def test_the_template_is_a_guide():
    guide, faults = parse_guide(TEMPLATE, "example")
    assert faults == ()
    assert guide is not None
    assert {rule.id for rule in guide.rules} >= {"delimit-input", "format-section", "politeness"}


CASES = [
    ("id: example  ", "id: other    ", "2: the id is 'other' but the file is named 'example'"),
    ("---\n# Copy", "# Copy", "1: the document must begin with front matter"),
    ("vendor: Example Labs", "vender: Example Labs", "front matter: Object contains unknown field `vender`"),
    ("context_tokens: 200000\n    output", "context_tokens: many\n    output", "Expected `int`, got `str`"),
    ("verified_at: 2026-11-23 #", "verified_at: soon #", "verified_at must be a date"),
    ("- id: example-1-thinking", "- id: example-1", "the model id 'example-1' stands twice"),
    ("## Strengths", "## Strength", "“## Strength” is not a section of a guide"),
    ("## Limitations\n\n- Answers [in English only](https://example.com/docs/models).", "## Limitations\n", "is empty"),
    ("- `json-described` Name", "- `delimit-input` Name", "the rule id 'delimit-input' is taken by line"),
    ("  - about: integration", "  - about: code", "about is one of prompt, request, integration, not 'code'"),
    ("  - when: json", "  - when: xml", "'xml' is not a condition"),
    ("  - models: example-1\n", "  - models: example-9\n", "'example-9' is not a model of this guide"),
    ("- `retry-empty` Repeat", "- retry-empty Repeat", "a rule reads"),
    ("  - fix: {wrap: tags}", "  - mend: {wrap: tags}", "'mend' is not a key of a rule"),
    ("fix: {wrap: tags}", "fix: {wrap: tags, heading: x}", "exactly one of replace, wrap, heading"),
    ("check: {longer_than_characters: 20000, ", "check: {", "exactly one of pattern"),
    ("pattern: '^(?:Please|Kindly) (?=[a-z])'", "pattern: '('", "the check cannot be used"),
    ("pattern: '^(?:Please|Kindly) (?=[a-z])'", "pattern: 'a', unless: '('", "the check cannot be used"),
    ("pattern: '^(?:Please|Kindly) (?=[a-z])'", "contradiction: ['a', '(']", "the check cannot be used"),
    ("pattern: '^(?:Please|Kindly) (?=[a-z])'", "contradiction: ['a']", "Expected `array` of length 2"),
    ("pattern: '^(?:Please|Kindly) (?=[a-z])'", "pattern: 'a', place: middle", "Invalid enum value 'middle'"),
    ("pattern: '^(?:Please|Kindly) (?=[a-z])'", "pattern: 'a', anywhere: true", "unknown field `anywhere`"),
    (
        "pattern: '^(?:Please|Kindly) (?=[a-z])'",
        "setting_sent: [n]",
        "is about the prompt, but its check judges the call",
    ),
    ("pattern: '^(?:Please|Kindly) (?=[a-z])'", "retired_id: '('", "the check cannot be used"),
    (
        "https://example.org/notes/example) · third party · 2026-11-22\n\n##",
        "https://example.org/notes/example) · rumour · 2026-11-22\n\n##",
        "a source must read",
    ),
    (
        "[Example, JSON](https://example.com/docs/json) · primary · 2026-11-23\n- `temp",
        "[Example, JSON](example.com) · primary · 2026-11-23\n- `temp",
        "is not a well-formed http(s) address",
    ),
    (
        "/docs/json) · primary · 2026-11-23\n- `temp",
        "/docs/json) · primary · 2026-02-30\n- `temp",
        "2026-02-30 is not a date",
    ),
    (
        "- [Example, JSON](https://example.com/docs/json) · primary · 2026-11-23\n- [Example, prices]",
        "- [Example, prices]",
        "https://example.com/docs/json is not listed under “## Sources”",
    ),
    ("rule: temperature-fixed", "rule: temperature-free", "cites the rule 'temperature-free', which is missing"),
    ("    models: [example-1] #", "    models: [example-7] #", "names an unknown model 'example-7'"),
    (
        "- **Context window.** [200,000 tokens](https://example.com/docs/models) by the vendor; "
        "[128,000](https://example.org/notes/example) in a user’s report.",
        "- **Context window.** 200,000 or 128,000.",
        "a disagreement must link",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), CASES, ids=[message for _, _, message in CASES])
def test_a_fault_is_told(old, new, message):
    assert old in TEMPLATE
    assert any(message in fault for fault in faults_of(TEMPLATE.replace(old, new, 1)))


def test_a_fault_in_a_rule_names_its_line():
    broken = TEMPLATE.replace("  - about: integration", "  - about: code")
    assert faults_of(broken)[0].startswith(f"{line_of('- about: code', broken)}: ")


def test_a_fault_in_the_front_matter_names_its_line():
    broken = TEMPLATE.replace(
        "context_tokens: 200000\n    modalities: [text]", "context_tokens: x\n    modalities: [text]"
    )
    assert faults_of(broken)[0].startswith(f"{line_of('context_tokens: x', broken)}: ")


def test_a_rule_without_a_source_is_a_fault():
    lines = TEMPLATE.splitlines()
    start = line_of("- `retry-empty`")
    broken = "\n".join(lines[: start + 1] + lines[start + 2 :])
    assert any("'retry-empty' has no source" in fault for fault in faults_of(broken))


def test_sections_out_of_order_are_a_fault():
    body, rest = TEMPLATE.split("## Strengths", 1)
    strengths, others = rest.split("## Limitations", 1)
    broken = f"{body}## Limitations{others}\n## Strengths{strengths}"
    assert any("must stand before" in fault for fault in faults_of(broken))


def test_two_guides_must_not_share_a_name(tmp_path):
    (tmp_path / "example.md").write_text(TEMPLATE, "utf-8")
    other = TEMPLATE.replace("id: example  ", "id: sample   ").replace("example-1", "sample-1")
    (tmp_path / "sample.md").write_text(other, "utf-8")
    told = [fault.message for _, _, faults in read_guides(tmp_path) for fault in faults]
    assert told == ["the name 'example' means both 'example-1' and 'sample-1'"]


def test_a_broken_guide_is_refused_with_file_and_line(tmp_path):
    (tmp_path / "example.md").write_text(TEMPLATE.replace("## Strengths", "## Strong"), "utf-8")
    with pytest.raises(GuideInvalid, match=r"example\.md:\d+: "):
        read_guidebook(tmp_path)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(GuideInvalid, match="no guide"):
        read_guidebook(tmp_path)


@pytest.fixture(scope="module")
def book() -> Guidebook:
    return read_guidebook(packaged_path("guides"))


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("kimi-k2-0905", "kimi-k2-0905"),
        ("moonshotai/kimi-k2-0905", "kimi-k2-0905"),
        ("moonshotai/Kimi-K2-Instruct-0905", "kimi-k2-0905"),
        ("KIMI-K2", "kimi-k2-0905"),
        ("moonshotai/kimi-k2-0905:exacto", "kimi-k2-0905-exacto"),
        ("moonshotai/kimi-k2", "kimi-k2-0711"),
        ("kimi-k2-turbo-preview", "kimi-k2-turbo"),
        (" kimi-k3 ", "kimi-k3"),
    ],
)
def test_a_target_is_known_by_every_name_it_has(book, name, target):
    assert book.get_target(name).id == target


def test_an_unknown_target_offers_the_nearest_names(book):
    with pytest.raises(TargetNotFound, match="Did you mean kimi-k2-0905"):
        book.get_target("kimi-k2-0906")


def test_a_guide_is_found_by_a_models_name(book):
    assert book.get_guide("kimi-k2.6").id == "kimi-k2"
    with pytest.raises(GuideNotFound, match="kimi-k2"):
        book.get_guide("kimi")


def test_a_target_sees_only_the_rules_and_settings_of_its_model(book):
    old, new = book.get_target("kimi-k2-0905"), book.get_target("kimi-k2.6")
    assert {setting.value for setting in old.settings if setting.name == "temperature"} == {0.6}
    assert {setting.use for setting in new.settings if setting.name == "temperature"} == {"omit"}
    assert "temperature-instruct" in {rule.id for rule in old.rules}
    assert "temperature-instruct" not in {rule.id for rule in new.rules}


def test_the_version_is_the_content(book):
    guide = book.get_guide("kimi-k2")
    path = packaged_path("guides") / "kimi-k2.md"
    changed, _ = parse_guide(Path(path).read_text("utf-8") + "\n", "kimi-k2")
    assert guide.version != changed.version
    assert guide.version == read_guidebook(packaged_path("guides")).get_guide("kimi-k2").version
