"""The gate that every candidate passes or does not leave: all checks of code, and the ledger, in one place."""

from collections.abc import Sequence

from msgspec import Struct

from refrase.core.account import account_for
from refrase.core.alignment import align
from refrase.core.binding import check_bindings
from refrase.core.contract import Contract, contract_of
from refrase.core.demand import check_demands
from refrase.core.fidelity import check_fidelity
from refrase.core.invisible import check_invisible
from refrase.core.kind_word import check_kinds
from refrase.core.ledger import Entry, Ledger
from refrase.core.likeness import check_likeness
from refrase.core.locality import check_locality
from refrase.core.prompt import LOCKED_ROLES, Prompt
from refrase.core.rewrite import Change, Finding, Mode, blocks
from refrase.core.terms import Terms
from refrase.core.tool import check_calls


class Examination(Struct, frozen=True):
    """What code found in a candidate: findings, and the ledger of its instructions."""

    findings: tuple[Finding, ...] = ()
    ledger: Ledger = Ledger()


def examine(
    before: Prompt,
    after: Prompt,
    *,
    mode: Mode = Mode.NORMAL,
    terms: Terms | None = None,
    changes: Sequence[Change] = (),
    contract: Contract | None = None,
) -> Examination:
    """Compare *after* with *before* in every way that code can, rendering apart.

    *changes* is what the engine or code says it did. *contract* is that of *before*, where it was read already.
    """
    old = contract or contract_of(before, terms)
    if before == after:
        return Examination((), Ledger(sum(len(message.units) for message in old.messages)))
    new = contract_of(after, terms, old)
    likeness = check_likeness(old, new, mode)
    findings = [*check_fidelity(old, new), *likeness]
    kept, entries = 0, list[Entry]()
    for was, now in zip(old.messages, new.messages, strict=True):
        if was.text == now.text:
            kept += len(was.units)
            continue
        findings += (*check_invisible(was, now), *check_kinds(was, now))
        links = align(was.units, now.units)
        account = account_for(was, now, links, [change for change in changes if _is_about(change, was.number)])
        kept += account.ledger.kept
        entries += account.ledger.entries
        # Of a text that is no rewrite at all the sentences need not be told one by one.
        if terms and terms.tools:
            unknown = list(check_calls(was.prose, now.prose, terms.tools, was.number))
            findings = [*(finding for finding in findings if not _is_told(finding, unknown)), *unknown]
        if was.role not in LOCKED_ROLES and not blocks(likeness):
            blocked = frozenset(finding.before for finding in findings if finding.before and blocks([finding]))
            lost = list(check_locality(was, now, links, blocked))
            findings = [finding for finding in findings if not _is_among(finding, lost)]
            findings += (*lost, *check_bindings(was, now, links))
            findings += (*check_demands(was, now, links), *account.findings)
    return Examination(tuple(findings), Ledger(kept, tuple(entries)))


def _is_about(change: Change, number: int) -> bool:
    return change.before is None or change.before.message == number


def _is_told(finding: Finding, unknown: Sequence[Finding]) -> bool:
    """Return whether a new name is told already as that of a tool which is not there."""
    return finding.kind == "identifier_invented" and any(finding.value == other.value for other in unknown)


def _is_among(finding: Finding, others: Sequence[Finding]) -> bool:
    """Return whether *others* tell the same, with more weight."""
    return any(finding.kind == other.kind and finding.value == other.value for other in others)
