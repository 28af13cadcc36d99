"""Where a place in a prompt stands in its file: lines and columns, both from 1, columns in code points."""

from bisect import bisect_right
from functools import cached_property

from msgspec import Struct

from refrase.core.prompt import Span
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

    def of(self, slot: Slot, span: Span | None) -> Place:
        """Return the place of *span* in the prompt of *slot*; of the prompt as a whole that where it begins."""
        pieces = slot.pieces
        if span is None:
            first = self._document.place_of(pieces[0], _lead(pieces[0].text))
            return self.between(first, first)
        piece = pieces[span.message]
        end = self._document.place_of(piece, span.end)
        return self.between(self._document.place_of(piece, span.start), end)

    def between(self, start: int, end: int) -> Place:
        """Return the place between two places of the source, in characters."""
        return Place(*self._at(start), *self._at(end))

    def line_of(self, slot: Slot) -> int:
        """Return the line of a record, 0 of a file that is one prompt."""
        return int(slot.name.removeprefix("line ")) if slot.name else 0

    @cached_property
    def _starts(self) -> list[int]:
        source = self._document.source
        starts, position = [0], source.find("\n")
        while position >= 0:
            starts.append(position + 1)
            position = source.find("\n", position + 1)
        return starts

    def _at(self, position: int) -> tuple[int, int]:
        line = bisect_right(self._starts, position)
        return line, position - self._starts[line - 1] + 1


def _lead(text: str) -> int:
    return len(text) - len(text.lstrip())
