r"""How a message's text travels to the engine and comes back without a byte touched that no one edited.

The engine sees the *body*: outer white space cut off, line ends as `\n`. What it edits is mapped back onto the
source text, and new lines take the source's own line end.
"""

import re
from bisect import bisect_left
from collections import Counter

from msgspec import Struct

# White space plus the invisible characters that editors leave at the ends of a file.
_OUTER = "\\s\ufeff\u200b\u200e\u200f"
_LEAD = re.compile(f"[{_OUTER}]*")
_LINE_END = re.compile(r"\r\n|\r|\n")


class Body(Struct, frozen=True):
    """The travelling part of a source text, with what is needed to put changes back."""

    lead: str
    text: str
    trail: str
    newline: str
    folded: tuple[int, ...]  # positions in `text` of the line ends that were two characters in the source

    def source_offset(self, position: int) -> int:
        """Return where *position* of the body lies in the source text."""
        return len(self.lead) + position + bisect_left(self.folded, position)

    def body_offset(self, position: int) -> int:
        """Return where *position* of the source text lies in the body; its outer white space lies at the ends."""
        folds = bisect_left(
            range(len(self.folded)), position, key=lambda fold: len(self.lead) + self.folded[fold] + fold
        )
        return min(max(0, position - len(self.lead) - folds), len(self.text))

    def source_text(self, text: str) -> str:
        """Return *text*, written by an engine, with the line ends of the source."""
        plain = unified(text)
        return plain if self.newline == "\n" else plain.replace("\n", self.newline)

    def source_whole(self, text: str) -> str:
        """Return a whole new body dressed as a source text: outer white space and line ends put back."""
        start = _LEAD.match(text).end()  # type: ignore[union-attr]
        return self.lead + self.source_text(text[start : _trail_start(text, start)]) + self.trail


def body_of(source: str) -> Body:
    """Cut *source* into outer white space and the body that travels."""
    start = _LEAD.match(source).end()  # type: ignore[union-attr]
    end = _trail_start(source, start)
    inner = source[start:end]
    if "\r" not in inner:
        return Body(source[:start], inner, source[end:], "\n" if "\n" in inner else _outer_newline(source), ())
    folded: list[int] = []
    ends: Counter[str] = Counter()
    for match in _LINE_END.finditer(inner):
        ends[match.group()] += 1
        if len(match.group()) == 2:
            folded.append(match.start() - len(folded))
    newline = ends.most_common(1)[0][0] if ends else _outer_newline(source)
    return Body(source[:start], unified(inner), source[end:], newline, tuple(folded))


def unified(text: str) -> str:
    """Return *text* with every line end as a body has it."""
    return _LINE_END.sub("\n", text) if "\r" in text else text


def _trail_start(text: str, lead_end: int) -> int:
    """Return where the trailing white space begins; a loop, since a pattern at the end would be quadratic."""
    end = len(text)
    while end > lead_end and _LEAD.fullmatch(text[end - 1]):
        end -= 1
    return end


def _outer_newline(source: str) -> str:
    match = _LINE_END.search(source)
    return match.group() if match else "\n"
