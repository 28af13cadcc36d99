"""Mechanical fixes: what a guide's rule does about its own finding, without any model and without new content.

Primitives of a fix (core.guide.Fix), one each:

- replace: the match becomes the given text (with the groups of the check's pattern); with `capitalise` the
  letter that follows becomes a capital one;
- wrap: a bare variable gets a pair of tags, named after it, on lines of their own;
- heading: the given line and an empty one are put before the paragraph.
"""

import re
from collections.abc import Iterable

from refrase.core.body import body_of
from refrase.core.candidate import Candidate, Edit, apply_edits
from refrase.core.guide import Check, Fix, Rule
from refrase.core.lint import check_rules
from refrase.core.prompt import Prompt, Span
from refrase.core.rewrite import Author, Finding
from refrase.core.variable import name_of


def fix_prompt(prompt: Prompt, rules: Iterable[Rule]) -> Candidate:
    """Apply the fixes of *rules* to what their checks find; where two would overlap, the first rule's stands."""
    edits: list[Edit] = []
    for rule in rules:
        if rule.fix is None or rule.check is None:
            continue
        for finding in check_rules(prompt, (rule,)):
            edit = _edit(prompt, rule.check, rule.fix, finding)
            if edit is not None and not any(_overlap(edit.span, other.span) for other in edits):
                edits.append(edit)
    return apply_edits(prompt, edits)


def _edit(prompt: Prompt, check: Check, fix: Fix, finding: Finding) -> Edit | None:
    span = finding.before
    if span is None:
        return None
    text = prompt.texts[span.message]
    if fix.replace is not None:
        span, new = _replace(text, check.pattern or "", fix, span)
    elif fix.wrap is not None:
        name = name_of(finding.value).lower()
        if f"<{name}>" in text:
            return None
        indent = text[text.rfind("\n", 0, span.start) + 1 : span.start]
        newline = body_of(text).newline + indent
        new = newline.join((f"<{name}>", finding.value, f"</{name}>"))
    else:
        newline = body_of(text).newline
        new = f"{fix.heading}{newline}{newline}{finding.value}"
    return Edit(span, new, finding.rule, finding.message, by=Author.CODE)


def _replace(text: str, pattern: str, fix: Fix, span: Span) -> tuple[Span, str]:
    match = re.compile(pattern, re.MULTILINE).match(text, span.start)
    new = match.expand(fix.replace or "") if match else fix.replace or ""
    if fix.capitalise and span.end < len(text):
        new += text[span.end].upper()
        span = Span(span.start, span.end + 1, span.message)
    return span, new


def _overlap(first: Span, second: Span) -> bool:
    return first.message == second.message and first.start < second.end and second.start < first.end
