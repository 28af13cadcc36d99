"""SDK clients of one provider, each for a few calls at once.

A client looks at every connection that it holds for every call that it makes, and asks the system about each: with
128 connections that is a quarter of the work for a call. So there is one more client for each few calls under way,
with connections of its own. What they trust is read once and shared.
"""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, Protocol, TypeVar

import httpx2

_MOST_CALLS = 4


class Client(Protocol):
    """What both SDKs' clients have in common."""

    async def close(self) -> Any:
        """Close the connections."""


C = TypeVar("C", bound=Client)


class Clients(Generic[C]):
    """Hands out clients, which *make* makes with what they trust. The first is used as long as it suffices."""

    def __init__(self, make: Callable[[ssl.SSLContext], C]) -> None:
        self._trusted = httpx2.create_ssl_context()
        self._make = make
        self._clients: list[C] = []
        self._calls: list[int] = []

    @contextmanager
    def take(self) -> Iterator[C]:
        """Yield a client for one call."""
        number = next((number for number, calls in enumerate(self._calls) if calls < _MOST_CALLS), len(self._calls))
        if number == len(self._clients):
            self._clients.append(self._make(self._trusted))
            self._calls.append(0)
        self._calls[number] += 1
        try:
            yield self._clients[number]
        finally:
            self._calls[number] -= 1

    async def close(self) -> None:
        """Close the connections of all of them."""
        for client in self._clients:
            await client.close()
