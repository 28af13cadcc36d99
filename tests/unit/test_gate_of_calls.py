"""The gate to a provider: how many calls at once, how many a minute, and when to wait."""

import asyncio

import pytest

from refrase.core.engine import Answer, CallUsage, Failure, FailureKind
from refrase.core.progress import Queued
from refrase.engine.gate import Gate, Limits
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.anyio

GOOD = Answer("x", "m", CallUsage(), 0.1)
SLOW_DOWN = Answer("", "", CallUsage(), 0.1, failure=Failure(FailureKind.RATE_LIMITED, "slow"))


class Time:
    """A clock, and a sleep that moves it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.clock.advance(seconds)


@pytest.fixture
def time() -> Time:
    return Time()


def gate_of(time: Time, **limits) -> Gate:
    return Gate(Limits(**limits), clock=time.clock, sleep=time.sleep)


async def call(gate: Gate, answer: Answer = GOOD, tokens: int = 10) -> None:
    async with gate.enter(tokens) as note:
        note(answer)


async def test_no_more_calls_are_under_way_than_the_limit_and_all_get_through(time):
    gate = gate_of(time, most_concurrent=3)
    under_way, most = 0, 0

    async def one() -> None:
        nonlocal under_way, most
        async with gate.enter(1):
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            under_way -= 1

    await asyncio.gather(*(one() for _ in range(30)))
    assert most == 3


async def test_a_call_that_breaks_gives_its_place_back(time):
    gate = gate_of(time, most_concurrent=1)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            async with gate.enter(1):
                raise RuntimeError
    await call(gate)


async def test_a_cancelled_call_and_a_cancelled_waiter_give_their_places_back(time):
    gate = gate_of(time, most_concurrent=1)
    inside = asyncio.Event()

    async def stay() -> None:
        async with gate.enter(1):
            inside.set()
            await asyncio.sleep(60)

    staying = asyncio.create_task(stay())
    await inside.wait()
    waiting = asyncio.create_task(call(gate))
    await asyncio.sleep(0)
    for task in (waiting, staying):
        task.cancel()
    await asyncio.gather(staying, waiting, return_exceptions=True)
    await asyncio.wait_for(call(gate), 5)


async def test_it_grows_with_good_replies_is_halved_by_a_rate_limit_and_grows_slowly_then(time):
    gate = gate_of(time, most_concurrent=64)
    first = gate.limit
    for _ in range(first):
        await call(gate)
    assert gate.limit == 2 * first
    await call(gate, SLOW_DOWN)
    assert gate.limit == first
    for _ in range(first):
        await call(gate)
    assert gate.limit <= first + 1


async def test_calls_that_were_under_way_together_cut_it_once(time):
    gate = gate_of(time, most_concurrent=64)
    before = gate.limit
    entered = [gate.enter(1) for _ in range(4)]
    notes = [await place.__aenter__() for place in entered]
    time.clock.advance(1)
    for note, place in zip(notes, entered, strict=True):
        note(SLOW_DOWN)
        await place.__aexit__(None, None, None)
    assert gate.limit == before // 2


async def test_it_never_falls_below_one(time):
    gate = gate_of(time)
    for _ in range(20):
        time.clock.advance(1)
        await call(gate, SLOW_DOWN)
    assert gate.limit == 1


async def test_a_wait_that_a_provider_asks_for_holds_for_all_calls(time):
    gate = gate_of(time)
    failure = Failure(FailureKind.OVERLOADED, "later", retry_after_seconds=7.0)
    await call(gate, Answer("", "", CallUsage(), 0.1, failure=failure))
    await call(gate)
    assert time.slept == [7.0]


async def test_a_reply_that_says_none_is_left_closes_it_until_the_reset(time):
    gate = gate_of(time)
    await call(gate, Answer("x", "m", CallUsage(), 0.1, rest_seconds=12.0))
    await call(gate)
    assert time.slept == [12.0]


async def test_requests_a_minute_are_kept(time):
    gate = gate_of(time, requests_per_minute=3)
    for _ in range(3):
        await call(gate)
        time.clock.advance(10)
    await call(gate)
    assert time.slept == [30.0]


async def test_tokens_a_minute_are_kept_and_a_larger_call_goes_alone(time):
    gate = gate_of(time, tokens_per_minute=100)
    await call(gate, tokens=60)
    time.clock.advance(20)
    await call(gate, tokens=40)
    assert time.slept == []
    await call(gate, tokens=50)
    assert time.slept == [40.0]
    await call(gate, tokens=500)
    assert time.slept[-1] == 60.0


async def told_of(gate: Gate, tokens: int = 10) -> list[Queued]:
    told: list[Queued] = []
    async with gate.enter(tokens, told.append) as note:
        note(GOOD)
    return told


async def test_a_call_that_gets_in_at_once_is_told_nothing(time):
    assert await told_of(gate_of(time)) == []


REASONS = [
    ({}, SLOW_DOWN, 7.0, "Waiting 7 s: the provider asked for it."),
    ({"requests_per_minute": 1}, GOOD, None, "Waiting 60 s: the provider takes 1 requests a minute."),
    ({"tokens_per_minute": 15}, GOOD, None, "Waiting 60 s: the provider takes 15 tokens a minute."),
]


@pytest.mark.parametrize(("limits", "first", "asked", "message"), REASONS, ids=["asked", "requests", "tokens"])
async def test_a_wait_is_told_with_its_length_and_reason_and_that_it_is_over(time, limits, first, asked, message):
    gate = gate_of(time, **limits)
    if asked:
        failure = Failure(FailureKind.RATE_LIMITED, "slow", retry_after_seconds=asked)
        first = Answer("", "", CallUsage(), 0.1, failure=failure)
    await call(gate, first)
    assert gate.holds(10)
    begins, over = await told_of(gate)
    assert (begins.message, begins.wait_seconds) == (message, time.slept[-1])
    assert over.wait_seconds == 0


async def test_a_wait_below_a_second_is_not_told(time):
    gate = gate_of(time)
    await call(gate, Answer("x", "m", CallUsage(), 0.1, rest_seconds=0.9))
    assert await told_of(gate) == []
    assert time.slept == [0.9]


async def test_who_waits_for_a_place_is_told_so(time):
    gate = gate_of(time, most_concurrent=1)
    async with gate.enter(1):
        waiting = asyncio.create_task(told_of(gate))
        await asyncio.sleep(0.01)
    first, _ = await waiting
    assert first == Queued("Waiting for a place: the provider takes 1 calls at once, as far as known.")


async def test_who_stands_behind_a_wait_is_told_of_it_whenever_it_came(time):
    going = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        await going.wait()

    gate = Gate(Limits(), clock=time.clock, sleep=sleep)
    await call(gate, Answer("x", "m", CallUsage(), 0.1, rest_seconds=30.0))
    told: list[list[Queued]] = [[], [], []]

    async def one(number: int) -> None:
        async with gate.enter(1, told[number].append):
            pass

    tasks = [asyncio.create_task(one(0)), asyncio.create_task(one(1))]
    await asyncio.sleep(0.01)
    time.clock.advance(10)
    tasks.append(asyncio.create_task(one(2)))
    await asyncio.sleep(0.01)
    assert [[queued.wait_seconds for queued in some] for some in told] == [[30.0], [30.0], [20.0]]
    time.clock.advance(20)
    going.set()
    await asyncio.gather(*tasks)
    assert all(some[-1].wait_seconds == 0 for some in told)


async def test_a_provider_that_asks_for_a_day_does_not_hold_everybody_for_a_day(time):
    gate = gate_of(time)
    failure = Failure(FailureKind.RATE_LIMITED, "tomorrow", retry_after_seconds=86_400.0)
    await call(gate, Answer("", "", CallUsage(), 0.1, failure=failure))
    await call(gate)
    assert time.slept == [60.0]
