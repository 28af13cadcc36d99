"""What cannot be seen in a line: blanks at its end, zero-width and control characters, the form of its letters.

Rewriting models drop or tidy them without a word. A line that looks the same must be the same.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator

from refrase.core.contract import Reading
from refrase.core.prompt import Span
from refrase.core.rewrite import Finding, Severity

_LINE = re.compile(r"[^\r\n]+")
# Control characters (not tabs), soft hyphen, zero-width and direction marks, byte order mark, tags, odd blanks.
_HIDDEN = re.compile(
    "[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00a0\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)


def restored(source: str, text: str) -> str:
    """Return *text* with every line that looks like a line of *source*, and like one only, as it stands there."""
    lines: defaultdict[str, set[str]] = defaultdict(set)
    for match in _LINE.finditer(source):
        lines[_visible(match.group())].add(match.group())
    known = set(_LINE.findall(source))

    def as_it_was(match: re.Match[str]) -> str:
        line = match.group()
        same = lines.get(_visible(line), set()) if line not in known else set()
        return next(iter(same)) if len(same) == 1 else line

    return _LINE.sub(as_it_was, text)


def check_invisible(old: Reading, new: Reading) -> Iterator[Finding]:
    """Yield every line that looks the same in both texts and is not."""
    had, has = _lines(old.text), _lines(new.text)
    gone = {line for line, count in had.items() if count > has.get(line, 0)}
    looks = {_visible(line): line for line, count in has.items() if gone and count > had.get(line, 0)}
    if not any(_visible(line) in looks for line in gone):
        return
    for match in _LINE.finditer(old.text):
        line = match.group()
        other = looks.get(_visible(line)) if line in gone else None
        if other is not None:
            gone.remove(line)
            what, severity = _difference(line, other)
            start = new.text.find(other)
            yield Finding(
                "invisible_changed",
                severity,
                f"A line looks the same, but {what}: “{line.strip()[:80]}”",
                Span(match.start(), match.end(), old.number),
                Span(start, start + len(other), old.number),
                line,
            )


def _lines(text: str) -> Counter[str]:
    lines = Counter(text.replace("\r", "\n").split("\n"))
    del lines[""]
    return lines


def _difference(line: str, other: str) -> tuple[str, Severity]:
    if _HIDDEN.findall(line) != _HIDDEN.findall(other):
        return "its invisible characters changed", Severity.BLOCKING
    if line.rstrip(" \t") == other.rstrip(" \t"):
        return "the blanks at its end changed", Severity.WARNING
    return "its letters are encoded in another way", Severity.WARNING


def _visible(line: str) -> str:
    plain = _HIDDEN.sub(lambda match: " " if match.group() in "\u00a0\u202f" else "", line.rstrip(" \t"))
    return plain if plain.isascii() else unicodedata.normalize("NFC", plain)
