"""How fast `refrase lint` is, and that its fixes keep the contract: on real prompts.

    ./run python -m tests.benchmarks.lint [--runs 10] [--prompts 10000] [--fix]

Prints milliseconds of a fresh process that lints one prompt, beside those of Python alone in the same run, interleaved,
so that a busy machine slows both, and what the processor worked for each; then the seconds of one process over many
prompts, the devset again and again, as JSON Lines. With --fix every prompt of the devset is fixed for one target of
each guide, and the outcome is held against the original once more: kept, idempotent, and how many fixes were refused.
Exit code 1 where one is not kept.
"""

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import aclosing
from pathlib import Path

from refrase.core.gate import examine
from refrase.core.prompt import Prompt
from refrase.core.rewrite import Mode, blocks
from refrase.guidebook import read_guidebook
from refrase.library.jsonl import read_jsonl
from refrase.packaged import packaged_path
from refrase.rendering import Rendering
from refrase.services.checking import Checker
from refrase.services.lint_fixing import Fixer
from refrase.services.linting import Linter
from tests.benchmarks.cli_start import REFRASE, milliseconds
from tests.benchmarks.fidelity import DEVSET, ROOT, devset

_MAX_BYTES = 1_000_000
PROMPT = "You sort lists.\n\nI want you to sort {{list}} by name.\n\nReturn the 3 longest names as JSON.\n"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure how fast linting is, and that fixes keep the contract.")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--prompts", type=int, default=10_000)
    parser.add_argument("--fix", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _print_start(Path(folder), options.runs)
        if not DEVSET.exists():
            sys.exit(f"The real prompts are not at {DEVSET.relative_to(ROOT.parent)}.")
        _print_library(Path(folder), options.prompts)
    if options.fix and not _print_all_fixes():
        sys.exit(1)


def _print_start(folder: Path, runs: int) -> None:
    one = folder / "one.md"
    one.write_text(PROMPT, "utf-8")
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "refrase --help": [REFRASE, "--help"],
        "refrase lint one.md": [REFRASE, "lint", "--exit-zero", str(one)],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    worked: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            before = _worked_seconds()
            times[name].append(milliseconds(command))
            worked[name].append((_worked_seconds() - before) * 1000)
    base = statistics.median(times["python -c pass"])
    print(f"{'one prompt, cold':<22}{'best ms':>9}{'median ms':>11}{'ratio':>8}{'CPU ms':>9}")
    for name, taken in times.items():
        median = statistics.median(taken)
        cpu = statistics.median(worked[name])
        print(f"{name:<22}{min(taken):>9.0f}{median:>11.0f}{median / base:>8.1f}{cpu:>9.0f}")


def _print_library(folder: Path, count: int) -> None:
    many = folder / "many.jsonl"
    rows = rows_of(devset())
    many.write_text("".join(rows[number % len(rows)] for number in range(count)), "utf-8")
    started, before = time.perf_counter(), _worked_seconds()
    done = subprocess.run(
        [REFRASE, "lint", "--exit-zero", "--json", str(many)], check=False, capture_output=True, text=True
    )
    seconds = time.perf_counter() - started
    worked = _worked_seconds() - before
    report = json.loads(done.stdout)
    count = report["prompts"]
    each = f"{seconds:.1f} s ({worked:.1f} s of the processor), {seconds / count * 1000:.2f} ms each"
    print(f"{count:,} prompts, {many.stat().st_size / 1e6:.0f} MB: {each}, {len(report['findings']):,} findings")
    print(f"  {len(report['faults'])} of them records without text, told as such")


def _worked_seconds() -> float:
    """Return what the processor has worked for the processes that this one has started and seen end."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def one_target_each() -> list[str]:
    """Return the first target of every guide."""
    return [guide.models[0].id for guide in read_guidebook(packaged_path("guides")).guides]


def _print_all_fixes() -> bool:
    return all([_print_fixes(target) for target in one_target_each()])  # noqa: C419 - every target is printed


def _print_fixes(target: str) -> bool:
    kept, idempotent, fixed, refused, prompts = asyncio.run(fixes_of(target))
    print(f"{target:<24}{fixed:>5} fixes, {refused} refused; kept {kept} of {prompts}, idempotent {idempotent}")
    return kept == idempotent == prompts


async def fixes_of(target: str) -> tuple[int, int, int, int, int]:
    """Fix the devset: how many prompts keep the contract, do not change again, fixes made, refused, and prompts."""
    linter = Linter(
        [read_guidebook(packaged_path("guides")).get_target(target)],
        max_prompt_bytes=_MAX_BYTES,
        all_rule_ids=frozenset,
    )
    data = "".join(rows_of(devset())).encode()
    document = read_jsonl(data, "devset")
    async with aclosing(Rendering()) as rendering:
        fixer = Fixer(linter, Checker(rendering, max_prompt_bytes=_MAX_BYTES), max_prompt_bytes=_MAX_BYTES)
        once = await fixer.fix("devset", document)
        after = read_jsonl(once.data, "devset")
        again = read_jsonl((await fixer.fix("devset", after)).data, "devset")
    pairs = [
        (old.prompt, new.prompt, last.prompt)
        for old, new, last in zip(document.slots, after.slots, again.slots, strict=True)
    ]
    kept = sum(not blocks(examine(old, new, mode=Mode.CONSERVATIVE).findings) for old, new, _ in pairs)
    same = sum(new == last for _, new, last in pairs)
    return kept, same, once.fixed, len(once.refused), len(pairs)


def rows_of(prompts: dict[str, Prompt]) -> list[str]:
    """Return the prompts as records of JSON Lines."""
    return [
        json.dumps({"messages": [{"role": message.role, "content": message.text} for message in prompt.messages]})
        + "\n"
        for prompt in prompts.values()
    ]


if __name__ == "__main__":
    main()
