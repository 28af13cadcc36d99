"""Server-sent events, as far as streams of JSON need them: what stands behind `data:`, event by event."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

_LINE_END = re.compile(rb"\r\n?|\n")
_DONE = b"[DONE]"
# How long the rest of a body is waited for behind [DONE], so that its connection can be used again.
_REST_SECONDS = 0.1


async def json_events(pieces: AsyncIterator[bytes]) -> AsyncIterator[Any]:
    """Yield the JSON of each event in *pieces*, the bytes of a body, until `[DONE]` or their end.

    Raises json.JSONDecodeError for what is none. Comments and the names of events are passed over.
    """
    rest = b""
    data: list[bytes] = []
    async for piece in pieces:
        *lines, rest = _LINE_END.split(rest + piece)
        for line in lines:
            if line.startswith(b"data:"):
                data.append(line[5:].removeprefix(b" "))
            elif not line and data:
                told = b"\n".join(data)
                data.clear()
                if told.startswith(_DONE):
                    await _read_out(pieces)
                    return
                yield json.loads(told)


async def _read_out(pieces: AsyncIterator[bytes]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_REST_SECONDS):
            async for _ in pieces:
                pass
