"""Safe fixes: the mechanical edits of guides, each held against the original before it counts."""

from collections.abc import Sequence

from msgspec import Struct

from refrase.core.candidate import Candidate, apply_edits, edits_from_changes
from refrase.core.contract import contract_of
from refrase.core.lock import kept_spans, locks_of
from refrase.core.mend import mend
from refrase.core.prompt import Prompt, Span, check_prompt
from refrase.core.rewrite import Change, Mode, Severity
from refrase.core.terms import Terms
from refrase.errors import BadInput
from refrase.library.document import Document, Slot
from refrase.services.checking import Checker
from refrase.services.lint_header import HeaderIgnore, header_ignores
from refrase.services.lint_places import Places
from refrase.services.lint_report import FixedDocument, RefusedFix
from refrase.services.linting import Linter

# A fix may lay open what another one mends; guides have a handful of fixes.
_MOST_ROUNDS = 10


class _FixedPrompt(Struct, frozen=True):
    prompt: Prompt
    fixed: int
    refused: tuple[tuple[Change, str], ...]


class Fixer:
    """Fixes prompts for the targets of a linter. A fix after which the checks of `refrase check` block is not made."""

    def __init__(self, linter: Linter, checker: Checker, *, max_prompt_bytes: int) -> None:
        self._linter = linter
        self._checker = checker
        self._max_prompt_bytes = max_prompt_bytes

    async def fix(self, path: str, document: Document) -> FixedDocument:
        """Return *document* fixed; every byte that no fix is about stays. *path* is what it is called."""
        header = header_ignores(document)
        places = Places(document)
        prompts: dict[str, Prompt] = {}
        fixed = 0
        refused: list[RefusedFix] = []
        for slot in document.slots:
            done = await self._fix_slot(slot, header)
            if done is None:
                continue
            prompts[slot.name] = done.prompt
            fixed += done.fixed
            refused += (
                RefusedFix(path, places.of(slot, change.before).line, change.rule, why) for change, why in done.refused
            )
        return FixedDocument(document.with_prompts(prompts), fixed, tuple(refused))

    async def _fix_slot(self, slot: Slot, header: Sequence[HeaderIgnore]) -> _FixedPrompt | None:
        """Return the prompt fixed; None where there is nothing to fix, or no prompt."""
        if slot.fault:
            return None
        try:
            check_prompt(slot.prompt, max_prompt_bytes=self._max_prompt_bytes)
            if not mend(slot.prompt, self._linter.fixing_rules(slot.prompt, header)).changes:
                return None
            return await self._fix_prompt(slot.prompt, header)
        except BadInput:
            return None  # linting tells what is wrong with it

    async def _fix_prompt(self, original: Prompt, header: Sequence[HeaderIgnore]) -> _FixedPrompt:
        prompt, fixed = original, 0
        refused: tuple[tuple[Change, str], ...] = ()
        for _ in range(_MOST_ROUNDS):
            candidate = mend(prompt, self._linter.fixing_rules(prompt, header), _kept(prompt))
            changes, refused = await self._kept_to(original, prompt, candidate.changes)
            if not changes:
                break
            prompt = _applied(prompt, changes)
            fixed += len(changes)
        return _FixedPrompt(prompt, fixed, refused)

    async def _kept_to(
        self, original: Prompt, prompt: Prompt, changes: tuple[Change, ...]
    ) -> tuple[tuple[Change, ...], tuple[tuple[Change, str], ...]]:
        """Return the changes that keep the contract, all or else one by one, and those that do not with the reason."""
        if not changes or not await self._why_not(original, prompt, changes):
            return changes, ()
        good: tuple[Change, ...] = ()
        refused: list[tuple[Change, str]] = []
        for change in changes:
            why = await self._why_not(original, prompt, (*good, change))
            if why:
                refused.append((change, why))
            else:
                good = (*good, change)
        return good, tuple(refused)

    async def _why_not(self, original: Prompt, prompt: Prompt, changes: Sequence[Change]) -> str:
        """Return why the prompt would not be the same after *changes*, "" where it is."""
        after = _applied(prompt, changes)
        for before in (prompt,) if prompt == original else (prompt, original):
            seen = await self._checker.check(before, after, mode=Mode.CONSERVATIVE, terms=Terms())
            why = next((finding.message for finding in seen.findings if finding.severity is Severity.BLOCKING), "")
            if why:
                return why
        return ""


def _applied(prompt: Prompt, changes: Sequence[Change]) -> Prompt:
    candidate: Candidate = apply_edits(prompt, edits_from_changes(changes))
    return candidate.after


def _kept(prompt: Prompt) -> tuple[Span, ...]:
    contract = contract_of(prompt)
    return kept_spans(contract, (lock for reading in contract.messages for lock in locks_of(reading)))
