"""Is the service fit to work? Each part answers for itself."""

from collections.abc import Awaitable, Callable

from refrase.errors import RefraseError

Ping = Callable[[], Awaitable[None]]


class Health:
    """Asks each part for a sign of life."""

    def __init__(self, pings: dict[str, Ping]) -> None:
        self._pings = pings

    async def check(self) -> dict[str, str]:
        """Return what each part says: "ok", or what is wrong with it."""
        answers: dict[str, str] = {}
        for name, ping in self._pings.items():
            try:
                await ping()
            except RefraseError as error:
                answers[name] = error.detail
            else:
                answers[name] = "ok"
        return answers
