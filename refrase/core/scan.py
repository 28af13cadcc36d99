"""Fast ways to find the few places of a long text where a slow expression is worth trying.

str.find looks for a word about a hundred times as fast as an expression that ignores case; a loop over line starts
is about ten times as fast as one that begins with “^”.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

_ELSE = re.compile(r"[\u0370-\u1fff\u2e80-\uffef]")
_WORD = re.compile(r"[^\W\d_]+")
# Of the ASCII signs, letters as small ones, all others as blanks.
_LATIN = "".join(chr(code).lower() if chr(code).isalpha() else " " for code in range(128))
_LATIN_BYTES = _LATIN.encode() + b" " * 128
# Digits as one sign, which is found faster than any of ten.
_DIGIT_BYTES = bytes(ord("0") if chr(code) in "0123456789" else ord(" ") for code in range(256))
_DIGITS = re.compile(b"00*")


@lru_cache(maxsize=64)
def lowered(text: str) -> str:
    """Return *text* in small letters, of the same length, so that places stay what they are."""
    # Of all letters only this one has a longer small form.
    return text.replace("\u0130", "i").lower()


def caseless(text: str) -> str:
    """Return *text* in one form of each letter, of the same length: what an expression that ignores case sees of it.

    Small letters are found there several times as fast as such an expression finds them.
    """
    return text.replace("\u0130", "i").lower().replace("\u0131", "i").replace("\u017f", "s")


def spots(text: str, words: tuple[str, ...]) -> list[int]:
    """Return where any of *words*, in small letters, begins in *text*, in order; in whatever case it stands there."""
    small = text if _is_caseless(words) else lowered(text)
    return places(small, _latin(words) if is_plain(text) else words)


def places(text: str, words: Iterable[str]) -> list[int]:
    """Return where any of *words* begins in *text*, in order."""
    found: list[int] = []
    for word in words:
        position = text.find(word)
        while position >= 0:
            found.append(position)
            position = text.find(word, position + 1)
    found.sort()
    return found


def word_spots(text: str, words: frozenset[str]) -> list[int]:
    """Return where any of *words*, in small ASCII letters, stands as a word of *text*, in order; in whatever case.

    Before a word no letter or digit stands, and behind it no ASCII letter.
    """
    small = lowered(text)
    found: list[int] = []
    for word in latin_words(text) & words:
        position = small.find(word)
        while position >= 0:
            end = position + len(word)
            if not small[position - 1 : position].isalnum() and not "a" <= small[end : end + 1] <= "z":
                found.append(position)
            position = small.find(word, end)
    return sorted(found)


def digit_runs(text: str) -> list[tuple[int, int]]:
    """Return where ASCII digits stand in *text*: beginning and end of each run."""
    return [run.span() for run in _DIGITS.finditer(text.encode("ascii", "replace").translate(_DIGIT_BYTES))]


@lru_cache(maxsize=16)
def latin_words(text: str) -> frozenset[str]:
    """Return every run of ASCII letters in *text*, in small ones: it tells whether a word is worth looking for."""
    return frozenset(text.encode("ascii", "replace").translate(_LATIN_BYTES).decode("ascii").split())


@lru_cache(maxsize=16)
def words_in(text: str) -> tuple[str, ...]:
    """Return the words of *text*, runs of letters, in small ones."""
    small = lowered(text)
    return tuple(small.translate(_LATIN).split() if small.isascii() else _WORD.findall(small))


@lru_cache(maxsize=64)
def _is_caseless(words: tuple[str, ...]) -> bool:
    return all(word == word.upper() for word in words)


@lru_cache(maxsize=64)
def _latin(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if not _ELSE.search(word))


@lru_cache(maxsize=64)
def line_starts(text: str) -> tuple[int, ...]:
    """Return where the lines of *text* begin."""
    starts = [0]
    position = text.find("\n")
    while position >= 0:
        starts.append(position + 1)
        position = text.find("\n", position + 1)
    return tuple(starts)


def line_start(text: str, position: int) -> int:
    """Return where the line begins that *position* is in."""
    return text.rfind("\n", 0, position) + 1


def line_end(text: str, position: int) -> int:
    """Return where the line ends that *position* is in."""
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def at_lines(pattern: re.Pattern[str], text: str, holding: tuple[str, ...] = ()) -> Iterator[re.Match[str]]:
    """Yield what *pattern* matches at the beginning of lines, one behind the other.

    *holding* are words of which a line must have one to match; without them any line may.
    """
    end = 0
    for start in _starts_of_lines_with(text, holding) if holding else line_starts(text):
        if start >= end and (match := pattern.match(text, start)):
            end = match.end()
            yield match


@lru_cache(maxsize=16)
def _starts_of_lines_with(text: str, words: tuple[str, ...]) -> tuple[int, ...]:
    starts: list[int] = []
    end = -1
    for spot in spots(text, words):
        if spot >= end:
            starts.append(line_start(text, spot))
            end = line_end(text, spot)
    return tuple(starts)


@lru_cache(maxsize=64)
def is_plain(text: str) -> bool:
    """Return whether *text* has no letters of other scripts than the Latin one."""
    return text.isascii() or not _ELSE.search(text)


def common_edges(old: str, new: str) -> tuple[int, int]:
    """Return how many characters two texts have in common at their beginning, and how many more at their end."""
    shorter = min(len(old), len(new))
    start = _greatest(lambda length: old[:length] == new[:length], shorter)
    end = _greatest(lambda length: old[len(old) - length :] == new[len(new) - length :], shorter - start)
    return start, end


def _greatest(is_common: Callable[[int], bool], most: int) -> int:
    """Return the greatest length up to *most* for which the texts are equal, by halving."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if is_common(middle) else (low, middle - 1)
    return low
