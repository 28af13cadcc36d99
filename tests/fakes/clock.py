"""A clock that moves only when a test says so, and a sleep that remembers instead of waiting."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    def __init__(self) -> None:
        self.time = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def seconds(self) -> float:
        return self.time.timestamp()

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Sleep:
    """Takes the place of asyncio.sleep: notes how long somebody wanted to wait, and goes on at once."""

    def __init__(self) -> None:
        self.waits_seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.waits_seconds.append(seconds)
