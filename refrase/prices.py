"""What a call costs by a price list, where the provider does not say what it billed."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from refrase.core.guide import Price

_PER_TOKENS = 1_000_000
_FIGURES = ("input_mtok", "output_mtok", "cache_read_mtok", "requests_kcount")
# A server of one's own, by its name in the net or its number: no list has its price.
_OWN = re.compile(r"https?://(?:[^/@]*@)?(?:[^/.:]+|[\d.]+|\[[\da-fA-F:.]+\])(?::\d+)?(?:/|$)")


class PriceSource(StrEnum):
    """Who says what tokens cost, from the first that is asked to the last."""

    SETTING = "setting"
    PROFILE = "profile"
    PACKAGE = "genai-prices"


def cost_usd(price: Price, *, input_tokens: int, cached_tokens: int, output_tokens: int) -> float:
    """Return US dollars for one call. Cached tokens are part of the input and cost their own price where known."""
    cached_price = price.input_usd if price.cached_usd is None else price.cached_usd
    cached = min(cached_tokens, input_tokens)
    total = (input_tokens - cached) * price.input_usd + cached * cached_price + output_tokens * price.output_usd
    return total / _PER_TOKENS


@cache
def find_price(model: str, address: str) -> Price | None:
    """Return the price of *model* at the provider of *address*, in US dollars per million tokens.

    The source is the package genai-prices and its version (the extra `prices`; bundled data, nothing is fetched), the
    date that of the newest change its data holds. None where it is not installed or knows no price, or one that
    depends on the length of the request or on the hour: a budget must not hold back too little. Loading it takes some
    70 MB and 0.2 seconds, once.
    """
    if _OWN.match(address):
        return None
    try:
        import genai_prices  # noqa: PLC0415 - heavy, and an extra
    except ModuleNotFoundError:
        return None
    usage = genai_prices.Usage(input_tokens=1, output_tokens=1)
    today = datetime.now(UTC)
    try:
        found = [
            genai_prices.calc_price(
                usage, model, provider_api_url=address, genai_request_timestamp=today.replace(hour=hour)
            ).model_price
            for hour in range(24)
        ]
    except (LookupError, ValueError):
        return None
    told = [[getattr(price, name, None) for name in _FIGURES] for price in found]
    if any(figures != told[0] for figures in told):
        return None
    input_usd, output_usd, cached_usd, per_request = told[0]
    if not (isinstance(input_usd, Decimal) and isinstance(output_usd, Decimal)) or per_request is not None:
        return None
    source = f"{PriceSource.PACKAGE} {genai_prices.__version__}"
    cached = float(cached_usd) if isinstance(cached_usd, Decimal) else None
    return Price(float(input_usd), float(output_usd), _newest_change(), source, cached)


@cache
def _newest_change() -> date:
    from genai_prices.data import providers  # noqa: PLC0415 - heavy, and an extra

    prices: list[Any] = [model.prices for provider in providers for model in provider.models]
    changes = [change.constraint for some in prices if isinstance(some, list) for change in some]
    days: list[date] = [day for change in changes if (day := getattr(change, "start_date", None))]
    today = datetime.now(UTC).date()
    return max(day for day in days if day <= today)
