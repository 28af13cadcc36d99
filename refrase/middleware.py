"""What every request passes: is it meant for this host, and a line in the log."""

import time

import structlog
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from refrase.settings import Settings

_LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}
_REFUSED = b'{"type":"about:blank","title":"Misdirected Request","status":421,"code":"host_not_allowed",' + (
    b'"detail":"This service does not answer under that host name.","hint":"Set REFRASE_ALLOWED_HOSTS."}'
)


class HostCheck(ASGIMiddleware):
    """Answers only under known host names, so that no web page can reach a local service through a name of its own.

    Served to this machine alone, these are the local names; else those of REFRASE_ALLOWED_HOSTS, or any.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, settings: Settings) -> None:
        hosts = {host.lower() for host in settings.allowed_hosts}
        is_local = settings.host in _LOCAL_HOSTS
        self._hosts = hosts | _LOCAL_HOSTS if is_local else hosts

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Refuse a request for another host with 421."""
        if self._hosts and _host_of(scope) not in self._hosts:
            headers = [(b"content-type", b"application/problem+json")]
            await send({"type": "http.response.start", "status": 421, "headers": headers})
            await send({"type": "http.response.body", "body": _REFUSED, "more_body": False})
            return
        await next_app(scope, receive, send)


class RequestLog(ASGIMiddleware):
    """Writes one line per request: method, path, status, time. Never a query, a body or a header."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on and log how it ended."""
        if scope["path"].startswith("/static/"):
            await next_app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await next_app(scope, receive, note_status)
        finally:
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            structlog.get_logger().info(
                "request", method=scope.get("method"), path=scope["path"], status=status, milliseconds=milliseconds
            )


def _host_of(scope: Scope) -> str:
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
    return (host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host).strip("[]").lower()
