"""What a guide's checks say of a prompt, with the author's ignore comments kept to."""

from collections.abc import Iterable

from msgspec import Struct

from refrase.core.guide import Rule
from refrase.core.ignore import Ignores, ignores_of, without_ignores
from refrase.core.lint import check_rules
from refrase.core.prompt import Prompt
from refrase.core.rewrite import Finding


class Notice(Struct, frozen=True):
    """What counts, what an ignore comment silences, and those comments."""

    findings: tuple[Finding, ...]
    silenced: tuple[Finding, ...]
    ignores: Ignores


def notice(prompt: Prompt, rules: Iterable[Rule], others: Iterable[Finding] = ()) -> Notice:
    """Return what the checks of *rules* find in *prompt*, and of *others*, found without a rule, what counts."""
    ignores = ignores_of(prompt)
    read = without_ignores(prompt) if ignores.comments else prompt
    findings: list[Finding] = []
    silenced: list[Finding] = []
    for finding in (*check_rules(read, rules), *others):
        is_silenced = bool(ignores.silencing(finding.rule, finding.before))
        (silenced if is_silenced else findings).append(finding)
    return Notice(tuple(findings), tuple(silenced), ignores)
