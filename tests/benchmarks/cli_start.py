"""How long `refrase --help` takes in a fresh process, against Python alone in the same run.

    ./run python tests/benchmarks/cli_start.py [--runs 30]

Prints milliseconds (best and median) and the ratio of the medians. Interleaved, so that a busy machine slows both.
"""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

REFRASE = str(Path(sys.executable).with_name("refrase"))
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "refrase --help": [REFRASE, "--help"],
    "refrase --version": [REFRASE, "--version"],
    "refrase guides list": [REFRASE, "guides", "list"],
}


def milliseconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return (time.perf_counter() - started) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30)
    runs = parser.parse_args().runs
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs):
        for name, command in COMMANDS.items():
            times[name].append(milliseconds(command))
    base = statistics.median(times["python -c pass"])
    print(f"{'command':<22}{'best ms':>9}{'median ms':>11}{'ratio':>8}")
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"{name:<22}{min(taken):>9.0f}{median:>11.0f}{median / base:>8.1f}")


if __name__ == "__main__":
    main()
