"""What Refrase adds to the calls it makes: a bare AsyncOpenAI loop and the whole Rewriter against one fake provider.

    python -m tests.benchmarks.overhead [--quick] [--rounds N] [--spread SHARE]

Needs the folder of real prompts beside the checkout. Four processes, so that none pays for another: this one, which
measures nothing; the provider, which answers after a set delay with a valid edit (streamed: the first piece after half
of it, the last at its end, 24 characters a piece); and the two sides, which take turns, round by round, with the same
requests on the same event loop (uvloop where it is installed, as in the service). The Rewriter's side is all that a
request meets behind the web server: plan, contract, look-up, records in an SQLite file of a temporary folder, gate,
reading the reply, fidelity, rendering.

The prompts are those of 300 to 800 tokens that the provider's one edit can be made in, each time with another word in
each sentence, so that nothing that was worked out for one helps with the next. Two kinds are told apart: plain ones,
and ones with template variables, whose two texts are rendered in a guarded process. With short delays somebody watches,
and both sides stream; with long ones nobody does, as in a run over a library, and neither side streams.

Latency counts from the order to the result, the first token until the engine has it. Added is the Rewriter's
percentile less that of the bare loop. CPU time is that of the side's own process, less what it takes idle. Throughput
is measured over five rounds of replies (seven without --quick), after the gate has opened; the bare loop has no gate.
All replies take equally long, which is the hardest for a single thread: they come together. --spread 0.25 lets each of
those differ by a quarter either way, as real ones do.

On a busy machine the differences and ratios still mean something, the percentiles at the end less so.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from tests.benchmarks.overhead_sides import KINDS, MOST_CONCURRENT, SIDES, prepare, serve

_SHORT_SECONDS, _LONG_SECONDS = 0.2, 2.0
_AIMS = {"p50": 10.0, "p99": 30.0, "first": 5.0, "ratio": 0.95, "cpu": 6.0, "memory": 150.0}


class Process:
    """Another part of this file, in a process of its own. It prints a line when it is ready and one for each order."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "tests.benchmarks.overhead", *arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._process.stdin.close()
        self._process.terminate()
        self._process.wait()

    def ask(self, **asked: Any) -> dict[str, Any]:
        self._process.stdin.write(f"{json.dumps(asked)}\n")
        self._process.stdin.flush()
        return json.loads(self.line())

    def line(self) -> str:
        line = self._process.stdout.readline()
        if not line:
            sys.exit("A process of the benchmark ended.")
        return line


class Bench:
    """Lets both sides do the same in turns and keeps what they tell."""

    def __init__(self, address: str, sides: dict[str, Process], *, rounds: int, spread: float) -> None:
        self._address = address
        self._sides = sides
        self._rounds = rounds
        self._spread = spread
        self._number = 0
        self._idle = {side: process.ask(idle_seconds=1.0)["cpu"] for side, process in sides.items()}
        self.memory: dict[str, float] = {}

    def run(self, kind: str, *, concurrency: int, seconds: float, count: int) -> dict[str, list[dict[str, Any]]]:
        """Return what each side told of each round."""
        is_streamed = seconds != _LONG_SECONDS
        spread = 0.0 if is_streamed else self._spread
        with urllib.request.urlopen(f"{self._address}/delay/{seconds}/{spread}"):
            pass
        told: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
        for round_number in range(self._rounds):
            for side in SIDES[:: -1 if round_number % 2 else 1]:
                asked = {"kind": kind, "concurrency": concurrency, "count": count, "number": self._number}
                result = self._sides[side].ask(**asked, is_streamed=is_streamed)
                result["cpu_ms"] = (result["cpu"] - self._idle[side] * result["wall"]) / count * 1000
                self.memory[side] = result["memory"]
                told[side].append(result)
            self._number += count
        return told


def _row(name: str, bare: float, full: float, result: float, aim: str = "", unit: str = "ms") -> None:
    told = f"{result:9.2f}" if unit == "ratio" else f"{result:+9.1f}"
    aimed = f"  aim {_AIMS[aim]:g}" if aim else ""
    print(f"{name:<56}{bare:>9.1f}{full:>10.1f}{told} {unit}{aimed}")


