"""What a guide's checks say of a prompt, and what its fixes do about it, with the author's ignore comments kept to."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from refrase.core.candidate import Candidate, apply_edits, edits_from_changes
from refrase.core.fix import fix_prompt
from refrase.core.guide import Rule
from refrase.core.ignore import Ignore, ignores_of, without_ignores
from refrase.core.lint import check_rules
from refrase.core.prompt import Prompt, Span
from refrase.core.rewrite import Finding


class Notice(Struct, frozen=True):
    """What counts, what an ignore comment silences, and those comments."""

    findings: tuple[Finding, ...]
    silenced: tuple[Finding, ...]
    ignores: tuple[Ignore, ...]


def notice(prompt: Prompt, rules: Iterable[Rule]) -> Notice:
    """Return what the checks of *rules* find in *prompt*."""
    ignores = ignores_of(prompt)
    found = check_rules(without_ignores(prompt), rules)
    if not ignores:
        return Notice(found, (), ())
    silenced = [_is_silenced(finding.rule, finding.before, ignores) for finding in found]
    return Notice(
        tuple(finding for finding, is_out in zip(found, silenced, strict=True) if not is_out),
        tuple(finding for finding, is_out in zip(found, silenced, strict=True) if is_out),
        ignores,
    )


def fix_noticed(prompt: Prompt, rules: Iterable[Rule], kept: Iterable[Span] = ()) -> Candidate:
    """Apply the fixes of *rules* to what counts, outside of *kept* and of ignore comments."""
    ignores = ignores_of(prompt)
    if not ignores:
        return fix_prompt(prompt, rules, kept)
    comments = [ignore.span for ignore in ignores]
    candidate = fix_prompt(without_ignores(prompt), rules, [*kept, *comments])
    changes = [change for change in candidate.changes if not _is_silenced(change.rule, change.before, ignores)]
    return apply_edits(prompt, edits_from_changes(changes))


def _is_silenced(rule: str, place: Span | None, ignores: Sequence[Ignore]) -> bool:
    return any(ignore.covers(rule, place) for ignore in ignores)
