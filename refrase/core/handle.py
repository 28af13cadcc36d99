"""Handles: how locked blocks travel to the engine in a whole text, and come back byte for byte."""

import re
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from refrase.core.body import Body, unified
from refrase.core.lock import Lock
from refrase.core.reply import EditDraft
from refrase.core.rewrite import Finding, Severity

_SHOWN_CHARACTERS = 60


class Handles(Struct, frozen=True):
    """The locked blocks of a prompt, numbered from 1 over all its messages: their source texts, and their messages."""

    mark: str
    blocks: tuple[str, ...] = ()
    messages: tuple[int, ...] = ()

    def expand(self, text: str) -> str:
        """Return *text* with every handle in it replaced by the block it stands for."""
        return _pattern(self.mark).sub(self._block, text)

    def check(self, text: str, message: int) -> list[Finding]:
        """Return what is wrong with the handles in *text*, an engine's whole message: each must stand there once."""
        counts = Counter(int(number) for number in _pattern(self.mark).findall(text))
        findings: list[Finding] = []
        for number, (block, home) in enumerate(zip(self.blocks, self.messages, strict=True), 1):
            count = counts.pop(number, 0)
            if home == message and count == 0:
                told = f"The locked block {number} is missing: {_shown(block)}"
                findings.append(Finding("lock_lost", Severity.BLOCKING, told, value=str(number)))
            elif count and (home != message or count > 1):
                where = "more than once" if home == message else "in another message"
                told = f"The locked block {number} stands {where}: {_shown(block)}"
                findings.append(Finding("lock_repeated", Severity.BLOCKING, told, value=str(number)))
        for number in counts:
            told = f"There is no locked block {number}."
            findings.append(Finding("lock_unknown", Severity.BLOCKING, told, value=str(number)))
        return findings

    def expand_edits(self, edits: Sequence[EditDraft]) -> tuple[EditDraft, ...]:
        """Return *edits* of a text that stands expanded: whoever wrote it saw its handles, and quotes them."""
        return tuple(replace(edit, old=self._plain(edit.old), new=self._plain(edit.new)) for edit in edits)

    def _plain(self, text: str) -> str:
        """Return *text* expanded, with line ends as a body has them; as it is where a handle in it means none."""
        numbers = [int(number) for number in _pattern(self.mark).findall(text)]
        is_known = all(1 <= number <= len(self.blocks) for number in numbers)
        return unified(self.expand(text)) if numbers and is_known else text

    def _block(self, match: re.Match[str]) -> str:
        number = int(match[1])
        return self.blocks[number - 1] if 1 <= number <= len(self.blocks) else ""


def show_locks(body: Body, source: str, locks: Sequence[Lock], first: int, mark: str) -> tuple[str, tuple[str, ...]]:
    """Return the body with its locked blocks between tags, numbered from *first*, and their source texts."""
    pieces: list[str] = []
    blocks: list[str] = []
    position = 0
    for lock in locks:
        start, end = body.body_offset(lock.span.start), body.body_offset(lock.span.end)
        if start >= end:
            continue
        number = first + len(blocks)
        tag = f"locked-{mark}"
        pieces += (body.text[position:start], f'<{tag} id="{number}">', body.text[start:end], f"</{tag}>")
        blocks.append(source[body.source_offset(start) : body.source_offset(end)])
        position = end
    return "".join((*pieces, body.text[position:])), tuple(blocks)


def _pattern(mark: str) -> re.Pattern[str]:
    """Return the form of a handle: the tag alone, or the whole block written out between its tags."""
    tag = f"locked-{re.escape(mark)}"
    return re.compile(rf"<{tag}\s+id=[\"']?(\d{{1,4}})[\"']?\s*(?:/>|>(?:(?:(?!<{tag}\b).)*?</{tag}\s*>)?)", re.DOTALL)


def _shown(block: str) -> str:
    flat = " ".join(block.split())
    return f"“{flat if len(flat) <= _SHOWN_CHARACTERS else flat[: _SHOWN_CHARACTERS - 1] + '…'}”"
