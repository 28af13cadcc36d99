"""Quoted literals: what somebody will look for letter by letter, a phrase to say, a heading to print, a key."""

import re
from collections.abc import Iterator

from refrase.core.item import Item, ItemKind
from refrase.core.prompt import Span
from refrase.core.scan import is_plain, line_start, places

_QUOTE = re.compile(
    r"\"(?P<plain>[^\"\n]{1,1000})\""
    r"|“(?P<curly>(?:[^“”\"\n]|“[^“”\n]{1,60}”){1,300})[”\"]|„(?P<low>[^„“”\n]{1,300})[“”]|"
    r"«\s?(?P<angle>[^«»\n]{1,300}?)\s?»|»(?P<turned>[^«»\n]{1,300})«"
    r"|「(?P<corner>[^「」\n]{1,300})」|『(?P<white>[^『』\n]{1,300})』|【(?P<lens>[^【】\n]{1,80})】"
    r"|‘(?P<single>[^‘’\n]{1,120})’(?!\w)"
    r"|(?<![A-Za-z0-9_'])'(?P<straight>[^'\n\s](?:[^'\n]{0,80}[^'\n\s])?)'(?![A-Za-z0-9_'])"
)
_OPENERS = "\"“„«»「『【‘'"
# A quoted sign is one that somebody prints or splits by.
_DELIMITER = re.compile(r"(?!\.{2,}|…)[^\w\s\0]{1,5}")
_FOREIGN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff：，。](?P<text>[^\n\0\u2e80-\uffff]{60,4000})")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_FOREIGN_WORDS = 10
# 如 red, green 等
_LIKE_THESE = re.compile(r"[若如像]([^，。\n\0若如像]{3,160}?)等|(?:举例|例如|比如|示例)[）)]?[：:]([^。\n\0]{4,200})")


def find_quotes(text: str, message: int = 0, source: str = "") -> Iterator[Item]:
    """Yield every quoted literal; its value is what stands between the quotation marks, in *source* where it is given.

    The closing sign of a sentence may stand inside or outside: it is no part of the `name`.
    """
    end = 0
    for opener in places(text, _OPENERS):
        match = _QUOTE.match(text, opener) if opener >= end else None
        if match is None:
            continue
        end = match.end()
        value = match[match.lastgroup or 0].strip()
        if any(sign.isalnum() for sign in value) or _DELIMITER.fullmatch(value):
            start = match.start(match.lastgroup or 0)
            said = (source or text)[start : match.end(match.lastgroup or 0)].strip()
            name = " ".join(said.split()).rstrip(".,;:!?…。，！？") or said
            yield Item(ItemKind.QUOTE, said, Span(match.start(), match.end(), message), name)


def find_foreign(text: str, message: int = 0) -> Iterator[Item]:
    """Yield every long stretch of Latin letters in a line of a script without blanks.

    It is a text that the prompt is about, or what it names as an example.
    """
    lines = [] if is_plain(text) else list(_lines_with(_UNSPACED, text))
    for match in (match for line in lines for match in _LIKE_THESE.finditer(text, *line)):
        value, group = match[match.lastindex or 0], match.lastindex or 0
        if sum(sign.isascii() for sign in value) * 2 >= len(value):
            yield Item(ItemKind.QUOTE, value, Span(match.start(group), match.end(group), message), value)
    for match in (match for line in lines for match in _FOREIGN.finditer(text, *line)):
        value = match["text"].strip()
        if len(value.split()) >= _FOREIGN_WORDS:
            start = match.start("text") + match["text"].index(value)
            yield Item(ItemKind.QUOTE, value, Span(start, start + len(value), message), " ".join(value.split()))


def _lines_with(sign: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    """Yield where the lines begin and end that *sign* is found in."""
    end = 0
    while found := sign.search(text, end):
        start = line_start(text, found.start())
        end = text.find("\n", found.end())
        end = len(text) if end < 0 else end
        yield start, end
