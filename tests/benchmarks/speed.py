"""How long the gate takes: reading a prompt, comparing a rewrite with it, and how both grow.

    python -m tests.benchmarks.speed [--runs 7]

Three tables, best of several runs, everything in one run of one process:

- a prompt of 10,000 tokens (45,000 characters of real prompts, joined): reading it, reading its rewrite, comparing both
  (things, likeness, invisible signs), and the ledger apart;
- growth: the same up to a megabyte, as milliseconds for 10,000 tokens of it;
- texts made to run an expression into the ground, at two lengths: time at the longer one over time at the shorter.
"""

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

from refrase.core.contract import Contract, contract_of
from refrase.core.fidelity import check_fidelity
from refrase.core.gate import examine
from refrase.core.invisible import check_invisible
from refrase.core.likeness import check_likeness
from refrase.core.prompt import prompt_from_text
from refrase.core.rewrite import Mode
from tests.benchmarks.fidelity import DEVSET, ROOT, devset

_CHARACTERS = 45_000  # 10,000 tokens of English, at 4.5 characters each
_SIZES = (45_000, 180_000, 720_000, 1_000_000)
# A text without them is read faster. The longer ones have some of their own.
_OTHER_SCRIPTS = "Greet the guests: 你好, здравствуйте, こんにちは, 😀.\n\n"
_NASTY = (
    "{", "}", "{{", "}}", "{%", "[", "]", "[[", "<", ">", "</", "<|", "`", "```\n", "\"", "'", "“", "(", ")", "|", "||\n", "*", "**",
    "_", "__A", "$", "${", "#", "# ", "- ", "1. ", "\n", " ", "\t", ".", ",", ":", ": ", "：", "-", "--", "=", "==\n", "/", "\\", "@", "a@", "a.", "a/",
    "A", "Aa", "AB ", "ab ", "a or ", "or ", "one ", "1 ", "1,", "1-", "http", "http://a", "not ", "if ", "if not ", "do not use, ", "example",
    "example:\n", "Q: a\n", "Input:\n", "a -> b\n", "| a |\n", "\"a\": ", "{\"a\":", "你", "。", "只", "例：\n", "如a", "yes/", "a|", "Jan 1 ", "2024-01-",
)  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure how long the gate takes.")
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    if not DEVSET.exists():
        sys.exit(f"The real prompts are not at {DEVSET.relative_to(ROOT.parent)}.")
    text = _joined(max(_SIZES))
    _print_prompt(text[:_CHARACTERS], runs)
    _print_growth(text, runs)
    _print_nasty()


def _joined(length: int) -> str:
    texts = [message.text for prompt in devset().values() for message in prompt.messages]
    joined = "\n\n".join(sorted(texts, key=len, reverse=True)[20:])
    return (joined * (length // len(joined) + 1))[:length]


def _print_prompt(text: str, runs: int) -> None:
    before, after = prompt_from_text(text), prompt_from_text(_reworded(text))
    old = contract_of(before)
    reading = _best(lambda: contract_of(before), runs)
    rereading = _best(lambda: contract_of(after, None, old), runs)
    both = _best(lambda: _compare(old, contract_of(after, None, old)), runs)
    ledger = _best(lambda: examine(before, after, contract=old), runs)
    print(f"{len(text):,} characters, {len(old.items)} things")
    print(f"  reading the prompt, once per prompt        {reading:7.1f} ms")
    print(f"  reading a rewrite and comparing            {both:7.1f} ms ({rereading:.1f} and {both - rereading:.1f})")
    print(f"  the same with ledger, demands and account  {ledger:7.1f} ms")


def _print_growth(text: str, runs: int) -> None:
    print("growth: milliseconds for 10,000 tokens of a longer text, every one with words of other scripts")
    for size in _SIZES:
        mixed = _OTHER_SCRIPTS + text[: size - len(_OTHER_SCRIPTS)]
        before, after = prompt_from_text(mixed), prompt_from_text(_reworded(mixed))
        old = contract_of(before)
        took = _best(
            lambda before=before, after=after, old=old: examine(before, after, contract=old), max(1, runs // 3)
        )
        print(f"  {size:9,} characters {took / size * _CHARACTERS:7.1f} ms")


def _print_nasty() -> None:
    worst: list[tuple[float, float, str]] = []
    for unit in _NASTY:
        short, long = (
            _best(lambda text=text: _examined(text), 1)
            for text in (unit * (20_000 // len(unit)), unit * (80_000 // len(unit)))
        )
        worst.append((long / max(short, 0.5), long, unit))
    print("texts of one sign repeated: the five that grow most from 20,000 to 80,000 characters (4.0 is linear)")
    for ratio, took, unit in sorted(worst, reverse=True)[:5]:
        print(f"  {unit!r:16} {ratio:5.1f} times, {took:7.1f} ms")


def _examined(text: str) -> None:
    examine(prompt_from_text(text), prompt_from_text(f"{text}\nx"))


def _compare(old: Contract, new: Contract) -> None:
    check_fidelity(old, new)
    check_likeness(old, new, Mode.NORMAL)
    for was, now in zip(old.messages, new.messages, strict=True):
        list(check_invisible(was, now))


def _reworded(text: str) -> str:
    """Return *text* with a word changed in every third line, so that no stretch of it is the same for long."""
    lines = text.split("\n")
    return "\n".join(line.replace("the ", "that ", 1) if number % 3 == 0 else line for number, line in enumerate(lines))


def _caches() -> list[Any]:
    """Return what the core keeps of the texts it has read: all caches with a bound. Those without one keep tables."""
    modules = [module for name, module in sys.modules.items() if name.startswith("refrase.core.")]
    kept = {id(value): value for module in modules for value in vars(module).values() if hasattr(value, "cache_info")}
    return [value for value in kept.values() if value.cache_parameters()["maxsize"] is not None]


def _best(work: Callable[[], object], runs: int) -> float:
    """Return the milliseconds of the best run, in time of this process. What is kept of texts is forgotten before."""
    times: list[float] = []
    for _ in range(runs):
        for kept in _caches():
            kept.cache_clear()
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times) * 1_000


if __name__ == "__main__":
    main()