def _print_latency(name: str, told: dict[str, list[dict[str, Any]]]) -> None:
    def at(side: str, field: str, share: float) -> float:
        values = sorted(value for result in told[side] for value in result[field])
        return values[min(len(values) - 1, int(len(values) * share))] * 1000

    for title, field, share, aim in (
        ("latency p50", "latencies", 0.5, "p50"),
        ("latency p99", "latencies", 0.99, "p99"),
        ("first token p50", "firsts", 0.5, "first"),
    ):
        bare, full = (at(side, field, share) for side in SIDES)
        _row(f"{name}: {title}", bare, full, full - bare, aim)
    bare, full = (statistics.median(result["cpu_ms"] for result in told[side]) for side in SIDES)
    _row(f"{name}: CPU per rewrite", bare, full, full - bare)


def _print_throughput(name: str, told: dict[str, list[dict[str, Any]]]) -> None:
    bare, full = ([len(result["latencies"]) / result["wall"] for result in told[side]] for side in SIDES)
    ratio = statistics.median(there / here for here, there in zip(bare, full, strict=True))
    _row(f"{name}: rewrites per second", statistics.median(bare), statistics.median(full), ratio, "ratio", "ratio")
    here, there = (statistics.median(result["cpu_ms"] for result in told[side]) for side in SIDES)
    _row(f"{name}: CPU per rewrite", here, there, there - here)
    print(f"{'':<56}{'':>9}{there:>10.1f}{'':>9} ms in all  aim {_AIMS['cpu']:g}")


def main() -> None:
    """Measure and print, or be one of the processes."""
    parser = argparse.ArgumentParser(description="Measure what Refrase adds to the calls it makes.")
    parser.add_argument("--quick", action="store_true", help="fewer calls: two to four minutes, else ten")
    parser.add_argument("--rounds", type=int, default=0, help="how often the sides take turns; 3, or 1 with --quick")
    parser.add_argument("--spread", type=float, default=0.0, help="by which share each reply may take less or more")
    parser.add_argument("--part", nargs="+", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.part:
        _be(*told.part)
        return
    from tests.benchmarks.fidelity import DEVSET, ROOT

    if not DEVSET.exists():
        print(f"Skipped: the real prompts are not at {DEVSET.relative_to(ROOT.parent)}.")
        return
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        address = stack.enter_context(Process("--part", "upstream")).line().strip()
        path = str(Path(folder) / "cases.json")
        with Process("--part", "prepare", address, path) as process:
            prompts = ", ".join(process.line().strip() for _ in KINDS)
        sides = {side: stack.enter_context(Process("--part", side, address, path)) for side in SIDES}
        started = {side: process.ask(idle_seconds=0.1)["memory"] for side, process in sides.items()}
        share = 1 if told.quick else 3
        bench = Bench(address, sides, rounds=told.rounds or share, spread=told.spread)
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}; {prompts}")
        print(f"{'':<56}{'bare':>9}{'Rewriter':>10}{'added':>9}")
        for kind in KINDS:
            # Warm, and open the gate.
            bench.run(kind, concurrency=MOST_CONCURRENT, seconds=0.02, count=MOST_CONCURRENT * 2)
            for concurrency, count in ((1, 20 * (1 + share)), (16, 160 * share)):
                result = bench.run(kind, concurrency=concurrency, seconds=_SHORT_SECONDS, count=count)
                _print_latency(f"{kind}, {_SHORT_SECONDS * 1000:.0f} ms, {concurrency} at once", result)
            count = MOST_CONCURRENT * (4 + share)
            result = bench.run(kind, concurrency=MOST_CONCURRENT, seconds=_LONG_SECONDS, count=count)
            _print_throughput(f"{kind}, {_LONG_SECONDS:.0f} s, {MOST_CONCURRENT} at once", result)
            bare, full = (bench.memory[side] for side in SIDES)
            _row(f"peak memory after {kind} prompts", bare, full, full - bare, unit="MB")
        _row("memory when opened", started["bare"], started["full"], started["full"] - started["bare"], unit="MB")
        print(f"{'':<56}{'':>9}{full:>10.1f}{'':>9} MB in all  aim {_AIMS['memory']:g}")


def _be(part: str, *arguments: str) -> None:
    """Be one of the processes."""
    if part == "upstream":
        from tests.benchmarks import overhead_upstream

        overhead_upstream.serve()
        return
    address, path = arguments
    if part == "prepare":
        cases = asyncio.run(prepare(f"{address}/v1"))
        Path(path).write_text(json.dumps(cases), "utf-8")
        for kind in KINDS:
            told = [case["tokens"] for case in cases[kind]]
            print(f"{len(told)} {kind} prompts of {statistics.mean(told):.0f} tokens", flush=True)
        return
    try:
        from uvloop import new_event_loop
    except ImportError:
        new_event_loop = None
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(serve(part, f"{address}/v1", json.loads(Path(path).read_text("utf-8"))))


if __name__ == "__main__":
    main()
