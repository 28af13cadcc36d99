"""How well the checks of the guides tell a faulty prompt from a sound one, on real prompts.

    python -m tests.benchmarks.checks                        which rules fire, precision, planted faults
    python -m tests.benchmarks.checks --write                the same, written to refrase/docs/guides.md
    python -m tests.benchmarks.checks --sample TARGET SEED   50 findings for one target, to be judged by reading

Needs the folder of real prompts beside the checkout. Evidence is committed as ids and offsets, without the prompts:

- tests/data/checks/judged.jsonl: findings drawn per target and judged one by one by reading the prompt (right or
  wrong, and why), in rounds; after a round, checks that were wrong were weakened or removed and others drawn;
- tests/spec/planted.yaml: faults put into real prompts (tests.benchmarks.planted).
"""

import argparse
import json
import random
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from refrase.core.guide import About
from refrase.core.lint import check_rules
from refrase.core.prompt import Prompt
from refrase.core.selection import select_rules
from refrase.guidebook import read_guidebook
from refrase.packaged import packaged_path
from tests.benchmarks.fidelity import devset
from tests.benchmarks.planted import fires, missed
from tests.guides_table import PAGE, guides, page

JUDGED = Path(__file__).resolve().parents[1] / "data" / "checks" / "judged.jsonl"
SAMPLE = 50


def firing(prompts: dict[str, Prompt]) -> dict[tuple[str, str], int]:
    """Return in how many of *prompts* each check fires, by guide and rule."""
    return {
        (guide.id, rule.id): sum(fires(rule, prompt) > 0 for prompt in prompts.values())
        for guide in guides()
        for rule in guide.rules
        if rule.check and rule.about is About.PROMPT
    }


def findings_for(target: str, prompts: dict[str, Prompt]) -> list[dict[str, Any]]:
    """Return every finding for *target* over *prompts* as a row: prompt, rule, message and offsets."""
    found = read_guidebook(packaged_path("guides")).get_target(target)
    rows = []
    for prompt_id, prompt in prompts.items():
        rules = [item.rule for item in select_rules(found, prompt) if item.applies]
        for finding in check_rules(prompt, rules):
            span = finding.before
            at = [span.message, span.start, span.end] if span else []
            rows.append({"prompt": prompt_id, "target": target, "rule": finding.rule, "at": at})
    return rows


def sample(target: str, seed: int, prompts: dict[str, Prompt]) -> list[dict[str, Any]]:
    """Return 50 findings for *target*, drawn with *seed*; all where there are fewer."""
    rows = findings_for(target, prompts)
    return random.Random(seed).sample(rows, min(SAMPLE, len(rows)))


def judged() -> list[dict[str, Any]]:
    """Return the committed verdicts."""
    return [json.loads(line) for line in JUDGED.read_text("utf-8").splitlines()]


def precision() -> dict[tuple[int, str], tuple[int, int]]:
    """Return how many findings were right, and how many were judged, by round and target."""
    counts: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    for row in judged():
        counts[row["round"], row["target"]][row["verdict"]] += 1
    return {key: (count["right"], count.total()) for key, count in sorted(counts.items())}


def measured(prompts: dict[str, Prompt]) -> str:
    """Return the section of the page on quality."""
    lines = ["| Round | Target | Judged | Right |", "|---|---|---|---|"]
    for (number, target), (right, count) in precision().items():
        lines.append(f"| {number} | `{target}` | {count} | {right} ({100 * right / count:.0f} %) |")
    count, lost = missed(prompts)
    found = f"{count - len(lost)} of {count} ({100 * (count - len(lost)) / count:.1f} %)"
    return (
        "Findings on real prompts, 50 drawn for each of three targets and judged by reading. After each of the first "
        "three rounds checks were weakened and others drawn; the fifth was judged by another reader, who had tuned "
        "none of them, after Kimi had got more:\n\n"
        f"{chr(10).join(lines)}\n\nFaults of our own, put into at least three real prompts for each check "
        f"([cases](../../tests/spec/planted.yaml)): {found} are found.\n"
    )


def main() -> None:
    """Print the figures, write the page, or draw a sample."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--sample", nargs=2, metavar=("TARGET", "SEED"))
    options = parser.parse_args()
    prompts = devset()
    if options.sample:
        for row in sample(options.sample[0], int(options.sample[1]), prompts):
            print(json.dumps(row))
        return
    counts = firing(prompts)
    by_guide = Counter(guide for (guide, _), count in counts.items() if 0 < count < len(prompts))
    text = page(by_guide, measured(prompts))
    print(text)
    print("\n".join(f"never fires: {guide}/{rule}" for (guide, rule), count in counts.items() if not count))
    print("\n".join(missed(prompts)[1]))
    if options.write:
        PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
