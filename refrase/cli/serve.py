"""refrase serve: the web form and the REST endpoint."""

import asyncio
import socket
import webbrowser

import click

from refrase.cli import options, output
from refrase.errors import EngineNotConfigured, OptionInvalid
from refrase.settings import Settings

# Longer than bootstrap waits for replies that are being paid for.
_GRACE_SECONDS = 25
_LOCAL_HOSTS = {"127.0.0.1", "localhost", "::1"}


@click.command(context_settings=options.CONTEXT)
@click.option("--host", help="Address to listen on (default: 127.0.0.1, this machine alone).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (default: 8321; 0: any free one).")
@click.option("--open", "opens", is_flag=True, help="Open the form in the browser.")
def command(host: str | None, port: int | None, opens: bool) -> None:
    """Start the web form and the REST endpoint. Ctrl-C ends them once the replies being paid for are there."""
    import msgspec
    import uvicorn

    from refrase.app import create_app
    from refrase.bootstrap import settings_from_environment

    settings = settings_from_environment()
    settings = msgspec.structs.replace(
        settings, host=host or settings.host, port=settings.port if port is None else port
    )
    for line in asyncio.run(_look_over(settings)):
        output.say(line)
    listener = _listen(settings.host, settings.port)
    address = f"http://{_shown_host(settings.host)}:{listener.getsockname()[1]}"
    if settings.host not in _LOCAL_HOSTS:
        output.say("Anyone who can reach this address can use it, and spend the engine's key.")
    config = uvicorn.Config(
        create_app(settings),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    output.say(f"Refrase is at {click.style(address, bold=True)} (Ctrl-C ends it)")
    if opens:
        webbrowser.open(address)
    uvicorn.Server(config).run(sockets=[listener])


async def _look_over(settings: Settings) -> list[str]:
    """Open everything once, so that what is wrong is told before the server starts; return what is worth saying."""
    from refrase.bootstrap import open_services

    async with open_services(settings) as services:
        engine = services.engine
        told = [f"Database {services.database.name}" + (" (made just now)" if services.is_migrated else "")]
        if isinstance(engine, EngineNotConfigured):
            told.append(f"Offline engine: {engine.detail} {engine.hint}")
        else:
            told.append(f"Engine {engine.identity.model} at {engine.identity.provider}")
        return told


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)  # from here on a browser may come; it waits until the server answers
    except OSError as error:
        listener.close()
        hint = "Another service, perhaps another Refrase, has it: name a free one with --port."
        raise OptionInvalid(f"Port {port} of {host} cannot be used: {error.strerror}.", hint=hint) from None
    return listener


def _shown_host(host: str) -> str:
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - shown, not bound
        return "localhost"
    return f"[{host}]" if ":" in host else host
