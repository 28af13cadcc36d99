"""What the gate finds in two prompts, in tables: tests/spec/gate/*.yaml."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from refrase.core.gate import examine
from refrase.core.prompt import Message, Prompt, prompt_from_text
from refrase.core.rewrite import Mode, Severity
from refrase.core.syntax import Syntax
from refrase.core.terms import Terms
from refrase.core.tool import tools_from_json

FILES = sorted((Path(__file__).parents[1] / "spec" / "gate").glob("*.yaml"))
CASES = [(path.stem, case) for path in FILES for case in yaml.safe_load(path.read_text("utf-8"))]
# Only the place ties two sentences: whether it is told depends on how few words they have, and a case may leave it out.
UNTOLD = "instruction_unverified"


def prompt_of(told: str | list[dict[str, str]]) -> Prompt:
    if isinstance(told, str):
        return prompt_from_text(told)
    return Prompt(tuple(Message(text, role) for message in told for role, text in message.items()))


def terms_of(case: dict[str, Any]) -> Terms:
    syntaxes = frozenset(map(Syntax, case["syntaxes"])) if "syntaxes" in case else None
    return Terms(syntaxes, tools_from_json(case["tools"]) if "tools" in case else None)


@pytest.mark.parametrize(("table", "case"), CASES, ids=[f"{table}: {case['name']}" for table, case in CASES])
def test_the_gate_finds(table, case):
    seen = examine(
        prompt_of(case["before"]),
        prompt_of(case["after"]),
        mode=Mode(case.get("mode", "normal")),
        terms=terms_of(case),
    )
    told = [
        ("!" if finding.severity is Severity.BLOCKING else "") + finding.kind
        for finding in seen.findings
        if finding.severity is not Severity.NOTE
    ]
    if UNTOLD not in case["found"]:
        told = [kind for kind in told if kind != UNTOLD]
    assert sorted(told) == sorted(case["found"])
