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
    if not ignores.comments:
        return fix_prompt(prompt, rules, kept)
    candidate = fix_prompt(without_ignores(prompt), rules, [*kept, *(comment.span for comment in ignores.comments)])
    changes = [change for change in candidate.changes if not ignores.silencing(change.rule, change.before)]
    return apply_edits(prompt, edits_from_changes(changes))
