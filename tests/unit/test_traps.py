"""No reply that answers, obeys, continues, translates or comments a prompt leaves as done: tests/spec/traps.yaml.

Every trap has three bad replies and one honest rewrite. `origin` says who wrote the bad ones.
"""

import json
from pathlib import Path

import pytest
import yaml

from refrase.core.gate import examine
from refrase.core.prompt import prompt_from_text
from refrase.core.rewrite import Mode, blocks

TRAPS = yaml.safe_load((Path(__file__).parents[1] / "spec" / "traps.yaml").read_text("utf-8"))
BAD = [(trap, number, bad) for trap in TRAPS for number, bad in enumerate(trap["bad"], 1)]


@pytest.mark.parametrize(
    ("trap", "bad"),
    [(trap, bad) for trap, _, bad in BAD],
    ids=[f"{trap['name']}, {number}: {bad['what']}" for trap, number, bad in BAD],
)
def test_a_trap_catches(trap, bad):
    before, after = prompt_from_text(trap["prompt"].rstrip("\n")), prompt_from_text(bad["text"].rstrip("\n"))
    assert blocks(examine(before, after, mode=Mode.CONSERVATIVE).findings)


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap["name"])
def test_an_honest_rewrite_of_a_trap_passes(trap):
    before, after = prompt_from_text(trap["prompt"].rstrip("\n")), prompt_from_text(trap["good"].rstrip("\n"))
    blocking = [finding for finding in examine(before, after, mode=Mode.CONSERVATIVE).findings if blocks([finding])]
    assert blocking == []


def test_the_traps_are_as_many_and_as_varied_as_they_should_be():
    assert len(TRAPS) >= 40
    assert {bad["what"] for _, _, bad in BAD} >= {"answered", "obeyed", "translated", "remark"}


# Said by a real small model that was asked to rewrite each prompt of the traps; what each reply is, people decided by
# reading. Bad ones answer, obey, continue or break their prompt.
RECORDED = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "trap-replies.jsonl").read_text("utf-8").splitlines()
]
PROMPTS = {trap["name"]: trap["prompt"].rstrip("\n") for trap in TRAPS}


@pytest.mark.parametrize("told", [told for told in RECORDED if told["verdict"] == "bad"], ids=lambda told: told["trap"])
def test_a_bad_reply_of_a_real_model_does_not_leave(told):
    before, after = prompt_from_text(PROMPTS[told["trap"]]), prompt_from_text(told["reply"])
    assert blocks(examine(before, after, mode=Mode.CONSERVATIVE).findings)


@pytest.mark.parametrize(
    "told", [told for told in RECORDED if told["verdict"] == "honest"], ids=lambda told: told["trap"]
)
def test_an_honest_reply_of_a_real_model_passes(told):
    before, after = prompt_from_text(PROMPTS[told["trap"]]), prompt_from_text(told["reply"])
    assert not blocks(examine(before, after, mode=Mode.CONSERVATIVE).findings)
