"""Which rules are linted: --select and --ignore, by id, by the beginning of ids, or by a pattern."""

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from refrase.core.guide import About
from refrase.core.target import Target
from refrase.errors import OptionInvalid

# Not of a guide: an ignore comment that ignores nothing.
UNUSED_IGNORE = "unused-ignore"
# Nor these, which the model's data decides: see core.fit.
FIT = {
    "context-overflow": "A prompt that is longer than the target's window.",
    "media-unsupported": "A prompt that speaks of media sent along which the target does not take.",
}


class Choice:
    """The ids that are chosen. `known` are all rules of the targets' guides; `is_whole`: nothing was left out."""

    def __init__(self, targets: Sequence[Target], select: Iterable[str], ignore: Iterable[str]) -> None:
        self._rules = {rule.id: rule for target in targets for rule in target.guide.rules}
        self.known = frozenset((*self._rules, *FIT))
        held = [rule for target in targets for rule in target.rules]
        checked = [rule.id for rule in held if rule.check is not None and rule.about is About.PROMPT]
        self._checked = tuple(dict.fromkeys((*checked, *FIT, UNUSED_IGNORE)))
        wanted, unwanted = _parts(select), _parts(ignore)
        self.is_whole = not wanted and not unwanted
        chosen = self._matching(wanted) if wanted else set(self._checked)
        self.ids = frozenset(chosen - self._matching(unwanted))

    def _matching(self, patterns: Iterable[str]) -> set[str]:
        return {rule_id for pattern in patterns for rule_id in self._of(pattern)}

    def _of(self, pattern: str) -> Iterator[str]:
        if pattern in self._checked:
            yield pattern
            return
        found = [name for name in self._checked if fnmatchcase(name, pattern) or name.startswith(pattern)]
        rule = self._rules.get(pattern)
        if rule is not None and rule.check is not None and not found:
            raise OptionInvalid(f"The rule {pattern!r} is not about this target, but about {', '.join(rule.models)}.")
        if rule is not None and not found:
            raise OptionInvalid(f"The rule {pattern!r} has no check: code cannot see whether a prompt breaks it.")
        if not found:
            hint = f"{perhaps(pattern, self._checked)} Rules with a check: {', '.join(self._checked)}.".strip()
            raise OptionInvalid(f"No rule with a check is called {pattern!r} or begins so.", hint=hint)
        yield from found


def perhaps(name: str, names: Iterable[str]) -> str:
    """Return a question with the names most like *name*, or ""."""
    near = get_close_matches(name, sorted(names), n=3, cutoff=0.5)
    return f"Did you mean {', '.join(near)}?" if near else ""


def _parts(told: Iterable[str]) -> list[str]:
    return [part.strip() for text in told for part in text.split(",") if part.strip()]
