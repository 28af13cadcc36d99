"""Prices and context windows as the package genai-prices tells them, where it is installed."""

from datetime import datetime
from importlib import import_module
from typing import Any

from refrase.core.guide import Model
from refrase.guidebook.review import Figures

# Our name of a vendor's own API: that of genai-prices.
_VENDORS = {
    "anthropic": "anthropic",
    "cohere": "cohere",
    "deepseek": "deepseek",
    "google": "google",
    "minimax": "minimax",
    "mistral": "mistral",
    "moonshot": "moonshotai",
    "openai": "openai",
    "xai": "x-ai",
    "zai": "zai",
}
_OPENROUTER = "openrouter"


class GenaiPrices:
    """The figures that come with the package; nothing is fetched."""

    def __init__(self, snapshot: Any, now: datetime) -> None:
        self._providers = {provider.id: provider for provider in snapshot.providers}
        self._now = now

    def find(self, model: Model) -> Figures | None:
        """Return the figures of *model* where its price was read: at its vendor, or at OpenRouter."""
        is_openrouter = model.price is not None and _OPENROUTER in model.price.source
        names = {_OPENROUTER: _OPENROUTER} if is_openrouter else _VENDORS
        for own, theirs in names.items():
            if own in model.providers and theirs in self._providers:
                found = self._providers[theirs].find_model(model.providers[own])
                if found is not None:
                    return self._figures(found, theirs)
        return None

    def _figures(self, found: Any, provider: str) -> Figures:
        price = found.get_prices(self._now)
        return Figures(
            where=f"genai-prices ({provider}, {found.id})",
            input_usd=_flat(price.input_mtok),
            cached_usd=_flat(price.cache_read_mtok),
            output_usd=_flat(price.output_mtok),
            context_tokens=found.context_window,
            is_deprecated=bool(found.deprecated),
        )


def find_figures(now: datetime) -> GenaiPrices | None:
    """Return the figures as of *now*, or None where the package is not installed."""
    try:
        module = import_module("genai_prices.data_snapshot")
    except ImportError:
        return None
    return GenaiPrices(module.get_snapshot(), now)


def _flat(price: Any) -> float | None:
    """Return the price, of one with steps the first."""
    if price is None:
        return None
    return float(getattr(price, "base", price))
