"""What a guide's fixes do about its findings, with the author's ignore comments kept to."""

from collections.abc import Iterable

from refrase.core.candidate import Candidate, apply_edits, edits_from_changes
from refrase.core.fix import fix_prompt
from refrase.core.guide import Rule
from refrase.core.ignore import ignores_of, without_ignores
from refrase.core.prompt import Prompt, Span


def mend(prompt: Prompt, rules: Iterable[Rule], kept: Iterable[Span] = ()) -> Candidate:
    """Apply the fixes of *rules* to what no comment silences, outside of *kept* and of the comments themselves."""
    ignores = ignores_of(prompt)
    if not ignores:
        return fix_prompt(prompt, rules, kept)
    candidate = fix_prompt(without_ignores(prompt), rules, [*kept, *(ignore.span for ignore in ignores)])
    changes = [
        change
        for change in candidate.changes
        if not any(ignore.covers(change.rule, change.before) for ignore in ignores)
    ]
    return apply_edits(prompt, edits_from_changes(changes))
