"""refrase batch: a library in, the same layout out, one status per prompt."""

import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import click

from refrase.cli import options, output
from refrase.core.progress import Progress, Queued, Waiting
from refrase.core.rewrite import EngineChoice, Mode, Outcome, Reason
from refrase.core.run import Item, RunReport
from refrase.errors import EXIT_FAILED, EXIT_INTERRUPTED, EngineNotConfigured

if TYPE_CHECKING:
    from refrase.services.batch import BatchOptions, BatchRunner
    from refrase.services.library_plan import LibraryPlan

_AT_WORK = "rewriting"
_MOMENT_SECONDS = 1.0
_TOLD = {Outcome.FAILED, Outcome.RETURNED, Outcome.FLAGGED}
_INTERRUPTED = Reason("interrupted", "Interrupted.", "Run the same command again: what is done is not paid again.")


@click.command(context_settings=options.CONTEXT)
@click.argument("path", type=click.Path(path_type=Path))
@options.target
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder for the results.")
@options.engine
@options.mode
@click.option("--field", default="", help="The field of JSON Lines that holds the prompt (default: found by itself).")
@click.option("--concurrency", default=8, show_default=True, type=click.IntRange(1, 64), help="Prompts at a time.")
@options.fresh
@click.option(
    "--stale", is_flag=True, help="Only prompts whose newest pair was made by an older version of the target's guide."
)
@click.option("--overwrite", is_flag=True, help="Write over files that were edited since, or that are not ours.")
@options.syntax
@options.tools
@options.accept_warnings
@options.budget
@options.call
@options.as_json
def command(
    path: Path,
    target: str | None,
    out: Path,
    engine: str,
    mode: str,
    field: str,
    concurrency: int,
    fresh: bool,
    stale: bool,
    overwrite: bool,
    syntaxes: tuple[str, ...],
    tools: Path | None,
    accept_warnings: bool,
    budget_usd: float | None,
    call: Path | None,
    as_json: bool,
) -> None:
    """Rewrite every prompt under PATH and write the same layout to the folder of --out.

    A .json file is read as the tools of a request: their descriptions are rewritten, names and schemas stay.

    Prompts that fail or are returned keep their original text. Run it again to go on: what is done is not paid
    again. Exit code 1 where any prompt failed.
    """
    from refrase.bootstrap import settings_from_environment
    from refrase.core.request import call_from_json
    from refrase.library.files import TOOLS_ENDING
    from refrase.services.batch import BatchOptions
    from refrase.services.library_plan import plan_library

    with output.told_as_json(as_json):
        settings = settings_from_environment()
        today = options.call_from_option(call)
        if tools is None and path.suffix.lower() == TOOLS_ENDING:
            tools = path  # the names in its own descriptions are kept
        plan = plan_library(path, out, field)
        chosen = BatchOptions(
            target=target or settings.default_target,
            engine=EngineChoice(engine),
            mode=Mode(mode),
            concurrency=concurrency,
            is_fresh=fresh,
            overwrites=overwrite,
            terms=options.terms_from_options(syntaxes, tools, today),
            call=call_from_json(today) if call else None,
            accepts_warnings=accept_warnings,
            budget_usd=budget_usd,
        )
        report = asyncio.run(_run(plan, chosen, is_stale_only=stale))
    if as_json:
        output.print_json(report)
    _say_report(report, plan, has_call=call is not None)
    if report.stopped == _INTERRUPTED:
        raise click.exceptions.Exit(EXIT_INTERRUPTED)
    raise click.exceptions.Exit(0 if report.is_complete else EXIT_FAILED)


