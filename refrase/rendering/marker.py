"""Marker values: they stand for data that nobody has, and show in the output under which name they were asked for."""

import re
from collections.abc import Iterator
from typing import Any

_OPEN, _CLOSE = "\u27e6", "\u27e7"
_SHOWN = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]{{1,200}}){_CLOSE}")


# What a sandbox asks of a function before it calls it.
_NOT_OF_TEMPLATES = frozenset({"unsafe_callable", "alters_data"})
_PAIRS = (".items.()", ".iteritems.()")


class Marker:
    """A value that is whatever a template wants it to be: a text, a list of one, an object, a function."""

    def __init__(self, path: str, is_true: bool = True) -> None:
        self._path = path
        self._is_true = is_true

    def _child(self, name: str) -> "Marker":
        return Marker(f"{self._path}.{name}"[:200], self._is_true)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in _NOT_OF_TEMPLATES:
            return False
        return self._child(name)

    def __getitem__(self, key: Any) -> Any:
        return self._child(str(key))

    def __call__(self, *_args: Any, **_named: Any) -> Any:
        """Return what a call of it would return: another marker."""
        return self._child("()")

    def __iter__(self) -> Iterator[Any]:
        if not self._is_true:
            return iter(())
        if self._path.endswith(_PAIRS):
            return iter([(self._child("key"), self._child("value"))])
        return iter([self._child("each")])

    def __len__(self) -> int:
        return int(self._is_true)

    def __bool__(self) -> bool:
        return self._is_true

    def __str__(self) -> str:
        return f"{_OPEN}{self._path}{_CLOSE}"

    __repr__ = __str__

    def __html__(self) -> str:
        return str(self)

    def __format__(self, _spec: str) -> str:
        return str(self)

    def __hash__(self) -> int:
        return hash(self._path)

    def __eq__(self, other: object) -> bool:
        return self._is_true

    def __ne__(self, other: object) -> bool:
        return not self._is_true

    def __lt__(self, _other: Any) -> bool:
        return self._is_true

    __le__ = __gt__ = __ge__ = __lt__

    def __contains__(self, _other: Any) -> bool:
        return self._is_true

    def __int__(self) -> int:
        return 1

    __index__ = __int__

    def __float__(self) -> float:
        return 1.0

    def _same(self, *_others: Any) -> Any:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __mod__ = __rmod__ = _same
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __neg__ = __pos__ = __pow__ = __rpow__ = _same


def markers_in(text: str) -> set[str]:
    """Return the names of all markers that *text* shows."""
    return set(_SHOWN.findall(text))
