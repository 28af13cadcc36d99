"""A fake provider that speaks as OpenRouter does, on a real socket, so that the real SDK meets the real shapes.

Written from the provider's documentation: comment lines in streams, usage and cost in a last chunk without
choices, errors under HTTP 200, errors in mid-stream. Each request takes the next step of the script; when the
script is empty, the scribe answers: a program that writes a plausible reply in the form asked for.

By hand: python -m tests.fakes.upstream --port 9000 [--seconds-per-chunk 0.05]
"""

import argparse
import asyncio
import json
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import uvicorn

MODEL = "moonshotai/kimi-k2-0905"
COST_USD = 0.00123
_CHUNK_CHARACTERS = 24


@dataclass
class Say:
    """A reply: a stream where the request asks for one, else a whole completion. `text` may be a function of it."""

    text: str | Callable[[dict[str, Any]], str]
    finish_reason: str | None = "stop"
    usage: dict[str, Any] | None = field(
        default_factory=lambda: {
            "prompt_tokens": 1200,
            "completion_tokens": 80,
            "total_tokens": 1280,
            "prompt_tokens_details": {"cached_tokens": 1000},
            "cost": COST_USD,
        }
    )
    usage_in_choice: bool = False
    extra_last: dict[str, Any] = field(default_factory=dict)
    seconds_per_chunk: float = 0.0
    thoughts: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Refuse:
    """An answer with an error status and an error object."""

    status: int
    error: dict[str, Any] | str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class RefuseInside:
    """HTTP 200 with an error object in the body instead of a stream."""

    error: dict[str, Any]


@dataclass
class BreakOff:
    """A stream that ends after some text: with an error object, or with nothing more, or with a cut connection."""

    text: str
    error: dict[str, Any] | None = None
    cuts_connection: bool = False


@dataclass
class Whole:
    """A completion that is no stream, though one was asked for."""

    text: str


@dataclass
class Stall:
    """No answer for that long."""

    seconds: float


@dataclass
class Garbage:
    """A page of a proxy instead of an answer."""

    body: str = "<html><body>502 Bad Gateway</body></html>"
    status: int = 200
    content_type: str = "text/html"


Step = Say | Refuse | RefuseInside | BreakOff | Whole | Stall | Garbage


class Upstream:
    """The provider: its script, and what it was asked."""

    # Where thoughts stand beside a text; "" where they stand in it, opened by the prompt.
    thoughts_field = "reasoning"

    def __init__(self, seconds_per_chunk: float = 0.0) -> None:
        self.script: deque[Step] = deque()
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.seconds_per_chunk = seconds_per_chunk
        self.finished = 0
        self.disconnected = 0

    def choose(self) -> Step:
        """Return the step of a request that no script is left for."""
        return Say(scribe, seconds_per_chunk=self.seconds_per_chunk)

    def will(self, *steps: Step) -> None:
        """Add steps to the script."""
        self.script.extend(steps)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        request = json.loads(await body_in(receive) or b"{}")
        self.path = scope["path"]
        self.requests.append(request)
        self.headers.append({name.decode(): value.decode() for name, value in scope["headers"]})
        step = self.script.popleft() if self.script else self.choose()
        await self._play(step, request, send)
        self.finished += 1

    async def _play(self, step: Step, request: dict[str, Any], send: Any) -> None:
        if isinstance(step, Say):
            await self._say(step, request, send)
        elif isinstance(step, BreakOff):
            await _start(send, 200, "text/event-stream")
            await _event(send, _chunk(step.text))
            if step.error:
                broken = {"id": "gen-1", "error": step.error, "choices": [_choice("", "error")]}
                await _event(send, broken)
            if step.cuts_connection:
                raise ConnectionResetError("the script cuts the connection")
            await send({"type": "http.response.body", "body": b""})
        elif isinstance(step, Stall):
            await asyncio.sleep(step.seconds)
            await _json(send, 200, {})
        elif isinstance(step, Refuse):
            error = step.error if isinstance(step.error, str) else {"error": step.error}
            await _json(send, step.status, error, step.headers)
        elif isinstance(step, RefuseInside):
            await _json(send, 200, {"error": step.error})
        elif isinstance(step, Whole):
            message = {"role": "assistant", "content": step.text}
            usage = {"prompt_tokens": 10, "completion_tokens": 5}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            await _json(send, 200, {"id": "gen-1", "model": MODEL, "choices": [choice], "usage": usage})
        else:
            await _start(send, step.status, step.content_type)
            await send({"type": "http.response.body", "body": step.body.encode()})

    async def _say(self, step: Say, request: dict[str, Any], send: Any) -> None:
        text = step.text(request) if callable(step.text) else step.text
        if step.thoughts and not self.thoughts_field:
            text = f"{step.thoughts}</think>\n{text}"
        if not request.get("stream"):
            await self._say_whole(step, text, send)
            return
        await _start(send, 200, "text/event-stream", step.headers)
        await _raw(send, b": OPENROUTER PROCESSING\n\n")
        for letter in step.thoughts if self.thoughts_field else "":
            chunk = _chunk("")
            chunk["choices"][0]["delta"][self.thoughts_field] = letter
            await _event(send, chunk)
        for start in range(0, len(text), _CHUNK_CHARACTERS):
            await _event(send, _chunk(text[start : start + _CHUNK_CHARACTERS]))
            if start == 0:
                await _raw(send, b": OPENROUTER PROCESSING\n\n")
            if step.seconds_per_chunk:
                await asyncio.sleep(step.seconds_per_chunk)
        last = _chunk("", step.finish_reason)
        if step.usage_in_choice:
            last["choices"][0]["usage"] = step.usage
        await _event(send, {**last, **step.extra_last})
        if step.usage and not step.usage_in_choice:
            await _event(send, {**_chunk(""), "choices": [], "usage": step.usage})
        await _raw(send, b"data: [DONE]\n\n")
        await send({"type": "http.response.body", "body": b""})

    async def _say_whole(self, step: Say, text: str, send: Any) -> None:
        await asyncio.sleep(step.seconds_per_chunk * len(range(0, len(text), _CHUNK_CHARACTERS)))
        message = {"role": "assistant", "content": text, self.thoughts_field: step.thoughts}
        choice = {"index": 0, "message": message, "finish_reason": step.finish_reason}
        body: dict[str, Any] = {**_chunk(""), "object": "chat.completion", "choices": [choice], **step.extra_last}
        if step.usage:
            (choice if step.usage_in_choice else body)["usage"] = step.usage
        await _json(send, 200, body, step.headers)


