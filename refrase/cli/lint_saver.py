"""Where fixed files go: into their place, to standard output, or as a difference to the terminal."""

import difflib
import io
import os
from typing import TYPE_CHECKING

import click

from refrase.cli import output
from refrase.errors import OutputRefused

if TYPE_CHECKING:
    from refrase.services.lint_run import LintInput


class Saver:
    """Takes fixed files: writes them, or shows the difference. Fixed standard input goes to standard output."""

    def __init__(self, *, shows_diff: bool) -> None:
        self._shows_diff = shows_diff
        self.has_stdout = shows_diff

    def save(self, item: "LintInput", before: bytes, after: bytes) -> None:
        """Keep or show what became of an input. Raises OutputRefused."""
        from refrase.library.files import write_atomically

        if self._shows_diff:
            click.echo(_difference(item.name, before, after), nl=False)
        elif item.data is not None:
            self.has_stdout = True
            output.print_bytes(after)
        elif after != before:
            path = item.path.resolve()  # a link stays a link
            # root may write everything; a file that nobody may write is meant to stay
            if not os.access(path, os.W_OK) or not path.stat().st_mode & 0o222:
                raise OutputRefused(f"{item.path} cannot be written: it is read-only.")
            write_atomically(path, after)


def _difference(name: str, before: bytes, after: bytes) -> str:
    """Return what changes in a file as a patch, in colour where the terminal has it."""
    from refrase.library.document import decode

    old, new = (list(io.StringIO(decode(data, name)[0], newline="\n")) for data in (before, after))
    lines: list[str] = []
    for line in difflib.unified_diff(old, new, name, name):
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[0])
        ended = line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        lines.append(click.style(ended, fg=colour) if colour else ended)
    return "".join(lines)
