"""What all engines share: one call at a time, its record of time and tokens, its failure as a value.

Two forms of API exist, OpenAI's and Anthropic's. Each is a class of its own module, which knows its SDK; retries,
records and checks are the callers' work.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from msgspec import Struct

from refrase.clock import Clock
from refrase.core.engine import Answer, Call, CallUsage, ChatMessage, EngineIdentity, Failure, FailureKind
from refrase.core.guide import Price
from refrase.core.request import RequestField
from refrase.core.target import Target
from refrase.engine.failures import failure_from_exception
from refrase.engine.gate import Gate
from refrase.engine.parameters import decide, hold, sent, thinking_tokens
from refrase.engine.providers import Provider, without_credentials
from refrase.prices import PriceSource, cost_usd, find_price

CONNECT_SECONDS = 10.0
# Longest silence inside a reply; a provider that thinks before it writes may need most of it.
STALL_SECONDS = 120.0


class EngineOptions(Struct, frozen=True):
    """What the user may set about the engine; None leaves it to the provider's profile."""

    base_url: str | None = None
    model: str | None = None
    temperature: float | None = None
    max_output_tokens: int | None = None
    timeout_seconds: float = 300.0
    price: Price | None = None
    extra_body: dict[str, Any] = {}


class TokenCount(Struct, frozen=True):
    """What a provider counted for one call; `cost_usd` where it says what it billed."""

    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None


class Received(Struct):
    """What has come of a reply so far."""

    text: list[str] = []
    model: str = ""
    finish_reason: str = ""
    has_thoughts: bool = False  # beside the text; they are no part of the reply
    count: TokenCount = TokenCount()
    first_token_at: float | None = None
    rest_seconds: float | None = None


