"""What a reply costs in each form: output tokens of edits and of whole texts, over those of writing the prompt anew.

    python -m tests.benchmarks.reply_tokens [--seed N]

Needs the folder of real prompts beside the checkout. No engine is asked: a script writes the replies, and the real
functions must read them back to the text that was meant. Every figure is a lower bound of what a model writes: it
adds preambles, explains more than it must, changes more than it was asked for, breaks the form. What varies is the
load:

- fixes: what the guide's own fixes change, with their reasons cut to 12 words; where there are none, the empty reply;
- realistic: the same, and one sentence reworded for each 1,500 characters of prose begun, drawn by the seed;
- bold: the same, and every second sentence outside locked blocks reworded.

A reworded sentence is a committed paraphrase (tests/data/fidelity) where there is one within it, else the sentence with
its first two clauses or words swapped: only its length matters. It is quoted whole, where a model may quote a few words
of it: the one place where edits can come out cheaper than here. Every reply that changes something has one line of
advice, and every fifth of them one thing in three wrong, which a repair turn sends once more, as edits.
Not counted: calls that fail, whole replies that are asked for once more, and input.

The measure is the text of all messages, nothing else, in tokens of Kimi K2's own vocabulary (package splintr-rs); where
that is not installed, in characters by four, and the tables say so.
"""

import argparse
import random
import sys
from collections.abc import Callable

from refrase.core.target import Target
from refrase.errors import BadInput
from refrase.guidebook import Guidebook, parse_guide
from refrase.packaged import packaged_path
from tests.benchmarks.fidelity import DEVSET, ROOT, devset
from tests.benchmarks.reply_changes import Load, Plan, plan_of
from tests.benchmarks.reply_scripts import costs_of
from tests.benchmarks.reply_tables import print_choice, print_crossover, print_density, print_parts, print_table


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description="Measure what each form of reply costs.")
    parser.add_argument("--seed", type=int, default=1)
    seed = parser.parse_args().seed
    if not DEVSET.exists():
        sys.exit(f"The real prompts are not at {DEVSET.relative_to(ROOT.parent)}.")
    count, unit = _counter()
    prompts = devset()
    target = _target()
    dice = random.Random(seed)
    plans: dict[str, Plan] = {}
    for name, prompt in prompts.items():
        try:
            plans[name] = plan_of(prompt, target, dice)
        except BadInput as error:
            print(f"left out: {name}: {error.detail}")
    print(f"{len(plans)} of {len(prompts)} prompts; counted in {unit}.")
    print("Scripted replies: every figure is a lower bound of what an engine writes.")
    costs = {load: list(costs_of(plans, load, seed, count)) for load in Load}
    for load, measured in costs.items():
        print_table(load, measured)
    for load, measured in costs.items():
        print_crossover(load, measured)
    print_density(plans, seed, count)
    print_choice(costs)
    print_parts(count, plans, seed)


def _counter() -> tuple[Callable[[str], int], str]:
    try:
        from splintr import Tokenizer
    except ImportError:
        return lambda text: -(-len(text) // 4), "CHARACTERS BY FOUR, a guess: splintr-rs is not installed"
    encode = Tokenizer.from_pretrained("kimi_k2").encode_ordinary
    return lambda text: len(encode(text)), "tokens of Kimi K2's vocabulary"


def _target() -> Target:
    """Return the target, from its own guide alone."""
    path = packaged_path("guides") / "kimi-k2.md"
    guide, faults = parse_guide(path.read_text("utf-8"), path.stem)
    if guide is None or faults:
        sys.exit(f"{path} cannot be used: {faults}")
    return Guidebook((guide,)).get_target("kimi-k2-0905")


if __name__ == "__main__":
    main()
