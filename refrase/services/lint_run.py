"""Linting files and folders: what `refrase lint` does, apart from how it is shown and written."""

from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct

from refrase.errors import BadInput, OptionInvalid, RefraseError
from refrase.library.document import Document
from refrase.library.files import document_from_bytes, find_files, read_bytes, refuse_structured
from refrase.services.lint_report import FixedDocument, LintFault, LintFinding, LintReport, RefusedFix
from refrase.services.linting import Linter

Fix = Callable[[str, Document], FixedDocument]
# Takes what was fixed: the input, its bytes before and after. Raises OutputRefused.
Save = Callable[["LintInput", bytes, bytes], None]


class LintInput(Struct, frozen=True):
    """A file to lint, and what it is called; `data` where it is not read from `path`, which tells the form then."""

    name: str
    path: Path
    data: bytes | None = None


class Inputs(Struct, frozen=True):
    """The files to lint, each once; which paths lead to none; how many other files were passed over."""

    files: tuple[LintInput, ...]
    faults: tuple[LintFault, ...] = ()
    passed_over: int = 0


def find_inputs(paths: Iterable[Path]) -> Inputs:
    """Return the files under *paths*."""
    inputs: dict[Path, LintInput] = {}
    faults: list[LintFault] = []
    passed_over = 0
    for path in paths:
        try:
            found, others = find_files(path)
            passed_over += others
            if not found:
                raise OptionInvalid(f"There is no prompt file under {path}.", hint="Read are .md, .txt and .jsonl.")
            for file in found:
                inputs.setdefault(file.resolve(), LintInput(_name(file), file))
        except BadInput as error:
            faults.append(_fault(str(path), error))
    return Inputs(tuple(inputs.values()), tuple(faults), passed_over)


class LintRun:
    """Lints inputs one after the other. What cannot be read is told and the rest is linted all the same."""

    def __init__(
        self,
        linter: Linter,
        *,
        field: str = "",
        fix: Fix | None = None,
        save: Save = lambda _input, _before, _after: None,
        on_prompt: Callable[[], None] = lambda: None,
    ) -> None:
        self._linter = linter
        self._field = field
        self._fix = fix
        self._save = save
        self._on_prompt = on_prompt

    def run(self, inputs: Inputs) -> LintReport:
        """Return what came of *inputs*."""
        findings: list[LintFinding] = []
        told = list(inputs.faults)
        refused: list[RefusedFix] = []
        prompts = fixed = 0
        for item in inputs.files:
            try:
                document, done = self._read(item)
            except RefraseError as error:
                told.append(_fault(item.name, error))
                continue
            linted = self._linter.lint(item.name, document, self._on_prompt)
            findings += linted.findings
            told += linted.faults
            prompts += len(document.slots)
            fixed += done.fixed if done else 0
            refused += done.refused if done else ()
        return LintReport(
            targets=tuple(target.id for target in self._linter.targets),
            files=len(inputs.files),
            prompts=prompts,
            findings=tuple(findings),
            faults=tuple(told),
            fixed=fixed,
            refused=tuple(refused),
            passed_over=inputs.passed_over,
        )

    def _read(self, item: LintInput) -> tuple[Document, FixedDocument | None]:
        """Return the document, fixed and saved where that was asked for."""
        if item.data is None:
            refuse_structured(item.path, f"refrase lint - < {item.path}")
        data = read_bytes(item.path) if item.data is None else item.data
        document = document_from_bytes(data, item.path, self._field)
        if self._fix is None:
            return document, None
        done = self._fix(item.name, document)
        self._save(item, data, done.data)
        return document_from_bytes(done.data, item.path, self._field), done


def _name(path: Path) -> str:
    """Return what a file is called: from the current folder where it lies in it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_absolute() and path.is_relative_to(here) else str(path)


def _fault(name: str, error: RefraseError) -> LintFault:
    return LintFault(name, 0, error.code, error.detail, error.hint)
