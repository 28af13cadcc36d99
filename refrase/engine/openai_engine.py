"""Kimi K2, or any other model, behind an OpenAI-compatible API, through the official SDK."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, cast

import httpx2
from msgspec import Struct
from openai import AsyncOpenAI, AsyncStream, Omit
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

from refrase.clock import Clock
from refrase.core.engine import Answer, Call, CallUsage, EngineIdentity, Failure, FailureKind
from refrase.core.guide import Price
from refrase.engine.failures import failure_from_body, failure_from_exception
from refrase.engine.providers import Provider
from refrase.prices import cost_usd

_CONNECT_SECONDS = 10.0
# Longest silence inside a reply; a provider that thinks before it writes may need most of it.
_STALL_SECONDS = 120.0


class EngineOptions(Struct, frozen=True):
    """What the user may set about the engine; None leaves it to the provider's profile."""

    base_url: str | None = None
    model: str | None = None
    temperature: float | None = None
    max_output_tokens: int | None = None
    timeout_seconds: float = 300.0


class _Stream(Struct):
    """What has come of a reply so far."""

    text: list[str] = []
    model: str = ""
    finish_reason: str = ""
    usage: Mapping[str, Any] | None = None
    first_token_at: float | None = None


class OpenAIEngine:
    """Makes one call at a time as asked; retries, records and checks are its callers' work."""

    def __init__(
        self,
        name: str,
        provider: Provider,
        key: str | None,
        options: EngineOptions,
        *,
        clock: Clock,
    ) -> None:
        model_id = options.model or provider.model
        model = provider.engine_model(model_id)
        temperature = model.temperature if options.temperature is None else options.temperature
        parameters: dict[str, Any] = {} if temperature is None else {"temperature": temperature}
        if options.base_url:
            # The same model id at another address may be another model.
            parameters["base_url"] = _without_credentials(options.base_url)
        self.identity = EngineIdentity(
            provider=name,
            model=model_id,
            base_url=options.base_url or provider.base_url,
            parameters=parameters | model.extra_body,
            max_output_tokens=options.max_output_tokens or model.output_tokens,
        )
        # The SDK takes some headers from variables meant for OpenAI's own API: they must not travel elsewhere.
        self._unsent = ["OpenAI-Organization", "OpenAI-Project"] + ([] if key else ["Authorization"])
        self._temperature = temperature
        self._extra_body = model.extra_body
        self._limit_field = provider.output_limit_field
        self._price: Price | None = model.price
        self._key = key
        self._timeout_seconds = options.timeout_seconds
        self._clock = clock
        self._client = AsyncOpenAI(
            api_key=key or "none",  # the SDK wants one; it is not sent where there is none
            base_url=self.identity.base_url,
            max_retries=0,
            timeout=httpx2.Timeout(_STALL_SECONDS, connect=_CONNECT_SECONDS),
            default_headers=provider.headers,
        )

    async def answer(self, call: Call, on_delta: Callable[[str], None]) -> Answer:
        """Make the call; *on_delta* gets the text as it comes. Never raises for what a provider does."""
        started = self._clock.seconds()
        stream = _Stream()
        failure: Failure | None = None
        try:
            async with asyncio.timeout(self._timeout_seconds):
                failure = await self._receive(call, stream, on_delta)
        except Exception as error:  # noqa: BLE001 - whatever happens below becomes a named failure
            failure = failure_from_exception(error, self._key)
        text = "".join(stream.text)
        return Answer(
            text=text,
            model=stream.model,
            usage=self._usage(stream.usage),
            latency_seconds=self._clock.seconds() - started,
            finish_reason=stream.finish_reason,
            time_to_first_token_seconds=stream.first_token_at and stream.first_token_at - started,
            failure=failure or _failure_of(stream, text),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _receive(self, call: Call, stream: _Stream, on_delta: Callable[[str], None]) -> Failure | None:
        messages = [{"role": message.role, "content": message.content} for message in call.messages]
        response = await self._client.chat.completions.with_raw_response.create(
            model=self.identity.model,
            messages=cast("list[ChatCompletionMessageParam]", messages),
            temperature=Omit() if self._temperature is None else self._temperature,
            stream=True,
            stream_options={"include_usage": True},
            extra_headers={name: Omit() for name in self._unsent},
            extra_body={**self._extra_body, self._limit_field: call.max_output_tokens},
        )
        if "event-stream" not in response.headers.get("content-type", ""):
            return await self._receive_whole(response.http_response, stream, on_delta)
        chunks = response.parse()
        async with chunks:
            async for delta in _deltas(chunks, stream):
                if stream.first_token_at is None:
                    stream.first_token_at = self._clock.seconds()
                on_delta(delta)
        return None

    async def _receive_whole(
        self, response: httpx2.Response, stream: _Stream, on_delta: Callable[[str], None]
    ) -> Failure | None:
        """Read a reply that is no stream: an error object under status 200, or a whole completion."""
        body = json.loads(await response.aread())
        if not isinstance(body, Mapping):
            return Failure(FailureKind.MALFORMED, "The provider sent something that is not a reply.")
        if "error" in body:
            return failure_from_body(body, None, response.headers, self._key)
        choices = body.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else {}
        text = (choice.get("message") or {}).get("content")
        stream.model = str(body.get("model") or "")
        stream.finish_reason = str(choice.get("finish_reason") or "")
        stream.usage = body.get("usage")
        if isinstance(text, str) and text:
            stream.text.append(text)
            on_delta(text)
        return None

    def _usage(self, usage: Mapping[str, Any] | None) -> CallUsage:
        if usage is None:
            return CallUsage()
        details = usage.get("prompt_tokens_details") or {}
        input_tokens, output_tokens = usage.get("prompt_tokens"), usage.get("completion_tokens")
        # Moonshot puts the cached tokens beside the others, OpenAI's form into the details.
        cached_tokens = usage.get("cached_tokens", details.get("cached_tokens"))
        cost, source = usage.get("cost"), "provider"
        if not isinstance(cost, int | float):
            cost, source = None, ""
            if self._price and isinstance(input_tokens, int) and isinstance(output_tokens, int):
                cost, source = (
                    cost_usd(
                        self._price,
                        input_tokens=input_tokens,
                        cached_tokens=cached_tokens or 0,
                        output_tokens=output_tokens,
                    ),
                    "profile",
                )
        return CallUsage(input_tokens, cached_tokens, output_tokens, cost, source)


def _without_credentials(address: str) -> str:
    return str(httpx2.URL(address).copy_with(username=None, password=None, query=None))


async def _deltas(chunks: AsyncStream[ChatCompletionChunk], stream: _Stream) -> AsyncIterator[str]:
    """Yield the text of a stream, keeping model, finish reason and usage wherever a provider puts them."""
    async for chunk in chunks:
        stream.model = chunk.model or stream.model
        if chunk.usage:
            stream.usage = chunk.usage.model_dump()
        if not chunk.choices:
            continue
        choice = chunk.choices[0]
        stream.finish_reason = choice.finish_reason or stream.finish_reason
        inner_usage = (choice.model_extra or {}).get("usage")
        if isinstance(inner_usage, Mapping):
            stream.usage = inner_usage
        if choice.delta and choice.delta.content:
            stream.text.append(choice.delta.content)
            yield choice.delta.content


def _failure_of(stream: _Stream, text: str) -> Failure | None:
    """Return what is wrong with a reply that ended without an error of its own."""
    reason = stream.finish_reason
    if reason == "length":
        return Failure(FailureKind.TRUNCATED, "The reply reached its limit of tokens and was cut off.")
    if reason == "content_filter":
        return Failure(FailureKind.FILTERED, "The provider's filter stopped the reply.")
    if reason == "error":
        return Failure(FailureKind.TRANSIENT, "The provider broke the reply off with an error.")
    if not reason:
        return Failure(FailureKind.TRANSIENT, "The reply ended before it was complete.")
    if not text.strip():
        return Failure(FailureKind.EMPTY, "The reply is empty.")
    return (
        None
        if reason in {"stop", "eos", "end_turn"}
        else Failure(FailureKind.MALFORMED, f"The reply ended by {reason!r}.")
    )
