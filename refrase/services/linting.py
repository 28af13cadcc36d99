"""Linting: what the checks of guides find in the prompts of a file. No model, no network, nothing stored."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from refrase.core.fit import check_fit
from refrase.core.guide import Rule
from refrase.core.ignore import Ignores, Reach, without_ignores
from refrase.core.notice import notice
from refrase.core.prompt import Prompt, Span, check_prompt
from refrase.core.rewrite import Finding, Severity
from refrase.core.selection import select_rules
from refrase.core.target import Target
from refrase.errors import BadInput, PromptEmpty, RecordInvalid
from refrase.library.document import Document, Slot
from refrase.services.lint_choice import FIT, UNUSED_IGNORE, Choice, perhaps
from refrase.services.lint_header import HeaderIgnore, header_ignores
from refrase.services.lint_places import Place, Places, PromptPlaces
from refrase.services.lint_report import LintFault, LintFinding

_MISPLACED = "ignore-file stands below text and ignores nothing. Put it above all text, or write ignore."


class Linted(Struct, frozen=True):
    """What came of one document."""

    findings: tuple[LintFinding, ...]
    faults: tuple[LintFault, ...] = ()


class _Header(Struct, frozen=True):
    """An ignore of the file's head, and where it stands."""

    ignore: HeaderIgnore
    place: Place


class _Where(Struct, frozen=True):
    """Where a prompt stands: its file, where in it each stretch is, and what the file's head says."""

    path: str
    place_of: Callable[[Span | None], Place]
    header: Sequence[_Header] = ()

    def finding(self, span: Span | None, place: Place | None = None, **told: Any) -> LintFinding:
        """Return the finding at *span* of the prompt, or at a *place* outside of it."""
        place = place or self.place_of(span)
        return LintFinding(
            path=self.path,
            line=place.line,
            column=place.column,
            end_line=place.end_line,
            end_column=place.end_column,
            span=span,
            **told,
        )


