"""refrase lint: what the checks of a guide find in prompts, without a model."""

import difflib
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from refrase.cli import options, output
from refrase.errors import EXIT_BAD_INPUT, EXIT_FAILED, EXIT_OK, OutputRefused

if TYPE_CHECKING:
    from refrase.core.target import Target
    from refrase.services.lint_report import LintFault, LintReport
    from refrase.services.lint_run import Fix, LintInput
    from refrase.services.linting import Linter
    from refrase.settings import Settings

_STDIN = Path("-")
# Fewer are done before anybody wonders.
_TOLD_PROMPTS = 500
# So many of one kind are told one by one on a terminal.
_TOLD = 10


@click.command(context_settings=options.CONTEXT)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option(
    "--for",
    "target_names",
    multiple=True,
    metavar="TARGET",
    help="The model to lint for (default: kimi-k2-0905, or as set); may be given more than once.",
)
@click.option("--select", multiple=True, metavar="RULES", help="Only these rules: ids, beginnings or patterns of ids.")
@click.option("--ignore", multiple=True, metavar="RULES", help="Not these rules.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="How findings are written.",
)
@options.as_json
@click.option("--output-file", type=click.Path(path_type=Path), help="Write the findings to this file.")
@click.option("--fix", "fixes", is_flag=True, help="Make the mechanical fixes of the guide that lose nothing.")
@click.option("--diff", "shows_diff", is_flag=True, help="Show what --fix would change, and write nothing.")
@click.option("--exit-zero", is_flag=True, help="End with exit code 0 also where something is found.")
@click.option("--field", default="", help="The field of JSON Lines that holds the prompt (default: found by itself).")
@click.option("--stdin-filename", type=click.Path(path_type=Path), help="What standard input (-) is called.")
def command(
    paths: tuple[Path, ...],
    target_names: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    form: str,
    as_json: bool,
    output_file: Path | None,
    fixes: bool,
    shows_diff: bool,
    exit_zero: bool,
    field: str,
    stdin_filename: Path | None,
) -> None:
    """Lint prompts for a target model by its guide: files, folders (.md, .txt, .jsonl), or "-" for standard input.

    No model is asked. Exit codes: 0 nothing found, 1 findings, 2 bad input.
    A comment in a prompt, <!-- refrase:ignore RULE --> or {# refrase:ignore RULE #}, silences a rule below it.
    """
    from refrase.environment import settings_from_environment
    from refrase.guidebook.single import read_target
    from refrase.packaged import packaged_path
    from refrase.services.lint_run import LintRun, find_inputs
    from refrase.services.linting import Linter

    form = "json" if as_json else form
    with output.told_as_json(form == "json"):
        settings = settings_from_environment()
        folder = packaged_path("guides")
        linter = Linter(
            [read_target(folder, name) for name in target_names or (settings.default_target,)],
            select=select,
            ignore=ignore,
            max_prompt_bytes=settings.max_prompt_bytes,
            all_rule_ids=lambda: _all_rule_ids(folder),
        )
        inputs, faults = find_inputs([path for path in paths if path != _STDIN])
        if _STDIN in paths:
            inputs.append(_standard_input(stdin_filename))
        saver = _Saver(shows_diff=shows_diff)
        with _progress() as on_prompt:
            fix = _fixer(linter, settings) if fixes or shows_diff else None
            run = LintRun(linter, field=field, fix=fix, save=saver.save, on_prompt=on_prompt)
            report = run.run(inputs, faults)
        _write(_shown(report, form, linter.targets), output_file, to_error=saver.has_stdout)
    _say(report, is_dry=shows_diff, can_fix=not (fixes or shows_diff))
    raise click.exceptions.Exit(_exit_code(report, exit_zero=exit_zero, is_changed=shows_diff and report.fixed > 0))


def _all_rule_ids(folder: Path) -> frozenset[str]:
    from refrase.guidebook import read_guidebook

    return frozenset(rule.id for guide in read_guidebook(folder).guides for rule in guide.rules)


def _standard_input(name: Path | None) -> "LintInput":
    from refrase.services.lint_run import LintInput

    if sys.stdin.isatty():
        output.say("Paste the prompt, then press Ctrl-D (Windows: Ctrl-Z, Enter).")
    return LintInput(str(name or "<stdin>"), name or Path("stdin.md"), sys.stdin.buffer.read())


def _fixer(linter: "Linter", settings: "Settings") -> "Fix":
    """Return what fixes a document. Its imports take longer than linting does."""
    import asyncio

    from refrase.rendering import Rendering
    from refrase.services.checking import Checker
    from refrase.services.lint_fixing import Fixer

    most_bytes = settings.max_prompt_bytes
    fixer = Fixer(linter, Checker(Rendering(), max_prompt_bytes=most_bytes), max_prompt_bytes=most_bytes)
    return lambda name, document: asyncio.run(fixer.fix(name, document))


