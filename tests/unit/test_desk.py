"""The desk where texts are read: whose turn it is, and that it always passes on."""

import asyncio
import threading
from itertools import pairwise

import pytest

from refrase.services.desk import Desk, Step

pytestmark = pytest.mark.anyio

SHORT, LONG = 100, 1_000_000


async def test_what_leads_to_a_call_goes_before_a_result_and_a_result_before_the_reading_of_a_reply():
    desk, done = Desk(), list[Step]()
    steps = [Step.READ, Step.FINISH, Step.READ, Step.ASK, Step.FINISH, Step.ASK]
    async with asyncio.TaskGroup() as group:
        group.create_task(desk.do(Step.READ, SHORT, lambda: None))  # is at the desk when the others come
        for step in steps:
            group.create_task(desk.do(step, SHORT, done.append, step))
    assert done == [Step.ASK, Step.ASK, Step.FINISH, Step.FINISH, Step.READ, Step.READ]


async def test_of_one_kind_who_came_first_goes_first():
    desk, done = Desk(), list[int]()
    await asyncio.gather(*(desk.do(Step.READ, SHORT, done.append, number) for number in range(10)))
    assert done == list(range(10))


async def test_a_paid_reply_is_read_in_the_end_even_if_there_is_always_another_call_to_make():
    desk, asked, is_read = Desk(), list[int](), asyncio.Event()

    async def ask_again(number: int) -> None:
        while not is_read.is_set():
            await desk.do(Step.ASK, SHORT, asked.append, number)

    async with asyncio.TaskGroup() as group:
        for number in range(8):
            group.create_task(ask_again(number))
        await asyncio.sleep(0)  # now there is always one that waits
        await desk.do(Step.READ, SHORT, is_read.set)
    assert Step.READ <= len(asked) <= Step.READ + 16


async def test_between_two_pieces_of_work_the_rest_of_the_process_is_served():
    desk, done = Desk(), list[str]()

    async def elsewhere() -> None:
        while done.count("read") < 3:
            done.append("served")
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(desk.do(Step.READ, SHORT, done.append, "read"))
        group.create_task(elsewhere())
    assert ("read", "read") not in pairwise(done)


async def test_work_that_fails_tells_its_own_caller_and_the_next_one_has_its_turn():
    desk = Desk()

    def fail() -> None:
        raise ValueError("this one")

    told = await asyncio.gather(
        desk.do(Step.READ, SHORT, fail), desk.do(Step.READ, SHORT, lambda: "fine"), return_exceptions=True
    )
    assert [str(item) for item in told] == ["this one", "fine"]


@pytest.mark.parametrize("rounds", range(4))
async def test_who_is_cancelled_at_any_moment_of_the_wait_stops_nobody(rounds):
    desk, done = Desk(), list[str]()
    tasks = [asyncio.create_task(desk.do(Step.READ, SHORT, done.append, name)) for name in ("a", "b", "c")]
    for _ in range(rounds):
        await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.wait(tasks, timeout=5)
    assert await asyncio.wait_for(desk.do(Step.READ, SHORT, lambda: "free"), 5) == "free"
    assert {"a", "c"} <= set(done)


async def test_a_long_text_is_worked_on_in_a_thread_and_keeps_nobody_waiting():
    desk, is_over = Desk(), threading.Event()
    long = asyncio.create_task(desk.do(Step.ASK, LONG, is_over.wait, 5))
    await asyncio.sleep(0)
    assert await desk.do(Step.READ, SHORT, lambda: "read") == "read"
    is_over.set()
    assert await long is True
