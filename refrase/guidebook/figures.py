"""Prices and context windows as the package genai-prices tells them, where it is installed."""

from datetime import datetime
from importlib import import_module
from typing import Any

from refrase.guidebook.review import Figures


class GenaiPrices:
    """The figures that come with the package; nothing is fetched."""

    def __init__(self, snapshot: Any, now: datetime) -> None:
        self._models = {
            f"{provider.id}/{model.id}": model for provider in snapshot.providers for model in provider.models
        }
        self._now = now

    def find(self, key: str) -> Figures | None:
        """Return the figures of *key*, provider and model as the package names them, letter by letter, or None."""
        found = self._models.get(key)
        if found is None:
            return None
        price = found.get_prices(self._now)
        return Figures(
            where=f"genai-prices ({key})",
            input_usd=_flat(price.input_mtok),
            cached_usd=_flat(price.cache_read_mtok),
            output_usd=_flat(price.output_mtok),
            context_tokens=found.context_window,
            is_deprecated=bool(found.deprecated),
        )


def find_figures(now: datetime) -> GenaiPrices | None:
    """Return the figures as of the day of *now*, or None where the package is not installed."""
    try:
        module = import_module("genai_prices.data_snapshot")
    except ImportError:
        return None
    # DeepSeek asks more in Beijing's office hours; guides hold the price of the other hours, such as noon UTC.
    return GenaiPrices(module.get_snapshot(), now.replace(hour=12, minute=0))


def _flat(price: Any) -> float | None:
    """Return the price, of one with steps the first."""
    if price is None:
        return None
    return float(getattr(price, "base", price))
