"""The `tools` of a request as JSON: a list of them, or a request that has one. Its prompts are the descriptions.

Read are OpenAI's form, Anthropic's and bare functions; descriptions stand at each tool and in its schema. Names,
parameters, defaults, examples and every other byte stay as they are.
"""

import re
from collections import Counter
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from refrase.errors import OptionInvalid
from refrase.library.document import Document, Piece, Slot, decode
from refrase.library.json_source import DECODER, elements, literal_writer, members, piece_at, place_in_literal, skip

_SCHEMAS = {"parameters", "input_schema"}
# What a schema holds schemas under: by name, alone or as a list of them.
_NAMED = {"properties", "patternProperties", "$defs", "definitions"}
_INNER = {"items", "additionalProperties", "not", "contains", "anyOf", "oneOf", "allOf", "prefixItems"}
# A name that cannot end the place where it is told to the engine.
_NAME = re.compile(r"[\w.:-]{1,64}")


def read_tools(data: bytes, where: str) -> Document:
    """Read a file of tools: one slot for each description. Raises NotText and OptionInvalid."""
    text, mark, encoding = decode(data, where)
    try:
        value = DECODER.decode(text)
        pieces = list(_tools(value, text, skip(text, 0)))
    except (ValueError, RecursionError) as error:
        raise OptionInvalid(f"{where} is not JSON: {error}.") from None
    if not pieces:
        raise OptionInvalid(
            f"{where} holds no tools with a description.",
            hint="Of .json files those are read that are the `tools` of a request. Prompts: .md, .txt, .jsonl.",
        )
    seen: Counter[str] = Counter()
    slots: list[Slot] = []
    for name, piece in pieces:
        seen[name] += 1
        slots.append(Slot(name if seen[name] == 1 else f"{name} ({seen[name]})", (piece,)))
    return Document(text, mark, encoding, tuple(slots), write=literal_writer(text), locate=place_in_literal)


def _tools(value: Any, text: str, start: int) -> Iterator[tuple[str, Piece]]:
    if isinstance(value, dict):
        for key, position in _fields(text, start):
            if key == "tools" and isinstance(value[key], list):
                yield from _tools(value[key], text, position)
    elif isinstance(value, list):
        for tool, position in zip(value, elements(text, start), strict=True):
            if isinstance(tool, dict):
                yield from _tool(tool, text, position)


def _tool(tool: dict[str, Any], text: str, start: int) -> Iterator[tuple[str, Piece]]:
    if isinstance(tool.get("function"), dict):
        yield from _tool(tool["function"], text, dict(members(text, start))["function"])
        return
    name = tool.get("name")
    if not isinstance(name, str):
        return
    for key, position in _fields(text, start):
        if key == "description" and isinstance(tool[key], str) and tool[key].strip():
            yield name, piece_at(text, position, _role(name, ""))
        elif key in _SCHEMAS:
            yield from _schema(tool[key], text, position, name, "")


def _schema(schema: Any, text: str, start: int, tool: str, path: str) -> Iterator[tuple[str, Piece]]:
    if isinstance(schema, list):
        for inner, position in zip(schema, elements(text, start), strict=True):
            yield from _schema(inner, text, position, tool, path)
    if not isinstance(schema, dict):
        return
    for key, position in _fields(text, start):
        held = schema[key]
        if key == "description" and isinstance(held, str) and held.strip():
            yield f"{tool}, {path or 'parameters'}", piece_at(text, position, _role(tool, path or "the parameters"))
        elif key in _NAMED and isinstance(held, dict):
            for name, inner in _fields(text, position):
                yield from _schema(held[name], text, inner, tool, f"{path}.{name}" if path else name)
        elif key in _INNER:
            yield from _schema(held, text, position, tool, path)


def _fields(text: str, start: int) -> list[tuple[str, int]]:
    """Return key and start of each member, in their order; of those that stand twice the last, which is read."""
    return sorted(dict(members(text, start)).items(), key=itemgetter(1))


def _role(tool: str, path: str) -> str:
    """Return what a description is told as: it travels beside the text, and names no author of messages."""
    of_tool = f"the tool {tool}" if _NAME.fullmatch(tool) else "a tool"
    is_plain = path == "the parameters" or _NAME.fullmatch(path)
    of_parameter = f"{path} of " if is_plain else "a parameter of " if path else ""
    return f"description of {of_parameter}{of_tool}"
