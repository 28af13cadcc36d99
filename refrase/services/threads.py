"""Work on long texts, outside of the thread that serves everyone."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

_LONG_CHARACTERS = 20_000

P = ParamSpec("P")
T = TypeVar("T")


def is_long(characters: int) -> bool:
    """Return whether work on so much text would keep others waiting for too long."""
    return characters > _LONG_CHARACTERS


async def in_thread_if_long(characters: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do *work* on a text of that many characters; on a long one in a thread, so that others are served meanwhile."""
    if is_long(characters):
        return await asyncio.to_thread(work, *args, **kwargs)
    return work(*args, **kwargs)
