"""What becomes of a running rewrite once its candidate is judged or its call has failed."""

from msgspec.structs import replace

from refrase.core.candidate import Candidate
from refrase.core.engine import Failure
from refrase.core.rewrite import AnsweredBy, Outcome, Reason, Rewrite, Severity, blocks

_READ_IT = "You asked for it all the same. Read every finding before you use it."


# Outcomes that an engine's reply led to.
_ANSWERED = frozenset({Outcome.REWRITTEN, Outcome.UNCHANGED, Outcome.FLAGGED})


def answered_by(rewrite: Rewrite) -> AnsweredBy | None:
    """Return whose reply was accepted: the last engine that was asked. None where none was."""
    if rewrite.outcome not in _ANSWERED or not rewrite.usage.attempts:
        return None
    fallbacks = [finding.value for finding in rewrite.findings if finding.kind == "engine_fell_back" and finding.value]
    if not fallbacks:
        return AnsweredBy(rewrite.provenance.provider, rewrite.provenance.engine_model)
    provider, _, model = fallbacks[-1].partition("=")
    return AnsweredBy(provider, model)


def judged(rewrite: Rewrite, candidate: Candidate, success: Outcome, flagged: Candidate | None = None) -> Rewrite:
    """Return *rewrite* with its outcome: *success*, unchanged, or the original returned with the reason.

    Of a refused candidate only findings and ledger are kept; its text leaves nowhere but in the attempt's raw reply.
    Where the caller allows it, *flagged* leaves instead of the original, with the same reason and marked so.
    """
    rewrite = replace(rewrite, ledger=candidate.ledger)
    if blocks(candidate.findings):
        said = next(finding.message for finding in candidate.findings if finding.severity is Severity.BLOCKING)
        count = sum(finding.severity is Severity.BLOCKING for finding in candidate.findings)
        more = f" (and {count - 1} more)" if count > 1 else ""
        if flagged is not None and flagged.after != rewrite.before:
            reason = Reason("contract_broken", f"This text does not keep what the prompt holds. {said}{more}", _READ_IT)
            rewrite = replace(rewrite, after=flagged.after, changes=flagged.changes, ledger=flagged.ledger)
            return replace(rewrite, outcome=Outcome.FLAGGED, reason=reason, findings=flagged.findings)
        reason = Reason(
            "contract_broken",
            f"No candidate kept what the prompt holds; the original is handed back. {said}{more}",
            "Look at the findings; try another mode, or ask anew.",
        )
        return replace(rewrite, outcome=Outcome.RETURNED, reason=reason, findings=candidate.findings)
    if candidate.after == rewrite.before:
        reason = Reason("nothing_to_change", _nothing(success))
        return replace(rewrite, outcome=Outcome.UNCHANGED, reason=reason, findings=candidate.findings)
    return replace(
        rewrite, outcome=success, after=candidate.after, changes=candidate.changes, findings=candidate.findings
    )


def _nothing(success: Outcome) -> str:
    if success is Outcome.FIXED:
        return "None of the guide's mechanical fixes applies. Only a model can follow the other rules."
    return "The engine found nothing in the prompt that breaks the guide's rules."


def failed(rewrite: Rewrite, failure: Failure) -> Rewrite:
    """Return *rewrite* as failed by *failure*; its text is the original's."""
    reason = Reason(failure.code, failure.message, failure.hint)
    return replace(rewrite, outcome=Outcome.FAILED, reason=reason)
