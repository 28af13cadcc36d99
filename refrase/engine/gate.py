"""The one place that limits calls to a provider: how many at once, how many a minute, and when to wait.

How many at once is found out: it grows with every reply that comes back well, first by one each (which doubles it
per round), after the first cut by one a round; a rate limit or an overloaded provider halves it, once for all calls
that were under way together. Every door of a process passes through the same gate.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from msgspec import Struct

from refrase.clock import Clock
from refrase.core.engine import Answer, FailureKind
from refrase.core.progress import Queued

_FIRST_LIMIT = 16
_MINUTE_SECONDS = 60.0
_LONGEST_CLOSED_SECONDS = 60.0
# A shorter wait is not worth telling.
_MOMENT_SECONDS = 1.0
_CUTTING = frozenset({FailureKind.RATE_LIMITED, FailureKind.OVERLOADED})


class Limits(Struct, frozen=True):
    """What a provider allows one key; None where nothing is known."""

    most_concurrent: int = 64
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


def _untold(_queued: Queued) -> None:
    """Nobody wants to know."""


class Wait(Struct, frozen=True, order=True):
    """A wait, and why it is."""

    seconds: float
    reason: str = ""

    @property
    def told(self) -> Queued:
        """What is told of it."""
        return Queued(f"Waiting {self.seconds:.0f} s: {self.reason}.", self.seconds)


class Gate:
    """Lets calls through. `limit` is how many may be under way now."""

    def __init__(self, limits: Limits, *, clock: Clock, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._limits = limits
        self._clock = clock
        self._sleep = sleep
        self._limit = float(min(_FIRST_LIMIT, limits.most_concurrent))
        self._is_growing_fast = True
        self._active = 0
        self._freed = asyncio.Event()
        self._turnstile = asyncio.Lock()  # first come, first served
        self._begun: deque[tuple[float, int]] = deque()  # when, and how many tokens, within the last minute
        self._closed_until = 0.0
        self._cut_at = float("-inf")
        self._waiting: list[Callable[[Queued], None]] = []
        self._opens_at = Wait(0.0)  # what the first in the queue waits for; its seconds are a point in time

    @property
    def limit(self) -> int:
        """How many calls may be under way at once."""
        return int(self._limit)

    @property
    def counts_tokens(self) -> bool:
        """Whether it needs to know how many tokens a call takes."""
        return self._limits.tokens_per_minute is not None

    def holds(self, tokens: int) -> bool:
        """Return whether a call of *tokens* would wait, and for longer than a moment."""
        return self._is_full or self._wait(tokens).seconds >= _MOMENT_SECONDS

    @asynccontextmanager
    async def enter(
        self, tokens: int, tell: Callable[[Queued], None] = _untold
    ) -> AsyncIterator[Callable[[Answer], None]]:
        """Wait for a place for a call of *tokens*, input and limit together; yields what takes note of its answer.

        *tell* is told of a wait that is longer than a moment: what it is for, and that it is over.
        """
        is_held = self.holds(tokens)
        self._waiting.append(tell)
        try:
            if self._is_full:
                tell(self._queued())
            begun = await self._take_place(tokens)
        finally:
            self._waiting.remove(tell)
        if is_held:
            tell(Queued("The wait is over: the engine is asked.", 0.0))
        try:
            yield lambda answer: self._note(answer, begun)
        finally:
            self._active -= 1
            self._freed.set()

    @property
    def _is_full(self) -> bool:
        return self._turnstile.locked() or self._active >= self.limit

    def _queued(self) -> Queued:
        rest = Wait(self._opens_at.seconds - self._clock.seconds(), self._opens_at.reason)
        if rest.seconds >= _MOMENT_SECONDS:
            return rest.told
        return Queued(f"Waiting for a place: the provider takes {self.limit} calls at once, as far as known.")

    async def _take_place(self, tokens: int) -> float:
        """Wait for a place, take it, and return when."""
        async with self._turnstile:
            while self._active >= self.limit:
                self._freed.clear()
                await self._freed.wait()
            wait = self._wait(tokens)
            if wait.seconds >= _MOMENT_SECONDS:
                self._opens_at = Wait(self._clock.seconds() + wait.seconds, wait.reason)
                for tell in dict.fromkeys(self._waiting):  # who stands behind waits at least as long
                    tell(wait.told)
            if wait.seconds > 0:
                await self._sleep(wait.seconds)
            begun = self._clock.seconds()
            self._begun.append((begun, tokens))
            self._active += 1
            return begun

    def _wait(self, tokens: int) -> Wait:
        now = self._clock.seconds()
        while self._begun and self._begun[0][0] <= now - _MINUTE_SECONDS:
            self._begun.popleft()
        waits = [Wait(0.0), Wait(self._closed_until - now, "the provider asked for it")]
        requests, most_tokens = self._limits.requests_per_minute, self._limits.tokens_per_minute
        if requests and len(self._begun) >= requests:
            wait_seconds = self._begun[-requests][0] + _MINUTE_SECONDS - now
            waits.append(Wait(wait_seconds, f"the provider takes {requests:,} requests a minute"))
        if most_tokens:
            wait_seconds = self._wait_for_tokens(tokens, most_tokens, now)
            waits.append(Wait(wait_seconds, f"the provider takes {most_tokens:,} tokens a minute"))
        return max(waits)

    def _wait_for_tokens(self, tokens: int, per_minute: int, now: float) -> float:
        """Return the wait until enough of the last minute's tokens have gone by. A larger call goes alone."""
        surplus = sum(taken for _, taken in self._begun) + tokens - per_minute
        wait = 0.0
        for begun, taken in self._begun:
            if surplus <= 0:
                break
            surplus -= taken
            wait = begun + _MINUTE_SECONDS - now
        return wait

    def _note(self, answer: Answer, begun: float) -> None:
        now = self._clock.seconds()
        failure = answer.failure
        if failure is not None and failure.retry_after_seconds and failure.kind in _CUTTING:
            # Who asks for more is not waited for: the next call may try, and fails by name.
            wait_seconds = min(failure.retry_after_seconds, _LONGEST_CLOSED_SECONDS)
            self._closed_until = max(self._closed_until, now + wait_seconds)
        if answer.rest_seconds:
            self._closed_until = max(self._closed_until, now + answer.rest_seconds)
        if failure is not None and failure.kind in _CUTTING:
            if begun > self._cut_at:
                self._limit = max(1.0, self._limit / 2)
                self._cut_at = now
                self._is_growing_fast = False
        elif failure is None:
            step = 1.0 if self._is_growing_fast else 1.0 / self._limit
            self._limit = min(float(self._limits.most_concurrent), self._limit + step)
            self._freed.set()
