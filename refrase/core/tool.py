"""The tools that the target is called with: their names and parameters, as the caller's JSON has them."""

import re
from collections.abc import Iterator
from typing import Any

from refrase.core.item import Item, ItemKind
from refrase.core.prompt import Span
from refrase.core.rewrite import Finding, Severity
from refrase.core.terms import Tools

# A parameter whose name is an everyday word is a mention only where it is marked as a name.
_NAME_LIKE = re.compile(r"\w*[_\d]\w*|[a-z]+[A-Z]\w*")
_CALLED = re.compile(r"\b([A-Za-z_]\w{1,60})\(")


def tools_from_json(value: Any) -> Tools:
    """Read the `tools` of a request: OpenAI's form, Anthropic's, or bare functions. Unknown shapes give no names."""
    names: dict[str, None] = {}
    parameters: dict[str, None] = {}
    for tool in value if isinstance(value, list) else []:
        function = tool.get("function", tool) if isinstance(tool, dict) else {}
        if isinstance(function, dict) and isinstance(function.get("name"), str):
            names[function["name"]] = None
            _collect(function.get("parameters") or function.get("input_schema"), parameters)
    return Tools(tuple(names), tuple(parameters))


def _collect(schema: Any, parameters: dict[str, None], depth: int = 0) -> None:
    if not isinstance(schema, dict) or depth > 8:
        return
    properties = schema.get("properties")
    for name, inner in properties.items() if isinstance(properties, dict) else []:
        parameters[str(name)] = None
        _collect(inner, parameters, depth + 1)
    _collect(schema.get("items"), parameters, depth + 1)


def find_tools(text: str, tools: Tools, message: int = 0) -> Iterator[Item]:
    """Yield every mention of a tool, and of a parameter whose name cannot be an everyday word."""
    names = [*tools.names, *(name for name in tools.parameters if _NAME_LIKE.fullmatch(name))]
    if not names:
        return
    ordered = sorted(names, key=len, reverse=True)
    for match in re.finditer(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, ordered))})(?![\w-])", text):
        yield Item(ItemKind.TOOL, match.group(), Span(match.start(), match.end(), message))


def check_calls(before: str, after: str, tools: Tools, message: int) -> Iterator[Finding]:
    """Yield every `name(` that the rewrite writes like a call, of a tool that is not there."""
    had = set(_CALLED.findall(before))
    for match in _CALLED.finditer(after):
        if match[1] not in tools.names and match[1] not in had:
            span = Span(match.start(1), match.end(1), message)
            told = f"The rewrite calls {match[1]}, which is none of the tools."
            yield Finding("tool_unknown", Severity.BLOCKING, told, after=span, value=match[1])
