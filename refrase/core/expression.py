"""Reads an expression of a guide for what it requires of a text (core.required).

Only what both engines, Python's and regex, take in one sense is read. Anything else makes the whole expression
unreadable, and then it requires nothing.
"""

import re
from functools import lru_cache
from itertools import pairwise

from msgspec import Struct

from refrase.core.required import (
    BOUNDARY,
    NOTHING,
    SEPARATOR,
    SIGN,
    SOLID,
    Need,
    Part,
    beside,
    branch,
    is_separator,
    one_of,
    repeated,
    required,
    sequence,
)

_FLAGS = re.compile(r"\(\?([ims]+)\)")
_GROUP = re.compile(r"\((?:\?(?:(?P<around><?[=!])|:|>|P<\w+>|(?P<on>[ims]*)(?:-(?P<off>[ims]+))?:)|(?!\?|\*))")
_PLAIN = re.compile(r"[^\\.^$*+?{}\[\]|()\0]+")
_QUANTIFIER = re.compile(r"(?:([*+?])|\{(?:(\d+)|(\d*),(\d*)(?<!\{,))\})[?+]?")
_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[nrt]|[!-/:-@\[-`{-~ ])")
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}
_ATOMS = {
    ".": SIGN,
    "^": BOUNDARY,
    "$": BOUNDARY,
    r"\A": BOUNDARY,
    r"\Z": BOUNDARY,
    r"\b": BOUNDARY,
    r"\B": NOTHING,
    r"\d": SOLID,
    r"\w": SOLID,
    r"\S": SOLID,
    r"\D": SIGN,
    r"\s": SEPARATOR,
    r"\W": SEPARATOR,
}
# Kinds of which a blank is one.
_WITH_BLANKS = frozenset({r"\s", r"\W", r"\D"})
_CLASS = re.compile(r"\[(\^?)((?:[^\\\[\]]|\\.)+)\]", re.DOTALL)
_MEMBER = re.compile(
    rf"(?P<kind>\\[dwDSsW](?!-.))|(?P<first>{_ESCAPE.pattern}|[^\\])(?:-(?P<last>{_ESCAPE.pattern}|[^\\]))?", re.DOTALL
)
# What may be an operation on sets, by the flags of regex.
_OPERATION = re.compile(r"--|\|\||&&|~~")
# A class of more signs is not spelled out.
_MOST_SIGNS = 3
_DEEPEST = 40


class Known(Struct, frozen=True):
    """What is known of an expression without running it.

    `need` is what every text holds that it is found in. `alternatives` are expressions of which one is found wherever
    it is, and none where it is not.
    """

    need: Need
    alternatives: tuple[str, ...]


@lru_cache(maxsize=2048)
def read(pattern: str) -> Known:
    """Return what is known of *pattern*."""
    flags = _FLAGS.match(pattern)
    first = flags.end() if flags else 0
    reader = _Reader(pattern, first)
    try:
        need = required(reader.whole(ignore_case=bool(flags and "i" in flags[1])))
    except _UnreadableError:
        return Known((), (pattern,))
    edges = [first - 1, *reader.bars, len(pattern)]
    alternatives = tuple(pattern[:first] + pattern[start + 1 : end] for start, end in pairwise(edges))
    return Known(need, alternatives)


class _UnreadableError(ValueError):
    """Raised where the expression holds what is not known here."""


class _Reader:
    """Goes through an expression once, from left to right."""

    def __init__(self, pattern: str, position: int) -> None:
        self._pattern = pattern
        self._position = position
        self._depth = 0
        # Where the alternatives end that are not in a group.
        self.bars: list[int] = []

    def whole(self, *, ignore_case: bool) -> Part:
        """Return the part that is the whole expression."""
        part = self._alternatives(ignore_case)
        if self._position < len(self._pattern):
            raise _UnreadableError
        return part

    def _take(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        match = expression.match(self._pattern, self._position)
        if match:
            self._position = match.end()
        return match

    def _next(self) -> str:
        return self._pattern[self._position : self._position + 1]

    def _alternatives(self, ignore_case: bool) -> Part:
        found = [self._sequence(ignore_case)]
        while self._next() == "|":
            if not self._depth:
                self.bars.append(self._position)
            self._position += 1
            found.append(self._sequence(ignore_case))
        return branch(found)

    def _sequence(self, ignore_case: bool) -> Part:
        parts: list[Part] = []
        while self._next() not in {"", "|", ")"}:
            parts.append(self._times(self._atom(ignore_case)))
        return sequence(parts)

    def _times(self, part: Part) -> Part:
        """Return *part* as often as the quantifier says that follows, if one does."""
        match = self._take(_QUANTIFIER)
        if match is None:
            return part
        sign, exactly, least, most = match.groups()
        if sign:
            return repeated(part, int(sign == "+"), 1 if sign == "?" else None)
        if exactly:
            return repeated(part, int(exactly), int(exactly))
        return repeated(part, int(least or 0), int(most) if most else None)

    def _atom(self, ignore_case: bool) -> Part:
        if plain := self._take(_PLAIN):
            text = plain.group()
            if len(text) > 1 and _QUANTIFIER.match(self._pattern, self._position):
                # Only the last sign is repeated.
                self._position -= 1
                text = text[:-1]
            return one_of({text}, ignore_case=ignore_case)
        if group := self._take(_GROUP):
            return self._group(group, ignore_case)
        if signs := self._take(_CLASS):
            return _class(signs[2], is_negated=bool(signs[1]), ignore_case=ignore_case)
        if escape := self._take(_ESCAPE):
            return one_of({_sign(escape.group())}, ignore_case=ignore_case)
        for length in (1, 2):
            atom = _ATOMS.get(self._pattern[self._position : self._position + length])
            if atom is not None:
                self._position += length
                return atom
        raise _UnreadableError

    def _group(self, group: re.Match[str], ignore_case: bool) -> Part:
        on, off, around = group["on"] or "", group["off"] or "", group["around"]
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _UnreadableError
        part = self._alternatives(("i" in on or ignore_case) and "i" not in off)
        if self._next() != ")":
            raise _UnreadableError
        self._position += 1
        self._depth -= 1
        if around and "!" in around:
            return NOTHING
        return beside(part, behind="<" in around) if around else part


def _class(members: str, *, is_negated: bool, ignore_case: bool) -> Part:
    """Return the part of a class: spelled out where its signs are few, else what is known of every one of them."""
    if _OPERATION.search(members):
        raise _UnreadableError
    kinds, ranges = _members(members)
    if is_negated:
        return SEPARATOR if r"\w" in kinds else SIGN
    signs = {first for first, last in ranges if first == last}
    is_listed = len(signs) == len(ranges)
    if is_listed and not kinds and len(signs) <= _MOST_SIGNS:
        return one_of(signs, ignore_case=ignore_case)
    if is_listed and kinds <= {r"\s", r"\W"} and all(map(is_separator, signs)):
        return SEPARATOR
    has_blank = bool(kinds & _WITH_BLANKS) or any(first <= sign <= last for first, last in ranges for sign in " \n")
    return SIGN if has_blank else SOLID


def _members(members: str) -> tuple[set[str], set[tuple[str, str]]]:
    """Return the kinds of signs that a class holds, and its ranges: first and last, the same for a sign alone."""
    kinds: set[str] = set()
    ranges: set[tuple[str, str]] = set()
    position = 0
    while position < len(members):
        match = _MEMBER.match(members, position)
        if match is None:
            raise _UnreadableError
        position = match.end()
        if match["kind"]:
            kinds.add(match["kind"])
        else:
            ranges.add((_sign(match["first"]), _sign(match["last"] or match["first"])))
    return kinds, ranges


def _sign(written: str) -> str:
    """Return the sign that stands as itself or behind a backslash."""
    name = written.removeprefix("\\") or written
    if len(name) > 1:
        return chr(int(name[1:], 16))
    return _CONTROLS.get(name, name) if name != written else written