def scribe(request: dict[str, Any]) -> str:
    """Write a reply in the form asked for: it emphasises the first line that can be quoted, and nothing else."""
    asked = next(message["content"] for message in request["messages"] if message["role"] == "user")
    mark = re.search(r"<message-(\w+) ", asked)[1]
    rule = re.search(r"^- \[([\w-]+)\]", asked, re.MULTILINE)
    rule_id = rule[1] if rule else ""
    messages = re.findall(rf'<message-{mark} n="\d+"[^>]*>\n(.*?)\n</message-{mark}>', asked, re.DOTALL)
    messages = messages[: max(1, len(messages) - (0 if f"<edits-{mark}>" in asked else len(messages) // 2))]
    line = _quotable(messages)
    if f"<edits-{mark}>" in asked:
        edit = (
            f'<edit-{mark} rule="{rule_id}">\n<old-{mark}>{line}</old-{mark}>\n<new-{mark}>**{line}**</new-{mark}>\n'
            f"<why-{mark}>The task is easier to see.</why-{mark}>\n</edit-{mark}>\n"
        )
        return f"<edits-{mark}>\n{edit if line else ''}</edits-{mark}>"
    whole = "\n".join(
        f'<message-{mark} n="{number}">\n{text.replace(line, f"**{line}**", 1) if line else text}\n</message-{mark}>'
        for number, text in enumerate(messages, 1)
    )
    account = f"{rule_id} | The task is easier to see." if line else ""
    return f"{whole}\n<changes-{mark}>\n{account}\n</changes-{mark}>"


def _quotable(messages: list[str]) -> str:
    whole = "\n".join(messages)
    for line in whole.splitlines():
        if re.fullmatch(r"[A-Z][\w ,.'-]{15,200}", line) and not line.endswith(" ") and whole.count(line) == 1:
            return line
    return ""


def _choice(text: str, finish_reason: str | None = None) -> dict[str, Any]:
    delta = {"role": "assistant", "content": text}
    return {"index": 0, "delta": delta, "finish_reason": finish_reason, "native_finish_reason": finish_reason}


def _chunk(text: str, finish_reason: str | None = None) -> dict[str, Any]:
    return {
        "id": "gen-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": MODEL,
        "provider": "Moonshot AI",
        "choices": [_choice(text, finish_reason)],
    }


async def _start(send: Any, status: int, content_type: str, headers: dict[str, str] | None = None) -> None:
    pairs = {"content-type": content_type, **(headers or {})}
    raw = [(name.lower().encode(), value.encode()) for name, value in pairs.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})


async def body_in(receive: Any) -> bytes:
    """Return the body of a request."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def start_stream(send: Any) -> None:
    """Begin a stream of events."""
    await _start(send, 200, "text/event-stream")


async def event_in(send: Any, value: dict[str, Any]) -> None:
    """Send one event that is named after its type."""
    await _raw(send, f"event: {value['type']}\ndata: {json.dumps(value)}\n\n".encode())


async def json_in(send: Any, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
    """Send a JSON answer."""
    await _json(send, status, body, headers)


async def _json(send: Any, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
    await _start(send, status, "application/json", headers)
    data = body if isinstance(body, str) else json.dumps(body)
    await send({"type": "http.response.body", "body": data.encode()})


async def _event(send: Any, value: dict[str, Any]) -> None:
    await _raw(send, f"data: {json.dumps(value)}\n\n".encode())


async def _raw(send: Any, data: bytes) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": True})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--seconds-per-chunk", type=float, default=0.0)
    options = parser.parse_args()
    uvicorn.run(Upstream(options.seconds_per_chunk), port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
