"""What commands print: results to stdout, everything said about them to stderr."""

import difflib
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import click
import msgspec

from refrase.core.ledger import Evidence, Ledger
from refrase.core.prompt import Prompt, Span
from refrase.core.request import RequestField
from refrase.core.rewrite import Author, Finding, Outcome, Rewrite, Severity
from refrase.errors import EXIT_ENGINE, EXIT_OK, EXIT_RETURNED, RefraseError, code_of

_COLOURS = {
    Outcome.REWRITTEN: "green",
    Outcome.FIXED: "cyan",
    Outcome.UNCHANGED: "blue",
    Outcome.FLAGGED: "magenta",
    Outcome.RETURNED: "yellow",
    Outcome.FAILED: "red",
}
_SEVERITY_COLOURS = {Severity.BLOCKING: "red", Severity.WARNING: "yellow", Severity.NOTE: "blue"}


def show_error(error: RefraseError) -> None:
    """Say what happened and what to do next."""
    say(click.style("error", fg="red", bold=True) + f" [{code_of(error)}] {error.detail}")
    if error.hint:
        say(f"  {error.hint}")


@contextmanager
def told_as_json(as_json: bool) -> Iterator[None]:
    """Print an error raised inside as JSON to stdout, too, where the command was asked for JSON."""
    try:
        yield
    except RefraseError as error:
        if as_json:
            print_json({"error": {"code": code_of(error), "detail": error.detail, "hint": error.hint}})
        raise


def say(text: str = "") -> None:
    """Print a line about the result, to stderr."""
    click.echo(text, err=True)


