"""The two clocks: the wall's, for records, and the stopwatch's, for durations."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time; tests bring their own."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        ...

    def seconds(self) -> float:
        """Return seconds of a stopwatch that never goes back."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.now(UTC)

    def seconds(self) -> float:
        """Return seconds of a stopwatch that never goes back."""
        return time.perf_counter()
