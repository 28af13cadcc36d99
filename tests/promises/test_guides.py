"""Every guide that ships keeps the promises of guides/README.md."""

from datetime import date

import msgspec
import pytest

from refrase.core.guide import CALL_PRIMITIVES, PRIMITIVES, About, Check, SourceKind
from refrase.guidebook import parse_guide
from refrase.guidebook.book import read_guides
from refrase.packaged import packaged_path
from tests.benchmarks.checks import JUDGED, precision
from tests.benchmarks.planted import cases, rules_by_check
from tests.guides_table import PAGE, firing_of, measured_of, page

FOLDER = packaged_path("guides")
GUIDES = read_guides(FOLDER)


@pytest.mark.parametrize(("path", "guide", "faults"), GUIDES, ids=[path.stem for path, _, _ in GUIDES])
def test_a_guide_has_no_fault(path, guide, faults):
    assert faults == ()
    assert guide is not None


def test_the_template_has_no_fault():
    assert parse_guide((FOLDER / "_template.md").read_text("utf-8"), "example")[1] == ()


@pytest.mark.parametrize("guide", [guide for _, guide, _ in GUIDES], ids=lambda guide: guide.id)
def test_sources_are_dated_and_mostly_primary(guide):
    sources = [source for rule in guide.rules for source in rule.sources]
    assert all(date(2025, 1, 1) <= source.verified_at <= date.today() for source in sources)  # noqa: DTZ011
    assert sum(source.kind is SourceKind.PRIMARY for source in sources) > len(sources) / 2


def test_kimi_k2_knows_its_whole_family():
    guide = next(guide for _, guide, _ in GUIDES if guide.id == "kimi-k2")
    assert {model.id for model in guide.models} == {
        "kimi-k2-0711",
        "kimi-k2-0905",
        "kimi-k2-0905-exacto",
        "kimi-k2-turbo",
        "kimi-k2-thinking",
        "kimi-k2-thinking-turbo",
        "kimi-k2.5",
        "kimi-k2.6",
        "kimi-k2.7-code",
        "kimi-k3",
    }
    assert len(guide.rules) >= 25
    assert sum(rule.about is About.PROMPT for rule in guide.rules) >= 20
    assert any(rule.fix for rule in guide.rules)
    disagreements = next(section for section in guide.sections if section.title == "Disagreements").markdown
    for matter in ("Context window", "Longest reply", "Temperature", "Price", "What exacto is"):
        assert matter in disagreements


def test_a_third_of_all_rules_has_a_check():
    rules = [rule for _, guide, _ in GUIDES for rule in guide.rules]
    assert sum(rule.check is not None for rule in rules) * 3 >= len(rules)


def test_every_primitive_and_what_narrows_it_is_told():
    text = (FOLDER / "README.md").read_text("utf-8")
    fields = {field.name for field in msgspec.structs.fields(Check)}
    assert {*PRIMITIVES, *CALL_PRIMITIVES} < fields
    for name in fields - {"message"}:
        assert f"`{name}:" in text, name


def test_the_table_of_guides_is_what_the_guides_are():
    text = PAGE.read_text("utf-8")
    assert text == page(firing_of(text), measured_of(text))
    assert sum(firing_of(text).values()) * 3 >= sum(len(guide.rules) for _, guide, _ in GUIDES)


def test_of_the_findings_judged_last_nine_in_ten_are_right():
    last = max(number for number, _ in precision())
    judged = {target: counts for (number, target), counts in precision().items() if number == last}
    assert len(judged) == 3
    for target, (right, count) in judged.items():
        assert right / count >= 0.9, target
        assert f"| {last} | `{target}` | {count} | {right} " in PAGE.read_text("utf-8")
    assert all(set(row) == {"round", "seed", "prompt", "target", "rule", "at", "verdict", "why"} for row in _rows())


def _rows() -> list[dict[str, object]]:
    return [msgspec.json.decode(line) for line in JUDGED.read_bytes().splitlines()]


def test_every_check_has_faults_planted_in_three_real_prompts():
    carriers = {f"{guide}/{rule.id}" for pairs in rules_by_check().values() for guide, rule in pairs}
    tried = {case["check"] for case in cases()}
    assert tried <= carriers
    for pairs in rules_by_check().values():
        assert tried & {f"{guide}/{rule.id}" for guide, rule in pairs}, pairs[0][1].id
    assert all(len(set(case["prompts"])) >= 3 for case in cases())
