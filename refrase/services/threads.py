"""Work on long texts, outside of the thread that serves everyone."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

_LONG_CHARACTERS = 20_000

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread_if_long(characters: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do *work* on a text of that many characters; on a long one in a thread, so that others are served meanwhile."""
    if characters > _LONG_CHARACTERS:
        return await asyncio.to_thread(work, *args, **kwargs)
    return work(*args, **kwargs)
