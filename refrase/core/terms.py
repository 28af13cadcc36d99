"""What the caller knows of a prompt and code cannot: its template syntaxes, and the tools its target is called with."""

from msgspec import Struct

from refrase.core.syntax import Syntax


class Tools(Struct, frozen=True):
    """Names of tools, and names of their parameters."""

    names: tuple[str, ...]
    parameters: tuple[str, ...]


class Terms(Struct, frozen=True):
    """None of either means: not stated. Syntaxes are found by evidence then, and no tools are known."""

    syntaxes: frozenset[Syntax] | None = None
    tools: Tools | None = None
