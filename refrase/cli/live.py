"""One line on a terminal that tells what the engine is doing. Silent where stderr is no terminal."""

import sys
from types import TracebackType
from typing import Self

from refrase.core.progress import EditWritten, Progress, Queued, Repairing, Started, TextWritten, Waiting

_CLEAR = "\r\x1b[2K"


class LiveLine:
    """Shows progress while the reply comes in, and leaves nothing behind."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr.isatty()
        self._characters = 0
        self._edits = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._is_shown:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()

    def watch(self, progress: Progress) -> None:
        """Show one piece of progress."""
        if isinstance(progress, Started):
            self._write("Asking the engine …")
        elif isinstance(progress, TextWritten):
            self._characters += len(progress.text)
            self._write(f"Writing … {self._characters:,} characters")
        elif isinstance(progress, EditWritten):
            self._edits += 1
            self._write(f"Writing … {self._edits} edits")
        elif isinstance(progress, Queued):
            self._write(progress.message)
        elif isinstance(progress, Waiting):
            self._restart()
            self._write(f"{progress.message} Trying again in {progress.wait_seconds:.1f} s …")
        elif isinstance(progress, Repairing):
            self._restart()
            self._write(f"{progress.findings[0].message} Asking for repair {progress.turn} …")

    def _restart(self) -> None:
        self._characters = self._edits = 0

    def _write(self, text: str) -> None:
        if self._is_shown:
            sys.stderr.write(f"{_CLEAR}{text[:110]}")
            sys.stderr.flush()
