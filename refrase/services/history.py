"""The stored pairs, as their owner wants to see them."""

from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec

from refrase.clock import Clock
from refrase.core.attempt import Attempt
from refrase.core.rewrite import Outcome, Reason, Rewrite
from refrase.storage.rewrites import Page, Query, Rewrites


class History:
    """Lists, finds and exports pairs."""

    def __init__(self, rewrites: Rewrites, *, clock: Clock, longest_run_seconds: float) -> None:
        self._rewrites = rewrites
        self._clock = clock
        self._longest_run = timedelta(seconds=longest_run_seconds)

    async def get(self, rewrite_id: str) -> tuple[Rewrite, tuple[Attempt, ...]]:
        """Return a pair with its calls. Raises RewriteNotFound."""
        rewrite, attempts = await self._rewrites.get(rewrite_id)
        return self._as_it_is(rewrite), attempts

    async def get_page(self, query: Query, *, limit: int, cursor: str = "") -> Page:
        """Return a page of pairs, the newest first."""
        page = await self._rewrites.get_page(query, limit=limit, cursor=cursor)
        return Page(tuple(self._as_it_is(rewrite) for rewrite in page.items), page.next_cursor)

    async def export(self, query: Query) -> AsyncIterator[Rewrite]:
        """Yield every pair, the newest first."""
        async for rewrite in self._rewrites.each(query):
            yield self._as_it_is(rewrite)

    def _as_it_is(self, rewrite: Rewrite) -> Rewrite:
        """Say of a rewrite that is `running` long after its time what it is: broken off by a crash."""
        if rewrite.outcome is not Outcome.RUNNING or self._clock.now() - rewrite.created_at < self._longest_run:
            return rewrite
        reason = Reason("interrupted", "The program ended before the engine's reply was recorded.", "Run it again.")
        return msgspec.structs.replace(rewrite, outcome=Outcome.FAILED, reason=reason)
