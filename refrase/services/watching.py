"""Rewrites that belong to the app: they go on when the client that asked for them leaves; streams only watch."""

import asyncio
from collections.abc import AsyncIterator

from refrase.core.progress import Finished, Progress, Started, TextWritten
from refrase.core.rewrite import Order, Rewrite
from refrase.services.plan import Plan, Planner
from refrase.services.rewriting import Rewriter

# Readers see no difference below this, and a stream of single tokens costs more than it shows.
_BATCH_SECONDS = 0.05


class Job:
    """A rewrite in progress. Anyone may follow it, from the start, any number of times."""

    def __init__(self, rewriter: Rewriter, plan: Plan) -> None:
        self._progress: list[Progress] = []
        self._news = asyncio.Event()
        self.task = asyncio.create_task(rewriter.carry_out(plan, self._note))
        self.task.add_done_callback(lambda _task: self._news.set())

    async def result(self) -> Rewrite:
        """Wait for the result. Whoever stops waiting cancels nothing. Raises what the rewriter raises."""
        return await asyncio.shield(self.task)

    async def id(self) -> str:
        """Wait until the rewrite has an id on record, which is before the engine is asked. Raises as `result`."""
        async for _, progress in self.follow():
            if isinstance(progress, Started):
                return progress.id
            if isinstance(progress, Finished):
                return progress.rewrite.id
        return (await self.result()).id

    async def follow(self, start: int = 0) -> AsyncIterator[tuple[int, Progress]]:
        """Yield what happens, each with its number, from number *start* on, until it has ended. Raises as `result`."""
        number = start
        while True:
            while number < len(self._progress):
                yield number, self._progress[number]
                number += 1
            if self.task.done():
                await self.task
                return
            self._news.clear()
            await self._news.wait()

    async def follow_in_batches(
        self, *, start: int = 0, ping_seconds: float
    ) -> AsyncIterator[list[tuple[int, Progress]]]:
        """Yield what happened since, pieces of text joined, a few times a second; an empty list after a long silence.

        Raises as `result`, after everything was yielded.
        """
        number = start
        while True:
            batch = list(enumerate(self._progress[number:], number))
            if batch:
                number += len(batch)
                yield _joined(batch)
                await asyncio.sleep(_BATCH_SECONDS)
            elif self.task.done():
                await self.task
                return
            else:
                self._news.clear()
                try:
                    await asyncio.wait_for(self._news.wait(), ping_seconds)
                except TimeoutError:
                    yield []

    def _note(self, progress: Progress) -> None:
        self._progress.append(progress)
        self._news.set()


class Watching:
    """Starts rewrites as tasks of the app and keeps them findable while they run."""

    def __init__(self, planner: Planner, rewriter: Rewriter) -> None:
        self._planner = planner
        self._rewriter = rewriter
        self._jobs: set[Job] = set()
        self._by_id: dict[str, Job] = {}

    async def start(self, order: Order) -> Job:
        """Start the rewrite of *order*. Raises what can be told before anything is paid."""
        job = Job(self._rewriter, await self._planner.plan(order))
        self._jobs.add(job)
        job.task.add_done_callback(lambda _task: self._forget(job))
        return job

    async def register(self, job: Job) -> str:
        """Make *job* findable under its id, and return the id. Raises what the rewriter raises."""
        rewrite_id = await job.id()
        if job in self._jobs:
            self._by_id[rewrite_id] = job
        return rewrite_id

    def find(self, rewrite_id: str) -> Job | None:
        """Return the running job of that id, or None: then its result is in storage."""
        return self._by_id.get(rewrite_id)

    async def close(self, grace_seconds: float) -> None:
        """Let running rewrites end, cancel those that take longer; cancelled ones are recorded as such."""
        tasks = [job.task for job in self._jobs]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _forget(self, job: Job) -> None:
        self._jobs.discard(job)
        self._by_id = {rewrite_id: known for rewrite_id, known in self._by_id.items() if known is not job}
        if not job.task.cancelled():
            job.task.exception()  # looked at, so that asyncio does not report it as lost


def _joined(batch: list[tuple[int, Progress]]) -> list[tuple[int, Progress]]:
    """Join neighbouring pieces of one message's text; each keeps the number of its last piece."""
    joined: list[tuple[int, Progress]] = []
    for number, progress in batch:
        last = joined[-1][1] if joined else None
        if isinstance(progress, TextWritten) and isinstance(last, TextWritten) and last.message == progress.message:
            joined[-1] = (number, TextWritten(last.text + progress.text, progress.message))
        else:
            joined.append((number, progress))
    return joined
