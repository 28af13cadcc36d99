"""One thing in a prompt that must survive a rewrite, with its place."""

from enum import StrEnum

from msgspec import Struct

from refrase.core.prompt import Span


class ItemKind(StrEnum):
    """What kind of thing must survive. The word is the first half of a finding's kind."""

    VARIABLE = "variable"
    BLOCK = "block"  # a tag of a template: opens, parts or closes a block, calls, includes, comments
    PLACEHOLDER = "placeholder"
    BRACES = "braces"  # text in braces that no template fills: “{like this}”, \boxed{answer}
    TAG = "tag"
    HEADING = "heading"  # one that the prompt itself refers to
    CODE_BLOCK = "code_block"
    INLINE_CODE = "inline_code"
    JSON = "json"
    JSON_KEY = "json_key"
    URL = "url"
    EMAIL = "email"
    PATH = "path"
    IDENTIFIER = "identifier"
    TOOL = "tool"  # a name of the caller's tools
    NUMBER = "number"
    DATE = "date"
    QUOTE = "quote"
    LABEL = "label"  # one of the replies that a prompt allows, or a word in capitals that names something
    TABLE = "table"  # a row of a table
    EXAMPLE = "example"  # a line of a few-shot example


class Item(Struct, frozen=True):
    """One thing that must survive: its exact text and where it stands.

    `name` says what it is called where only a part of the text does (a variable's name, a number's digits);
    `scope` names the blocks of a template around it, outermost first; `detail` is what else belongs to it
    (bound and unit of a number).
    """

    kind: ItemKind
    value: str
    span: Span
    name: str = ""
    scope: tuple[str, ...] = ()
    detail: str = ""
