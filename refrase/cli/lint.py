"""refrase lint: what the checks of a guide find in prompts, without a model."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from refrase.cli import options, output
from refrase.cli.lint_saver import Saver
from refrase.cli.lint_summary import say_summary
from refrase.errors import EXIT_BAD_INPUT, EXIT_FAILED, EXIT_OK, OutputRefused

if TYPE_CHECKING:
    from refrase.core.target import Target
    from refrase.services.lint_report import LintReport
    from refrase.services.lint_run import Fix, LintInput
    from refrase.services.linting import Linter
    from refrase.settings import Settings

_STDIN = Path("-")
# Fewer are done before anybody wonders.
_TOLD_PROMPTS = 500


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
    from msgspec.structs import replace

    from refrase.environment import settings_from_environment
    from refrase.guidebook.single import read_target
    from refrase.packaged import packaged_path
    from refrase.services.lint_run import LintRun, find_inputs
    from refrase.services.linting import Linter

    form = "json" if as_json else form
    with output.told_as_json(form == "json"):
        settings = settings_from_environment()
        folder, own = packaged_path("guides"), settings.guides_folder
        linter = Linter(
            [read_target(folder, name, own) for name in target_names or (settings.default_target,)],
            select=select,
            ignore=ignore,
            max_prompt_bytes=settings.max_prompt_bytes,
            all_rule_ids=lambda: _all_rule_ids(folder, own),
        )
        inputs = find_inputs([path for path in paths if path != _STDIN])
        if _STDIN in paths:
            inputs = replace(inputs, files=(*inputs.files, _standard_input(stdin_filename)))
        saver = Saver(shows_diff=shows_diff)
        with _progress() as on_prompt, _fixing(linter, settings) if fixes or shows_diff else nullcontext() as fix:
            run = LintRun(linter, field=field, fix=fix, save=saver.save, on_prompt=on_prompt)
            report = run.run(inputs)
        _write(_shown(report, form, linter.targets), output_file, to_error=saver.has_stdout)
    say_summary(report, is_dry=shows_diff, can_fix=not (fixes or shows_diff))
    raise click.exceptions.Exit(_exit_code(report, exit_zero=exit_zero, is_changed=shows_diff and report.fixed > 0))


def _all_rule_ids(folder: Path, own: Path | None) -> frozenset[str]:
    from refrase.guidebook import read_guidebook

    return frozenset(rule.id for guide in read_guidebook(folder, own).guides for rule in guide.rules)


def _standard_input(name: Path | None) -> "LintInput":
    from refrase.services.lint_run import LintInput

    if sys.stdin.isatty():
        output.say("Paste the prompt, then press Ctrl-D (Windows: Ctrl-Z, Enter).")
    return LintInput(str(name or "<stdin>"), name or Path("stdin.md"), sys.stdin.buffer.read())


@contextmanager
def _fixing(linter: "Linter", settings: "Settings") -> "Iterator[Fix]":
    """Open what fixes documents. Its imports take longer than linting does."""
    import asyncio

    from refrase.rendering import Rendering
    from refrase.services.checking import Checker
    from refrase.services.lint_fixing import Fixer

    most_bytes = settings.max_prompt_bytes
    rendering = Rendering()
    fixer = Fixer(linter, Checker(rendering, max_prompt_bytes=most_bytes), max_prompt_bytes=most_bytes)
    with asyncio.Runner() as runner:
        try:
            yield lambda name, document: runner.run(fixer.fix(name, document))
        finally:
            runner.run(rendering.aclose())


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
        try:
            click.echo(text, nl=False, err=to_error)
        except BrokenPipeError:
            raise  # who reads has seen enough; click ends the program without a word
        except OSError as error:
            raise OutputRefused(f"The findings cannot be written: {error.strerror}.") from None
        return
    from refrase.library.files import write_atomically

    write_atomically(path, click.unstyle(text).encode())


def _exit_code(report: "LintReport", *, exit_zero: bool, is_changed: bool) -> int:
    if report.faults:
        return EXIT_BAD_INPUT
    return EXIT_FAILED if (report.findings or is_changed) and not exit_zero else EXIT_OK
