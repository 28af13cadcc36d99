"""What the head of a file says of linting: comments above the front matter, and `refrase: {ignore: [ids]}` in it."""

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from refrase.core.ignore import COMMENT, ids_of
from refrase.library.document import Document

_KEY = re.compile(r"^refrase[ \t]*:", re.MULTILINE)
_FENCES = re.compile(r"^---[ \t]*\r?$", re.MULTILINE)


class HeaderIgnore(Struct, frozen=True):
    """An ignore for the whole file, and where it stands in the source; no rules: every rule is meant."""

    start: int
    end: int
    rules: tuple[str, ...]

    def covers(self, rule: str) -> bool:
        """Return whether *rule* is silenced."""
        return not self.rules or rule in self.rules


def header_ignores(document: Document) -> tuple[HeaderIgnore, ...]:
    """Return what stands above the prompt of a file that is one prompt."""
    slot = document.slots[0] if document.slots else None
    header = document.source[: slot.pieces[0].start] if slot and slot.pieces and not slot.name else ""
    return tuple(_found(header)) if "refrase" in header else ()


def _found(header: str) -> Iterator[HeaderIgnore]:
    for match in COMMENT.finditer(header):
        if match["word"] == "ignore-file":
            yield HeaderIgnore(*match.span(), ids_of(match))
    key = _KEY.search(header)
    if key is not None:
        rules = _told(header)
        if rules is not None:
            end = header.find("\n", key.start())
            yield HeaderIgnore(key.start(), len(header) if end < 0 else end, rules)


def _told(header: str) -> tuple[str, ...] | None:
    """Return the ids that the front matter ignores; None where it is no YAML or says nothing of it."""
    import yaml  # noqa: PLC0415 - a header that speaks of Refrase is rare

    parts = _FENCES.split(header)
    try:
        front: Any = yaml.safe_load(parts[1]) if len(parts) > 1 else None
    except yaml.YAMLError:
        return None
    told = front.get("refrase") if isinstance(front, dict) else None
    ignored = told.get("ignore") if isinstance(told, dict) else None
    if isinstance(ignored, str):
        return tuple(ignored.replace(",", " ").split())
    return tuple(map(str, ignored)) if isinstance(ignored, list) and ignored else None
