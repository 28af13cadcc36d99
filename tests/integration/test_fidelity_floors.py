"""How well the gate tells a broken prompt from a reworded one, on real annotated prompts: floors that must hold.

The tables behind these numbers: python -m tests.benchmarks.fidelity.
"""

from collections import Counter
from typing import Any

import pytest

from refrase.core.prompt import Prompt
from tests.benchmarks.fidelity import devset, identity, mutations, paraphrases
from tests.conftest import needs_libraries

pytestmark = needs_libraries


@pytest.fixture(scope="module")
def prompts() -> dict[str, Prompt]:
    return devset()


def total(counted: Counter[Any]) -> int:
    """Return the sum over all corpora: each thing is counted once for its corpus, and again for its kind and set."""
    return sum(count for (group, _), count in counted.items() if group == "corpus")


def test_no_real_prompt_has_a_blocking_finding_against_itself(prompts):
    assert len(prompts) == 300
    assert identity(prompts) == []


def test_hardly_any_harmless_edit_of_a_real_prompt_is_blocked(prompts):
    tried, passed, wrong = paraphrases(prompts)
    assert total(tried) > 250
    assert total(tried) - total(passed) == len(wrong)
    assert len(wrong) / total(tried) <= 0.02, "\n".join(wrong)


def test_nearly_every_single_break_of_an_annotated_thing_is_blocked(prompts):
    tried, caught, misses = mutations(prompts, rounds=1, seed=1)
    assert total(tried) > 1400
    assert total(tried) - total(caught) == len(misses)
    assert total(caught) / total(tried) >= 0.985, "\n".join(misses)
