"""Clients of an SDK: one more for each few calls under way, and no more than that."""

import ssl
from contextlib import ExitStack

import pytest

from refrase.engine.clients import Clients

pytestmark = pytest.mark.anyio


class FakeClient:
    def __init__(self, trusted: ssl.SSLContext) -> None:
        self.trusted = trusted
        self.is_closed = False

    async def close(self) -> None:
        self.is_closed = True


async def test_calls_at_once_are_spread_over_clients_that_trust_the_same():
    clients = Clients(FakeClient)
    with ExitStack() as calls:
        taken = [calls.enter_context(clients.take()) for _ in range(20)]
    assert [taken.count(client) for client in dict.fromkeys(taken)] == [4, 4, 4, 4, 4]
    assert len({client.trusted for client in taken}) == 1


async def test_one_call_after_the_other_uses_one_client_also_after_a_call_that_broke():
    clients, taken = Clients(FakeClient), list[FakeClient]()

    def call_and_break() -> None:
        with clients.take() as client:
            taken.append(client)
            raise ConnectionError

    for _ in range(20):
        with pytest.raises(ConnectionError):
            call_and_break()
    assert len(taken) == 20
    assert len(set(taken)) == 1


async def test_all_are_closed_and_none_is_made_for_it():
    clients = Clients(FakeClient)
    with ExitStack() as calls:
        taken = [calls.enter_context(clients.take()) for _ in range(9)]
    await clients.close()
    assert all(client.is_closed for client in taken)
