"""How well the gate tells a broken prompt from a reworded one, on real prompts that people annotated by reading.

    python -m tests.benchmarks.fidelity [--rounds N] [--seed N]

Needs the folder of real prompts beside the checkout. Three measures, each per corpus and kind:

- identity: every prompt against itself, with a blank line at its end, so that both sides are really read;
- mutations: each annotated thing is broken in random ways, one at a time: caught is what raises a blocking finding;
- paraphrases: each hand-written harmless edit, one at a time: wrong is what raises a blocking finding.

What was annotated and edited is committed as ids, offsets, hashes and new words (tests/data/fidelity). Of the two sets
the second was written when the gate was done for the first, and measured once before anything was mended for it.
"""

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from refrase.core.contract import Contract, contract_of
from refrase.core.gate import examine
from refrase.core.prompt import LOCKED_ROLES, UNSTATED_ROLE, Message, Prompt
from refrase.core.rewrite import Finding, Mode, Severity
from tests.benchmarks.mutations import mutations_of

ROOT = Path(__file__).resolve().parents[2]
DEVSET = ROOT.parent / "shared" / "libraries" / "devset.jsonl"
DATA = ROOT / "tests" / "data" / "fidelity"
_SHOWN_MISSES = 60


def devset() -> dict[str, Prompt]:
    """Return the real prompts by their id."""
    rows = (json.loads(line) for line in DEVSET.read_text("utf-8").splitlines())
    return {row["id"]: _prompt(row) for row in rows}


def rows_of(name: str) -> Iterator[dict[str, Any]]:
    """Yield the committed rows of one kind of evidence."""
    for line in (DATA / f"{name}.jsonl").read_text("utf-8").splitlines():
        yield json.loads(line)


def edited(prompt: Prompt, number: int, edits: list[tuple[int, int, str]]) -> Prompt:
    """Return *prompt* with stretches of message *number* replaced."""
    text = prompt.messages[number].text
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    messages = list(prompt.messages)
    messages[number] = Message(text, messages[number].role)
    return Prompt(tuple(messages))


def blocking(before: Prompt, after: Prompt, contract: Contract) -> list[Finding]:
    """Return the findings that keep *after* from leaving as done."""
    findings = examine(before, after, mode=Mode.NORMAL, contract=contract).findings
    return [finding for finding in findings if finding.severity is Severity.BLOCKING]


def identity(prompts: dict[str, Prompt]) -> list[str]:
    """Return the prompts that have a blocking finding against themselves."""
    wrong: list[str] = []
    for name, prompt in prompts.items():
        open_ones = [number for number, message in enumerate(prompt.messages) if message.role not in LOCKED_ROLES]
        last = open_ones[-1] if open_ones else 0
        length = len(prompt.messages[last].text)
        found = blocking(prompt, edited(prompt, last, [(length, length, "\n")]), contract_of(prompt))
        if found:
            wrong.append(f"{name}: {found[0].kind}: {found[0].message}")
    return wrong


def mutations(prompts: dict[str, Prompt], rounds: int, seed: int) -> tuple[Counter[Any], Counter[Any], list[str]]:
    """Return how many mutations were tried and caught, per corpus and per kind, and the misses."""
    tried: Counter[Any] = Counter()
    caught: Counter[Any] = Counter()
    misses: list[str] = []
    dice = random.Random(seed)
    contracts: dict[str, Contract] = {}
    for row in rows_of("annotations"):
        prompt = prompts[row["id"]]
        text = prompt.messages[row["message"]].text
        value = text[row["start"] : row["end"]]
        if sha256(value.encode()).hexdigest()[:12] != row["sha256"]:
            sys.exit(f"The prompt {row['id']} is not the one that was annotated.")
        contract = contracts.setdefault(row["id"], contract_of(prompt))
        ways = mutations_of(row["kind"], value, dice)
        for name, new in dice.sample(ways, min(rounds, len(ways))):
            after = edited(prompt, row["message"], [(row["start"], row["end"], new)])
            keys = ("corpus", row["id"].partition(":")[0]), ("kind", row["kind"]), ("set", row["set"])
            tried.update(keys)
            if after == prompt or blocking(prompt, after, contract):
                caught.update(keys)
            else:
                misses.append(f"{row['id']} {row['kind']} {name}: {_around(text, row['start'], row['end'])} => “{new}”")
    return tried, caught, misses


def paraphrases(prompts: dict[str, Prompt]) -> tuple[Counter[Any], Counter[Any], list[str]]:
    """Return how many harmless edits were tried and passed, per corpus, and the wrong alarms."""
    tried: Counter[Any] = Counter()
    passed: Counter[Any] = Counter()
    wrong: list[str] = []
    for row in rows_of("paraphrases"):
        prompt = prompts[row["id"]]
        after = edited(prompt, row["message"], [tuple(edit) for edit in row["edits"]])
        keys = ("corpus", row["id"].partition(":")[0]), ("set", row["set"])
        tried.update(keys)
        found = blocking(prompt, after, contract_of(prompt))
        if not found:
            passed.update(keys)
        if found:
            wrong.append(f"{row['id']} ({row['note']}): {found[0].kind}: {found[0].message}")
    return tried, passed, wrong


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description="Measure the gate on annotated real prompts.")
    parser.add_argument("--rounds", type=int, default=3, help="how many ways to break each thing are tried at most")
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    if not DEVSET.exists():
        sys.exit(f"The real prompts are not at {DEVSET.relative_to(ROOT.parent)}.")
    prompts = devset()
    wrong = identity(prompts)
    print(f"identity: {len(prompts) - len(wrong)} of {len(prompts)} prompts without a blocking finding")
    _print_lines(wrong)
    _print_table("mutations caught", *mutations(prompts, told.rounds, told.seed))
    _print_table("paraphrases passed", *paraphrases(prompts))


def _print_table(title: str, tried: Counter[Any], good: Counter[Any], told: list[str]) -> None:
    for group in ("kind", "corpus", "set"):
        for key in sorted(key for key in tried if key[0] == group):
            print(f"{title:20} {group:7} {key[1]:34} {good[key]:5} of {tried[key]:5} {good[key] / tried[key]:7.1%}")
    total = sum(count for key, count in tried.items() if key[0] == "corpus")
    right = sum(count for key, count in good.items() if key[0] == "corpus")
    print(f"{title:20} {'all':42} {right:5} of {total:5} {right / total:7.1%}")
    _print_lines(told)


def _print_lines(lines: list[str]) -> None:
    for line in lines[:_SHOWN_MISSES]:
        print(f"    {line}")
    if len(lines) > _SHOWN_MISSES:
        print(f"    … and {len(lines) - _SHOWN_MISSES} more")


def _around(text: str, start: int, end: int) -> str:
    return f"{text[max(0, start - 40) : start]}[{text[start:end][:60]}]{text[end : end + 30]}".replace("\n", "⏎")


def _prompt(row: dict[str, Any]) -> Prompt:
    if "messages" in row:
        return Prompt(
            tuple(Message(_text(each.get("content")), each.get("role", UNSTATED_ROLE)) for each in row["messages"])
        )
    return Prompt((Message(row["text"]),))


def _text(content: Any) -> str:
    """Return the text of a message; parts that are no text hold none."""
    if isinstance(content, list):
        return "\n".join(part.get("text") or "" for part in content if isinstance(part, dict))
    return content or ""


if __name__ == "__main__":
    main()
