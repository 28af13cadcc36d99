"""When a failed call is made again, and after how long. The SDK's own retries are off: each try is a paid record."""

from msgspec import Struct

from refrase.core.engine import Failure


class RetryPolicy(Struct, frozen=True):
    """Exponential back-off with jitter, within bounds. A provider that asks for a longer wait is not waited for."""

    most_tries: int = 4
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 60.0
    most_attempts: int = 10  # of one rewrite, over all its turns: each may be paid
    deadline_seconds: float = 900.0  # of one rewrite; no wait and no further call begins beyond it

    def wait_seconds(self, failure: Failure, tries: int, jitter: float) -> float | None:
        """Return the wait before the next try, or None where there is none.

        *tries* counts the calls made so far; *jitter*, 0 to 1, spreads callers that failed together.
        """
        if not failure.is_retryable or tries >= self.most_tries:
            return None
        if failure.retry_after_seconds is not None:
            asked = failure.retry_after_seconds
            return asked + jitter * 0.25 if asked <= self.longest_wait_seconds else None
        wait = self.first_wait_seconds * 2.0 ** (tries - 1)
        return min(wait, self.longest_wait_seconds) * (0.75 + jitter / 2)
