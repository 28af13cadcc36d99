"""Every guide that ships keeps the promises of guides/README.md."""

from datetime import date

import pytest

from refrase.core.guide import About, SourceKind
from refrase.guidebook import parse_guide
from refrase.guidebook.book import read_guides
from refrase.packaged import packaged_path

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
