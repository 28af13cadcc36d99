"""One function per syntax: takes a text, returns the names of all values that rendering it fills in.

Each raises what its engine raises for a text that is no template of it. Conditions are rendered twice, once with
everything true and once with everything false, so that both branches are seen.
"""

import re
import string
from collections.abc import Callable, Mapping
from typing import Any, Self

from refrase.rendering.marker import Marker, markers_in


def render_jinja(text: str) -> set[str]:
    """Jinja2, in its sandbox. Filters and tests that it does not have hand their value on."""
    from jinja2 import Undefined, nodes
    from jinja2.sandbox import SandboxedEnvironment

    names: set[str] = set()
    for is_true in (True, False):

        class Unknown(Marker, Undefined):  # type: ignore[misc]
            """What is not given is a marker of its name."""

            def __init__(self, *_told: Any, name: Any = None, **_named: Any) -> None:
                Marker.__init__(self, str(name or "?"), is_true)  # noqa: B023 - used within this turn of the loop

        environment = SandboxedEnvironment(undefined=Unknown)
        handed_on = dict.fromkeys(_VALUE_FILTERS, _handed_on)
        environment.filters = _Lenient(environment.filters | handed_on, _handed_on)
        told = {"defined": lambda *_: is_true, "undefined": lambda *_: not is_true}  # noqa: B023
        environment.tests = _Lenient(environment.tests | told, lambda *_a, **_k: is_true)  # noqa: B023
        for tree in environment.parse(text).find_all((nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport)):
            raise ValueError(f"it takes in another file in line {tree.lineno}")
        names |= markers_in(environment.from_string(text).render())
    return names


def render_liquid(text: str) -> set[str]:
    """Python Liquid. Filters hand their value on."""
    from liquid import Environment, Mode, Undefined

    names: set[str] = set()
    for is_true in (True, False):

        class Unknown(Marker, Undefined):
            """What is not given is a marker of its name."""

            def __init__(self, name: str, *_args: Any, **_named: Any) -> None:
                Marker.__init__(self, str(name), is_true)  # noqa: B023

            def __liquid__(self) -> Any:
                return self

        environment = Environment(undefined=Unknown, tolerance=Mode.STRICT, strict_filters=False)
        environment.filters = _Lenient({}, _handed_on)
        names |= markers_in(environment.from_string(text).render())
    return names


def render_mustache(text: str) -> set[str]:
    """Chevron. Partials are left out: they are other files."""
    import chevron

    names: set[str] = set()
    for is_true in (True, False):
        names |= markers_in(chevron.render(text, _Scope(is_true), partials_path="", partials_dict={}))
    return names


def render_format(text: str) -> set[str]:
    """str.format: the fields are read as Python reads them, and none is formatted."""
    fields: set[str] = set()
    unnamed = 0
    for _, field, spec, conversion in string.Formatter().parse(text):
        if field is not None:
            if conversion not in {None, "r", "s", "a"}:
                raise ValueError(f"there is no conversion !{conversion}")
            unnamed += field == ""
            fields.add(field or str(unnamed - 1))
            fields |= render_format(spec) if spec and "{" in spec else set()
    if any(not re.fullmatch(r"[^\W\d]\w*(?:[.\[][^{}]*)?|\d{0,3}", field) for field in fields):
        raise ValueError("a field has no name that code could fill in")
    return fields


def render_dollar(text: str) -> set[str]:
    """string.Template."""
    template = string.Template(text)
    if not template.is_valid():
        raise ValueError("a $ stands alone")
    return set(template.get_identifiers())


def render_percent(text: str) -> set[str]:
    """Render %-formatting, by names or by places."""
    if "%(" in text:
        asked = _Asked()
        _ = text % asked
        return asked.names
    count = len(re.findall(r"%(?!%)", text.replace("%%", "")))
    _ = text % tuple([1] * count)
    return {str(place) for place in range(1, count + 1)}


# Filters of Jinja that take a marker apart, or put something in its place.
_VALUE_FILTERS = ("default", "d", "tojson", "round", "int", "float", "abs", "filesizeformat", "xmlattr", "dictsort")


def _handed_on(value: Any = "", *others: Any, **_named: Any) -> Any:
    """Return the value that a filter was given, with the markers among its other arguments behind it."""
    markers = [other for other in others if isinstance(other, Marker)]
    return " ".join(map(str, (value, *markers))) if markers else value


class _Lenient(dict[str, Any]):
    """Filters or tests, with one that serves for every name that is not there."""

    def __init__(self, known: Mapping[str, Any], other: Callable[..., Any]) -> None:
        super().__init__(known)
        self._other = other

    def __missing__(self, _name: str) -> Any:
        return self._other

    def __contains__(self, _name: object) -> bool:
        return True

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ARG002
        return self[name]


class _Scope(dict[str, Any]):
    """A scope that holds a marker under every name."""

    def __init__(self, is_true: bool) -> None:
        super().__init__()
        self._is_true = is_true

    def __getitem__(self, name: str) -> Any:
        return _Text(name, self._is_true)


class _Text(str):
    """A marker that is a text: chevron calls what can be called and walks through what is a list."""

    _CHEVRON_return_scope_when_falsy = True
    _path: str
    _is_true: bool

    def __new__(cls, path: str, is_true: bool) -> Self:
        made = super().__new__(cls, str(Marker(path)))
        made._path, made._is_true = path, is_true
        return made

    def __getitem__(self, name: Any) -> Any:
        return _Text(f"{self._path}.{name}"[:200], self._is_true)

    def __bool__(self) -> bool:
        return self._is_true


class _Asked(dict[str, Any]):
    """A mapping that notes what is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.names.add(name)
        return 1


ENGINES: dict[str, Callable[[str], set[str]]] = {
    "jinja": render_jinja,
    "liquid": render_liquid,
    "mustache": render_mustache,
    "format": render_format,
    "dollar": render_dollar,
    "percent": render_percent,
}