async def _run(plan: "LibraryPlan", chosen: "BatchOptions", *, is_stale_only: bool) -> RunReport:
    from refrase.bootstrap import open_services, settings_from_environment
    from refrase.clock import SystemClock
    from refrase.services.batch import BatchRunner
    from refrase.services.library_plan import restricted

    async with open_services(settings_from_environment()) as services:
        if is_stale_only:
            plan = restricted(plan, *await services.staleness.prompts(chosen.target, chosen.engine, chosen.mode))
            output.say(
                f"{output.count(plan.left_alone, 'prompt')} left alone: no pair of an older guide is stored for them."
            )
        runner = BatchRunner(services.planner, services.rewriter, SystemClock())
        _stop_on_interrupt(runner)
        try:
            with _Shown(plan.prompt_count) as shown:
                return await runner.run(plan, chosen, shown.on_item, shown.watch)
        except EngineNotConfigured as error:
            hint = f"{error.hint} For mechanical fixes only, add --engine offline."
            raise EngineNotConfigured(error.detail, hint=hint) from None


def _stop_on_interrupt(runner: "BatchRunner") -> None:
    """Let the first Ctrl-C end the run in order and the second break it off."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()

    def interrupt() -> None:
        output.say("\nStopping: waiting for the replies that are being paid for. Ctrl-C again breaks them off.")
        runner.stop(_INTERRUPTED)
        loop.remove_signal_handler(signal.SIGINT)
        if task is not None:
            loop.add_signal_handler(signal.SIGINT, task.cancel)

    if sys.platform != "win32":
        loop.add_signal_handler(signal.SIGINT, interrupt)


class _Shown:
    """The run as it goes: a bar on a terminal, else a line per prompt."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._waits_until = 0.0
        self._bar = None
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bar = Bar(*columns, console=Console(stderr=True))

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
            self._task = self._bar.add_task(_AT_WORK, total=self._total)
        return self

    def __exit__(self, *_error: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def on_item(self, item: Item) -> None:
        """Show a prompt that is done."""
        if self._bar is None:
            output.say(_line(item))
            return
        if item.status in _TOLD:
            self._bar.console.print(_line(item), markup=False, highlight=False)
        self._bar.advance(self._task)

    def watch(self, progress: Progress) -> None:
        """Show that prompts wait for the provider, once for all that wait together; a wait for a place is none."""
        if not isinstance(progress, Queued | Waiting) or not progress.wait_seconds:
            if self._waits_until and self._bar is not None:
                self._bar.update(self._task, description=_AT_WORK)
                self._waits_until = 0.0
            return
        until = time.monotonic() + progress.wait_seconds
        if until < self._waits_until + _MOMENT_SECONDS or progress.wait_seconds < _MOMENT_SECONDS:
            return
        self._waits_until = until
        if self._bar is None:
            again = f" Trying again in {progress.wait_seconds:.0f} s." if isinstance(progress, Waiting) else ""
            output.say(f"{progress.message}{again}")
        else:
            self._bar.update(self._task, description=f"waiting {progress.wait_seconds:.0f} s")


def _line(item: Item) -> str:
    why = f": {item.reason.message}" if item.reason and item.status in _TOLD else ""
    again = " (done before)" if item.is_reused else ""
    return f"{item.status:<10} {item.name}{again}{why}"


def _say_report(report: RunReport, plan: "LibraryPlan", *, has_call: bool) -> None:
    counts = ", ".join(f"{count} {output.outcome_word(status)}" for status, count in report.counts.items())
    output.say(f"{output.count(len(report.items), 'prompt')} for {report.target}: {counts or 'nothing to do'}.")
    reused = sum(item.is_reused for item in report.items)
    if reused:
        output.say(f"  {reused} of them done before and not paid again.")
    if report.cost_usd:
        output.say(f"  paid ${report.cost_usd:.4f}")
    if report.passed_over:
        output.say(f"  {output.count(report.passed_over, 'other file')} passed over (read are .md, .txt and .jsonl).")
    if report.notice:
        output.say(click.style(f"  {report.notice}", fg="cyan"))
    if has_call:
        output.say_request(report.target, report.request)
    if report.stopped:
        output.say(
            click.style(f"  Stopped early: {report.stopped.message.rstrip('.')}. {report.stopped.hint}", fg="red")
        )
    output.say(f"  results and report in {plan.folder}")
