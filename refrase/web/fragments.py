"""A rewrite as fragments of its page, streamed while it is written (HTMX with its hx-sse extension)."""

from collections.abc import AsyncIterator, Awaitable, Callable

from jinja2 import Environment
from litestar.response import ServerSentEvent
from litestar.response.sse import ServerSentEventMessage

from refrase.core.progress import Finished, Progress, Started
from refrase.errors import RefraseError
from refrase.services.watching import Job

PING_SECONDS = 15.0
_DONE = "finished"  # the event that hx-sse:close names


def fragment_stream(
    environment: Environment, job: Job | None, finished: Callable[[], Awaitable[str]], *, start: int
) -> ServerSentEvent:
    """Return the fragments of *job* from event number *start* on, and last what *finished* returns.

    Without a job the rewrite has ended, and its result is all there is to send.
    """
    events = _events(environment, job, finished, start)
    return ServerSentEvent(events, status_code=200, headers={"Cache-Control": "no-store"})


async def _events(
    environment: Environment, job: Job | None, finished: Callable[[], Awaitable[str]], start: int
) -> AsyncIterator[ServerSentEventMessage]:
    template = environment.get_template("_progress.html.j2")
    try:
        if job is not None:
            async for batch in job.follow_in_batches(start=start, ping_seconds=PING_SECONDS):
                if not batch:
                    yield ServerSentEventMessage(comment="ping", data=None)
                for number, progress in batch:
                    if not isinstance(progress, Started | Finished):
                        html = template.render(kind=_kind(progress), progress=progress)
                        yield ServerSentEventMessage(data=html, id=number)
        yield ServerSentEventMessage(data=await finished())
    except RefraseError as error:
        yield ServerSentEventMessage(data=template.render(kind="error", progress=error))
    yield ServerSentEventMessage(event=_DONE, data="")


def _kind(progress: Progress) -> str:
    return str(type(progress).__struct_config__.tag)
