"""The draft of a rewrite over its turns: what the engine has written, what is wrong with it, what is asked next."""

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from refrase.core.candidate import (
    Candidate,
    Citable,
    apply_edits,
    candidate_from_edits,
    candidate_from_texts,
    edits_from_changes,
    tags_inside,
)
from refrase.core.contract import Contract
from refrase.core.gate import examine
from refrase.core.handle import Handles
from refrase.core.lock import Lock, check_locks, kept_spans, touched
from refrase.core.prompt import Prompt, Span
from refrase.core.repair import count_blocking, standing
from refrase.core.reply import Reply, parse_reply
from refrase.core.rewrite import Change, Finding, Form, Mode, Severity
from refrase.core.terms import Terms
from refrase.core.thought import without_thoughts


class Ask(StrEnum):
    """What the next turn asks for."""

    REPLY = "reply"  # the whole reply, in its form
    EDITS = "edits"  # the refused edits of the original once more; the others stand
    MENDING = "mending"  # edits of the rewrite that stands above


class Case(Struct, frozen=True):
    """What a draft is held against."""

    prompt: Prompt
    contract: Contract
    terms: Terms
    mode: Mode
    form: Form
    mark: str
    citable: Citable
    locks: tuple[Lock, ...] = ()

    @property
    def kept(self) -> tuple[Span, ...]:
        """Where nothing may be changed: locked blocks, and the lines of examples."""
        return kept_spans(self.contract, self.locks)


class Draft:
    """Takes the replies of a talk one by one. `candidate` is what came of them; `refusals` say why it cannot leave."""

    def __init__(self, case: Case, handles: Handles) -> None:
        self._case = case
        self._handles = handles
        self._is_readable = False
        self.candidate = Candidate(case.prompt, (), ())
        self.best = self.candidate
        self.advice: tuple[str, ...] = ()
        self.standing: tuple[Change, ...] = ()
        self.ask = Ask.REPLY

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """The blocking findings of the candidate."""
        return tuple(finding for finding in self.candidate.findings if finding.severity is Severity.BLOCKING)

    @property
    def form(self) -> Form:
        """The form that the next reply comes in."""
        return self._case.form if self.ask is Ask.REPLY else Form.EDITS

    def take(self, text: str) -> None:
        """Read a reply, build what it asks for, and hold it against the original."""
        text = without_thoughts(text, self._case.mark)
        if self.ask is Ask.MENDING and f"<message-{self._case.mark}" in text:
            self.ask = Ask.REPLY  # it was asked for edits of its text and sent the whole text once more
        reply = parse_reply(text, self._case.mark, self.form, len(self._case.prompt.messages))
        self.advice = reply.advice or self.advice
        faults = {finding.kind for finding in reply.findings if finding.severity is Severity.BLOCKING}
        is_readable = not (faults if self.form is Form.WHOLE else faults & {"reply_without_form"})
        self._settle(self._built(reply), is_examined=is_readable or self.ask is Ask.MENDING)
        if is_readable and self.ask is Ask.REPLY:
            self.ask = Ask.EDITS if self._case.form is Form.EDITS else Ask.MENDING

    def holds(self, text: str) -> bool:
        """Return whether a reply that was cut off holds all that it was asked for: only what follows it is missing."""
        mark, count = self._case.mark, len(self._case.prompt.messages)
        text = without_thoughts(text, mark)
        if self.form is Form.EDITS:
            return f"</edits-{mark}" in text
        reply = parse_reply(text, mark, Form.WHOLE, count)
        return len(reply.texts) == count and not any(f.severity is Severity.BLOCKING for f in reply.findings)

    def propose(self, candidate: Candidate) -> None:
        """Hold a candidate that code made against the original, without the edits that break something."""
        free = [edit for edit in edits_from_changes(candidate.changes) if not touched(self._case.locks, edit.span)]
        self._settle(apply_edits(self._case.prompt, free), is_examined=True)
        if self.refusals:
            self.fall_back()

    def note(self, findings: Sequence[Finding]) -> None:
        """Add what was found elsewhere (by rendering)."""
        self.candidate = replace(self.candidate, findings=(*self.candidate.findings, *findings))
        self._remember()

    def fall_back(self) -> None:
        """After the last repair: leave out the edits that break something, as long as others are left that do not.

        A whole text has no edits to leave out. Where nothing good is left, the candidate stays refused.
        """
        refused, refused_changes = self.candidate, self.candidate.changes
        changes = self.standing
        while changes and self._case.form is Form.EDITS:
            candidate = apply_edits(self._case.prompt, edits_from_changes(changes))
            self._settle(candidate, is_examined=True)
            if not self.refusals:
                self._tell_left_out(refused, refused_changes)
                return
            changes = self.standing if len(self.standing) < len(changes) else ()
        self.candidate = refused

    def _built(self, reply: Reply) -> Candidate:
        case = self._case
        if self.ask is Ask.MENDING:
            reply = replace(reply, edits=self._handles.expand_edits(reply.edits))
            mended = candidate_from_edits(self.candidate.after, reply, citable=case.citable)
            told = tuple(replace(change, before=None, after=None, old="", new="") for change in mended.changes)
            leaked = tags_inside(mended.after, case.mark)
            return Candidate(mended.after, (*self.candidate.changes, *told), (*mended.findings, *leaked))
        if case.form is Form.EDITS:
            stands = self.standing if self.ask is Ask.EDITS else ()
            made = candidate_from_edits(case.prompt, reply, citable=case.citable, locks=case.locks, standing=stands)
            return replace(made, findings=(*made.findings, *tags_inside(made.after, case.mark)))
        return candidate_from_texts(case.prompt, reply, citable=case.citable, handles=self._handles)

    def _settle(self, candidate: Candidate, *, is_examined: bool) -> None:
        """Make *candidate* the one that stands, examined. A form that cannot be read says nothing about the text."""
        self._is_readable = is_examined
        if is_examined:
            case = self._case
            seen = examine(
                case.prompt,
                candidate.after,
                mode=case.mode,
                terms=case.terms,
                changes=candidate.changes,
                contract=case.contract,
            )
            locks = tuple(check_locks(case.prompt, candidate.after, case.locks))
            findings = (*candidate.findings, *locks, *seen.findings)
            candidate = replace(candidate, findings=findings, ledger=seen.ledger)
        self.candidate = candidate
        self._remember()

    def _remember(self) -> None:
        self.standing = standing(self.candidate) if self._case.form is Form.EDITS else ()
        if self._is_readable and self.candidate.after != self._case.prompt:
            is_first = self.best.after == self._case.prompt
            if is_first or count_blocking(self.candidate.findings) <= count_blocking(self.best.findings):
                self.best = self.candidate

    def _tell_left_out(self, refused: Candidate, changes: Sequence[Change]) -> None:
        kept = {change.before for change in self.candidate.changes}
        gone = sum(change.before not in kept for change in changes)
        why = next(f.message for f in refused.findings if f.severity is Severity.BLOCKING)
        count = "An edit was" if gone == 1 else f"{max(gone, 1)} edits were"
        told = Finding("edit_left_out", Severity.WARNING, f"{count} left out, the original stands there. {why}")
        self.candidate = replace(self.candidate, findings=(*self.candidate.findings, told))
