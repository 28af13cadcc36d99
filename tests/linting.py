"""Prompts with faults, put into files, and what refrase lint says of them."""

import json
from pathlib import Path
from typing import Any

from tests.shell import Shell

ROOT = Path(__file__).parents[1]
BAD = "You sort lists.\n\nI want you to sort {{list}} by name.\n"
FIXED = "You sort lists.\n\nSort {{list}} by name.\n"
GOOD = "Sort {{list}} by name.\n"
# In a prompt of some length a role that says nothing is found.
ASSISTANT = (
    "\nYou are a helpful assistant.\n"
    "Mind the order of the names, and leave out whoever has left the club since the last list.\n"
)
CHAT = [
    {"role": "system", "content": "Be \\ kind.\n\u00e4 \U0001f600. I want you to be kind."},
    {"role": "assistant", "content": "I want you to wait."},
    {"role": "user", "content": "Hello.\nYour task is to wait."},
]


def put(shell: Shell, **texts: str | bytes) -> None:
    for name, text in texts.items():
        path = shell.folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def places(out: str) -> list[str]:
    """Return path, line, column and rule of every line of text."""
    return [" ".join(line.split()[:2]) for line in out.splitlines()]


def report(shell: Shell, *args: str, stdin: bytes = b"") -> dict[str, Any]:
    _, out, _ = shell.run("lint", *args, "--json", stdin=stdin)
    return json.loads(out)


def rules(told: dict[str, Any]) -> list[str]:
    return [finding["rule"] for finding in told["findings"]]


TWO = "I want you to sort {{list}}.\n\nYour task is to wait.\n"
