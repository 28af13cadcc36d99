"""A rewrite as server-sent events, while it is written."""

from collections.abc import AsyncIterator

import msgspec
from litestar.response import ServerSentEvent
from litestar.response.sse import ServerSentEventMessage

from refrase.api.problems import problem_from_error
from refrase.core.engine import failure_error
from refrase.core.progress import Finished, Progress
from refrase.core.rewrite import Outcome
from refrase.errors import RefraseError
from refrase.services.watching import Job

PING_SECONDS = 15.0


def event_stream(job: Job) -> ServerSentEvent:
    """Return *job*'s progress as a response. A client that leaves cancels nothing: the job goes on."""
    return ServerSentEvent(_events(job), status_code=200, headers={"Cache-Control": "no-store"})


async def _events(job: Job) -> AsyncIterator[ServerSentEventMessage]:
    try:
        async for batch in job.follow_in_batches(ping_seconds=PING_SECONDS):
            if not batch:
                yield ServerSentEventMessage(comment="ping", data=None)
            for number, progress in batch:
                yield _event(number, progress)
    except RefraseError as error:
        yield _problem_event(problem_from_error(error))
    except Exception as error:  # noqa: BLE001 - the answer has begun, so the stream itself must say it
        yield _problem_event(problem_from_error(error))


def _event(number: int, progress: Progress) -> ServerSentEventMessage:
    if isinstance(progress, Finished) and progress.rewrite.outcome is Outcome.FAILED:
        return _problem_event(problem_from_error(failure_error(progress.rewrite), rewrite=progress.rewrite))
    tag = type(progress).__struct_config__.tag
    return ServerSentEventMessage(event=str(tag), data=msgspec.json.encode(progress).decode(), id=number)


def _problem_event(problem: object) -> ServerSentEventMessage:
    return ServerSentEventMessage(event="failed", data=msgspec.json.encode(problem).decode())
