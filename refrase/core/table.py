"""Tables in Markdown: each row is kept as it stands, layout apart."""

import re
from collections.abc import Iterator

from refrase.core.item import Item, ItemKind
from refrase.core.prompt import Span
from refrase.core.scan import at_lines

_TABLE = re.compile(r"(?:^[ \t>]*\|[^\n]*\|[ \t]*\r?(?:\n|\Z)){2,}", re.MULTILINE)
_LINE = re.compile(r"[^\r\n]+")
_RULE = re.compile(r"[\s|:=-]*")
_CELL_EDGE = re.compile(r"\s*\|\s*")


def find_tables(text: str, message: int = 0) -> Iterator[Item]:
    """Yield every row of every table; `name` is the row without the blanks around its cells."""
    if "|" not in text:
        return
    for table in at_lines(_TABLE, text, ("|",)):
        for line in _LINE.finditer(text, table.start(), table.end()):
            value = line.group().strip(" \t>")
            if not _RULE.fullmatch(value):
                start = line.start() + line.group().index(value)
                yield Item(ItemKind.TABLE, value, Span(start, start + len(value), message), _CELL_EDGE.sub("|", value))
