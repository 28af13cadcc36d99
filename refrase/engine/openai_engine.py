"""Kimi K2, or any other model, behind an OpenAI-compatible API, through the official SDK."""

import json
from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import Any

import httpx2
import msgspec
from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Omit, RequestOptions

from refrase.clock import Clock
from refrase.core.engine import Call, ChatMessage, Failure, FailureKind
from refrase.engine.clients import Clients
from refrase.engine.engine import (
    CONNECT_SECONDS,
    STALL_SECONDS,
    Engine,
    EngineOptions,
    Received,
    TokenCount,
    json_or_none,
)
from refrase.engine.events import json_events
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
        self._clients = Clients(
            lambda trusted: AsyncOpenAI(
                api_key=key or "none",  # the SDK wants one; it is not sent where there is none
                base_url=self.identity.base_url,
                max_retries=0,
                timeout=httpx2.Timeout(STALL_SECONDS, connect=CONNECT_SECONDS),
                default_headers=provider.headers,
                http_client=DefaultAsyncHttpxClient(verify=trusted, follow_redirects=False),
            )
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._clients.close()

    async def _models(self) -> tuple[str, ...]:
        with self._clients.take() as client:
            return tuple([model.id async for model in client.models.list(extra_headers=self._headers)])

    async def _count(self, messages: tuple[ChatMessage, ...]) -> int:
        told = [{"role": item.role, "content": item.content} for item in messages]
        body = {"model": self.identity.model, **self._own, "messages": told}
        options: RequestOptions = {"headers": self._headers}
        with self._clients.take() as client:
            reply = await client.post(self._provider.count_path, cast_to=httpx2.Response, body=body, options=options)
        return int(reply.json()["data"]["total_tokens"])

    async def _receive(self, call: Call, received: Received, take: Callable[[str], None]) -> Failure | None:
        with self._clients.take() as client:
            return await self._receive_from(client, call, received, take)

    async def _receive_from(
        self, client: AsyncOpenAI, call: Call, received: Received, take: Callable[[str], None]
    ) -> Failure | None:
        options: RequestOptions = {"headers": self._headers}
        if not call.is_streamed:  # a whole reply is silence until its end
            options["timeout"] = httpx2.Timeout(self._timeout_seconds, connect=CONNECT_SECONDS)
        # The SDK sends and tells what went wrong. Written and read here: it would walk through each message, and make
        # objects of its own of every few letters.
        response = await client.post(
            "/chat/completions",
            cast_to=httpx2.Response,
            content=msgspec.json.encode(self._request_body(call)),
            options=options,
            stream=call.is_streamed,
        )
        received.rest_seconds = rest_seconds(response.headers)
        if "event-stream" not in response.headers.get("content-type", ""):
            return await self._receive_whole(response, received, take)
        async with aclosing(response) as stream:
            async for event in json_events(stream.aiter_bytes()):
                chunk = json_or_none(event)
                if chunk.get("error"):
                    return failure_from_body(chunk, None, {}, self._key)
                if text := _delta(chunk, received):
                    take(text)
        return None

    def _request_body(self, call: Call) -> dict[str, Any]:
        body = {
            "messages": self._messages(call),
            **self._body,
            self._provider.output_limit_field: call.max_output_tokens,
            "stream": call.is_streamed,
        }
        if self._provider.model_field == "model":
            body["model"] = self.identity.model
        if not call.is_streamed:
            body.pop("stream_options", None)
        return body

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
        data = await response.aread()
        if not data.strip():
            return Failure(FailureKind.EMPTY, "The provider's answer is empty.")
        try:
            body = json.loads(data)
        except ValueError:
            kind = response.headers.get("content-type", "").partition(";")[0] or "of no stated type"
            return Failure(FailureKind.MALFORMED, f"The provider sent something that is not JSON ({kind}).")
        if not (isinstance(body, Mapping) and body.keys() & {"choices", "error"}):
            return Failure(FailureKind.MALFORMED, "The provider sent JSON that is no reply.")
        if "error" in body:
            return failure_from_body(body, None, response.headers, self._key)
        if text := _delta(body, received):
            take(text)
        return None


def _delta(chunk: Mapping[str, Any], received: Received) -> str:
    """Return the text in *chunk*, keeping model, finish reason and usage wherever a provider puts them."""
    choices = chunk.get("choices")
    choice = json_or_none(choices[0]) if isinstance(choices, list) and choices else {}
    received.model = str(chunk.get("model") or received.model)
    received.finish_reason = str(choice.get("finish_reason") or received.finish_reason)
    told = chunk.get("usage") or json_or_none(chunk.get("x_groq")).get("usage") or choice.get("usage")
    if told:
        received.count = _count(json_or_none(told))
    message = json_or_none(choice.get("delta") or choice.get("message"))
    received.has_thoughts |= bool(message.get("reasoning_content") or message.get("reasoning"))
    text = message.get("content")
    return text if isinstance(text, str) else ""


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
