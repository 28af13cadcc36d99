"""Literals of a prompt: fenced and inline code, URLs, numbers. Found line by line or by bounded patterns."""

import re
from collections.abc import Iterable, Iterator

from refrase.core.contract import Item, ItemKind
from refrase.core.prompt import Span

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_FENCE = re.compile(r"[ \t]{0,40}(`{3,}|~{3,})([^\r\n]*)")
_INLINE = re.compile(r"(?<!`)(`{1,2})(?!`)([^`\n]{1,300})\1(?!`)")
_URL = re.compile(r"\b(?:https?|ftp)://[^\s<>\"'`)\]}|\\]{1,2000}")
_ORDINAL = re.compile(r"^[ \t>]{0,40}(?:[-*+][ \t]{1,4})?\d{1,3}[.)](?=[ \t])", re.MULTILINE)
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d{1,40}(?:[.,:/]\d{1,40}){0,8}(?:[ ]?%|(?=\D|$))")


def find_code_blocks(text: str, message: int = 0) -> Iterator[Item]:
    """Yield the content of every fenced block; an unclosed one runs to the end of the text."""
    fence = ""
    start = 0
    for match in _LINE.finditer(text):
        line = match.group()
        if not line:
            break
        opener = _FENCE.match(line)
        if not fence:
            if opener and not ("`" in opener[1] and "`" in opener[2]):
                fence, start = opener[1], match.end()
        elif opener and opener[1].startswith(fence) and not opener[2].strip():
            yield _block(text, start, match.start(), message)
            fence = ""
    if fence:
        yield _block(text, start, len(text), message)


def find_literals(text: str, variables: Iterable[Item], message: int = 0) -> Iterator[Item]:
    """Yield code blocks, inline code, URLs and numbers. A number inside any of the others is part of it.

    *variables* are the items of core.variable for the same text; numbers inside them are not told twice.
    List ordinals ("1. ") are layout, not content, and are no numbers.
    """
    blocks = list(find_code_blocks(text, message))
    yield from blocks
    rest = _blank(text, (block.span for block in blocks))
    inline = [
        Item(ItemKind.INLINE_CODE, match.group(2), Span(match.start(), match.end(), message))
        for match in _INLINE.finditer(rest)
    ]
    yield from inline
    urls = [_url(match, message) for match in _URL.finditer(text)]
    yield from urls
    taken = [item.span for item in (*inline, *urls, *variables)]
    taken += [Span(match.start(), match.end(), message) for match in _ORDINAL.finditer(rest)]
    for match in _NUMBER.finditer(_blank(rest, taken)):
        yield Item(ItemKind.NUMBER, match.group().replace(" ", ""), Span(match.start(), match.end(), message))


def _block(text: str, start: int, end: int, message: int) -> Item:
    return Item(ItemKind.CODE_BLOCK, text[start:end], Span(start, end, message))


def _url(match: re.Match[str], message: int) -> Item:
    """Return the URL without the punctuation of the sentence it ends."""
    value = match.group().rstrip(".,;:!?*_")
    return Item(ItemKind.URL, value, Span(match.start(), match.start() + len(value), message))


def _blank(text: str, spans: Iterable[Span]) -> str:
    """Return *text* with the spans overwritten by blanks, so that offsets stay what they are."""
    pieces: list[str] = []
    position = 0
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        start = max(position, span.start)
        if span.end <= position:
            continue
        pieces += (text[position:start], " " * (span.end - start))
        position = span.end
    pieces.append(text[position:])
    return "".join(pieces)
