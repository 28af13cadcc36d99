"""A rewrite as a page shows it: two texts with their differences, the report, what it took."""

from collections import Counter

from msgspec import Struct

from refrase.core.contract import ItemKind
from refrase.core.fidelity import items_of
from refrase.core.rewrite import Rewrite, Severity
from refrase.core.target import Target
from refrase.core.worddiff import DiffKind, DiffPart, diff_words

_NOUNS = {
    ItemKind.VARIABLE: "variable",
    ItemKind.PLACEHOLDER: "placeholder",
    ItemKind.TAG: "tag",
    ItemKind.CODE_BLOCK: "code block",
    ItemKind.INLINE_CODE: "piece of inline code",
    ItemKind.URL: "URL",
    ItemKind.NUMBER: "number",
}


class MessageDiff(Struct, frozen=True):
    """One message's two sides: before without what was added, after without what was removed."""

    role: str
    before: tuple[DiffPart, ...]
    after: tuple[DiffPart, ...]


class ResultView(Struct, frozen=True):
    """Everything the page tells of a finished rewrite."""

    rewrite: Rewrite
    messages: tuple[MessageDiff, ...]
    compared: tuple[tuple[int, str], ...]
    guide_name: str
    source_urls: dict[str, str]
    is_blocked: bool


def view_from_rewrite(rewrite: Rewrite, target: Target) -> ResultView:
    """Return what the page tells of *rewrite*."""
    pairs = zip(rewrite.before.messages, rewrite.after.texts, strict=True)
    counts = Counter(item.kind for item in items_of(rewrite.before))
    return ResultView(
        rewrite=rewrite,
        messages=tuple(_diff(old.role, diff_words(old.text, new)) for old, new in pairs),
        compared=tuple((counts[kind], noun) for kind, noun in _NOUNS.items() if counts[kind]),
        guide_name=target.guide.family,
        source_urls={rule.id: rule.sources[0].url for rule in target.guide.rules},
        is_blocked=any(finding.severity is Severity.BLOCKING for finding in rewrite.findings),
    )


def _diff(role: str, parts: tuple[DiffPart, ...]) -> MessageDiff:
    return MessageDiff(
        role=role,
        before=tuple(part for part in parts if part.kind is not DiffKind.ADDED),
        after=tuple(part for part in parts if part.kind is not DiffKind.REMOVED),
    )
