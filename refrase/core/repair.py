"""Which edits a refusal is about: those are asked for once more, all others stand.

After the last repair the edits that still break something are left out, and what stands is examined anew. That is no
patch: where an edit is left out, the original's own bytes are.
"""

from collections.abc import Sequence

from refrase.core.candidate import Candidate
from refrase.core.rewrite import Change, Finding, Severity

_OF_THE_FORM = frozenset({"reply_unclosed", "reply_without_form"})


def standing(candidate: Candidate) -> tuple[Change, ...]:
    """Return the changes of *candidate* that none of its blocking findings is about; none where it cannot be told."""
    blocking = [finding for finding in candidate.findings if finding.severity is Severity.BLOCKING]
    blamed: set[int] = set()
    for finding in blocking:
        if finding.kind in _OF_THE_FORM:
            continue  # it is about no edit that could be read
        about = {index for index, change in enumerate(candidate.changes) if _is_about(finding, change)}
        if not about and not finding.kind.startswith(("edit_", "lock_", "reply_")):
            return ()
        blamed |= about
    return tuple(change for index, change in enumerate(candidate.changes) if index not in blamed)


def count_blocking(findings: Sequence[Finding]) -> int:
    """Return how many findings keep a candidate from leaving."""
    return sum(finding.severity is Severity.BLOCKING for finding in findings)


def _is_about(finding: Finding, change: Change) -> bool:
    for place, span in ((finding.before, change.before), (finding.after, change.after)):
        if place is None or span is None or place.message != span.message:
            continue
        if place.start <= span.end and span.start <= place.end:
            return True
    return False
