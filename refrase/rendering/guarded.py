"""The guarded process as its user sees it: a question goes out, an answer comes back, or the reason why there is none.

Where the system can fork, one process of ours (`worker --serve`) stays and forks once per question, so that nobody
waits for an interpreter to start; elsewhere each question starts one.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from refrase.rendering.worker import TAKEN

_TOO_LONG = "rendering it takes too long"
_TOO_MUCH = "rendering it takes too much time or memory"
CAN_FORK = hasattr(os, "fork") and hasattr(socket, "send_fds")


class Guarded:
    """Asks. The server is started by the first question, and again where it has died; `aclose` ends it."""

    def __init__(self, *, longest_seconds: float, forks: bool = CAN_FORK) -> None:
        self._longest_seconds = longest_seconds
        self._forks = forks
        self._server: _Server | None = None

    async def ask(self, question: dict[str, Any]) -> dict[str, Any] | str:
        """Return what the guarded process says, or why it says nothing."""
        data = json.dumps(question).encode()
        try:
            said = await asyncio.wait_for((self._ask_fork if self._forks else _ask_new)(data), self._longest_seconds)
        except TimeoutError:
            return _TOO_LONG
        answer: dict[str, Any] = json.loads(said) if said else {}
        return answer or _TOO_MUCH

    async def aclose(self) -> None:
        """End the server; what is being rendered ends by its own limits."""
        if self._server is not None:
            await self._end(self._server)

    async def _ask_fork(self, data: bytes) -> bytes:
        said = b""
        for _ in range(2):  # a server that has died is no fault of the question
            server = self._server = self._server or _Server(self._longest_seconds)
            said = await server.ask(data)
            if said:
                break
            await self._end(server)
        return said.removeprefix(TAKEN)

    async def _end(self, server: "_Server") -> None:
        if self._server is server:
            self._server = None
        await server.end()


class _Server:
    """The process that forks."""

    def __init__(self, longest_seconds: float) -> None:
        self._control, theirs = socket.socketpair()
        self._control.setblocking(False)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, our module
                (*_COMMAND, "--serve", str(longest_seconds)),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment(),
            )

    async def ask(self, data: bytes) -> bytes:
        """Hand one end of a pair of sockets to the server; return what its fork says on it.

        That is TAKEN and the answer, TAKEN alone where the fork was stopped by its limits, nothing without a server.
        """
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        said = b""
        with ours, suppress(OSError):
            with theirs:
                socket.send_fds(self._control, [b"?"], [theirs.fileno()])
            await loop.sock_sendall(ours, data)
            ours.shutdown(socket.SHUT_WR)
            while piece := await loop.sock_recv(ours, 65_536):
                said += piece
        return said

    async def end(self) -> None:
        """End the server, which holds nothing; what its forks are at ends by their own limits."""
        self._control.close()
        self._process.kill()
        await asyncio.to_thread(self._process.wait)


async def _ask_new(data: bytes) -> bytes:
    """Start a process for one question."""
    pipe, null = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*_COMMAND, stdin=pipe, stdout=pipe, stderr=null, env=_environment())
    try:
        said, _ = await process.communicate(data)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return said if process.returncode == 0 else b""


# With -P nothing is imported from the folder that somebody happens to stand in.
_COMMAND = (sys.executable, "-P", "-m", "refrase.rendering.worker")


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": _import_path()}


def _import_path() -> str:
    """Return where packages of this process come from, without the folder that it was started in."""
    here = os.path.realpath(os.getcwd())  # noqa: PTH109 - of paths as the interpreter has them
    return os.pathsep.join(path for path in sys.path if (path and os.path.realpath(path) != here) or _is_ours(path))


def _is_ours(path: str) -> bool:
    """Return whether the package itself lies there: a checkout that is worked in."""
    return bool(path) and os.path.realpath(path) == str(Path(__file__).resolve().parents[2])
