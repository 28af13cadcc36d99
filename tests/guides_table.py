"""The page refrase/docs/guides.md: how many rules each guide has, and how many of them code can check.

Written by `python -m tests.benchmarks.checks --write`, which counts the checks that fire on real prompts too; a test
holds everything else to the guides as they are.
"""

from pathlib import Path

from refrase.core.guide import CALL_PRIMITIVES, PRIMITIVES, Guide, SourceKind
from refrase.guidebook import read_guidebook
from refrase.packaged import packaged_path

PAGE = Path(__file__).parents[1] / "refrase" / "docs" / "guides.md"
_HEAD = """# Guides in figures

What each guide holds. *Checked* rules have a check that code runs without any model; *fire* are those whose check fires on at least one of 300 real prompts and is silent on at least one; *fixed* rules have a mechanical fix too. The check of a rule that does not fire there is shown on planted faults alone; checks of the call, which no prompt breaks, are shown in tests. *Primary* counts rules that rest on at least one page of the vendor.

`./run python -m tests.benchmarks.checks --write` writes this page; it needs the real prompts beside the checkout. [guides/README.md](../../guides/README.md) tells the primitives, [decision 16](decisions/0016-patterns-stop-at-a-time-limit.md) what the expressions run on.

"""
_TITLES = "| Guide | Rules | Checked | Fire | Fixed | Primary |\n|---|---|---|---|---|---|"


def guides() -> tuple[Guide, ...]:
    """Return the guides that ship."""
    return read_guidebook(packaged_path("guides")).guides


def page(firing: dict[str, int], measured: str) -> str:
    """Return the whole page. *firing* is the number of rules that fire, by guide; *measured* the section on quality."""
    rows = [_cells(guide, firing.get(guide.id, 0)) for guide in guides()]
    total = [sum(row[column] for row in rows) for column in range(5)]
    lines = [
        _line(f"[{guide.family}](../../guides/{guide.id}.md)", row) for guide, row in zip(guides(), rows, strict=True)
    ]
    primitives = [f"| `{name}` | {count} |" for name, count in _primitives().items()]
    return (
        f"{_HEAD}{_TITLES}\n{chr(10).join(lines)}\n{_line('**All**', total)}\n\n"
        f"## Primitives\n\n| Primitive | Rules |\n|---|---|\n{chr(10).join(primitives)}\n\n## How good they are\n\n{measured}"
    )


def firing_of(text: str) -> dict[str, int]:
    """Return the column *fire* of a page, by guide."""
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| [")]
    return {row[1].split("guides/")[1].partition(".md")[0]: int(row[4].split()[0]) for row in rows}


def measured_of(text: str) -> str:
    """Return the section of a page on quality."""
    return text.partition("## How good they are\n\n")[2]


def _cells(guide: Guide, firing: int) -> list[int]:
    checked = sum(rule.check is not None for rule in guide.rules)
    fixed = sum(rule.fix is not None for rule in guide.rules)
    primary = sum(any(source.kind is SourceKind.PRIMARY for source in rule.sources) for rule in guide.rules)
    return [len(guide.rules), checked, firing, fixed, primary]


def _line(name: str, cells: list[int]) -> str:
    shares = [f"{cell} ({100 * cell / cells[0]:.0f} %)" for cell in cells[1:]]
    return f"| {name} | {cells[0]} | {' | '.join(shares)} |"


def _primitives() -> dict[str, int]:
    checks = [rule.check for guide in guides() for rule in guide.rules if rule.check]
    return {name: sum(getattr(check, name) is not None for check in checks) for name in (*PRIMITIVES, *CALL_PRIMITIVES)}
