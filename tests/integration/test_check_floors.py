"""What the checks of the guides find in real prompts: floors that must hold.

The figures behind them: python -m tests.benchmarks.checks.
"""

from collections import Counter

import pytest

from refrase.core.prompt import Prompt
from tests.benchmarks.checks import firing
from tests.benchmarks.fidelity import devset
from tests.benchmarks.planted import missed
from tests.conftest import needs_libraries
from tests.guides_table import PAGE, firing_of

pytestmark = needs_libraries


@pytest.fixture(scope="module")
def prompts() -> dict[str, Prompt]:
    return devset()


def test_nearly_every_planted_fault_is_found(prompts):
    count, lost = missed(prompts)
    assert count > 300
    assert len(lost) / count <= 0.05, "\n".join(lost)


def test_as_many_rules_fire_on_real_prompts_as_the_page_tells(prompts):
    counts = firing(prompts)
    told = firing_of(PAGE.read_text("utf-8"))
    assert Counter(guide for (guide, _), count in counts.items() if 0 < count < len(prompts)) == told
