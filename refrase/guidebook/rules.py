"""The rules of a guide document: list items with an id, a sentence and indented `key: value` lines."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec
import yaml
from msgspec import Struct

from refrase.core.guide import CALL_PRIMITIVES, PRIMITIVES, About, Check, Fix, Rule, RuleKind, Source, SourceKind
from refrase.core.pattern import PatternError, compile_pattern
from refrase.core.selection import CONDITIONS
from refrase.guidebook.yaml_text import load_yaml

SOURCE_FORM = "[title](https://…) · primary or third party · 2026-11-23"

_RULE = re.compile(r"^- `([a-z0-9]+(?:-[a-z0-9]+)*)` (\S.*)$")
_KEY = re.compile(r"^  - ([a-z]+): (\S.*)$")
_SOURCE = re.compile(r"^\[([^\]]+)\]\((\S+)\) · (primary|third party) · (\d{4}-\d{2}-\d{2})(?: · .+)?$")
_LANGUAGE = re.compile(r"^language-[a-z]{2}$")
_URL = re.compile(r"^https?://[\w.-]+\.[a-z]{2,}(?::\d+)?(?:/\S*)?$")
_KEYS = ("about", "models", "when", "source", "check", "fix", "weight")
_WEIGHTS = range(1, 10)
# One sentence or two short ones; longer is an essay, not a rule.
_LONGEST_CHARACTERS = 400


class Fault(Struct, frozen=True):
    """What is wrong with a guide document, and in which line."""

    line: int
    message: str


class _Item(Struct):
    """A rule as the document writes it: its id, its sentence, and its keys, each with its line."""

    id: str
    text: str
    line: int
    keys: list[tuple[str, str, int]]


def parse_rules(
    lines: list[str],
    first_line: int,
    kind: RuleKind,
    model_ids: set[str],
    faults: list[Fault],
    *,
    house: Source | None = None,
) -> Iterator[Rule]:
    """Yield the rules of a section; what is wrong with one goes to *faults* and the rule is left out.

    *house* is the source of a rule that names none; without it such a rule is a fault.
    """
    for item in _items(lines, first_line, faults):
        found: list[Fault] = []
        rule = _rule(item, kind, model_ids, found, house)
        faults += found
        if not found:
            yield rule


def parse_source(text: str) -> Source | str:
    """Return the source that *text* writes, or what is wrong with it."""
    match = _SOURCE.match(text.strip())
    if not match:
        return "the form is not met"
    title, url, kind, day = match.groups()
    if not _URL.match(url):
        return f"{url} is not a well-formed http(s) address"
    try:
        return Source(title, url, SourceKind(kind), date.fromisoformat(day))
    except ValueError:
        return f"{day} is not a date"


def _items(lines: list[str], first_line: int, faults: list[Fault]) -> list[_Item]:
    items: list[_Item] = []
    for number, line in enumerate(lines, first_line):
        if rule := _RULE.match(line):
            items.append(_Item(rule[1], rule[2], number, []))
        elif (key := _KEY.match(line)) and items:
            items[-1].keys.append((key[1], key[2], number))
        elif line.strip():
            faults.append(Fault(number, "a rule reads “- `its-id` One sentence.”, its keys “  - key: value”"))
    return items


def _rule(item: _Item, kind: RuleKind, model_ids: set[str], faults: list[Fault], house: Source | None) -> Rule:
    sources: list[Source] = []
    values: dict[str, Any] = {}
    for key, value, line in item.keys:
        if key not in _KEYS:
            faults.append(Fault(line, f"{key!r} is not a key of a rule; there are {', '.join(_KEYS)}"))
        elif key == "source":
            source = parse_source(value)
            if isinstance(source, str):
                faults.append(Fault(line, f"a source must read {SOURCE_FORM}: {source}"))
            else:
                sources.append(source)
        elif key in values:
            faults.append(Fault(line, f"the rule {item.id!r} has {key!r} twice"))
        else:
            values[key] = _value(key, value, line, model_ids, faults)
    if not sources and not any(key == "source" for key, _, _ in item.keys):
        sources += [house] if house else []
    if not sources and not faults:
        faults.append(Fault(item.line, f"the rule {item.id!r} has no source"))
    if len(item.text) > _LONGEST_CHARACTERS:
        faults.append(Fault(item.line, f"the rule {item.id!r} has over {_LONGEST_CHARACTERS} characters"))
    if values.get("fix") and not values.get("check"):
        faults.append(Fault(item.line, f"the rule {item.id!r} has a fix without a check"))
    _check_suits(item, values, faults)
    return Rule(
        id=item.id,
        kind=kind,
        text=item.text,
        about=values.get("about") or About.PROMPT,
        sources=tuple(sources),
        models=values.get("models") or (),
        when=values.get("when") or (),
        check=values.get("check"),
        fix=values.get("fix"),
        line=item.line,
        stated_weight=values.get("weight"),
    )


def _check_suits(item: _Item, values: dict[str, Any], faults: list[Fault]) -> None:
    check = values.get("check")
    if check is None:
        return
    about = values.get("about") or About.PROMPT
    is_of_call = any(getattr(check, name) is not None for name in CALL_PRIMITIVES)
    if is_of_call == (about is About.PROMPT):
        judged = "the call" if is_of_call else "the prompt"
        faults.append(Fault(item.line, f"the rule {item.id!r} is about the {about}, but its check judges {judged}"))


def _value(key: str, value: str, line: int, model_ids: set[str], faults: list[Fault]) -> Any:
    if key in {"models", "when"}:
        known, what = (model_ids, "model of this guide") if key == "models" else (set(CONDITIONS), "condition")
        return _names(value, known, what, line, faults)
    try:
        if key in {"about", "weight"}:
            return _about(value) if key == "about" else _weight(value)
        return _check(value) if key == "check" else _fix(value)
    except (yaml.YAMLError, msgspec.ValidationError, ValueError, PatternError) as error:
        if key in {"about", "weight"}:
            faults.append(Fault(line, str(error)))
            return None
        faults.append(Fault(line, f"the {key} cannot be used: {' '.join(str(error).split())}"))
        return None


def _about(value: str) -> About:
    if value not in set(About):
        raise ValueError(f"about is one of {', '.join(About)}, not {value!r}")
    return About(value)


def _weight(value: str) -> int:
    if not value.isdecimal() or int(value) not in _WEIGHTS:
        raise ValueError(f"a weight is 1 to 9, not {value!r}")
    return int(value)


def _names(value: str, known: set[str], what: str, line: int, faults: list[Fault]) -> tuple[str, ...]:
    names = tuple(name.strip() for name in value.split(","))
    for name in names:
        if name not in known:
            told = ", ".join(dict.fromkeys(_LANGUAGE.sub("language-xx", each) for each in sorted(known)))
            faults.append(Fault(line, f"{name!r} is not a {what}; there are {told}"))
    return names


def _check(value: str) -> Check:
    check = msgspec.convert(load_yaml(value), Check)
    _one_of(check, (*PRIMITIVES, *CALL_PRIMITIVES))
    names = ("pattern", "missing", "bare_variable", "format_in_prose", "retired_id", "where", "unless")
    for pattern in (*(getattr(check, name) for name in names), *(check.contradiction or ())):
        if pattern:
            compile_pattern(pattern)
    return check


def _fix(value: str) -> Fix:
    fix = msgspec.convert(load_yaml(value), Fix)
    _one_of(fix, ("replace", "wrap", "heading"))
    return fix


def _one_of(value: Check | Fix, names: tuple[str, ...]) -> None:
    if len([name for name in names if getattr(value, name) is not None]) != 1:
        raise ValueError(f"exactly one of {', '.join(names)} must be given")
