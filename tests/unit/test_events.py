"""Streams of JSON are read as their bytes come, however they are cut and whatever stands between the events."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from refrase.engine.events import json_events

pytestmark = pytest.mark.anyio

STREAMS = [
    ("two events", b'data: {"a": 1}\n\ndata: {"a": 2}\n\n', [{"a": 1}, {"a": 2}]),
    ("no blank behind the colon", b'data:{"a": 1}\n\n', [{"a": 1}]),
    ("line ends of Windows", b'data: {"a": 1}\r\n\r\ndata: {"a": 2}\r\n\r\n', [{"a": 1}, {"a": 2}]),
    ("line ends of old Macs", b'data: {"a": 1}\r\rdata: {"a": 2}\r\r', [{"a": 1}, {"a": 2}]),
    ("comments and names", b': wait\n\nevent: chunk\nid: 1\nretry: 5\ndata: {"a": 1}\n\n: end\n\n', [{"a": 1}]),
    ("an event of several lines", b'data: {"a":\ndata: 1}\n\n', [{"a": 1}]),
    ("line separators inside of a text", 'data: {"a": "b\u2028c\x85d"}\n\n'.encode(), [{"a": "b\u2028c\x85d"}]),
    ("half of a pair of surrogates", b'data: "\\ud83d"\n\n', ["\ud83d"]),
    ("an end, and more behind it", b'data: 1\n\ndata: [DONE]\n\ndata: 2\n\n', [1]),
    ("an event that is never ended", b'data: 1\n\ndata: {"a"', [1]),
    ("nothing", b"", []),
]  # fmt: skip


async def pieces_of(data: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10_000])
@pytest.mark.parametrize(("data", "told"), [row[1:] for row in STREAMS], ids=[row[0] for row in STREAMS])
async def test_events_are_read_whatever_the_pieces(data, told, size):
    assert [event async for event in json_events(pieces_of(data, size))] == told


async def test_what_is_no_json_is_told():
    with pytest.raises(json.JSONDecodeError):
        _ = [event async for event in json_events(pieces_of(b"data: <html>\n\n", 100))]


async def test_a_body_that_does_not_end_behind_its_end_is_not_waited_for():
    async def pieces() -> AsyncIterator[bytes]:
        yield b"data: 1\n\ndata: [DONE]\n\n"
        await asyncio.Event().wait()

    async with asyncio.timeout(5):
        assert [event async for event in json_events(pieces())] == [1]
