"""The form of a guide document: Markdown that reads as a page and is exact as data. guides/README.md tells it.

Every fault is found with its line, so that `refrase guides check` can show all of them at once.
"""

import hashlib
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Protocol, TypeVar

import msgspec
import yaml
from msgspec import Struct

from refrase.core.guide import Guide, Model, Rule, RuleKind, Section, Setting, Source
from refrase.guidebook.rules import SOURCE_FORM, Fault, parse_rules, parse_source
from refrase.guidebook.yaml_text import load_yaml

SECTIONS = (
    "Overview",
    "Strengths",
    "Limitations",
    "Preferred format",
    "Recommended practices",
    "Anti-patterns",
    "Request settings",
    "Disagreements",
    "Sources",
)
RULE_SECTIONS = {"Recommended practices": RuleKind.PRACTICE, "Anti-patterns": RuleKind.ANTI_PATTERN}
_PATH = re.compile(r"\.(\w+)|\[(\d+|\.\.\.)\]")
_UNKNOWN = re.compile(r"unknown field `(\w+)`")
_LINK = re.compile(r"\]\(https?://[^\s()]+(?:\([^\s()]*\)[^\s()]*)*\)")


class Dated(Protocol):
    """A front matter says when the document as a whole was last gone through."""

    verified_at: Any


FrontT = TypeVar("FrontT", bound=Dated)


class _Front(Struct, forbid_unknown_fields=True):
    """The front matter, as the file writes it."""

    id: str
    family: str
    vendor: str
    verified_at: Any
    models: tuple[Model, ...]
    settings: tuple[Setting, ...] = ()


class Part(Struct):
    """A section of the document: its title, the line of its heading, and its lines below."""

    title: str
    line: int
    lines: list[str]


def parse_guide(markdown: str, name: str | None) -> tuple[Guide | None, tuple[Fault, ...]]:
    """Read a guide document. Returns the guide, or None where a fault keeps it from being one, and all faults.

    *name* is the file's name without its ending; the guide's id must be the same. None: it may have any.
    """
    faults: list[Fault] = []
    lines = markdown.splitlines()
    body_start, front = read_front(lines, _Front, faults)
    if front is None:
        return None, tuple(faults)
    if name is not None and front.id != name:
        faults.append(Fault(2, f"the id is {front.id!r} but the file is named {name!r}"))
    parts = parts_of(lines, body_start)
    _check_order(parts, body_start, faults)
    model_ids = {model.id for model in front.models}
    rules: list[Rule] = []
    sources: list[Source] = []
    for part in parts:
        if part.title in RULE_SECTIONS:
            rules += parse_rules(part.lines, part.line + 1, RULE_SECTIONS[part.title], model_ids, faults)
        elif part.title == "Sources":
            sources += _sources(part, faults)
        elif part.title == "Disagreements":
            faults += _unsourced(part)
    _check_whole(front, rules, sources, faults)
    guide = Guide(
        id=front.id,
        family=front.family,
        vendor=front.vendor,
        verified_at=front.verified_at,
        models=front.models,
        rules=tuple(rules),
        settings=front.settings,
        sections=tuple(Section(part.title, "\n".join(part.lines).strip()) for part in parts),
        sources=tuple(sources),
        version=version_of(markdown),
        markdown=markdown,
    )
    return (None if faults else guide), tuple(sorted(faults, key=lambda fault: fault.line))


def version_of(markdown: str) -> str:
    """Return the version of a guide: a hash of what is used, short enough to read."""
    return hashlib.sha256(markdown.encode()).hexdigest()[:12]


def read_front(lines: list[str], kind: type[FrontT], faults: list[Fault]) -> tuple[int, FrontT | None]:
    """Return where the body begins and the front matter, or None where it has a fault."""
    if not lines or lines[0] != "---" or "---" not in lines[1:]:
        faults.append(Fault(1, "the document must begin with front matter between two lines of ---"))
        return 0, None
    end = lines.index("---", 1)
    text = "\n".join(lines[1:end])
    try:
        front = msgspec.convert(_named(load_yaml(text)), kind)
    except yaml.reader.ReaderError as error:
        faults.append(Fault(text.count("\n", 0, error.position) + 2, f"front matter is not YAML: {error.reason}"))
        return end + 1, None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        faults.append(Fault(line, f"front matter is not YAML: {error.problem}"))
        return end + 1, None
    except msgspec.ValidationError as error:
        faults.append(Fault(_line_of(text, str(error)), f"front matter: {error}"))
        return end + 1, None
    if not hasattr(front.verified_at, "isoformat"):
        faults.append(Fault(1, "front matter: verified_at must be a date like 2026-11-23"))
    return end + 1, front


