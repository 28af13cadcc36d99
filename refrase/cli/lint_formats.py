"""How findings of lint are written: text, JSON, SARIF 2.1.0, annotations of GitHub. One function each."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from refrase.core.guide import Rule, Source
from refrase.core.rewrite import Severity
from refrase.core.target import Target
from refrase.services.lint_choice import FIT
from refrase.services.lint_report import LintFault, LintFinding, LintReport

_SARIF_LEVELS = {Severity.BLOCKING: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_GITHUB_WORDS = {Severity.BLOCKING: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
# What a workflow command writes otherwise.
_OF_MESSAGES = "%\r\n"
_OF_FIELDS = "%\r\n:,"
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_text(report: LintReport, *, with_sources: bool) -> str:
    """Return a line per finding; *with_sources* adds, once a file, the page behind each rule."""
    lines: list[str] = []
    told: set[tuple[str, str]] = set()
    for finding in report.findings:
        place = f"{click.style(finding.path, bold=True)}:{finding.line}:{finding.column}"
        message = f" (message {finding.message_number})" if finding.message_number else ""
        mark = f" [{click.style('*', fg='cyan')}]" if finding.is_fixable else ""
        lines.append(f"{place}:{message} {click.style(finding.rule, fg='red', bold=True)}{mark} {finding.message}")
        source = finding.source
        if with_sources and source and (finding.path, finding.rule) not in told:
            told.add((finding.path, finding.rule))
            lines.append(click.style(f"  = {_told(source)}", dim=True))
    return "".join(f"{line}\n" for line in lines)


def as_json(report: LintReport) -> str:
    """Return the whole report."""
    return f"{msgspec.json.format(msgspec.json.encode(report), indent=2).decode()}\n"


def as_github(report: LintReport) -> str:
    """Return workflow commands, which GitHub shows beside the lines of a pull request."""
    return "".join(f"{line}\n" for line in _annotations(report))


def as_sarif(report: LintReport, targets: Iterable[Target]) -> str:
    """Return a SARIF 2.1.0 log: every rule with a check, every finding with its region."""
    from importlib.metadata import version

    rules = _sarif_rules(targets, report.findings)
    places = {rule["id"]: index for index, rule in enumerate(rules)}
    run: dict[str, Any] = {
        "tool": {"driver": {"name": "refrase", "semanticVersion": version("refrase"), "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not report.faults,
                "toolExecutionNotifications": [_sarif_notification(fault) for fault in report.faults],
            }
        ],
        "results": [_sarif_result(finding, places) for finding in report.findings],
        "properties": {"targets": report.targets},
    }
    log = {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}
    return f"{msgspec.json.format(msgspec.json.encode(log), indent=2).decode()}\n"


def _annotations(report: LintReport) -> Iterator[str]:
    for finding in report.findings:
        fields = {"file": finding.path, "line": finding.line, "endLine": finding.end_line, "col": finding.column}
        if finding.end_line == finding.line and finding.end_column > finding.column:
            fields["endColumn"] = finding.end_column
        fields["title"] = f"refrase ({finding.rule})"
        source = f" Source: {finding.source.url or finding.source.title}" if finding.source else ""
        yield _command(_GITHUB_WORDS[finding.severity], fields, f"{finding.message}{source}")
    for fault in report.faults:
        place = {"line": fault.line} if fault.line else {}
        yield _command("error", {"file": fault.path, **place, "title": f"refrase ({fault.code})"}, fault.message)


def _command(word: str, fields: dict[str, Any], message: str) -> str:
    told = ",".join(f"{name}={_escaped(str(value), _OF_FIELDS)}" for name, value in fields.items())
    return f"::{word} {told}::{_escaped(message, _OF_MESSAGES)}"


def _escaped(text: str, signs: str) -> str:
    return "".join(f"%{ord(sign):02X}" if sign in signs else sign for sign in text)


def _sarif_rules(targets: Iterable[Target], findings: Iterable[LintFinding]) -> list[dict[str, Any]]:
    rules = {
        f"{target.guide.id}/{rule.id}": _sarif_rule(target, rule)
        for target in targets
        for rule in target.rules
        if rule.check is not None
    }
    for finding in findings:
        own = _sarif_id(finding)
        text = FIT.get(finding.rule, "An ignore comment that ignores nothing.")
        rules.setdefault(own, {"id": own, "shortDescription": {"text": text}})
    return list(rules.values())


def _sarif_rule(target: Target, rule: Rule) -> dict[str, Any]:
    source = rule.sources[0]
    link = f"[{source.title}]({source.url})" if source.url else source.title
    return {
        "id": f"{target.guide.id}/{rule.id}",
        "shortDescription": {"text": rule.text},
        **({"helpUri": source.url} if source.url else {}),
        "help": {"text": _told(source), "markdown": f"{link}, {source.kind}, {source.verified_at}"},
        "defaultConfiguration": {"level": "warning"},
        "properties": {"guide": target.guide.id, "guideVersion": target.guide.version, "kind": rule.kind},
    }


def _told(source: Source) -> str:
    """Say where a rule comes from; a house's own rule has no page."""
    page = f": {source.url}" if source.url else ""
    return f"{source.title} ({source.kind}, verified {source.verified_at}){page}"


def _sarif_result(finding: LintFinding, places: dict[str, int]) -> dict[str, Any]:
    own = _sarif_id(finding)
    message = f" (message {finding.message_number} of the record)" if finding.message_number else ""
    return {
        "ruleId": own,
        "ruleIndex": places[own],
        "level": _SARIF_LEVELS[finding.severity],
        "message": {"text": f"{finding.message}{message}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(finding.path)},
                    "region": {
                        "startLine": finding.line,
                        "startColumn": finding.column,
                        "endLine": finding.end_line,
                        "endColumn": finding.end_column,
                    },
                }
            }
        ],
        "properties": {"targets": finding.targets, "fixable": finding.is_fixable},
    }


def _sarif_notification(fault: LintFault) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(fault.path)}}
    if fault.line:
        place["region"] = {"startLine": fault.line}
    return {
        "level": "error",
        "descriptor": {"id": fault.code},
        "message": {"text": fault.message},
        "locations": [{"physicalLocation": place}],
    }


def _sarif_id(finding: LintFinding) -> str:
    return f"{finding.guide}/{finding.rule}" if finding.guide else finding.rule


def _uri(path: str) -> str:
    from urllib.parse import quote

    return Path(path).as_uri() if Path(path).is_absolute() else quote(Path(path).as_posix())
