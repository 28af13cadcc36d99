"""From reply to candidate: edits matched and applied by code, whole texts dressed as their source."""

from itertools import pairwise

from msgspec import Struct

from refrase.core.body import Body, body_of
from refrase.core.prompt import Prompt, Span
from refrase.core.reply import EditDraft, Reply
from refrase.core.rewrite import Author, Change, Finding, Form, Severity

_SHOWN_CHARACTERS = 80


class Candidate(Struct, frozen=True):
    """A text that wants to leave, with what it says it changed and what is wrong with it so far."""

    after: Prompt
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]


class Edit(Struct, frozen=True):
    """An edit that has its place: what stands at `span` of the source text becomes `new`."""

    span: Span
    new: str
    rule: str
    reason: str
    by: Author = Author.ENGINE


def candidate_from_reply(prompt: Prompt, reply: Reply, form: Form, rule_ids: frozenset[str]) -> Candidate:
    """Build the candidate that *reply* asks for. What cannot be applied exactly is a blocking finding."""
    if form is Form.EDITS:
        bodies = tuple(body_of(text) for text in prompt.texts)
        edits, findings = _place(bodies, reply.edits)
        candidate = apply_edits(prompt, edits)
        changes, after = candidate.changes, candidate.after
        findings += candidate.findings
    else:
        after, findings = _whole(prompt, reply), []
        changes = tuple(Change(line.reason, line.rule, Author.ENGINE) for line in reply.account)
    known = [_known(change, rule_ids) for change in changes]
    findings += [_unknown_rule(change) for change in changes if change.rule and change.rule not in rule_ids]
    return Candidate(after, tuple(known), (*reply.findings, *findings))


def apply_edits(prompt: Prompt, edits: list[Edit]) -> Candidate:
    """Apply *edits* to the source texts; of two that overlap neither is guessed at, both are findings."""
    ordered = sorted(edits, key=lambda edit: (edit.span.message, edit.span.start, edit.span.end))
    findings: list[Finding] = []
    for first, second in pairwise(ordered):
        if first.span.message == second.span.message and second.span.start < first.span.end:
            message = f"Two edits overlap: {_shown(_old(prompt, first))} and {_shown(_old(prompt, second))}."
            findings.append(Finding("edit_overlapping", Severity.BLOCKING, message, before=second.span))
    if findings:
        return Candidate(prompt, (), tuple(findings))
    texts: list[str] = []
    changes: list[Change] = []
    for number, text in enumerate(prompt.texts):
        pieces: list[str] = []
        position = length = 0
        for edit in [edit for edit in ordered if edit.span.message == number]:
            kept = text[position : edit.span.start]
            start = length + len(kept)
            length = start + len(edit.new)
            pieces += (kept, edit.new)
            position = edit.span.end
            changes.append(_change(text, edit, Span(start, length, number)))
        texts.append("".join((*pieces, text[position:])))
    return Candidate(prompt.with_texts(tuple(texts)), tuple(changes), ())


def _change(text: str, edit: Edit, after: Span) -> Change:
    old = text[edit.span.start : edit.span.end]
    return Change(edit.reason, edit.rule, edit.by, old=old, new=edit.new, before=edit.span, after=after)


def _place(bodies: tuple[Body, ...], drafts: tuple[EditDraft, ...]) -> tuple[list[Edit], list[Finding]]:
    edits: list[Edit] = []
    findings: list[Finding] = []
    for draft in drafts:
        old, new, places = _match(bodies, draft)
        if len(places) != 1:
            findings.append(_misplaced(draft, len(places)))
            continue
        if old == new:
            continue
        number, position = places[0]
        body = bodies[number]
        span = Span(body.source_offset(position), body.source_offset(position + len(old)), number)
        edits.append(Edit(span, body.source_text(new), draft.rule, draft.reason))
    return edits, findings


def _match(bodies: tuple[Body, ...], draft: EditDraft) -> tuple[str, str, list[tuple[int, int]]]:
    """Find the quote: as written, else without the line ends that tags on lines of their own bring along."""
    for trim in (lambda text: text, _without_line_ends, str.strip):
        old, new = trim(draft.old), trim(draft.new)
        places = _places(bodies, old, draft.message) if old else []
        if places:
            return old, new, places
    return draft.old, draft.new, []


def _places(bodies: tuple[Body, ...], quote: str, message: int | None) -> list[tuple[int, int]]:
    """Return the first two places of *quote*: more than one is all that needs to be known."""
    places: list[tuple[int, int]] = []
    for number, body in enumerate(bodies):
        if message is not None and number != message:
            continue
        position = body.text.find(quote)
        while position >= 0 and len(places) < 2:
            places.append((number, position))
            position = body.text.find(quote, position + 1)
    return places


def _without_line_ends(text: str) -> str:
    return text.removeprefix("\n").removesuffix("\n")


def _misplaced(draft: EditDraft, count: int) -> Finding:
    if count:
        message = f"The quoted text {_shown(draft.old)} stands more than once in the prompt: quote more around it."
        return Finding("edit_ambiguous", Severity.BLOCKING, message, value=draft.old)
    message = f"The quoted text {_shown(draft.old)} does not stand in the prompt."
    return Finding("edit_unmatched", Severity.BLOCKING, message, value=draft.old)


def _whole(prompt: Prompt, reply: Reply) -> Prompt:
    texts = [
        body_of(text).source_whole(reply.texts[number]) if number in reply.texts else text
        for number, text in enumerate(prompt.texts)
    ]
    return prompt.with_texts(tuple(texts))


def _known(change: Change, rule_ids: frozenset[str]) -> Change:
    """Return the change without a rule that the guide does not have; its reason still stands."""
    if not change.rule or change.rule in rule_ids:
        return change
    return Change(change.reason, "", change.by, change.old, change.new, change.before, change.after)


def _unknown_rule(change: Change) -> Finding:
    message = f"The engine cites a rule that the guide does not have: {_shown(change.rule)}."
    return Finding("rule_unknown", Severity.NOTE, message, after=change.after, value=change.rule)


def _old(prompt: Prompt, edit: Edit) -> str:
    return prompt.texts[edit.span.message][edit.span.start : edit.span.end]


def _shown(text: str) -> str:
    flat = " ".join(text.split())
    return f"“{flat if len(flat) <= _SHOWN_CHARACTERS else flat[: _SHOWN_CHARACTERS - 1] + '…'}”"
