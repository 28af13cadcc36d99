"""Blocks of templates: which stretch of a text lies in which loop, condition or message."""

import re
from bisect import bisect_right
from collections.abc import Iterable

from msgspec import Struct

from refrase.core.directive import Role, role_of
from refrase.core.item import Item, ItemKind

_CONTROL = re.compile(r"^(?:\{\{\{?|\{%|<%)[-+~]?\s*|\s*[-+~]?(?:\}?\}\}|%\}|%>)$")
_CLOSER = re.compile(r"^(?:/|end)\s*[-#*>]*")
_BLANK = re.compile(r"\s+")


class Scopes(Struct, frozen=True):
    """For every position of a text the blocks around it, outermost first."""

    starts: tuple[int, ...]
    paths: tuple[tuple[str, ...], ...]

    def at(self, position: int) -> tuple[str, ...]:
        """Return the blocks around *position*."""
        return self.paths[bisect_right(self.starts, position) - 1]


def scopes_of(items: Iterable[Item]) -> Scopes:
    """Return the scopes that the template tags among *items*, in order, make."""
    starts: list[int] = [0]
    paths: list[tuple[str, ...]] = [()]
    stack: list[str] = []
    for item in items:
        role = role_of(item.value) if item.kind is ItemKind.BLOCK else None
        if role is None or role is Role.LEAF:
            continue
        tag = _plain(item.value)
        if role is Role.OPEN:
            stack.append(tag)
        elif role is Role.CLOSE:
            _close(stack, tag)
        elif role is Role.BRANCH and stack:
            stack[-1] = f"{stack[-1].partition(' / ')[0]} / {tag}"
        elif role is Role.MESSAGE:
            stack[:] = [tag]
        starts.append(item.span.end)
        paths.append(tuple(stack))
    return Scopes(tuple(starts), tuple(paths))


def unbalanced(items: Iterable[Item]) -> tuple[Item, ...]:
    """Return the template tags among *items* that open or close nothing."""
    open_items: list[Item] = []
    loose: list[Item] = []
    for item in items:
        role = role_of(item.value) if item.kind is ItemKind.BLOCK else None
        if role is Role.OPEN:
            open_items.append(item)
        elif role is Role.CLOSE:
            if open_items:
                open_items.pop()
            else:
                loose.append(item)
    return (*loose, *open_items)


def _close(stack: list[str], tag: str) -> None:
    """Close the innermost block of that name; a tag that closes nothing is left alone."""
    word = _CLOSER.sub("", tag).strip()
    for index in range(len(stack) - 1, -1, -1):
        if not word or word in stack[index]:
            del stack[index:]
            return


def _plain(value: str) -> str:
    """Return a tag without its signs and its control of white space, so that `{%- if x -%}` is `{% if x %}`."""
    return _BLANK.sub(" ", _CONTROL.sub("", value))
