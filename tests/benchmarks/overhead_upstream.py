"""The fake provider of the benchmark `overhead`: it answers after a set delay with a valid edit.

Streamed, the first piece comes after half of the delay and the last at its end, 24 characters a piece.
"""

import asyncio
import json
import random
import socket
import time
from typing import Any

import uvicorn

from tests.fakes.upstream import body_in, scribe, start_stream

_PIECE_CHARACTERS = 24
_USAGE = {"prompt_tokens": 9000, "completion_tokens": 90, "total_tokens": 9090, "cost": 0.006}


class Upstream:
    """The provider, as an ASGI app. GET /delay/SECONDS/SPREAD sets how long a reply takes, give or take."""

    def __init__(self) -> None:
        self._delay_seconds = self._spread = 0.0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body = await body_in(receive)
        begun = time.perf_counter()
        if scope["method"] == "GET":
            self._delay_seconds, self._spread = map(float, scope["path"].split("/")[-2:])
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        begun += self._delay_seconds * random.uniform(-self._spread, self._spread)
        request = json.loads(body)
        text = scribe(request)
        if not request.get("stream"):
            await self._wait(begun, 1.0)
            await _whole(send, text)
            return
        pieces = [text[at : at + _PIECE_CHARACTERS] for at in range(0, len(text), _PIECE_CHARACTERS)]
        await self._wait(begun, 0.5)
        await start_stream(send)
        for number, piece in enumerate(pieces):
            await self._wait(begun, 0.5 + 0.5 * number / len(pieces))
            await _event(send, [{"index": 0, "delta": {"role": "assistant", "content": piece}, "finish_reason": None}])
        await self._wait(begun, 1.0)
        await _event(send, [{"index": 0, "delta": {"content": ""}, "finish_reason": "stop"}])
        await _event(send, [], _USAGE)
        await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})

    async def _wait(self, begun: float, share: float) -> None:
        await asyncio.sleep(max(0.0, begun + self._delay_seconds * share - time.perf_counter()))


async def _whole(send: Any, text: str) -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    completion = {"id": "gen-1", "object": "chat.completion", "created": 1, "model": "moonshotai/kimi-k2-0905"}
    data = json.dumps({**completion, "choices": [choice], "usage": _USAGE}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": data})


async def _event(send: Any, choices: list[Any], usage: dict[str, Any] | None = None) -> None:
    chunk = {"id": "gen-1", "object": "chat.completion.chunk", "created": 1, "model": "moonshotai/kimi-k2-0905"}
    data = json.dumps({**chunk, "choices": choices, **({"usage": usage} if usage else {})})
    await send({"type": "http.response.body", "body": f"data: {data}\n\n".encode(), "more_body": True})


def serve() -> None:
    """Print the address, and answer until the process is ended."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    # A side keeps its connections while the other one has its turn.
    config = uvicorn.Config(Upstream(), log_level="critical", lifespan="off", access_log=False, timeout_keep_alive=600)
    uvicorn.Server(config).run(sockets=[listener])
