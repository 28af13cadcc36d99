"""What a call to a provider would carry, and whether it answers: `refrase providers check`."""

import asyncio
from difflib import get_close_matches

import msgspec
from msgspec import Struct

from refrase.clock import SystemClock
from refrase.core.engine import ChatMessage
from refrase.core.parameter import ParameterDecision
from refrase.engine.engine import Engine
from refrase.engine.providers import get_provider, read_providers, without_credentials
from refrase.engine_setup import EngineSetup
from refrase.errors import EngineNotConfigured
from refrase.settings import Settings
from refrase.tokens import count_tokens

# Counted here and by the provider: words of two scripts, code, numbers.
_SAMPLE = "Summarise the report in 3 sentences. 请用中文回答。 {{ report }} `total = sum(items) * 1.19`"


class ProviderReport(Struct, frozen=True):
    """What a provider would be sent, and what it answered when it was asked for its models."""

    name: str
    model: str
    base_url: str
    decisions: tuple[ParameterDecision, ...]
    price: str
    answered: tuple[str, ...]
    is_good: bool


async def check_provider(settings: Settings, name: str, *, calls: bool) -> ProviderReport:
    """Return what a call to the provider *name*, or to the chosen one, would be, and whether it answers.

    Raises OptionInvalid for a name nobody knows, and EngineNotConfigured where key or address are missing.
    """
    if name and name != settings.engine_provider:
        get_provider(read_providers(settings.providers_file), name)
        settings = msgspec.structs.replace(settings, engine_provider=name)
    setup = EngineSetup(settings, clock=SystemClock(), sleep=asyncio.sleep)
    try:
        engine = setup.engine
        if isinstance(engine, EngineNotConfigured):
            raise engine
        at = engine.identity
        answered, is_good = await _asked(engine) if calls else (("not asked",), True)
        price = _told(engine)
        address = without_credentials(at.base_url)
        return ProviderReport(at.provider, at.model, address, at.decisions, price, answered, is_good)
    finally:
        await setup.close()


async def _asked(engine: Engine) -> tuple[tuple[str, ...], bool]:
    models, failure = await engine.list_models()
    if failure is not None:
        return (f"It does not answer. {failure.message.rstrip('.')}. {failure.hint}",), False
    counted = await _counted(engine) if engine.counts else ()
    if engine.identity.model not in models:
        near = get_close_matches(engine.identity.model, models, n=3, cutoff=0.3)
        said = f"It answers, but lists no model {engine.identity.model!r} among its {len(models)}."
        return (said, *([f"Near to it: {', '.join(near)}."] if near else []), *counted), False
    return (f"It answers, and the model is one of its {len(models)}.", *counted), True


async def _counted(engine: Engine) -> tuple[str, ...]:
    """Tell whether the provider counts as budgets do here."""
    there, failure = await engine.count_input((ChatMessage("user", _SAMPLE),))
    if failure is not None:
        return (f"It does not count tokens. {failure.message}",)
    return (f"It counts {there} tokens in a sample, its frame included; Refrase counts {count_tokens(_SAMPLE)}.",)


def _told(engine: Engine) -> str:
    price = engine.price
    if price is None:
        return (
            "not known, so no budget can be kept; the provider may tell the cost with each reply. "
            "REFRASE_ENGINE_PRICE_USD=input,output states one"
        )
    cached = "" if price.cached_usd is None else f", cached input {price.cached_usd:g}"
    told = f"input {price.input_usd:g}{cached}, output {price.output_usd:g} USD per million tokens"
    return f"{told} (by {engine.price_source}, {price.source})"