class _Saver:
    """Takes fixed files: writes them, or shows the difference. Fixed standard input goes to standard output."""

    def __init__(self, *, shows_diff: bool) -> None:
        self._shows_diff = shows_diff
        self.has_stdout = shows_diff

    def save(self, item: "LintInput", before: bytes, after: bytes) -> None:
        """Keep or show what became of an input. Raises OutputRefused."""
        from refrase.library.files import write_atomically

        if self._shows_diff:
            click.echo(_difference(item.name, before, after), nl=False)
        elif item.data is not None:
            self.has_stdout = True
            output.print_bytes(after)
        elif after != before:
            path = item.path.resolve()  # a link stays a link
            if not os.access(path, os.W_OK):
                raise OutputRefused(f"{item.path} cannot be written: it is read-only.")
            write_atomically(path, after)


def _difference(name: str, before: bytes, after: bytes) -> str:
    """Return what changes in a file as a patch, in colour where the terminal has it."""
    from refrase.library.document import decode

    old, new = (list(io.StringIO(decode(data, name)[0], newline="\n")) for data in (before, after))
    lines: list[str] = []
    for line in difflib.unified_diff(old, new, name, name):
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[0])
        ended = line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        lines.append(click.style(ended, fg=colour) if colour else ended)
    return "".join(lines)


@contextmanager
def _progress() -> Iterator[Callable[[], None]]:
    """Count the prompts of a long run on a terminal."""
    count = 0

    def on_prompt() -> None:
        nonlocal count
        count += 1
        if is_shown and count % _TOLD_PROMPTS == 0:
            click.echo(f"\r{count:,} prompts …", nl=False, err=True)

    is_shown = sys.stderr.isatty()
    try:
        yield on_prompt
    finally:
        if is_shown and count >= _TOLD_PROMPTS:
            click.echo("\r\x1b[K", nl=False, err=True)


def _shown(report: "LintReport", form: str, targets: "tuple[Target, ...]") -> str:
    from refrase.cli import lint_formats

    if form == "json":
        return lint_formats.as_json(report)
    if form == "sarif":
        return lint_formats.as_sarif(report, targets)
    if form == "github":
        return lint_formats.as_github(report)
    return lint_formats.as_text(report, with_sources=sys.stdout.isatty())


def _write(text: str, path: Path | None, *, to_error: bool) -> None:
    if path is None:
        click.echo(text, nl=False, err=to_error)
        return
    from refrase.library.files import write_atomically

    write_atomically(path, click.unstyle(text).encode())


def _say(report: "LintReport", *, is_dry: bool, can_fix: bool) -> None:
    """Say what could not be linted, what was not fixed and why, and how many findings there are."""
    for fault in report.faults[:_TOLD]:
        _say_fault(fault)
    if len(report.faults) > _TOLD:
        output.say(f"error: {len(report.faults) - _TOLD} more could not be linted; --format json tells all")
    for refusal in report.refused[:_TOLD]:
        output.say(f"not fixed: {refusal.path}:{refusal.line} [{refusal.rule}] {refusal.why}")
    if len(report.refused) > _TOLD:
        output.say(f"not fixed: {len(report.refused) - _TOLD} more; --format json tells all")
    fixable = sum(finding.is_fixable for finding in report.findings)
    found = len(report.findings)
    parts = [f"{output.count(found, 'finding')} in {output.count(report.prompts, 'prompt')}"]
    parts[0] += f" for {', '.join(report.targets)}"
    if report.fixed:
        parts.append(f"{report.fixed} {'would be fixed' if is_dry else 'fixed'}, {found} {'would ' * is_dry}remain")
    if fixable and can_fix:
        parts.append(f"{fixable} with a fix [*]: add --fix")
    output.say("; ".join(parts) + ".")


def _say_fault(fault: "LintFault") -> None:
    place = f"{fault.path}:{fault.line}: " if fault.line else "" if fault.path in fault.message else f"{fault.path}: "
    output.say(click.style("error", fg="red", bold=True) + f" [{fault.code}] {place}{fault.message}")
    if fault.hint:
        output.say(f"  {fault.hint}")


def _exit_code(report: "LintReport", *, exit_zero: bool, is_changed: bool) -> int:
    if report.faults:
        return EXIT_BAD_INPUT
    return EXIT_FAILED if (report.findings or is_changed) and not exit_zero else EXIT_OK
