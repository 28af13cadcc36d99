"""Where a place in a prompt stands in its file: lines and columns, both from 1, columns in code points."""

from bisect import bisect_right
from functools import cached_property

from msgspec import Struct

from refrase.core.prompt import Prompt, Span
from refrase.core.scan import line_starts
from refrase.library.document import Document, Slot


class Place(Struct, frozen=True):
    """A stretch of a file; its end lies behind the last character."""

    line: int
    column: int
    end_line: int
    end_column: int


class Places:
    """The places of one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._lines = _Lines(document.source)

    def of(self, slot: Slot, span: Span | None) -> Place:
        """Return the place of *span* in the prompt of *slot*; of the prompt as a whole that where it begins."""
        piece = slot.pieces[span.message if span else 0]
        start, end = (span.start, span.end) if span else (lead := _lead(piece.text), lead)
        return self.between(self._document.place_of(piece, start), self._document.place_of(piece, end))

    def between(self, start: int, end: int) -> Place:
        """Return the place between two places of the source, in characters."""
        return self._lines.between(start, end)

    @staticmethod
    def line_of(slot: Slot) -> int:
        """Return the line of a record, 0 of a file that is one prompt."""
        return int(slot.name.removeprefix("line ")) if slot.name else 0


class PromptPlaces:
    """The places of a prompt that comes from no file: those in its messages."""

    def __init__(self, prompt: Prompt) -> None:
        self._texts = prompt.texts
        self._lines = [_Lines(text) for text in prompt.texts]

    def of(self, span: Span | None) -> Place:
        """Return the place of *span* in its message; of the prompt as a whole that where its first message begins."""
        number = span.message if span else 0
        start, end = (span.start, span.end) if span else (lead := _lead(self._texts[0]), lead)
        return self._lines[number].between(start, end)


class _Lines:
    """The lines of a text, found when they are first asked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    def between(self, start: int, end: int) -> Place:
        return Place(*self._at(start), *self._at(end))

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return line_starts(self._text)

    def _at(self, position: int) -> tuple[int, int]:
        line = bisect_right(self._starts, position)
        return line, position - self._starts[line - 1] + 1


def _lead(text: str) -> int:
    return len(text) - len(text.lstrip())