class Linter:
    """Lints for one target or several, by the rules that are chosen.

    *all_rule_ids* returns the ids of every guide's rules; it is asked only where an ignore comment names a rule that no
    guide at hand has. Raises OptionInvalid where *select* or *ignore* name no rule.
    """

    def __init__(
        self,
        targets: Iterable[Target],
        *,
        select: Iterable[str] = (),
        ignore: Iterable[str] = (),
        max_prompt_bytes: int,
        all_rule_ids: Callable[[], frozenset[str]],
    ) -> None:
        self.targets = tuple({target.id: target for target in targets}.values())
        self._choice = Choice(self.targets, select, ignore)
        self._chosen = [_with_rules(target, self._choice.ids) for target in self.targets]
        self._max_prompt_bytes = max_prompt_bytes
        self._read_all_rule_ids = all_rule_ids

    def lint(self, path: str, document: Document, on_prompt: Callable[[], None] = lambda: None) -> Linted:
        """Return what is found in every prompt of *document*, in the order of the file. *path* is what it is called."""
        places = Places(document)
        header = [_Header(ignore, places.between(ignore.start, ignore.end)) for ignore in header_ignores(document)]
        findings: list[LintFinding] = []
        faults: list[LintFault] = []
        for slot in document.slots:
            try:
                findings += self._lint_slot(slot, _Where(path, partial(places.of, slot), header))
            except BadInput as error:
                faults.append(LintFault(path, places.line_of(slot), error.code, error.detail, error.hint))
            on_prompt()
        return Linted(tuple(findings), tuple(faults))

    def lint_prompt(self, prompt: Prompt) -> tuple[LintFinding, ...]:
        """Return what is found in *prompt*; lines and columns are those of its messages. Raises BadInput."""
        return tuple(self._lint_prompt(prompt, _Where("", PromptPlaces(prompt).of)))

    def fixing_rules(self, prompt: Prompt, header: Sequence[HeaderIgnore]) -> list[Rule]:
        """Return the chosen rules with a fix that apply to *prompt* and that its file's *header* does not silence."""
        rules = {rule.id: rule for target in self._chosen for rule in _applying(target, prompt) if rule.fix}
        return [rule for rule in rules.values() if not any(ignore.covers(rule.id) for ignore in header)]

    def _lint_slot(self, slot: Slot, where: "_Where") -> list[LintFinding]:
        if slot.fault:
            raise RecordInvalid(slot.fault) if slot.name else PromptEmpty(slot.fault)
        return self._lint_prompt(slot.prompt, where)

    def _lint_prompt(self, prompt: Prompt, where: "_Where") -> list[LintFinding]:
        check_prompt(prompt, max_prompt_bytes=self._max_prompt_bytes)
        found: dict[tuple[str, str, str, Span | None], LintFinding] = {}
        silenced: list[Finding] = []
        ignores = Ignores()
        for target in self._chosen:
            rules = {rule.id: rule for rule in _applying(target, prompt)}
            seen = notice(prompt, rules.values(), self._misfits(prompt, target))
            ignores = seen.ignores
            silenced += seen.silenced
            for finding in seen.findings:
                if any(item.ignore.covers(finding.rule) for item in where.header):
                    silenced.append(finding)
                    continue
                told = self._finding(finding, rules.get(finding.rule), target, where)
                key = (told.guide, told.rule, told.message, told.span)
                earlier = found.get(key)
                found[key] = replace(earlier, targets=(*earlier.targets, target.id)) if earlier else told
        findings = [*found.values(), *self._unused(ignores, silenced, where)]
        if len(prompt.messages) > 1:
            findings = [replace(item, message_number=item.span.message + 1) if item.span else item for item in findings]
        return sorted(findings, key=lambda item: (item.line, item.column, item.rule))

    def _misfits(self, prompt: Prompt, target: Target) -> list[Finding]:
        """Return why *prompt* cannot be sent to *target*, each under the name that is chosen and ignored by."""
        if not self._choice.ids & FIT.keys():
            return []
        named = [
            replace(finding, rule=finding.kind.replace("_", "-"))
            for finding in check_fit(without_ignores(prompt), target.model)
        ]
        return [finding for finding in named if finding.rule in self._choice.ids]

    @staticmethod
    def _finding(finding: Finding, rule: Rule | None, target: Target, where: "_Where") -> LintFinding:
        told: dict[str, Any] = {"rule": finding.rule, "message": finding.message, "targets": (target.id,)}
        if rule is None:
            return where.finding(finding.before, severity=finding.severity, **told)
        return where.finding(
            finding.before,
            severity=Severity.WARNING if finding.kind == "guide_rule" else Severity.NOTE,
            guide=target.guide.id,
            source=rule.sources[0],
            is_fixable=rule.fix is not None and finding.before is not None,
            **told,
        )

    def _unused(self, ignores: Ignores, silenced: Sequence[Finding], where: "_Where") -> Iterator[LintFinding]:
        """Tell of every ignore comment what it names and does not silence."""
        if UNUSED_IGNORE not in self._choice.ids:
            return
        for item in where.header:
            used = frozenset(finding.rule for finding in silenced if item.ignore.covers(finding.rule))
            if message := self._unused_message(item.ignore.rules, used):
                yield where.finding(None, item.place, rule=UNUSED_IGNORE, severity=Severity.NOTE, message=message)
        by_stretch: defaultdict[Span | None, set[str]] = defaultdict(set)
        for finding in silenced:
            for stretch in ignores.silencing(finding.rule, finding.before):
                by_stretch[stretch].add(finding.rule)
        of_whole = {finding.rule for finding in silenced if finding.before is None}
        for comment in ignores.comments:
            silent = by_stretch[comment.stretch] | (of_whole if comment.is_at_top else set())
            is_misplaced = comment.reach is Reach.NOTHING
            message = _MISPLACED if is_misplaced else self._unused_message(comment.rules, frozenset(silent))
            if message:
                yield where.finding(comment.span, rule=UNUSED_IGNORE, severity=Severity.NOTE, message=message)

    def _unused_message(self, rules: Sequence[str], used: frozenset[str]) -> str:
        """Say what is wrong with a comment that names *rules*, of which *used* silenced something; "" if nothing is."""
        if not rules:
            return "" if used or not self._choice.is_whole else "This comment ignores nothing."
        idle = [rule for rule in rules if rule not in used and rule in self._choice.ids]
        strange = [rule for rule in rules if rule not in self._choice.known and rule not in self._all_rule_ids]
        parts = [f"Nothing here breaks {', '.join(idle)}, so it need not be ignored."] if idle else []
        parts += [f"No guide has a rule {rule!r}. {perhaps(rule, self._all_rule_ids)}".strip() for rule in strange]
        return " ".join(parts)

    @cached_property
    def _all_rule_ids(self) -> frozenset[str]:
        return self._read_all_rule_ids() | {UNUSED_IGNORE, *FIT}


def _with_rules(target: Target, ids: frozenset[str]) -> Target:
    """Return *target* with no rules but those, so that no time goes into conditions of others."""
    rules = tuple(rule for rule in target.guide.rules if rule.id in ids and rule.check is not None)
    return Target(replace(target.guide, rules=rules), target.model)


def _applying(target: Target, prompt: Prompt) -> list[Rule]:
    return [item.rule for item in select_rules(target, without_ignores(prompt)) if item.applies]
