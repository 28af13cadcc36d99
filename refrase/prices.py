"""What a call costs by a price list, where the provider does not say what it billed."""

from refrase.core.guide import Price

_PER_TOKENS = 1_000_000


def cost_usd(price: Price, *, input_tokens: int, cached_tokens: int, output_tokens: int) -> float:
    """Return US dollars for one call. Cached tokens are part of the input and cost their own price where known."""
    cached_price = price.input_usd if price.cached_usd is None else price.cached_usd
    cached = min(cached_tokens, input_tokens)
    total = (input_tokens - cached) * price.input_usd + cached * cached_price + output_tokens * price.output_usd
    return total / _PER_TOKENS
