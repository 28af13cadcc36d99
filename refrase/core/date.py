"""Dates of a prompt. However one is written, its name is the same: 5 March 2024, 2024-03-05, 2024年3月5日."""

import re
from collections.abc import Iterator

from refrase.core.item import Item, ItemKind
from refrase.core.prompt import Span
from refrase.core.scan import digit_runs, lowered

_MONTHS = (
    "january february march april may june july august september october november december",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "jan feb mar apr may jun jul aug sep oct nov dec",
)
_NUMBER_OF = {name: number for names in _MONTHS for number, name in enumerate(names.split(), 1)} | {"sept": 9}
_MONTH = "|".join(sorted(_NUMBER_OF, key=len, reverse=True))
_STEM = re.compile(
    "["
    + "".join(sorted({name[0] for name in _NUMBER_OF}))
    + "](?:"
    + "|".join(sorted({name[1:3] for name in _NUMBER_OF}))
    + ")"
)
_MOST_DIGITS = 4
# One of these stands in every date that is written in digits.
_IN_DIGITS = ("-0", "-1", ".19", ".20")
_NEAR_CHARACTERS, _AFTER_DAY_CHARACTERS = 14, 9
_ISO = re.compile(r"\d{4}-(?:0\d|1[0-2])-[0-3]\d(?!\d)")
_NUMERIC = re.compile(r"([0-3]?\d)\.([01]?\d)\.((?:19|20)\d\d)(?!\d)")
_HAN = re.compile(r"(?:(\d{4})\s?年)?\s?(\d{1,2})\s?月(?:\s?(\d{1,2})\s?[日号])?|(\d{4})\s?年")
_BEFORE = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|º)?\.?\s{1,3}(?:of\s|de\s)?$")
_AFTER = re.compile(
    rf"(?P<month>{_MONTH})\b\.?(?:\s{{1,3}}(?P<day>\d{{1,2}})(?!\d)(?:st|nd|rd|th)?)?"
    r"(?:,?\s{1,3}(?:de\s)?(?P<year>\d{4})(?!\d))?",
    re.IGNORECASE,
)


def find_dates(text: str, message: int = 0) -> Iterator[Item]:
    """Yield every date that names its day or its year together with its month, and Chinese years and months."""
    numbers = [
        (first, min(first + _MOST_DIGITS, end))
        for start, end in digit_runs(text)
        for first in range(start, end, _MOST_DIGITS)
    ]
    for start, end in numbers if any(part in text for part in _IN_DIGITS) else ():
        sign = text[end : end + 1]
        if sign in {"-", "."} and _stands_alone(text, start):
            yield from _in_digits(text, start, sign, message)
    if "月" in text or "年" in text:
        for match in _HAN.finditer(text):
            year, month, day, alone = match.groups()
            yield _date(text, match.start(), match.end(), alone or _name(year, int(month), day), message)
    yield from _named(text, numbers, message)


def _in_digits(text: str, start: int, sign: str, message: int) -> Iterator[Item]:
    """Yield the date that begins at *start*, written with *sign* between its numbers."""
    if sign == "-" and (match := _ISO.match(text, start)):
        yield _date(text, start, match.end(), match.group(), message)
    if sign == "." and (match := _NUMERIC.match(text, start)):
        day, month, year = match.groups()
        if 1 <= int(month) <= 12:
            yield _date(text, start, match.end(), _name(year, int(month), day), message)


def _named(text: str, numbers: list[tuple[int, int]], message: int) -> Iterator[Item]:
    end = 0
    for spot in _month_spots(text, numbers):
        match = _AFTER.match(text, spot)
        if match is None or match.start() < end or not _stands_alone(text, match.start()):
            continue
        before = None if match["day"] else _BEFORE.search(text, max(end, match.start() - 12), match.start())
        if match["day"] or match["year"] or before:
            start, end = before.start() if before else match.start(), match.end()
            day = before[1] if before else match["day"]
            yield _date(text, start, end, _name(match["year"], _NUMBER_OF[match["month"].lower()], day), message)


def _month_spots(text: str, numbers: list[tuple[int, int]]) -> list[int]:
    """Return where a month may begin: near a number, since a date has a day or a year."""
    spots: dict[int, None] = {}
    small = lowered(text) if numbers else text
    for first, last in numbers:
        start, end = max(0, first - _NEAR_CHARACTERS), last + _AFTER_DAY_CHARACTERS
        spots |= dict.fromkeys(stem.start() for stem in _STEM.finditer(small, start, end))
    return sorted(spots)


def _date(text: str, start: int, end: int, name: str, message: int) -> Item:
    return Item(ItemKind.DATE, text[start:end], Span(start, end, message), name)


def _name(year: str | None, month: int, day: str | None) -> str:
    return f"{year or ''}-{month:02}-{day.zfill(2) if day else ''}"


def _stands_alone(text: str, start: int) -> bool:
    before = text[max(0, start - 1) : start]
    return not (before.isalnum() and before < "\u2e80") and before not in {"_", "-", "/", "."}
