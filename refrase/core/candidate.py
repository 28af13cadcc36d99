"""From reply to candidate: edits matched and applied by code, whole texts dressed as their source."""

from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from refrase.core.body import Body, body_of
from refrase.core.handle import Handles
from refrase.core.invisible import restored
from refrase.core.ledger import Ledger
from refrase.core.lock import Lock, touched
from refrase.core.prompt import LOCKED_ROLES, Prompt, Span
from refrase.core.reply import EditDraft, Reply
from refrase.core.rewrite import Author, Change, Finding, Severity

_SHOWN_CHARACTERS = 80


class Candidate(Struct, frozen=True):
    """A text that wants to leave, with what it says it changed, what is wrong with it so far, and its ledger."""

    after: Prompt
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    ledger: Ledger = Ledger()


class Edit(Struct, frozen=True):
    """An edit that has its place: what stands at `span` of the source text becomes `new`."""

    span: Span
    new: str
    rule: str
    reason: str
    by: Author = Author.ENGINE


class Citable(Struct, frozen=True):
    """The ids of the guide's rules for the target, and of those that apply to the prompt."""

    known: frozenset[str]
    applying: frozenset[str]


def candidate_from_edits(
    prompt: Prompt,
    reply: Reply,
    *,
    citable: Citable,
    locks: Sequence[Lock] = (),
    standing: Sequence[Change] = (),
) -> Candidate:
    """Build the candidate that the edits of *reply* make, together with edits that stand from before.

    What cannot be applied exactly, or touches a locked block, is a blocking finding and is left out.
    """
    bodies = tuple(body_of(text) for text in prompt.texts)
    edits, findings = _place(prompt, bodies, reply.edits)
    free = [edit for edit in edits if _lock_finding(locks, edit) is None]
    findings += [finding for edit in edits if (finding := _lock_finding(locks, edit))]
    candidate = apply_edits(prompt, [*edits_from_changes(standing), *free])
    changes, told = _cited(candidate.changes, citable)
    return Candidate(candidate.after, changes, (*reply.findings, *findings, *candidate.findings, *told))


def candidate_from_texts(prompt: Prompt, reply: Reply, *, citable: Citable, handles: Handles) -> Candidate:
    """Build the candidate that the whole texts of *reply* make: locked blocks, blanks and line ends put back."""
    texts: list[str] = []
    findings: list[Finding] = []
    for number, text in enumerate(prompt.texts):
        if number not in reply.texts:
            texts.append(text)
            continue
        findings += handles.check(reply.texts[number], number)
        dressed = handles.expand(body_of(text).source_whole(reply.texts[number]))
        if handles.mark in dressed:
            findings.append(_tag_inside(number, dressed.index(handles.mark)))
        texts.append(restored(text, dressed))
    account = [Change(line.reason, line.rule, Author.ENGINE, quote=line.quote) for line in reply.account]
    changes, told = _cited(account, citable)
    return Candidate(prompt.with_texts(tuple(texts)), changes, (*reply.findings, *findings, *told))


def apply_edits(prompt: Prompt, edits: list[Edit]) -> Candidate:
    """Apply *edits* to the source texts; of two that overlap neither is guessed at, both are findings."""
    ordered = _each_once(sorted(edits, key=lambda edit: (edit.span.message, edit.span.start, edit.span.end)))
    findings: list[Finding] = []
    left_out: set[int] = set()
    for (index, first), (other, second) in pairwise(enumerate(ordered)):
        if first.span.message == second.span.message and second.span.start < first.span.end:
            message = f"Two edits overlap: {_shown(_old(prompt, first))} and {_shown(_old(prompt, second))}."
            findings.append(Finding("edit_overlapping", Severity.BLOCKING, message, before=second.span))
            left_out |= {index, other}
    ordered = [edit for index, edit in enumerate(ordered) if index not in left_out]
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
    return Candidate(prompt.with_texts(tuple(texts)), tuple(changes), tuple(findings))


def edits_from_changes(changes: Sequence[Change]) -> list[Edit]:
    """Return the edits that made *changes*, to apply them again."""
    return [
        Edit(change.before, change.new, change.rule, change.reason, change.by) for change in changes if change.before
    ]


def _each_once(ordered: list[Edit]) -> list[Edit]:
    """Return *ordered* without an edit that repeats the one before it: told twice, it means the same."""
    repeats = (last.span == edit.span and last.new == edit.new for last, edit in pairwise(ordered))
    return [*ordered[:1], *(edit for edit, is_repeat in zip(ordered[1:], repeats, strict=True) if not is_repeat)]


def _change(text: str, edit: Edit, after: Span) -> Change:
    old = text[edit.span.start : edit.span.end]
    return Change(edit.reason, edit.rule, edit.by, old=old, new=edit.new, before=edit.span, after=after)


def _place(prompt: Prompt, bodies: tuple[Body, ...], drafts: tuple[EditDraft, ...]) -> tuple[list[Edit], list[Finding]]:
    edits: list[Edit] = []
    findings: list[Finding] = []
    for draft in drafts:
        if draft.old == draft.new and draft.old:
            continue  # it changes nothing, wherever it stands
        old, new, places = _match(bodies, draft)
        if len(places) != 1:
            findings.append(_misplaced(draft, len(places)))
            continue
        number, position = places[0]
        if old == new or prompt.messages[number].role in LOCKED_ROLES:
            if old != new:
                told = f"Message {number + 1} is an example or a result and must not change: {_shown(old)}"
                findings.append(Finding("lock_broken", Severity.BLOCKING, told, value=draft.old))
            continue
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


def _lock_finding(locks: Sequence[Lock], edit: Edit) -> Finding | None:
    lock = touched(locks, edit.span)
    if lock is None:
        return None
    message = f"An edit reaches into a locked block ({lock.kind}); leave it as it is."
    return Finding("lock_broken", Severity.BLOCKING, message, before=edit.span)


def tags_inside(prompt: Prompt, mark: str) -> tuple[Finding, ...]:
    """Return a finding for each message that holds a tag of the reply's own form, which no prompt does."""
    places = ((number, text.find(mark)) for number, text in enumerate(prompt.texts))
    return tuple(_tag_inside(number, place) for number, place in places if place >= 0)


def _tag_inside(number: int, position: int) -> Finding:
    message = "The text holds a tag of the reply's own form."
    return Finding("reply_tag_inside", Severity.BLOCKING, message, after=Span(position, position, number))


def _cited(changes: Sequence[Change], citable: Citable) -> tuple[tuple[Change, ...], list[Finding]]:
    """Return the changes without rules that the guide does not have, and what is to be told of their citations."""
    kept: list[Change] = []
    findings: list[Finding] = []
    for change in changes:
        if change.rule and change.rule not in citable.known:
            message = f"The engine cites a rule that the guide does not have: {_shown(change.rule)}."
            findings.append(Finding("rule_unknown", Severity.NOTE, message, after=change.after, value=change.rule))
            kept.append(replace(change, rule=""))
            continue
        if change.rule and change.rule not in citable.applying:
            message = f"The engine cites the rule {change.rule}, which does not apply to this prompt."
            findings.append(
                Finding("rule_not_applicable", Severity.NOTE, message, after=change.after, rule=change.rule)
            )
        kept.append(change)
    return tuple(kept), findings


def _old(prompt: Prompt, edit: Edit) -> str:
    return prompt.texts[edit.span.message][edit.span.start : edit.span.end]


def _shown(text: str) -> str:
    flat = " ".join(text.split())
    return f"“{flat if len(flat) <= _SHOWN_CHARACTERS else flat[: _SHOWN_CHARACTERS - 1] + '…'}”"
