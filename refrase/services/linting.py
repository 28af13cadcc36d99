"""Linting: what the checks of guides find in the prompts of a file. No model, no network, nothing stored."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from refrase.core.guide import Rule
from refrase.core.ignore import Ignore, without_ignores
from refrase.core.notice import notice
from refrase.core.prompt import Prompt, Span, check_prompt
from refrase.core.rewrite import Finding, Severity
from refrase.core.selection import select_rules
from refrase.core.target import Target
from refrase.errors import BadInput, PromptEmpty, RecordInvalid
from refrase.library.document import Document, Slot
from refrase.services.lint_choice import UNUSED_IGNORE, Choice, perhaps
from refrase.services.lint_header import HeaderIgnore, header_ignores
from refrase.services.lint_places import Place, Places
from refrase.services.lint_report import LintFault, LintFinding


class Linted(Struct, frozen=True):
    """What came of one document."""

    findings: tuple[LintFinding, ...]
    faults: tuple[LintFault, ...] = ()


class _Told(Struct, frozen=True):
    """An ignore comment, where it stands, and the rules that it silenced."""

    ignore: Ignore
    place: Place
    used: frozenset[str]


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
        self._choice = Choice([target.guide for target in self.targets], select, ignore)
        self._max_prompt_bytes = max_prompt_bytes
        self._read_all_rule_ids = all_rule_ids

    def lint(self, path: str, document: Document, on_prompt: Callable[[], None] = lambda: None) -> Linted:
        """Return what is found in every prompt of *document*, in the order of the file. *path* is what it is called."""
        places = Places(document)
        header = header_ignores(document)
        findings: list[LintFinding] = []
        faults: list[LintFault] = []
        for slot in document.slots:
            try:
                findings += self._lint_slot(path, slot, places, header)
            except BadInput as error:
                faults.append(LintFault(path, places.line_of(slot), error.code, error.detail, error.hint))
            on_prompt()
        return Linted(tuple(findings), tuple(faults))

    def fixing_rules(self, prompt: Prompt, header: Sequence[HeaderIgnore]) -> list[Rule]:
        """Return the chosen rules with a fix that apply to *prompt* and that its file's *header* does not silence."""
        rules = {rule.id: rule for target in self.targets for rule in self._rules(target, prompt) if rule.fix}
        return [rule for rule in rules.values() if not any(_silences(ignore, rule.id) for ignore in header)]

    def _lint_slot(self, path: str, slot: Slot, places: Places, header: Sequence[HeaderIgnore]) -> list[LintFinding]:
        if slot.fault:
            raise RecordInvalid(slot.fault) if slot.name else PromptEmpty(slot.fault)
        prompt = slot.prompt
        check_prompt(prompt, max_prompt_bytes=self._max_prompt_bytes)
        found: dict[tuple[str, str, str, Span | None], LintFinding] = {}
        silenced: list[Finding] = []
        ignores: tuple[Ignore, ...] = ()
        for target in self.targets:
            rules = {rule.id: rule for rule in self._rules(target, prompt)}
            seen = notice(prompt, rules.values())
            ignores = seen.ignores
            silenced += seen.silenced
            for finding in seen.findings:
                if any(_silences(ignore, finding.rule) for ignore in header):
                    silenced.append(finding)
                    continue
                told = self._finding(path, finding, rules[finding.rule], target, places.of(slot, finding.before))
                key = (told.guide, told.rule, told.message, told.span)
                earlier = found.get(key)
                found[key] = replace(earlier, targets=(*earlier.targets, target.id)) if earlier else told
        is_chat = len(prompt.messages) > 1
        told_comments = [
            *(_told_header(ignore, silenced, places) for ignore in header),
            *(_told_comment(ignore, silenced, places.of(slot, ignore.span)) for ignore in ignores),
        ]
        findings = [*found.values(), *(self._unused(path, told) for told in told_comments)]
        shown = [finding for finding in findings if finding is not None]
        numbered = [replace(item, message_number=_message(item)) for item in shown] if is_chat else shown
        return sorted(numbered, key=lambda item: (item.line, item.column, item.rule))

    def _rules(self, target: Target, prompt: Prompt) -> list[Rule]:
        """Return the chosen rules with a check that apply to *prompt*."""
        selected = select_rules(target, without_ignores(prompt))
        return [item.rule for item in selected if item.applies and item.rule.check and item.rule.id in self._choice.ids]

    def _finding(self, path: str, finding: Finding, rule: Rule, target: Target, place: Place) -> LintFinding:
        return LintFinding(
            path=path,
            line=place.line,
            column=place.column,
            end_line=place.end_line,
            end_column=place.end_column,
            rule=rule.id,
            severity=Severity.WARNING,
            message=finding.message,
            guide=target.guide.id,
            targets=(target.id,),
            source=rule.sources[0],
            is_fixable=rule.fix is not None and finding.before is not None,
            span=finding.before,
        )

    def _unused(self, path: str, told: _Told) -> LintFinding | None:
        """Tell what an ignore comment names and does not silence, if anything."""
        message = self._unused_message(told) if UNUSED_IGNORE in self._choice.ids else ""
        place = told.place
        if not message:
            return None
        return LintFinding(
            path=path,
            line=place.line,
            column=place.column,
            end_line=place.end_line,
            end_column=place.end_column,
            rule=UNUSED_IGNORE,
            severity=Severity.NOTE,
            message=message,
            span=told.ignore.span if told.ignore.span.end else None,
        )

    def _unused_message(self, told: _Told) -> str:
        ignore = told.ignore
        if ignore.is_misplaced:
            return "ignore-file stands below text and ignores nothing. Put it above all text, or write ignore."
        if not ignore.rules:
            return "" if told.used or not self._choice.is_whole else "This comment ignores nothing."
        idle = [rule for rule in ignore.rules if rule not in told.used and rule in self._choice.ids]
        strange = [rule for rule in ignore.rules if rule not in self._choice.known and rule not in self._all_rule_ids]
        parts = [f"Nothing here breaks {', '.join(idle)}, so it need not be ignored."] if idle else []
        parts += [f"No guide has a rule {rule!r}. {perhaps(rule, self._all_rule_ids)}".strip() for rule in strange]
        return " ".join(parts)

    @cached_property
    def _all_rule_ids(self) -> frozenset[str]:
        return self._read_all_rule_ids() | {UNUSED_IGNORE}


def _silences(ignore: HeaderIgnore, rule: str) -> bool:
    return not ignore.rules or rule in ignore.rules


def _told_header(ignore: HeaderIgnore, silenced: Sequence[Finding], places: Places) -> _Told:
    used = frozenset(finding.rule for finding in silenced if _silences(ignore, finding.rule))
    return _Told(Ignore(Span(0, 0), ignore.rules), places.between(ignore.start, ignore.end), used)


def _told_comment(ignore: Ignore, silenced: Sequence[Finding], place: Place) -> _Told:
    used = frozenset(finding.rule for finding in silenced if ignore.covers(finding.rule, finding.before))
    return _Told(ignore, place, used)


def _message(finding: LintFinding) -> int:
    return finding.span.message + 1 if finding.span else 0
