"""Plain text and Markdown: the file is the prompt, save a front matter, which stays byte for byte."""

import re

from refrase.core.prompt import UNSTATED_ROLE
from refrase.library.document import Document, Piece, Slot, decode

# Comments and empty lines may stand above the header, as in dotprompt files.
_FRONT_MATTER = re.compile(
    r"(?:<!--.{0,4000}?-->\s*|[ \t]*\r?\n)*---[ \t]*\r?\n(?:.*?\r?\n)?---[ \t]*(?:\r?\n|$)", re.DOTALL
)


def read_plaintext(data: bytes, where: str) -> Document:
    """Read a text file. Raises NotText."""
    text, mark, encoding = decode(data, where)
    header = _FRONT_MATTER.match(text)
    start = header.end() if header else 0
    piece = Piece(start, len(text), text[start:], UNSTATED_ROLE)
    slots = (Slot("", (piece,)),) if piece.text.strip() else (Slot("", fault="The file holds no prompt."),)
    return Document(text, mark, encoding, slots, write=lambda _old, new: new, locate=lambda _source, position: position)
