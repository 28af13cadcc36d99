"""What lint says beside its findings: what could not be linted or fixed, and how many there are."""

from collections import Counter
from typing import TYPE_CHECKING

import click

from refrase.cli import output

if TYPE_CHECKING:
    from refrase.services.lint_report import LintFault, LintReport

# So many of one kind are told one by one.
_TOLD = 10


def say_summary(report: "LintReport", *, is_dry: bool, can_fix: bool) -> None:
    """Say what could not be linted, what was not fixed and why, and how many findings there are."""
    alike = Counter((fault.path, fault.code, fault.message) for fault in report.faults)
    firsts = {(fault.path, fault.code, fault.message): fault for fault in reversed(report.faults)}
    for key, count in list(alike.items())[:_TOLD]:
        _say_fault(firsts[key], count)
    if len(alike) > _TOLD:
        output.say(f"error: {len(alike) - _TOLD} more like these; --format json tells all")
    for refusal in report.refused[:_TOLD]:
        output.say(f"not fixed: {refusal.path}:{refusal.line} [{refusal.rule}] {refusal.why}")
    if len(report.refused) > _TOLD:
        output.say(f"not fixed: {len(report.refused) - _TOLD} more; --format json tells all")
    fixable = sum(finding.is_fixable for finding in report.findings)
    found = len(report.findings)
    parts = [f"{output.count(found, 'finding')} in {output.count(report.prompts, 'prompt')}"]
    parts[0] += f" for {', '.join(report.targets)}"
    if report.fixed:
        parts.append(f"{report.fixed} {'would be fixed' if is_dry else 'fixed'}, {found} {'would ' * is_dry}remain")
    if fixable:
        why = ": add --fix" if can_fix else " left alone: an example, locked, or told above"
        parts.append(f"{fixable} with a fix [*]{why}")
    if report.passed_over:
        parts.append(f"{output.count(report.passed_over, 'other file')} passed over (read are .md, .txt and .jsonl)")
    output.say("; ".join(parts) + ".")


def _say_fault(fault: "LintFault", count: int) -> None:
    place = f"{fault.path}:{fault.line}: " if fault.line else "" if fault.path in fault.message else f"{fault.path}: "
    more = f" ({count} records of this file)" if count > 1 else ""
    output.say(click.style("error", fg="red", bold=True) + f" [{fault.code}] {place}{fault.message}{more}")
    if fault.hint:
        output.say(f"  {fault.hint}")
