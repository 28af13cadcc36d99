"""Guides that change under a running service are taken up, and a broken one does no harm."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from refrase.app import create_app
from refrase.bootstrap import open_services
from refrase.clock import Clock
from refrase.core.prompt import prompt_from_text
from refrase.core.rewrite import EngineChoice, Order
from refrase.guidebook.live import LiveGuidebook
from refrase.guidebook.reader import GuideReader
from refrase.packaged import packaged_path
from tests.conftest import KEY, MARK, make_settings
from tests.fakes.clock import FakeClock, Sleep
from tests.fakes.server import RunningServer
from tests.fakes.upstream import Say

pytestmark = pytest.mark.anyio

OVERLAY = (
    "---\nextends: kimi-k2\nverified_at: 2026-11-20\n---\n\n## Anti-patterns\n\n- `house-emoji` Do not add emoji.\n"
)


@pytest.fixture
def live(own: Path, clock: Clock) -> LiveGuidebook:
    return LiveGuidebook(GuideReader(packaged_path("guides"), own), clock)


@pytest.fixture
def client(tmp_path: Path, own: Path, clock: FakeClock) -> Iterator[httpx.Client]:
    settings = make_settings(tmp_path, REFRASE_GUIDES_FOLDER=str(own))
    app = create_app(settings, draw_mark=lambda: MARK, sleep=Sleep(), clock=clock)
    with RunningServer(app, lifespan="on") as address, httpx.Client(base_url=address, timeout=20) as opened:
        yield opened


async def test_an_overlay_is_taken_up_where_it_appears_changes_and_goes(live, own, clock):
    path = own / "team.md"
    before = live.current.get_guide("kimi-k2")
    path.write_text(OVERLAY, "utf-8")
    clock.advance(1)
    assert (await live.refresh()).changed == ("kimi-k2",)
    assert live.current.get_guide("kimi-k2").find_rule("house-emoji").text == "Do not add emoji."
    path.write_text(OVERLAY.replace("emoji.", "smileys."), "utf-8")
    clock.advance(1)
    assert (await live.refresh()).changed == ("kimi-k2",)
    assert live.current.get_guide("kimi-k2").find_rule("house-emoji").text == "Do not add smileys."
    path.unlink()
    clock.advance(1)
    assert (await live.refresh()).changed == ("kimi-k2",)
    assert live.current.get_guide("kimi-k2") == before


async def test_the_folders_are_looked_at_once_a_second_at_most(live, own, clock):
    (own / "team.md").write_text(OVERLAY, "utf-8")
    clock.advance(0.9)
    assert await live.refresh() is None
    assert live.current.get_guide("kimi-k2").overlays == ()
    clock.advance(0.1)
    assert await live.refresh() is not None
    clock.advance(1)
    assert await live.refresh() is None


async def test_what_a_broken_overlay_said_before_holds_and_the_fault_is_told_once(live, own, clock):
    path = own / "team.md"
    path.write_text(OVERLAY, "utf-8")
    clock.advance(1)
    await live.refresh()
    held = live.current.get_guide("kimi-k2")
    path.write_text(OVERLAY.replace("- `house-emoji`", "- house-emoji"), "utf-8")
    clock.advance(1)
    reload = await live.refresh()
    assert reload.changed == ()
    assert reload.faults == live.faults
    assert live.faults[0].startswith("team.md:8: a rule reads")
    assert live.current.get_guide("kimi-k2") == held
    clock.advance(1)
    assert await live.refresh() is None
    path.write_text(OVERLAY, "utf-8")
    clock.advance(1)
    assert (await live.refresh()).faults == live.faults == ()


async def test_a_folder_that_vanishes_takes_no_guide_with_it(live, own, clock):
    own.rmdir()
    clock.advance(1)
    assert "cannot be read" in (await live.refresh()).faults[0]
    assert live.current.get_guide("kimi-k2")


async def test_a_rewrite_keeps_the_guide_it_began_with(services, own, tmp_path, clock):
    plan = await services.planner.plan(Order(prompt_from_text("Go."), "kimi-k2", engine=EngineChoice.OFFLINE))
    services.guides.current = LiveGuidebook(GuideReader(packaged_path("guides"), own), clock).current
    assert services.guidebook.get_guide("kimi-k2") is not plan.target.guide
    rewrite = await services.rewriter.carry_out(plan, lambda _progress: None)
    assert rewrite.provenance.guide_version == plan.target.guide.version


def test_a_service_answers_by_the_changed_guide_without_a_restart(client, own, clock):
    def version() -> str:
        order = {"prompt": "Go on.", "target": "kimi-k2", "engine": "offline"}
        return client.post("/api/v1/rewrites", json=order).json()["provenance"]["guide_version"]

    first = version()
    (own / "team.md").write_text(OVERLAY, "utf-8")
    assert version() == first
    clock.advance(1)
    second = version()
    assert second != first
    (own / "team.md").write_text(OVERLAY.replace("## Anti-patterns", "## Anti-pattern"), "utf-8")
    clock.advance(1)
    assert version() == second
    health = client.get("/health/ready")
    assert health.status_code == 200
    (fault,) = health.json()["guide_faults"]
    assert fault.startswith("team.md:6: “## Anti-pattern” is not a section of an overlay")


def test_a_pair_is_shown_where_no_guide_knows_its_target_any_more(client, own, clock):
    family = (packaged_path("guides") / "_template.md").read_text("utf-8")
    (own / "example.md").write_text(family, "utf-8")
    clock.advance(1)
    order = {"prompt": "Please sort it.", "target": "example-1", "engine": "offline"}
    pair = client.post("/api/v1/rewrites", json=order).json()
    (own / "example.md").unlink()
    clock.advance(1)
    page = client.get(f"/rewrites/{pair['id']}")
    assert page.status_code == 200
    assert "Sort it." in page.text


async def test_rules_that_the_engine_was_not_told_stand_with_the_pair_and_ask_anew(tmp_path, upstream, upstream_url):
    versions = []
    for room in ("1", "30000"):
        settings = make_settings(
            tmp_path,
            OPENROUTER_API_KEY=KEY,
            REFRASE_ENGINE_PROVIDER="openrouter",
            REFRASE_ENGINE_BASE_URL=upstream_url,
            REFRASE_MAX_GUIDE_TOKENS=room,
        )
        async with open_services(settings, sleep=Sleep(), draw_mark=lambda: MARK) as services:
            upstream.will(Say(f'<message-{MARK} n="1">\nReturn JSON.\n</message-{MARK}>'))
            rewrite = await services.rewriter.rewrite(Order(prompt_from_text("Return JSON."), "kimi-k2"))
            assert not rewrite.is_reused
            versions.append([finding.message for finding in rewrite.findings if finding.kind == "guide_cut"])
    (told,), nothing = versions
    assert nothing == []
    assert "context-first" in told
    assert "json-array" not in told
    assert "[json-array] Do not ask" in upstream.requests[0]["messages"][1]["content"]


def test_the_page_of_a_guide_says_what_comes_from_an_overlay(client, own, clock):
    (own / "team.md").write_text(OVERLAY, "utf-8")
    clock.advance(1)
    page = client.get("/guides/kimi-k2").text
    assert "changed by team.md" in page
    assert "from team.md" in page
    assert 'href=""' not in page
