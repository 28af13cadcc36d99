"""Where texts are read and compared: one piece of work at a time, what leads to a call before what comes of one.

Many rewrites at once share one thread. If each waited for all others at each of its steps, all calls would leave
together, all replies would come together, and the provider would have nothing to do while they are read.
"""

import asyncio
import heapq
from collections.abc import Callable
from enum import IntEnum
from itertools import count
from typing import ParamSpec, TypeVar

from refrase.services.threads import is_long

P = ParamSpec("P")
T = TypeVar("T")


class Step(IntEnum):
    """What a piece of work is for. Its value is how many pieces that came later may be done before it."""

    ASK = 0  # to make a call
    FINISH = 64  # to hand out a result
    READ = 256  # to read a reply


class Desk:
    """Does pieces of work in turn. Between two of them, whatever else waits in the process is served."""

    def __init__(self) -> None:
        self._is_taken = False
        self._numbers = count()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []  # a heap, the next one first

    async def do(self, step: Step, characters: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do *work* on a text of that many characters when its turn has come; on a long one at once, in a thread."""
        if is_long(characters):
            return await asyncio.to_thread(work, *args, **kwargs)
        await self._turn(step)
        try:
            return work(*args, **kwargs)
        finally:
            self._free()

    async def _turn(self, step: Step) -> None:
        if not self._is_taken:
            self._is_taken = True
            return
        turn = asyncio.get_running_loop().create_future()
        number = next(self._numbers)
        heapq.heappush(self._waiting, (number + step, number, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self._free()  # its turn had just come
            raise

    def _free(self) -> None:
        asyncio.get_running_loop().call_soon(self._call_next)

    def _call_next(self) -> None:
        while self._waiting:
            turn = heapq.heappop(self._waiting)[-1]
            if not turn.done():
                turn.set_result(None)
                return
        self._is_taken = False
