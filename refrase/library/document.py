"""A document: the text of a file, and the places in it that are prompts. Everything between them stays as it is."""

import codecs
from collections.abc import Callable, Mapping

from msgspec import Struct

from refrase.core.prompt import Message, Prompt
from refrase.errors import NotText

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# How a format writes a new text in the place of an old one: (old source, new text) -> new source.
Writer = Callable[[str, str], str]
# Where a character of a text stands in the source that means it: (source, place in the text) -> place in the source.
Locator = Callable[[str, int], int]


class Piece(Struct, frozen=True):
    """Where one message of a prompt stands in the source, in characters, and the text it means there."""

    start: int
    end: int
    text: str
    role: str


class Slot(Struct, frozen=True):
    """One prompt of a document. `name` is "" where the document is the prompt; `fault` says why it is none."""

    name: str
    pieces: tuple[Piece, ...] = ()
    fault: str = ""

    @property
    def prompt(self) -> Prompt:
        """The prompt that stands here."""
        return Prompt(tuple(Message(piece.text, piece.role) for piece in self.pieces))


class Document(Struct, frozen=True):
    """A file's text, how it was encoded, and its slots."""

    source: str
    byte_order_mark: bytes
    encoding: str
    slots: tuple[Slot, ...]
    write: Writer
    locate: Locator

    def place_of(self, piece: Piece, position: int) -> int:
        """Return where in the source a character of a piece's text stands."""
        return piece.start + self.locate(self.source[piece.start : piece.end], position)

    def with_prompts(self, prompts: Mapping[str, Prompt]) -> bytes:
        """Return the file's bytes with the named slots' prompts replaced, and every other byte as it was."""
        pieces: list[str] = []
        position = 0
        for slot in self.slots:
            texts = prompts[slot.name].texts if slot.name in prompts else [piece.text for piece in slot.pieces]
            for piece, text in zip(slot.pieces, texts, strict=True):
                old = self.source[piece.start : piece.end]
                new = old if text == piece.text else self.write(old, text)
                pieces += (self.source[position : piece.start], new)
                position = piece.end
        pieces.append(self.source[position:])
        return self.byte_order_mark + "".join(pieces).encode(self.encoding)


def decode(data: bytes, where: str) -> tuple[str, bytes, str]:
    """Return the text of *data*, its byte order mark and its encoding. Raises NotText."""
    mark, encoding = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        place = f"byte {error.start + len(mark):,}"
        raise NotText(f"{where} is not text: {place} is not valid {encoding.upper()}.") from None
    if "\0" in text:
        raise NotText(f"{where} is binary data: it holds NUL characters.")
    return text, mark, encoding
