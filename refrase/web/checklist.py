"""The guide's checks as a checklist: what they found in the prompt, and whether the rewrite still has it."""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from refrase.core.guide import Rule, Source
from refrase.core.ignore import without_ignores
from refrase.core.notice import notice
from refrase.core.prompt import Prompt
from refrase.core.rewrite import Finding, Rewrite
from refrase.core.selection import select_rules
from refrase.core.target import Target


class CheckState(StrEnum):
    """What became of what a check found."""

    FOUND = "found"  # the text is the same as before
    GONE = "no longer found"
    STAYS = "still found"
    NEW = "new in the rewrite"


class CheckRow(Struct, frozen=True):
    """A rule whose check found something: the words of its findings, how many there were and are, and its source."""

    rule: str
    state: CheckState
    messages: tuple[str, ...]
    before: int
    after: int
    source: Source


class Checklist(Struct, frozen=True):
    """The rules with a check that apply to the prompt: those that found something, and how many found nothing."""

    rows: tuple[CheckRow, ...]
    silent: int


def checklist_of(rewrite: Rewrite, target: Target | None) -> Checklist:
    """Return what the checks of the target's guide, as it is today, find before and after. No guide finds nothing."""
    if target is None:
        return Checklist((), 0)
    selected = select_rules(target, without_ignores(rewrite.before), rewrite.conditions.terms)
    rules = [item.rule for item in selected if item.applies and item.rule.check is not None]
    before = _found(rewrite.before, rules)
    is_same = rewrite.after == rewrite.before
    after = before if is_same else _found(rewrite.after, rules)
    had, has = (Counter(finding.rule for finding in found) for found in (before, after))
    rows: list[CheckRow] = []
    for rule in rules:
        if not had[rule.id] and not has[rule.id]:
            continue
        told = before if had[rule.id] else after
        messages = tuple(dict.fromkeys(finding.message for finding in told if finding.rule == rule.id))
        state = CheckState.FOUND if is_same else _state(had[rule.id], has[rule.id])
        rows.append(CheckRow(rule.id, state, messages, had[rule.id], has[rule.id], rule.sources[0]))
    return Checklist(tuple(rows), len(rules) - len(rows))


def _found(prompt: Prompt, rules: Sequence[Rule]) -> list[Finding]:
    return [finding for finding in notice(prompt, rules).findings if finding.kind == "guide_rule"]


def _state(before: int, after: int) -> CheckState:
    if not before:
        return CheckState.NEW
    return CheckState.STAYS if after else CheckState.GONE
