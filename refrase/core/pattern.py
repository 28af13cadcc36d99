"""Expressions of a guide's author: compiled once, and stopped at a time limit.

They run on the package regex, which takes what Python's own engine takes and can be stopped; see docs/decisions/0016.
"""

from collections.abc import Iterator
from functools import lru_cache

import regex

from refrase.core.expression import read
from refrase.core.prefilter import may_match

# What an expression may take over one message; the shipped ones need 60 ms for a megabyte on average.
LIMIT_SECONDS = 1.0

PatternError = regex.error


@lru_cache(maxsize=2048)
def compile_pattern(pattern: str) -> "regex.Pattern[str]":
    """Return *pattern* ready for use, `^` and `$` meaning lines. Raises PatternError."""
    return regex.compile(pattern, regex.MULTILINE)


def find_matches(pattern: str, text: str) -> Iterator["regex.Match[str]"]:
    """Yield every match. Raises TimeoutError where all of them together take longer than the limit."""
    return compile_pattern(pattern).finditer(text, timeout=LIMIT_SECONDS) if may_match(pattern, text) else iter(())


def matches(pattern: str, text: str) -> bool:
    """Return whether *pattern* is found in *text*. Raises TimeoutError."""
    return any(
        may_match(one, text) and compile_pattern(one).search(text, timeout=LIMIT_SECONDS) is not None
        for one in read(pattern).alternatives
    )


def match_at(pattern: str, text: str, start: int = 0) -> "regex.Match[str] | None":
    """Return the match of *pattern* that begins at *start*, or None. Raises TimeoutError."""
    return compile_pattern(pattern).match(text, start, timeout=LIMIT_SECONDS)


def is_whole(pattern: str, text: str) -> bool:
    """Return whether *pattern* matches all of *text*. Raises TimeoutError."""
    return compile_pattern(pattern).fullmatch(text, timeout=LIMIT_SECONDS) is not None
