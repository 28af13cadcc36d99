"""The contract of a prompt: the things in it that must survive a rewrite, each with its place."""

from enum import StrEnum

from msgspec import Struct

from refrase.core.prompt import Span


class ItemKind(StrEnum):
    """What kind of thing must survive. The word is the first half of a finding's kind."""

    VARIABLE = "variable"
    PLACEHOLDER = "placeholder"
    TAG = "tag"
    CODE_BLOCK = "code_block"
    INLINE_CODE = "inline_code"
    URL = "url"
    NUMBER = "number"


class Item(Struct, frozen=True):
    """One thing that must survive: its exact text and where it stands."""

    kind: ItemKind
    value: str
    span: Span
