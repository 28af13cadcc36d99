"""Numbers of a prompt, in digits or in words, by their value: “three” is 3, “1 million” is 1,000,000."""

import re
from collections.abc import Iterator

from refrase.core.item import Item, ItemKind
from refrase.core.measure import unit_of
from refrase.core.numeral import find_numerals, scaled
from refrase.core.prompt import Span
from refrase.core.scan import at_lines, digit_runs, is_plain

_ORDINAL = re.compile(
    r"^[ \t>]{0,40}(?:[-*+][ \t]{1,4})?(?:\d{1,3}(?:\.\d{1,2})*[.)](?=[ \t])|\d{1,3}、|\*\*\d{1,3}[.)]\*\*(?=[ \t]))",
    re.MULTILINE,
)
_NUMBER = re.compile(r"[0-9]{1,40}(?:[.,:/][0-9]{1,40}){0,8}")
_NUMBER_OF_ANY_SCRIPT = re.compile(r"\d{1,40}(?:[.,:/]\d{1,40}){0,8}")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_GROUPED_BY_POINTS = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?")
# Languages that write 1.500 for one thousand five hundred.
_POINTS = frozenset({"de", "es", "it", "pt", "nl", "da", "id", "tr"})
# “Step 2”, “Part 3”: parts of a list have numbers, and a list may be made anew.
_LAYOUT = re.compile(r"\b(?:step|part|section|phase|stage|item|point|schritt|étape|paso)[ #]*$", re.IGNORECASE)


def find_numbers(text: str, message: int = 0, language: str = "") -> Iterator[Item]:
    """Yield every number; `name` is its value, `detail` is “layout” where it only counts the parts of a list.

    Ordinals of a list (“1. ”) are layout, not content, and are no numbers.
    """
    ordinals = [match.span() for match in at_lines(_ORDINAL, text)]
    position = 0
    for match in _numbers_in(text):
        start, end = match.span()
        while position < len(ordinals) and ordinals[position][1] <= start:
            position += 1
        if position < len(ordinals) and ordinals[position][0] <= start < ordinals[position][1]:
            continue
        if _is_part_of_name(text, start):
            continue
        before = text[start - 1] if start else ""
        sign = before if before in ("-", "+") and not text[max(0, start - 2) : start - 1].strip() else ""
        value, scale = scaled(plain(match.group(), language), text[end : end + 10])
        span = Span(start - len(sign), end + scale, message)
        is_layout = bool(_LAYOUT.search(text, max(0, start - 12), start))
        detail = "layout" if is_layout else ""
        yield Item(ItemKind.NUMBER, text[span.start : span.end], span, sign + value, detail=detail)
    for start, end, number in find_numerals(text, language, lambda first, last: bool(unit_of(text, first, last))):
        if not (start and text[start - 1 : start] == " " and text[max(0, start - 2)].isdigit() and number >= 100):
            yield Item(ItemKind.NUMBER, text[start:end], Span(start, end, message), str(number), detail="words")


def _numbers_in(text: str) -> Iterator[re.Match[str]]:
    if not is_plain(text):
        yield from _NUMBER_OF_ANY_SCRIPT.finditer(text)
        return
    end = 0
    for start, _ in digit_runs(text):
        if start >= end and (match := _NUMBER.match(text, start)):
            end = match.end()
            yield match


def plain(digits: str, language: str) -> str:
    """Return a number without the signs between its thousands, and without zeros that say nothing."""
    if digits.isdigit():
        return digits.lstrip("0") or "0"
    if _GROUPED.fullmatch(digits):
        digits = digits.replace(",", "")
    elif language in _POINTS and _GROUPED_BY_POINTS.fullmatch(digits):
        digits = digits.replace(".", "").replace(",", ".")
    return digits.lstrip("0") or "0" if digits.isdigit() else digits


def _is_part_of_name(text: str, start: int) -> bool:
    """Return whether a digit belongs to a word before it. Scripts without blanks write both side by side."""
    before = text[start - 1] if start else ""
    if before == "_" or (before == "." and text[max(0, start - 2) : start - 1].isdigit()):
        return True
    return before.isalnum() and before < "\u0e00"
