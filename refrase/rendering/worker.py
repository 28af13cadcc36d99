"""The guarded process: reads two texts, renders both with marker values, and tells what differs.

It limits its own time, memory and files before it looks at anything. In: one JSON object on standard input, out: one
on standard output, {syntax: {"skipped" | "broken": sentence, "lost": [name], "invented": [name]}}.

With `--serve SECONDS` it stays. Standard input is then a socket over which one end of a pair of sockets comes per
question; a fork limits itself, reads the question from it, answers and ends, at the latest after so many seconds. The
server reads no question itself, and ends when its user does.
"""

import gc
import json
import os
import signal
import socket
import sys
from typing import Any

# What a fork says first: what comes to nothing after it was stopped by its limits.
TAKEN = b"?"
_MOST_CPU_SECONDS = 4
_MOST_MEMORY_BYTES = 768 * 1024 * 1024


def main() -> None:
    """Answer one question, or many."""
    if sys.argv[1:2] == ["--serve"]:
        serve(float(sys.argv[2]))
        return
    question = sys.stdin.read()
    guard()
    sys.stdout.write(answer(question))


def answer(question: str) -> str:
    """Return the answer to a question, both as JSON."""
    from refrase.rendering.engines import ENGINES

    asked = json.loads(question)
    return json.dumps({name: compare(ENGINES[name], asked["before"], asked["after"]) for name in asked["syntaxes"]})


def serve(longest_seconds: float) -> None:
    """Fork for each question, until the other end of standard input is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system clears forks away
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for our user, who ends us
    control = socket.socket(fileno=sys.stdin.fileno())
    is_ready = False
    while descriptors := socket.recv_fds(control, 1, 1)[1]:
        if os.fork() == 0:
            control.close()
            try:
                _answer_on(socket.socket(fileno=descriptors[0]), longest_seconds)
            finally:
                os._exit(0)  # whoever asked sees by the missing answer what went wrong
        os.close(descriptors[0])
        if not is_ready:
            is_ready = True
            _get_ready()


def _get_ready() -> None:
    """Import what later forks need, and leave it alone: a page that nobody touches is not copied for each of them.

    The first fork was not to wait for that.
    """
    from refrase.rendering.engines import ENGINES

    for render in ENGINES.values():
        render("")
    gc.freeze()


def _answer_on(line: socket.socket, longest_seconds: float) -> None:
    line.sendall(TAKEN)
    guard()
    signal.setitimer(signal.ITIMER_REAL, longest_seconds)
    with line.makefile("rb") as asked:
        question = asked.read().decode()
    line.sendall(answer(question).encode())


def guard() -> None:
    """Limit what this process may take. Where the system has no such limits, its parent's clock alone guards it."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_CPU_SECONDS, _MOST_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY_BYTES, _MOST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def compare(render: Any, before: str, after: str) -> dict[str, Any]:
    """Return what *render* sees in *after* that it does not see in *before*, and the other way round."""
    try:
        was = render(before)
    except (MemoryError, RecursionError):
        return {"skipped": "the original takes too much to render"}
    except Exception as error:  # noqa: BLE001 - whatever an engine says of a stranger's template
        return {"skipped": f"the original is no template of it ({_said(error)})"}
    try:
        now = render(after)
    except (MemoryError, RecursionError):
        return {"broken": "it takes too much to render"}
    except Exception as error:  # noqa: BLE001
        return {"broken": _said(error)}
    return {"lost": sorted(was - now), "invented": sorted(now - was)}


def _said(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


if __name__ == "__main__":
    main()
