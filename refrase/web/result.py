"""A rewrite as a page shows it: two texts with their differences, the report, the ledger, what it took."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

from refrase.core.contract import contract_of
from refrase.core.item import ItemKind
from refrase.core.ledger import Entry
from refrase.core.prompt import Prompt, Span
from refrase.core.rewrite import Finding, Rewrite, Severity
from refrase.core.target import Target
from refrase.core.worddiff import DiffKind, DiffPart, diff_words
from refrase.web.checklist import Checklist, checklist_of

_NOUNS = {
    ItemKind.VARIABLE: "variable",
    ItemKind.BLOCK: "template tag",
    ItemKind.PLACEHOLDER: "placeholder",
    ItemKind.BRACES: "text in braces",
    ItemKind.TAG: "tag",
    ItemKind.HEADING: "heading referred to",
    ItemKind.CODE_BLOCK: "code block",
    ItemKind.INLINE_CODE: "piece of inline code",
    ItemKind.JSON: "piece of JSON",
    ItemKind.URL: "URL",
    ItemKind.EMAIL: "e-mail address",
    ItemKind.PATH: "path",
    ItemKind.IDENTIFIER: "name",
    ItemKind.TOOL: "mention of a tool",
    ItemKind.NUMBER: "number",
    ItemKind.DATE: "date",
    ItemKind.QUOTE: "quoted text",
    ItemKind.LABEL: "label",
    ItemKind.EXAMPLE: "line of an example",
    ItemKind.TABLE: "row of a table",
}
_PLURALS = {"text in braces": "texts in braces", "piece of inline code": "pieces of inline code"} | {
    "piece of JSON": "pieces of JSON",
    "mention of a tool": "mentions of tools",
    "e-mail address": "e-mail addresses",
    "line of an example": "lines of examples",
    "heading referred to": "headings referred to",
}
# A finding about more of a text than this is about the whole, and marking it would mark nothing.
_MOST_MARKED = 0.6


class Segment(Struct, frozen=True):
    """A stretch of one side: whether only this side has it, and the numbers of the findings that are about it."""

    text: str
    is_changed: bool
    findings: tuple[int, ...] = ()


class MessageDiff(Struct, frozen=True):
    """One message's two sides: before without what was added, after without what was removed."""

    role: str
    before: tuple[Segment, ...]
    after: tuple[Segment, ...]


class LedgerLine(Struct, frozen=True):
    """One entry of the ledger with the words it speaks of."""

    entry: Entry
    before: tuple[str, ...]
    after: tuple[str, ...]


class ResultView(Struct, frozen=True):
    """Everything the page tells of a finished rewrite. `checked` are findings of the gate, `checklist` of the guide."""

    rewrite: Rewrite
    messages: tuple[MessageDiff, ...]
    compared: tuple[str, ...]
    checked: tuple[tuple[int, Finding], ...]
    checklist: Checklist
    ledger: tuple[LedgerLine, ...]
    guide_name: str
    source_urls: dict[str, str]
    is_blocked: bool


def view_from_rewrite(rewrite: Rewrite, target: Target | None) -> ResultView:
    """Return what the page tells of *rewrite*; *target* is None where no guide knows it any more."""
    counts = Counter(item.kind for item in contract_of(rewrite.before).items)
    checked = tuple(enumerate((finding for finding in rewrite.findings if finding.kind != "guide_rule"), 1))
    return ResultView(
        rewrite=rewrite,
        messages=tuple(_diffs(rewrite, checked)),
        compared=tuple(_counted(counts[kind], noun) for kind, noun in _NOUNS.items() if counts[kind]),
        checked=checked,
        checklist=checklist_of(rewrite, target),
        ledger=tuple(_line(entry, rewrite) for entry in rewrite.ledger.entries),
        guide_name=target.guide.family if target else rewrite.provenance.guide,
        source_urls={rule.id: rule.sources[0].url for rule in (target.guide.rules if target else ())},
        is_blocked=any(finding.severity is Severity.BLOCKING for finding in rewrite.findings),
    )


def _diffs(rewrite: Rewrite, checked: Sequence[tuple[int, Finding]]) -> list[MessageDiff]:
    is_shown = rewrite.after != rewrite.before  # the text of a refused candidate is shown nowhere
    found: list[MessageDiff] = []
    for number, (old, new) in enumerate(zip(rewrite.before.messages, rewrite.after.texts, strict=True)):
        parts = diff_words(old.text, new)
        befores = [(index, finding.before) for index, finding in checked]
        afters = [(index, finding.after) for index, finding in checked if is_shown]
        found.append(
            MessageDiff(
                old.role,
                _segments([part for part in parts if part.kind is not DiffKind.ADDED], befores, number),
                _segments([part for part in parts if part.kind is not DiffKind.REMOVED], afters, number),
            )
        )
    return found


def _segments(parts: list[DiffPart], spans: list[tuple[int, Span | None]], number: int) -> tuple[Segment, ...]:
    length = sum(len(part.text) for part in parts)
    marked = [
        (index, span)
        for index, span in spans
        if span and span.message == number and span.start < span.end and span.end - span.start <= _MOST_MARKED * length
    ]
    cuts = sorted({cut for _, span in marked for cut in (span.start, span.end)})
    segments: list[Segment] = []
    position = 0
    for part in parts:
        end = position + len(part.text)
        edges = [position, *(cut for cut in cuts if position < cut < end), end]
        for start, stop in pairwise(edges):
            about = tuple(index for index, span in marked if span.start <= start and stop <= span.end)
            text = part.text[start - position : stop - position]
            segments.append(Segment(text, part.kind is not DiffKind.SAME, about))
        position = end
    return tuple(segments)


def _line(entry: Entry, rewrite: Rewrite) -> LedgerLine:
    return LedgerLine(entry, _words(rewrite.before, entry.before), _words(rewrite.after, entry.after))


def _words(prompt: Prompt, spans: tuple[Span, ...]) -> tuple[str, ...]:
    return tuple(prompt.texts[span.message][span.start : span.end] for span in spans)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {_PLURALS.get(noun, f'{noun}s')}"
