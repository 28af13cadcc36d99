"""Mechanical fixes: what a guide's rule does about its own finding, without any model and without new content.

Primitives of a fix (core.guide.Fix), one each:

- replace: the match becomes the given text (with the groups of the check's pattern); with `capitalise` the
  letter that follows becomes a capital one;
- wrap: a bare variable gets a pair of tags, named after it, on lines of their own;
- heading: the given line and an empty one are put before the paragraph.
"""

from bisect import bisect_left
from collections.abc import Iterable

from msgspec import Struct

from refrase.core.body import body_of
from refrase.core.candidate import Candidate, Edit, apply_edits
from refrase.core.guide import Check, Fix, Rule
from refrase.core.item import ItemKind
from refrase.core.lint import check_rules
from refrase.core.pattern import match_at
from refrase.core.prompt import Prompt, Span
from refrase.core.rewrite import Author, Finding
from refrase.core.variable import find_variables, name_of


def fix_prompt(prompt: Prompt, rules: Iterable[Rule], kept: Iterable[Span] = ()) -> Candidate:
    """Apply the fixes of *rules* to what their checks find outside of *kept*; of two that overlap the first stands."""
    places = tuple(_Place(text, body_of(text).newline, _tags_of(text)) for text in prompt.texts)
    edits: list[Edit] = []
    untouchable = _in_order(kept)
    for rule in rules:
        if rule.fix is None or rule.check is None:
            continue
        taken = sorted((edit.span.message, edit.span.start, edit.span.end) for edit in edits)
        for finding in check_rules(prompt, (rule,)):
            if finding.before is None:
                continue
            edit = _edit(places[finding.before.message], rule.check, rule.fix, finding, finding.before)
            if edit is not None and not (_is_taken(edit.span, taken) or _is_taken(edit.span, untouchable)):
                edits.append(edit)
    return apply_edits(prompt, edits)


class _Place(Struct, frozen=True):
    """One message as fixes see it: its text, its line end, and the tags that are in it already."""

    text: str
    newline: str
    tags: frozenset[str]


def _tags_of(text: str) -> frozenset[str]:
    return frozenset(item.value for item in find_variables(text) if item.kind in {ItemKind.TAG, ItemKind.PLACEHOLDER})


def _edit(place: _Place, check: Check, fix: Fix, finding: Finding, span: Span) -> Edit | None:
    if fix.replace is not None:
        span, new = _replace(place.text, check.pattern or "", fix, span)
    elif fix.wrap is not None:
        name = name_of(finding.value).lower()
        if f"<{name}>" in place.tags:
            return None
        indent = place.text[place.text.rfind("\n", 0, span.start) + 1 : span.start]
        new = (place.newline + indent).join((f"<{name}>", finding.value, f"</{name}>"))
    else:
        new = f"{fix.heading}{place.newline * 2}{finding.value}"
    return Edit(span, new, finding.rule, finding.message, by=Author.CODE)


def _replace(text: str, pattern: str, fix: Fix, span: Span) -> tuple[Span, str]:
    match = match_at(pattern, text, span.start)
    new = match.expand(fix.replace or "") if match else fix.replace or ""
    if fix.capitalise and span.end < len(text):
        new += text[span.end].upper()
        span = Span(span.start, span.end + 1, span.message)
    return span, new


def _in_order(spans: Iterable[Span]) -> list[tuple[int, int, int]]:
    """Return *spans* in order, those that overlap as one."""
    merged: list[tuple[int, int, int]] = []
    for message, start, end in sorted((span.message, span.start, span.end) for span in spans):
        if merged and merged[-1][0] == message and start < merged[-1][2]:
            merged[-1] = (message, merged[-1][1], max(end, merged[-1][2]))
        else:
            merged.append((message, start, end))
    return merged


def _is_taken(span: Span, taken: list[tuple[int, int, int]]) -> bool:
    """Return whether *span* overlaps one of *taken*, which are in order and do not overlap one another."""
    index = bisect_left(taken, (span.message, span.end, -1))
    return index > 0 and taken[index - 1][0] == span.message and span.start < taken[index - 1][2]
