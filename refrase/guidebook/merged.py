"""A guide with its overlays as one Markdown page: what is in force, each rule where it belongs."""

import msgspec
import yaml

from refrase.core.guide import Guide, Rule, SourceKind
from refrase.guidebook.form import RULE_SECTIONS


def merged_markdown(base: Guide, guide: Guide) -> str:
    """Return the page of *base* with the rules of *guide*, which is the same guide with overlays applied."""
    starts = {rule.line: rule for rule in base.rules}
    placed: set[str] = set()
    out: list[str] = []
    title = ""
    is_left_out = False
    for number, line in enumerate(base.markdown.splitlines(), 1):
        if line.startswith("## "):
            _add(out, [rule for rule in _added(base, guide, placed) if RULE_SECTIONS.get(title) is rule.kind])
            title, is_left_out = line[3:].strip(), False
        elif number in starts:
            now = guide.find_rule(starts[number].id)
            is_left_out = now is None or bool(now.overlay)
            if now and now.overlay and now.kind is starts[number].kind:
                out.append(markdown_of(now))
                placed.add(now.id)
        elif not line.startswith("  - "):
            is_left_out = False
        if not is_left_out:
            out.append(line)
    return "\n".join(out) + "\n"


def markdown_of(rule: Rule) -> str:
    """Return *rule* in the form that guides are written in, with the overlay it comes from."""
    lines = [f"- `{rule.id}` {rule.text}", f"  - about: {rule.about}"]
    lines += [
        f"  - {key}: {', '.join(names)}" for key, names in (("models", rule.models), ("when", rule.when)) if names
    ]
    lines += [f"  - {key}: {_flow(value)}" for key, value in (("check", rule.check), ("fix", rule.fix)) if value]
    lines += [f"  - weight: {rule.stated_weight}"] if rule.stated_weight else []
    lines += [
        f"  - source: [{source.title}]({source.url}) · {source.kind} · {source.verified_at}"
        for source in rule.sources
        if source.kind is not SourceKind.HOUSE
    ]
    lines += [f"  - overlay: {rule.overlay}"] if rule.overlay else []
    return "\n".join(lines)


def _added(base: Guide, guide: Guide, placed: set[str]) -> list[Rule]:
    held = {(rule.id, rule.kind) for rule in base.rules}
    return [rule for rule in guide.rules if rule.overlay and rule.id not in placed and (rule.id, rule.kind) not in held]


def _add(out: list[str], rules: list[Rule]) -> None:
    if rules:
        while out and not out[-1]:
            out.pop()
        out += [*(markdown_of(rule) for rule in rules), ""]


def _flow(value: object) -> str:
    given = {key: held for key, held in msgspec.to_builtins(value).items() if held not in {None, False}}
    return yaml.safe_dump(given, default_flow_style=True, width=100_000, allow_unicode=True, sort_keys=False).strip()