class Engine(ABC):
    """A model behind a provider. `identity` says which, `gate` limits its calls, `price` is None where unknown."""

    def __init__(
        self,
        name: str,
        provider: Provider,
        key: str | None,
        options: EngineOptions,
        *,
        gate: Gate,
        clock: Clock,
    ) -> None:
        model_id = options.model or provider.model
        model = provider.engine_model(model_id)
        most_tokens = options.max_output_tokens or model.output_tokens
        decisions = decide(
            provider,
            model,
            temperature=options.temperature,
            max_output_tokens=most_tokens,
            extra_body=options.extra_body,
        )
        parameters = sent(decisions)
        del parameters[provider.output_limit_field]
        own = {provider.key_field: key} if provider.key_field and key else {}
        if provider.model_field != "model":
            own[provider.model_field] = model_id
        self._own = own
        self._body = {**parameters, **own}
        self._bears_key = bool(key) and not provider.key_field
        parameters.pop("stream_options", None)  # shapes no reply
        if options.base_url:
            # The same model id at another address may be another model.
            parameters["base_url"] = without_credentials(options.base_url)
        self.identity = EngineIdentity(
            provider=name,
            model=model_id,
            base_url=options.base_url or provider.base_url,
            parameters=parameters,
            max_output_tokens=most_tokens,
            decisions=decisions,
            thinking_tokens=thinking_tokens(model, parameters),
            context_tokens=model.context_tokens,
        )
        self.gate = gate
        self._known_prices = ((PriceSource.SETTING, options.price), (PriceSource.PROFILE, model.price))
        self.continuation = provider.continuation
        self._provider = provider
        self._key = key
        self._timeout_seconds = options.timeout_seconds
        self._clock = clock

    @property
    def price(self) -> Price | None:
        """What tokens cost here: as the user states it, else by the profile, else by the package genai-prices."""
        return self._price_and_source[0]

    @property
    def price_source(self) -> str:
        """Who says so, and the date of it; empty where nobody does."""
        price, source = self._price_and_source
        return f"{source} {price.as_of}" if price else ""

    @cached_property
    def _price_and_source(self) -> tuple[Price | None, PriceSource]:
        for source, price in self._known_prices:
            if price is not None:
                return price, source
        return find_price(self.identity.model, self.identity.base_url), PriceSource.PACKAGE

    def hold(self, target: Target, fields: tuple[RequestField, ...]) -> tuple[RequestField, ...]:
        """Return the request for *target* as it holds at this provider; as it is where it does not serve the target."""
        model_id = target.model.providers.get(self._provider.ids_of or self.identity.provider)
        return tuple(hold(self._provider, model_id, fields)) if model_id else fields

    async def answer(self, call: Call, on_delta: Callable[[str], None]) -> Answer:
        """Make the call; *on_delta* gets the text as it comes. Never raises for what a provider does."""
        started = self._clock.seconds()
        received = Received()
        failure: Failure | None = None

        def take(delta: str) -> None:
            if received.first_token_at is None:
                received.first_token_at = self._clock.seconds()
            received.text.append(delta)
            on_delta(delta)

        try:
            async with asyncio.timeout(self._timeout_seconds):
                failure = await self._receive(call, received, take)
        except Exception as error:  # noqa: BLE001 - whatever happens below becomes a named failure
            failure = failure_from_exception(error, self._key)
        text = "".join(received.text)
        return Answer(
            text=text,
            model=received.model,
            usage=self._usage(received.count),
            latency_seconds=self._clock.seconds() - started,
            finish_reason=received.finish_reason,
            time_to_first_token_seconds=received.first_token_at and received.first_token_at - started,
            failure=failure or _failure_of(received, text),
            rest_seconds=received.rest_seconds,
        )

    async def list_models(self) -> tuple[tuple[str, ...], Failure | None]:
        """Return the ids of the provider's models, or the failure; costs nothing."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS * 2):
                return await self._models(), None
        except Exception as error:  # noqa: BLE001 - whatever happens below becomes a named failure
            return (), failure_from_exception(error, self._key)

    @property
    def counts(self) -> bool:
        """Whether the provider counts the tokens of messages without a call."""
        return bool(self._provider.count_path)

    async def count_input(self, messages: tuple[ChatMessage, ...]) -> tuple[int | None, Failure | None]:
        """Return how many tokens the provider counts in *messages*, or the failure; costs nothing."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS * 2):
                return await self._count(messages), None
        except Exception as error:  # noqa: BLE001 - whatever happens below becomes a named failure
            return None, failure_from_exception(error, self._key)

    @abstractmethod
    async def close(self) -> None:
        """Close the connections."""

    @abstractmethod
    async def _receive(self, call: Call, received: Received, take: Callable[[str], None]) -> Failure | None:
        """Make the call and fill *received*; return an error that came as an ordinary answer."""

    @abstractmethod
    async def _models(self) -> tuple[str, ...]:
        """Return the ids of the provider's models."""

    @abstractmethod
    async def _count(self, messages: tuple[ChatMessage, ...]) -> int:
        """Return how many tokens the provider counts in *messages*."""

    def _usage(self, count: TokenCount) -> CallUsage:
        cost, source = count.cost_usd, "provider"
        if cost is None:
            source = ""
            if count.input_tokens is not None and count.output_tokens is not None and self.price:
                source = self.price_source
                cost = cost_usd(
                    self.price,
                    input_tokens=count.input_tokens,
                    cached_tokens=count.cached_tokens or 0,
                    output_tokens=count.output_tokens,
                )
        return CallUsage(count.input_tokens, count.cached_tokens, count.output_tokens, cost, source)


def json_or_none(value: Any) -> Mapping[str, Any]:
    """Return *value* where it is a JSON object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def _failure_of(received: Received, text: str) -> Failure | None:
    """Return what is wrong with a reply that ended without an error of its own."""
    reason = received.finish_reason
    if reason == "length":
        return Failure(FailureKind.TRUNCATED, "The reply reached its limit of tokens and was cut off.")
    if reason == "content_filter":
        return Failure(FailureKind.FILTERED, "The provider's filter stopped the reply.")
    if reason == "error":
        return Failure(FailureKind.TRANSIENT, "The provider broke the reply off with an error.")
    if not reason:
        return Failure(FailureKind.TRANSIENT, "The reply ended before it was complete.")
    if not text.strip():
        told = (
            "has thoughts and no text: perhaps the server takes the text for thoughts"
            if received.has_thoughts
            else "is empty"
        )
        return Failure(FailureKind.EMPTY, f"The reply {told}.")
    return (
        None
        if reason in {"stop", "eos", "end_turn"}
        else Failure(FailureKind.MALFORMED, f"The reply ended by {reason!r}.")
    )
