"""What the contract says of each kind of thing: how much each way of not surviving weighs."""

from msgspec import Struct

from refrase.core.item import ItemKind
from refrase.core.rewrite import Severity

_BLOCKING, _WARNING = Severity.BLOCKING, Severity.WARNING


class Law(Struct, frozen=True):
    """How much each way of not surviving weighs; None means that it may happen freely."""

    noun: str
    gone: Severity | None  # not there any more at all
    fewer: Severity | None  # there, but less often
    new: Severity | None  # the original has none such
    more: Severity | None  # there, but more often


LAWS = {
    ItemKind.VARIABLE: Law("variable", _BLOCKING, _BLOCKING, _BLOCKING, _WARNING),
    ItemKind.BLOCK: Law("template tag", _BLOCKING, _BLOCKING, _BLOCKING, _BLOCKING),
    ItemKind.PLACEHOLDER: Law("placeholder", _BLOCKING, _BLOCKING, _BLOCKING, _WARNING),
    ItemKind.BRACES: Law("text in braces", _BLOCKING, _WARNING, _WARNING, None),
    # A rewrite may add tags as delimiters, and name one again where it refers to it.
    ItemKind.TAG: Law("tag", _BLOCKING, _WARNING, None, None),
    ItemKind.HEADING: Law("heading that the prompt refers to", _BLOCKING, None, None, None),
    # A fence around pasted text is a delimiter too; what stood in one must stay in one.
    ItemKind.CODE_BLOCK: Law("code block", _BLOCKING, _BLOCKING, None, _BLOCKING),
    ItemKind.INLINE_CODE: Law("inline code", _BLOCKING, None, None, None),
    ItemKind.JSON: Law("JSON", _BLOCKING, _WARNING, None, None),
    ItemKind.URL: Law("URL", _BLOCKING, None, _BLOCKING, None),
    ItemKind.EMAIL: Law("e-mail address", _BLOCKING, None, _BLOCKING, None),
    ItemKind.PATH: Law("path", _BLOCKING, None, _WARNING, None),
    ItemKind.IDENTIFIER: Law("name", _BLOCKING, None, _WARNING, None),
    ItemKind.TOOL: Law("tool’s name", _BLOCKING, None, _WARNING, None),
    ItemKind.NUMBER: Law("number", _BLOCKING, _WARNING, _BLOCKING, None),
    ItemKind.DATE: Law("date", _BLOCKING, _WARNING, _BLOCKING, None),
    ItemKind.QUOTE: Law("quoted text", _BLOCKING, None, _BLOCKING, None),
    ItemKind.LABEL: Law("label", _BLOCKING, None, None, None),
    ItemKind.TABLE: Law("row of a table", _BLOCKING, _BLOCKING, None, None),
    ItemKind.EXAMPLE: Law("line of an example", _BLOCKING, _BLOCKING, None, None),
}
# Kinds that are named: one that is gone and one that is new are one that was renamed or changed.
NAMED = (ItemKind.VARIABLE, ItemKind.BLOCK, ItemKind.PLACEHOLDER)
# Kinds whose marks may go as long as their words stay: quotation marks, backticks, the role of a label.
BY_WORDS = frozenset(
    {
        ItemKind.INLINE_CODE,
        ItemKind.QUOTE,
        ItemKind.LABEL,
        ItemKind.HEADING,
        ItemKind.IDENTIFIER,
        ItemKind.PATH,
        ItemKind.EMAIL,
        ItemKind.TOOL,
        ItemKind.URL,
        ItemKind.EXAMPLE,
        ItemKind.BRACES,
        ItemKind.JSON,
    }
)
BY_NAME = frozenset(
    {
        ItemKind.NUMBER,
        ItemKind.DATE,
        ItemKind.JSON,
        ItemKind.TABLE,
        ItemKind.EXAMPLE,
        ItemKind.QUOTE,
        ItemKind.CODE_BLOCK,
    }
)
# Kinds of which one in the place of another was changed, and not lost here and invented there.
IN_PLACE = frozenset(
    {
        ItemKind.NUMBER,
        ItemKind.DATE,
        ItemKind.URL,
        ItemKind.EMAIL,
        ItemKind.PATH,
        ItemKind.IDENTIFIER,
        ItemKind.TOOL,
        ItemKind.QUOTE,
        ItemKind.INLINE_CODE,
        ItemKind.TAG,
        ItemKind.BRACES,
    }
)
