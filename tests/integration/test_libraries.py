"""Real prompt libraries, read from beside the checkout: they come out whole and run to the end."""

import json
from pathlib import Path

import pytest

from refrase.clock import SystemClock
from refrase.core.fix import fix_prompt
from refrase.core.gate import examine
from refrase.core.rewrite import EngineChoice, Mode, blocks
from refrase.core.selection import select_rules
from refrase.guidebook import read_guidebook
from refrase.library.files import find_files, read_document
from refrase.packaged import packaged_path
from refrase.services.batch import BatchOptions, BatchRunner
from refrase.services.library_plan import plan_library
from tests.benchmarks.lint import fixes_of
from tests.cases import case_of
from tests.conftest import LIBRARIES, needs_libraries
from tests.fakes.upstream import Upstream

pytestmark = [needs_libraries, pytest.mark.anyio]

FABRIC = LIBRARIES / "native" / "14-markdown-fabric"


async def run(services, path: Path, out: Path, engine: EngineChoice = EngineChoice.MODEL):
    runner = BatchRunner(services.planner, services.rewriter, SystemClock())
    return await runner.run(plan_library(path, out), BatchOptions("kimi-k2-0905", engine), lambda _item: None)


@pytest.fixture
def fifty(tmp_path: Path) -> Path:
    path = tmp_path / "fifty.jsonl"
    with (LIBRARIES / "devset.jsonl").open("rb") as file:
        path.write_bytes(b"".join(file.readline() for _ in range(50)))
    return path


def test_every_file_of_every_library_comes_out_as_it_went_in():
    paths, _ = find_files(LIBRARIES)
    assert len(paths) > 30
    for path in paths:
        document = read_document(path)
        same = {slot.name: slot.prompt for slot in document.slots if not slot.fault}
        assert document.with_prompts(same) == path.read_bytes(), path


@pytest.mark.parametrize("engine", EngineChoice)
async def test_fabric_runs_to_the_end_and_a_second_run_calls_nothing(services, tmp_path, upstream: Upstream, engine):
    report = await run(services, FABRIC, tmp_path / "out", engine)
    assert len(report.items) == 4
    assert report.is_complete
    calls = len(upstream.requests)
    again = await run(services, FABRIC, tmp_path / "out", engine)
    assert len(upstream.requests) == calls
    assert all(item.is_reused for item in again.items)
    for item in again.items:
        pair, _ = await services.history.get(item.rewrite_id)
        assert pair.outcome == item.status


@pytest.mark.parametrize("engine", EngineChoice)
async def test_fifty_prompts_run_to_the_end_and_a_second_run_calls_nothing(services, fifty, tmp_path, upstream, engine):
    report = await run(services, fifty, tmp_path / "out", engine)
    assert len(report.items) == 50
    assert {item.status for item in report.items} <= {"rewritten", "fixed", "unchanged", "returned"}
    calls = len(upstream.requests)
    again = await run(services, fifty, tmp_path / "out", engine)
    assert len(upstream.requests) == calls
    assert [item.status for item in again.items] == [item.status for item in report.items]
    before = [json.loads(line) for line in fifty.read_text("utf-8").splitlines()]
    after = [json.loads(line) for line in (tmp_path / "out" / "fifty.jsonl").read_text("utf-8").splitlines()]
    for old, new in zip(before, after, strict=True):
        assert {name for name in old if old[name] != new[name]} <= {"text", "messages"}


def test_fixes_keep_every_real_prompt_whole_and_are_done_at_once():
    target = read_guidebook(packaged_path("guides")).get_target("kimi-k2-0905")
    fixed = 0
    for slot in read_document(LIBRARIES / "devset.jsonl").slots:
        if slot.fault:
            continue
        rules = [item.rule for item in select_rules(target, slot.prompt) if item.applies]
        candidate = fix_prompt(slot.prompt, rules, case_of(slot.prompt).kept)
        seen = examine(slot.prompt, candidate.after, mode=Mode.CONSERVATIVE, changes=candidate.changes)
        assert not blocks(candidate.findings + seen.findings), (slot.name, seen.findings)
        again = fix_prompt(candidate.after, rules, case_of(candidate.after).kept)
        assert again.after == candidate.after, slot.name
        fixed += bool(candidate.changes)
    assert fixed > 20


def test_a_real_prompt_is_like_itself_and_unlike_its_neighbour():
    slots = [slot for slot in read_document(LIBRARIES / "devset.jsonl").slots if len(slot.pieces) == 1]
    mistaken = 0
    for slot, other in zip(slots, [*slots[1:], slots[0]], strict=True):
        assert examine(slot.prompt, slot.prompt).findings == ()
        mistaken += not blocks(examine(slot.prompt, other.prompt, mode=Mode.CONSERVATIVE).findings)
    # A neighbour of the same corpus may be nearly the same prompt; most are not.
    assert mistaken / len(slots) < 0.15


@pytest.mark.parametrize("target", ["kimi-k2-0905", "gpt-5.5"])
async def test_lint_fixes_keep_the_contract_of_every_real_prompt_and_are_done_once(target):
    kept, idempotent, fixed, _, prompts = await fixes_of(target)
    assert (kept, idempotent) == (prompts, prompts)
    assert prompts == 300
    assert fixed > 20
