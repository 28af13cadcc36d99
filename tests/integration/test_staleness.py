"""Pairs that a guide has left behind are found, and a run makes those anew and no others."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from refrase.bootstrap import Services, open_services
from refrase.clock import SystemClock
from refrase.core.prompt import prompt_from_text
from refrase.core.rewrite import EngineChoice, Mode, Order
from refrase.errors import GuideNotFound
from refrase.services.batch import BatchOptions, BatchRunner
from refrase.services.library_plan import plan_library, restricted
from tests.conftest import make_settings
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.anyio

OVERLAY = "---\nextends: kimi-k2\nverified_at: 2026-11-20\noff: [{off}]\n---\n"
PROMPT = "I want you to sort the names."


@pytest.fixture
async def services(tmp_path: Path, own: Path, clock: FakeClock, database_url: str) -> AsyncIterator[Services]:
    settings = make_settings(tmp_path, REFRASE_GUIDES_FOLDER=str(own), REFRASE_DATABASE_URL=database_url)
    async with open_services(settings, clock=clock) as opened:
        yield opened


async def rewrite(services: Services, text: str = PROMPT, target: str = "kimi-k2-0905", mode: Mode = Mode.CONSERVATIVE):
    order = Order(prompt_from_text(text), target, engine=EngineChoice.OFFLINE, mode=mode, name=text)
    return await services.rewriter.rewrite(order)


async def change(services: Services, own: Path, clock: FakeClock, off: str = "json-array") -> None:
    (own / "team.md").write_text(OVERLAY.format(off=off), "utf-8")
    clock.advance(1)
    assert await services.guides.refresh()


async def test_a_pair_is_stale_once_its_guide_changes_and_no_longer_once_it_is_made_anew(services, own, clock):
    old = await rewrite(services)
    await rewrite(services, target="claude-opus-5-5")
    assert await services.staleness.find() == ()
    await change(services, own, clock)
    (stale,) = await services.staleness.find()
    assert (stale.id, stale.name, stale.target) == (old.id, PROMPT, "kimi-k2-0905")
    assert stale.guide_version == old.provenance.guide_version
    assert stale.current_version == services.guidebook.get_guide("kimi-k2").version
    assert stale.rules_gone == ()
    await rewrite(services)
    assert await services.staleness.find() == ()


async def test_modes_count_apart_and_a_target_can_be_named_by_any_name(services, own, clock):
    await rewrite(services)
    bold = await rewrite(services, mode=Mode.BOLD)
    await change(services, own, clock)
    await rewrite(services)
    assert [pair.id for pair in await services.staleness.find("moonshotai/kimi-k2-0905")] == [bold.id]
    assert await services.staleness.find("kimi-k3") == ()


async def test_rules_that_a_pair_cites_and_the_guide_no_longer_has_are_told(services, own, clock):
    await rewrite(services)
    await change(services, own, clock, off="request-wrapped")
    (stale,) = await services.staleness.find()
    assert stale.rules_gone == ("request-wrapped",)


async def test_the_versions_of_a_guide_are_counted(services, own, clock):
    first = await rewrite(services)
    await rewrite(services, "Go on.")
    await change(services, own, clock)
    clock.advance(60)
    last = await rewrite(services)
    told = await services.staleness.versions("kimi-k2")
    assert told.current == last.provenance.guide_version
    assert told.overlays == ("team.md",)
    assert [(seen.version, seen.pairs) for seen in told.seen] == [
        (last.provenance.guide_version, 1),
        (first.provenance.guide_version, 2),
    ]
    assert told.seen[1].first_at == first.created_at
    with pytest.raises(GuideNotFound):
        await services.staleness.versions("nothing")


async def test_a_restricted_run_is_about_stale_prompts_alone(services, own, clock, tmp_path):
    library = tmp_path / "library"
    library.mkdir()
    (library / "stale.md").write_text(PROMPT)
    (library / "unseen.md").write_text("I want you to wait.")
    records = [PROMPT, "I want you to run.", "I want you to walk."]
    (library / "many.jsonl").write_text("".join(json.dumps({"prompt": text}) + "\n" for text in records))
    await rewrite(services)
    await change(services, own, clock)
    await rewrite(services, "I want you to walk.")
    options = BatchOptions(target="kimi-k2", engine=EngineChoice.OFFLINE)
    found = await services.staleness.prompts(options.target, options.engine, options.mode)
    plan = restricted(plan_library(library, tmp_path / "out"), *found)
    assert plan.left_alone == 2
    report = await BatchRunner(services.planner, services.rewriter, SystemClock()).run(
        plan, options, lambda _item: None
    )
    assert {item.name: item.is_reused for item in report.items} == {
        "many.jsonl, line 1": False,
        "stale.md": True,
        "many.jsonl, line 3": True,
    }
    assert report.is_complete
    assert (tmp_path / "out" / "stale.md").read_text() == "Sort the names."
    assert not (tmp_path / "out" / "unseen.md").exists()
    lines = (tmp_path / "out" / "many.jsonl").read_text().splitlines()
    assert [json.loads(line)["prompt"] for line in lines] == ["Sort the names.", "I want you to run.", "Walk."]
    found = await services.staleness.prompts(options.target, options.engine, options.mode)
    assert restricted(plan_library(library, tmp_path / "out"), *found).files == ()
