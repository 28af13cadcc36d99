"""Kimi K2, or any other model, behind an OpenAI-compatible API, through the official SDK."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, cast

import httpx2
from openai import AsyncOpenAI, AsyncStream, Omit
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

from refrase.clock import Clock
from refrase.core.engine import Call, Failure, FailureKind
from refrase.engine.engine import (
    CONNECT_SECONDS,
    STALL_SECONDS,
    Engine,
    EngineOptions,
    Received,
    TokenCount,
    json_or_none,
)
from refrase.engine.failures import failure_from_body, rest_seconds
from refrase.engine.gate import Gate
from refrase.engine.providers import Provider


class OpenAIEngine(Engine):
    """Speaks chat completions."""

    def __init__(
        self, name: str, provider: Provider, key: str | None, options: EngineOptions, *, gate: Gate, clock: Clock
    ) -> None:
        super().__init__(name, provider, key, options, gate=gate, clock=clock)
        # The SDK takes some headers from variables meant for OpenAI's own API: they must not travel elsewhere.
        unsent = ["OpenAI-Organization", "OpenAI-Project"] + ([] if self._bears_key else ["Authorization"])
        self._headers = {header: Omit() for header in unsent}
        self._client = AsyncOpenAI(
            api_key=key or "none",  # the SDK wants one; it is not sent where there is none
            base_url=self.identity.base_url,
            max_retries=0,
            timeout=httpx2.Timeout(STALL_SECONDS, connect=CONNECT_SECONDS),
            default_headers=provider.headers,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _models(self) -> tuple[str, ...]:
        return tuple([model.id async for model in self._client.models.list(extra_headers=self._headers)])

    async def _receive(self, call: Call, received: Received, take: Callable[[str], None]) -> Failure | None:
        response = await self._client.chat.completions.with_raw_response.create(
            model=self.identity.model if self._provider.model_field == "model" else cast("str", Omit()),
            messages=cast("list[ChatCompletionMessageParam]", self._messages(call)),
            stream=True,
            extra_headers=self._headers,
            extra_body={**self._body, self._provider.output_limit_field: call.max_output_tokens},
        )
        received.rest_seconds = rest_seconds(response.headers)
        if "event-stream" not in response.headers.get("content-type", ""):
            return await self._receive_whole(response.http_response, received, take)
        chunks = response.parse()
        async with chunks:
            async for delta in _deltas(chunks, received):
                take(delta)
        return None

    def _messages(self, call: Call) -> list[dict[str, Any]]:
        """Return the messages as they travel; a reply to go on with stands last, marked as the provider wants it."""
        messages: list[dict[str, Any]] = [{"role": item.role, "content": item.content} for item in call.messages]
        if call.begun:
            messages.append({"role": "assistant", "content": call.begun})
            if self.continuation == "partial":
                messages[-1]["partial"] = True
        return messages

    async def _receive_whole(
        self, response: httpx2.Response, received: Received, take: Callable[[str], None]
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
        received.model = str(body.get("model") or "")
        received.finish_reason = str(choice.get("finish_reason") or "")
        received.count = _count(json_or_none(body.get("usage")))
        if isinstance(text, str) and text:
            take(text)
        return None


async def _deltas(chunks: AsyncStream[ChatCompletionChunk], received: Received) -> AsyncIterator[str]:
    """Yield the text of a stream, keeping model, finish reason and usage wherever a provider puts them."""
    async for chunk in chunks:
        received.model = chunk.model or received.model
        told = chunk.usage.model_dump() if chunk.usage else None
        told = told or json_or_none((chunk.model_extra or {}).get("x_groq")).get("usage")
        choice = chunk.choices[0] if chunk.choices else None
        if choice is not None:
            received.finish_reason = choice.finish_reason or received.finish_reason
            told = told or (choice.model_extra or {}).get("usage")
        if told:
            received.count = _count(json_or_none(told))
        if choice is not None and choice.delta and choice.delta.content:
            yield choice.delta.content


def _count(usage: Mapping[str, Any]) -> TokenCount:
    """Read a `usage`. Moonshot puts the cached tokens beside the others, OpenAI's form into the details."""
    details = usage.get("prompt_tokens_details") or {}
    cost = usage.get("cost")
    return TokenCount(
        usage.get("prompt_tokens"),
        usage.get("cached_tokens", details.get("cached_tokens")),
        usage.get("completion_tokens"),
        float(cost) if isinstance(cost, int | float) else None,
    )
