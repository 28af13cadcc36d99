"""Overlays: Markdown of the user's own that adds rules to guides, replaces them or switches them off.

The front matter names the guides (`extends`, '*' for all), what is switched off (`off`) and the day it was gone
through; the two sections of rules are a guide's, and are read by the same reader. guides/README.md tells the form.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from refrase.core.guide import Guide, Rule, Source, SourceKind
from refrase.guidebook.form import RULE_SECTIONS, parts_of, read_front, version_of
from refrase.guidebook.rules import Fault, parse_rules

EVERY = "*"
_EXTENDS = re.compile(r"^extends[ \t]*:", re.MULTILINE)


class _Front(Struct, forbid_unknown_fields=True):
    """The front matter, as the file writes it."""

    extends: str | tuple[str, ...]
    verified_at: Any
    off: tuple[str, ...] = ()


class Overlay(Struct, frozen=True):
    """What a file of the user's own changes. `name` is the file's name, `extends` are ids of guides."""

    name: str
    extends: tuple[str, ...]
    off: tuple[str, ...]
    rules: tuple[Rule, ...]
    verified_at: date
    version: str


def is_overlay(markdown: str) -> bool:
    """Return whether a document is an overlay: its front matter says what it extends."""
    return markdown.startswith("---\n") and bool(_EXTENDS.search(markdown.partition("\n---")[0]))


def parse_overlay(markdown: str, name: str, guides: Mapping[str, Guide]) -> tuple[Overlay | None, tuple[Fault, ...]]:
    """Read an overlay over *guides*, by id, as earlier overlays leave them. Returns None where it has a fault."""
    faults: list[Fault] = []
    lines = markdown.splitlines()
    body_start, front = read_front(lines, _Front, faults)
    if front is None:
        return None, tuple(faults)
    named = (front.extends,) if isinstance(front.extends, str) else front.extends
    extends = tuple(guides) if EVERY in named else named
    faults += [
        Fault(_line_of(lines, "extends"), f"there is no guide {each!r} to extend; there are {', '.join(guides)}, '*'")
        for each in extends
        if each not in guides
    ]
    if faults:
        return None, tuple(faults)
    bases = [guides[each] for each in extends]
    rules = _rules(lines, body_start, bases, Source(name, "", SourceKind.HOUSE, front.verified_at), faults)
    _check_off(front.off, rules, bases, _line_of(lines, "off"), faults)
    _check_duplicates(rules, bases, faults)
    overlay = Overlay(
        name=name,
        extends=extends,
        off=front.off,
        rules=tuple(replace(rule, overlay=name) for rule in rules),
        verified_at=front.verified_at,
        version=version_of(markdown),
    )
    return (None if faults else overlay), tuple(sorted(faults, key=lambda fault: fault.line))


def apply_overlay(guide: Guide, overlay: Overlay) -> Guide:
    """Return *guide* with the changes of *overlay*; the same guide where there are none.

    A setting of the request that cites a rule switched off goes with it.
    """
    own = {rule.id: rule for rule in overlay.rules if _is_for(rule, guide)} if guide.id in overlay.extends else {}
    off = set(overlay.off) if guide.id in overlay.extends else set()
    kept = [own.pop(rule.id, rule) for rule in guide.rules if rule.id not in off]
    settings = tuple(setting for setting in guide.settings if setting.rule not in off)
    rules = (*kept, *own.values())
    if rules == guide.rules:
        return guide
    return replace(
        guide,
        rules=rules,
        settings=settings,
        version=version_of(f"{guide.version}\0{overlay.version}"),
        overlays=(*guide.overlays, overlay.name),
    )


def _rules(lines: list[str], body_start: int, bases: list[Guide], house: Source, faults: list[Fault]) -> list[Rule]:
    model_ids = {model.id for guide in bases for model in guide.models}
    rules: list[Rule] = []
    for part in parts_of(lines, body_start):
        if part.title in RULE_SECTIONS:
            kind = RULE_SECTIONS[part.title]
            rules += parse_rules(part.lines, part.line + 1, kind, model_ids, faults, house=house)
        else:
            told = " and ".join(f"“## {title}”" for title in RULE_SECTIONS)
            faults.append(Fault(part.line, f"“## {part.title}” is not a section of an overlay; there are {told}"))
    return rules


def _check_off(off: tuple[str, ...], rules: list[Rule], bases: list[Guide], line: int, faults: list[Fault]) -> None:
    own = {rule.id for rule in rules}
    for rule_id in off:
        if not any(guide.find_rule(rule_id) for guide in bases):
            faults.append(Fault(line, f"off names the rule {rule_id!r}, which is in none of the guides extended"))
        elif rule_id in own:
            faults.append(Fault(line, f"the rule {rule_id!r} is switched off and replaced; one of both is enough"))


def _check_duplicates(rules: list[Rule], bases: Iterable[Guide], faults: list[Fault]) -> None:
    lines: dict[str, int] = {}
    for rule in rules:
        if rule.id in lines:
            faults.append(Fault(rule.line, f"the rule id {rule.id!r} is taken by line {lines[rule.id]}"))
            continue
        lines[rule.id] = rule.line
        for guide in bases:
            earlier = guide.find_rule(rule.id)
            if earlier and earlier.overlay and _is_for(rule, guide):
                taken = f"{earlier.overlay}:{earlier.line}"
                faults.append(Fault(rule.line, f"the rule id {rule.id!r} is taken by another overlay, {taken}"))
                break


def _is_for(rule: Rule, guide: Guide) -> bool:
    return not rule.models or any(model.id in rule.models for model in guide.models)


def _line_of(lines: list[str], key: str) -> int:
    return next((number for number, line in enumerate(lines, 1) if line.startswith(key)), 1)
