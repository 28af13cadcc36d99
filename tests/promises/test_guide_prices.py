"""Every key into genai-prices that a guide ships is known there, means that model, and contradicts nothing unjudged."""

from datetime import UTC, datetime

import pytest

from refrase.guidebook.book import read_guides
from refrase.guidebook.figures import find_figures
from refrase.guidebook.review import review_guide
from refrase.packaged import packaged_path

genai_prices = pytest.importorskip("genai_prices")
# The day of the package's release that the guides were judged by; its prices depend on the day.
TODAY = datetime(2026, 11, 24, tzinfo=UTC)
GUIDES = [guide for _, guide, _ in read_guides(packaged_path("guides"))]
KEYED = [model for guide in GUIDES for model in guide.models if model.prices_key]


@pytest.fixture(scope="module")
def entries():
    from genai_prices.data_snapshot import get_snapshot

    return {f"{provider.id}/{model.id}": model for provider in get_snapshot().providers for model in provider.models}


@pytest.mark.parametrize("model", KEYED, ids=lambda model: model.id)
def test_a_key_is_known_and_its_entry_means_this_model(entries, model):
    entry = entries[model.prices_key]
    assert any(entry.is_match(name) for name in model.names)
    assert entry.get_prices(TODAY).input_mtok is not None


def test_most_models_have_a_key():
    assert len(KEYED) >= sum(len(guide.models) for guide in GUIDES) * 0.9


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.id)
def test_no_figure_is_contradicted_that_nobody_judged(guide):
    told = review_guide(guide, today=TODAY.date(), max_age_days=10_000, figures=find_figures(TODAY))
    assert [warned.message for warned in told if "genai-prices" in warned.message] == []
