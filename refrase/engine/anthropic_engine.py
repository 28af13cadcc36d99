"""Kimi K2, or any other model, behind an Anthropic-compatible API, through the official SDK (the extra `anthropic`)."""

from collections.abc import Callable
from typing import Any, cast

import anthropic
import httpx2
from anthropic.types import MessageParam, RawMessageStreamEvent

from refrase.clock import Clock
from refrase.core.engine import Call, ChatMessage, Failure
from refrase.engine.clients import Clients
from refrase.engine.engine import CONNECT_SECONDS, STALL_SECONDS, Engine, EngineOptions, Received, TokenCount
from refrase.engine.failures import rest_seconds
from refrase.engine.gate import Gate
from refrase.engine.providers import Provider

# Why a reply ended, in the words of the other form, which the whole of Refrase uses.
_REASONS = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "refusal": "content_filter"}


class AnthropicEngine(Engine):
    """Speaks messages."""

    def __init__(
        self, name: str, provider: Provider, key: str | None, options: EngineOptions, *, gate: Gate, clock: Clock
    ) -> None:
        super().__init__(name, provider, key, options, gate=gate, clock=clock)
        unsent = ["X-Api-Key"] + ([] if self._bears_key else ["Authorization"])
        self._headers = {header: anthropic.Omit() for header in unsent}
        self._clients = Clients(
            lambda trusted: anthropic.AsyncAnthropic(
                auth_token=key or "none",  # the SDK wants one; it is not sent where there is none
                base_url=self.identity.base_url,
                max_retries=0,
                timeout=httpx2.Timeout(STALL_SECONDS, connect=CONNECT_SECONDS),
                default_headers=provider.headers,
                http_client=anthropic.DefaultAsyncHttpxClient(verify=trusted, follow_redirects=False),
            )
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._clients.close()

    async def _models(self) -> tuple[str, ...]:
        with self._clients.take() as client:
            return tuple([model.id async for model in client.models.list(extra_headers=self._headers)])

    async def _count(self, messages: tuple[ChatMessage, ...]) -> int:
        told: list[dict[str, Any]] = [{"role": item.role, "content": item.content} for item in messages]
        with self._clients.take() as client:
            counted = await client.messages.count_tokens(
                model=self._model_sent,
                messages=cast("list[MessageParam]", told),
                extra_headers=self._headers,
                extra_body=self._own,
            )
        return counted.input_tokens

    @property
    def _model_sent(self) -> str:
        return self.identity.model if self._provider.model_field == "model" else cast("str", anthropic.Omit())

    async def _receive(self, call: Call, received: Received, take: Callable[[str], None]) -> Failure | None:
        with self._clients.take() as client:
            return await self._receive_from(client, call, received, take)

    async def _receive_from(
        self, client: anthropic.AsyncAnthropic, call: Call, received: Received, take: Callable[[str], None]
    ) -> Failure | None:
        system = "\n\n".join(item.content for item in call.messages if item.role == "system")
        messages: list[dict[str, Any]] = [
            {"role": item.role, "content": item.content} for item in call.messages if item.role != "system"
        ]
        if call.begun:
            messages.append({"role": "assistant", "content": call.begun.rstrip()})
        response = await client.messages.with_raw_response.create(
            model=self._model_sent,
            max_tokens=call.max_output_tokens,
            system=system or anthropic.Omit(),
            messages=cast("list[MessageParam]", messages),
            stream=True,
            extra_headers=self._headers,
            extra_body=self._body,
        )
        received.rest_seconds = rest_seconds(response.headers)
        events = await response.parse()
        async with events:
            async for event in events:
                _take(event, received, take)
        return None


def _take(event: RawMessageStreamEvent, received: Received, take: Callable[[str], None]) -> None:
    """Read one event: the text; thinking is no part of the reply and is counted in its tokens."""
    if event.type == "message_start":
        received.model = event.message.model
        usage = event.message.usage
        cached = usage.cache_read_input_tokens or 0
        whole = usage.input_tokens + cached + (usage.cache_creation_input_tokens or 0)
        received.count = TokenCount(whole, cached, usage.output_tokens)
    elif event.type == "content_block_delta" and event.delta.type == "text_delta" and event.delta.text:
        take(event.delta.text)
    elif event.type == "message_delta":
        reason = event.delta.stop_reason or ""
        received.finish_reason = _REASONS.get(reason, reason)
        if event.usage and event.usage.output_tokens:
            count = received.count
            received.count = TokenCount(count.input_tokens, count.cached_tokens, event.usage.output_tokens)