def _named(value: Any) -> Any:
    """Give the key `off` its name back, which YAML 1.1 takes for a truth value."""
    return {"off" if key is False else key: held for key, held in value.items()} if isinstance(value, dict) else value


def _line_of(text: str, message: str) -> int:
    """Return the line of the front matter that a message of msgspec (`... at $.models[2].price`) speaks of."""
    unknown = _UNKNOWN.search(message)
    if unknown:
        stands = re.search(rf"^[ \t-]*{unknown[1]}[ \t]*:", text, re.MULTILINE)
        return text.count("\n", 0, stands.end()) + 2 if stands else 1
    node = yaml.compose(text)
    line = 1
    for key, index in _PATH.findall(message.partition("$")[2]):
        if isinstance(node, yaml.MappingNode):
            match = [pair for pair in node.value if pair[0].value == key]
            if not match:
                break
            line, node = match[0][0].start_mark.line + 2, match[0][1]
        elif isinstance(node, yaml.SequenceNode) and index.isdecimal() and int(index) < len(node.value):
            node = node.value[int(index)]
            line = node.start_mark.line + 2
        else:
            break
    return line


def parts_of(lines: list[str], start: int) -> list[Part]:
    """Return the sections of a document, from the line *start* on."""
    parts: list[Part] = []
    for number, line in enumerate(lines[start:], start + 1):
        if line.startswith("## "):
            parts.append(Part(line[3:].strip(), number, []))
        elif parts:
            parts[-1].lines.append(line)
    return parts


def _check_order(parts: list[Part], body_start: int, faults: list[Fault]) -> None:
    titles = [part.title for part in parts]
    for title in SECTIONS:
        if title not in titles:
            faults.append(Fault(body_start + 1, f"the section “## {title}” is missing"))
    for part in parts:
        if part.title not in SECTIONS:
            faults.append(Fault(part.line, f"“## {part.title}” is not a section of a guide"))
        elif not any(line.strip() for line in part.lines):
            faults.append(Fault(part.line, f"the section “## {part.title}” is empty"))
    known = [part for part in parts if part.title in SECTIONS]
    for first, second in pairwise(known):
        if SECTIONS.index(second.title) <= SECTIONS.index(first.title):
            faults.append(Fault(second.line, f"“## {second.title}” must stand before “## {first.title}”"))


def _sources(part: Part, faults: list[Fault]) -> Iterator[Source]:
    for number, line in enumerate(part.lines, part.line + 1):
        if line.startswith("- "):
            source = parse_source(line[2:])
            if isinstance(source, str):
                faults.append(Fault(number, f"a source must read {SOURCE_FORM}: {source}"))
            else:
                yield source


def _unsourced(part: Part) -> Iterator[Fault]:
    for number, line in enumerate(part.lines, part.line + 1):
        if line.startswith("- ") and not _LINK.search(line):
            yield Fault(number, "a disagreement must link the pages that disagree")


def _check_whole(front: _Front, rules: list[Rule], sources: list[Source], faults: list[Fault]) -> None:
    model_ids = [model.id for model in front.models]
    rule_lines: dict[str, int] = {}
    for rule in rules:
        if rule.id in rule_lines:
            message = f"the rule id {rule.id!r} is taken by line {rule_lines[rule.id]}"
            faults.append(Fault(rule.line, message))
        rule_lines.setdefault(rule.id, rule.line)
    listed = {source.url for source in sources}
    for rule in rules:
        for source in rule.sources:
            if source.url not in listed:
                faults.append(Fault(rule.line, f"{source.url} is not listed under “## Sources”"))
    for model_id in {model_id for model_id in model_ids if model_ids.count(model_id) > 1}:
        faults.append(Fault(1, f"the model id {model_id!r} stands twice in the front matter"))
    for setting in front.settings:
        if setting.rule not in rule_lines:
            faults.append(Fault(1, f"the setting {setting.name!r} cites the rule {setting.rule!r}, which is missing"))
        for model_id in setting.models:
            if model_id not in model_ids:
                faults.append(Fault(1, f"the setting {setting.name!r} names an unknown model {model_id!r}"))
