"""Figures of a guide held against those of genai-prices, by the key that the model names."""

from datetime import UTC, date, datetime

import pytest

from refrase.guidebook import parse_guide
from refrase.guidebook.figures import find_figures
from refrase.guidebook.review import Figures, review_guide
from refrase.packaged import packaged_path

TEMPLATE = (packaged_path("guides") / "_template.md").read_text("utf-8")
KEY = "labs/example-1"
AS_JUDGED = "{context_tokens: 100000, why: It rounds.}"


class Figured:
    """Somebody who knows the figures of one key."""

    def __init__(self, **figures) -> None:
        self.figures = Figures("elsewhere", **figures)

    def find(self, key):
        return self.figures if key == KEY else None


def guide_of(key: str = KEY, differs: str = "", old: str = "", new: str = ""):
    lines = f"    prices_key: {key}\n" + (f"    differs: {differs}\n" if differs else "")
    markdown = TEMPLATE.replace('    note: "One or two', f'{lines}    note: "One or two').replace(old, new, 1)
    return parse_guide(markdown, "example")


def warnings_of(figures: Figured, key: str = KEY, differs: str = "", **change: str) -> list[str]:
    guide, faults = guide_of(key, differs, **change)
    assert faults == ()
    told = review_guide(guide, today=date(2026, 11, 24), max_age_days=180, figures=figures)
    start = next(number for number, line in enumerate(guide.markdown.splitlines(), 1) if "- id: example-1" in line)
    assert all(warned.line == start for warned in told)
    return [warned.message for warned in told]


def test_a_figure_that_contradicts_is_told_and_an_equal_one_is_not():
    assert warnings_of(Figured(input_usd=1.0, cached_usd=0.2, context_tokens=100_000)) == [
        "the price of cached input of 'example-1' is 0.1 here and 0.2 in elsewhere",
        "the context window of 'example-1' is 200,000 here and 100,000 in elsewhere",
    ]


def test_a_model_that_is_deprecated_elsewhere_is_told():
    assert warnings_of(Figured(is_deprecated=True)) == [
        "'example-1' is deprecated in elsewhere, and the guide has no retired_at for it"
    ]


def test_a_key_that_is_not_known_is_told():
    (told,) = warnings_of(Figured(), key="labs/example-2")
    assert told == "genai-prices, as installed, does not know the key 'labs/example-2' of 'example-1'"


def test_a_model_without_a_key_is_compared_with_nothing():
    guide, _ = parse_guide(TEMPLATE, "example")
    assert review_guide(guide, today=date(2026, 11, 24), max_age_days=180, figures=Figured(input_usd=9.0)) == ()


def test_a_judged_difference_is_silent_until_the_other_figure_moves():
    assert warnings_of(Figured(context_tokens=100_000), differs=AS_JUDGED) == []
    assert warnings_of(Figured(context_tokens=100_001), differs=AS_JUDGED) == [
        "the context window of 'example-1' is 200,000 here and 100,001 in elsewhere; "
        "100,000 when the difference was judged"
    ]


def test_a_judged_difference_leaves_the_other_figures_alone():
    (told,) = warnings_of(Figured(context_tokens=100_000, input_usd=2.0), differs=AS_JUDGED)
    assert told.startswith("the price of input of 'example-1' is 1.0 here and 2.0")


@pytest.mark.parametrize(
    ("figures", "change"),
    [
        (Figured(context_tokens=200_000), {}),
        (Figured(), {}),
        (Figured(context_tokens=100_000), {"old": "context_tokens: 200000", "new": "context_tokens: 100000"}),
    ],
    ids=["the other side agrees", "the other side says nothing any more", "the guide agrees"],
)
def test_a_judged_difference_that_is_none_any_more_is_told(figures, change):
    (told,) = warnings_of(figures, differs=AS_JUDGED, **change)
    assert told.endswith("does not differ from elsewhere any more: take it out of `differs`")


@pytest.mark.parametrize(
    ("key", "differs"),
    [
        ("example-1", ""),
        ("labs/", ""),
        (KEY, "{context_tokens: 100000}"),
        (KEY, "{context_tokens: 100000, why: ''}"),
        (KEY, "{price_usd: 1, why: It rounds.}"),
    ],
)
def test_a_key_or_a_difference_of_another_form_is_a_fault(key, differs):
    guide, faults = guide_of(key, differs)
    assert guide is None
    assert [fault.message.startswith("front matter: ") for fault in faults] == [True]


def test_the_package_is_asked_for_the_very_key():
    pytest.importorskip("genai_prices")
    figures = find_figures(datetime(2026, 11, 24, tzinfo=UTC))
    told = figures.find("moonshotai/kimi-k2.6")
    assert told.where == "genai-prices (moonshotai/kimi-k2.6)"
    assert told.input_usd > 0
    # The package itself takes both for Kimi K2.6 and GLM 5.3; a key is no guess.
    assert figures.find("moonshotai/kimi-k2.6-preview") is None
    assert figures.find("zai/glm-5.3") is None