def print_json(value: object) -> None:
    """Print a value as JSON, to stdout."""
    print_bytes(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")


def print_bytes(data: bytes) -> None:
    """Print bytes to stdout as they are."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def exit_code_of(rewrite: Rewrite) -> int:
    """Return the exit code that tells what became of a prompt."""
    codes = {Outcome.RETURNED: EXIT_RETURNED, Outcome.FLAGGED: EXIT_RETURNED, Outcome.FAILED: EXIT_ENGINE}
    return codes.get(rewrite.outcome, EXIT_OK)


def outcome_word(outcome: str) -> str:
    """Return an outcome in its colour."""
    return click.style(outcome, fg=_COLOURS.get(Outcome(outcome)) if outcome in set(Outcome) else None, bold=True)


def say_summary(rewrite: Rewrite) -> None:
    """Say in a few lines what became of a prompt."""
    parts = [f"for {rewrite.provenance.target}"]
    if rewrite.changes:
        parts.append(count(len(rewrite.changes), "change"))
    parts += usage_parts(rewrite)
    if rewrite.is_joined:
        parts.append("asked once, together with an equal request")
    if rewrite.is_reused:
        parts.append("answered before (--fresh asks anew)")
    say(f"{outcome_word(rewrite.outcome)} {', '.join(parts)}")
    if rewrite.reason:
        say(f"  {rewrite.reason.message}")
        if rewrite.reason.hint:
            say(f"  {rewrite.reason.hint}")
    for finding in rewrite.findings:
        if finding.severity is not Severity.NOTE:
            say(f"  {_finding_line(finding)}")
    if rewrite.notice:
        say(click.style(f"  {rewrite.notice}", fg="cyan"))


def usage_parts(rewrite: Rewrite) -> list[str]:
    """Return what a rewrite took, as phrases."""
    usage = rewrite.usage
    parts: list[str] = []
    if usage.input_tokens is not None and usage.output_tokens is not None:
        cached = f" ({usage.cached_tokens:,} cached)" if usage.cached_tokens else ""
        parts.append(f"{usage.input_tokens:,} tokens in{cached}, {usage.output_tokens:,} out")
    if usage.cost_usd is not None:
        parts.append(f"${usage.cost_usd:.4f}" + (f" by list price ({usage.price_list})" if usage.price_list else ""))
    if usage.latency_seconds is not None:
        parts.append(f"{usage.latency_seconds:.1f} s")
    if usage.attempts > 1:
        parts.append(count(usage.attempts, "call"))
    return parts


def say_explanation(rewrite: Rewrite, sources: dict[str, str]) -> None:
    """Say every change with its rule and source, every finding, and the settings the target should be called with.

    *sources* maps the ids of the guide's rules to the address of their first source.
    """
    _say_list("Changes", (_change_lines(rewrite, sources)))
    noticed = [finding for finding in rewrite.findings if finding.kind == "guide_rule"]
    checked = [finding for finding in rewrite.findings if finding.kind != "guide_rule"]
    say_findings(checked)
    say_ledger(rewrite.ledger, rewrite.before, rewrite.after)
    if noticed:
        _say_list("What the guide's checks see in it", (f"{item.message} [{item.rule}]" for item in noticed))
    say_request(rewrite.provenance.target, rewrite.request)
    _say_list("The engine advises", rewrite.advice)
    provenance = rewrite.provenance
    _say_list(
        "Made by",
        (
            f"{_maker(rewrite)}, {provenance.mode} mode, form {provenance.form}",
            f"guide {provenance.guide} {provenance.guide_version}, pair {rewrite.id}",
        ),
    )


def say_request(target: str, fields: Iterable[RequestField]) -> None:
    """Say what to send with a rewrite to *target*, and why."""
    _say_list(
        f"The request for {target}",
        (
            f"{field.use} {field.name}{assigned(field.value)}: {field.reason}"
            f"{f' [{field.rule}] {field.source_url}' if field.rule else ''}"
            for field in fields
        ),
    )


def _maker(rewrite: Rewrite) -> str:
    """Return who gave the text, and who was asked before and failed."""
    first = f"{rewrite.provenance.engine_model} at {rewrite.provenance.provider}"
    answered = rewrite.answered_by
    if answered is None or (answered.provider, answered.engine_model) == (
        rewrite.provenance.provider,
        rewrite.provenance.engine_model,
    ):
        return first
    return f"{answered.engine_model} at {answered.provider}, after {first} failed"


def say_ledger(ledger: Ledger, before: Prompt, after: Prompt) -> None:
    """Say where every instruction went that was not kept word for word."""
    lines: list[str] = []
    for entry in ledger.entries:
        old = " / ".join(_quoted(before, span) for span in entry.before)
        new = " / ".join(_quoted(after, span) for span in entry.after)
        shown = {Evidence.CODE: "", Evidence.ENGINE: " (the engine says so)", Evidence.NONE: " (not verified)"}
        cited = f" [{entry.rule}]" if entry.rule else ""
        lines.append(f"{entry.fate}{shown[entry.evidence]}{cited}: {' → '.join(filter(None, (old, new)))}")
    kept = f"{ledger.kept} kept word for word"
    _say_list(f"Instructions: {kept}, {count(len(lines), 'other')}", lines)


def say_findings(findings: Iterable[Finding]) -> None:
    """Say what the checks found."""
    _say_list("Checks", [_finding_line(finding) for finding in findings] or ["everything survived"])


def unified_diff(rewrite: Rewrite, name: str) -> str:
    """Return the difference as a patch, in colour where the terminal has it."""
    lines: list[str] = []
    for number, (old, new) in enumerate(zip(rewrite.before.texts, rewrite.after.texts, strict=True), 1):
        label = f"{name}, message {number}" if len(rewrite.before.messages) > 1 else name
        found = difflib.unified_diff(
            old.splitlines(keepends=True), new.splitlines(keepends=True), f"{label} (before)", f"{label} (after)"
        )
        for line in found:
            colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[0])
            ended = line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            lines.append(click.style(ended, fg=colour) if colour else ended)
    return "".join(lines)


def _change_lines(rewrite: Rewrite, sources: dict[str, str]) -> Iterable[str]:
    for change in rewrite.changes:
        cited = f" [{change.rule}] {sources.get(change.rule, '')}" if change.rule else ""
        by = " (as the engine tells it)" if change.by is Author.ENGINE and change.before is None else ""
        yield f"{change.reason or 'no reason given'}{by}{cited}"
        if change.before is not None:
            yield from (click.style(f"  - {line}", fg="red") for line in change.old.splitlines())
            yield from (click.style(f"  + {line}", fg="green") for line in change.new.splitlines())


def _finding_line(finding: Finding) -> str:
    word = click.style(finding.severity, fg=_SEVERITY_COLOURS[finding.severity])
    return f"{word} [{finding.kind}] {finding.message}"


def _say_list(title: str, lines: Iterable[str]) -> None:
    shown = list(lines)
    say(click.style(f"\n{title}", bold=True))
    for line in shown or ["none"]:
        say(f"  {line}")


def assigned(value: object) -> str:
    """Return a value as JSON, to stand behind its name; nothing where there is none."""
    return "" if value is None else f" = {msgspec.json.encode(value).decode()}"


def _quoted(prompt: Prompt, span: Span) -> str:
    flat = " ".join(prompt.texts[span.message][span.start : span.end].split())
    return f"“{flat if len(flat) <= 80 else flat[:79] + '…'}”"


def count(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is not one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
