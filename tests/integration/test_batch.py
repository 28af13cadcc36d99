"""A library in, the same layout out, one status per prompt, and nothing paid twice."""

import json
from pathlib import Path

import pytest

from refrase.bootstrap import open_services
from refrase.clock import SystemClock
from refrase.core.request import call_from_json
from refrase.core.rewrite import EngineChoice, Outcome, Reason
from refrase.core.run import NOT_STARTED
from refrase.errors import EngineNotConfigured, OptionInvalid, OutputRefused, TargetNotFound
from refrase.services.batch import BatchOptions, BatchRunner
from refrase.services.library_plan import REPORT_NAME, plan_library
from tests.conftest import MARK, make_settings
from tests.fakes.upstream import Refuse, Say, Upstream, scribe

pytestmark = pytest.mark.anyio

OPTIONS = BatchOptions(target="kimi-k2-0905", concurrency=4)
OFFLINE = BatchOptions(target="kimi-k2-0905", engine=EngineChoice.OFFLINE)
FIRST = "I want you to sort the names of {{list}} now."


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    (folder / "sub").mkdir(parents=True)
    (folder / "first.md").write_bytes(b"---\nname: first\n---\n" + FIRST.encode() + b"\r\n")
    (folder / "sub" / "second.txt").write_text("Be brief.")
    records = [{"id": 1, "prompt": "I want you to wait."}, {"id": 2, "other": "x"}, {"id": 3, "prompt": "Go on."}]
    (folder / "sub" / "many.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    (folder / "picture.png").write_bytes(b"\x89PNG")
    return folder


async def run(services, library: Path, out: Path, options: BatchOptions = OPTIONS, on_item=lambda _item: None):
    runner = BatchRunner(services.planner, services.rewriter, SystemClock())
    return await runner.run(plan_library(library, out), options, on_item)


def statuses(report) -> dict[str, str]:
    return {item.name: item.status for item in report.items}


async def test_a_library_comes_out_in_the_same_layout_with_one_status_per_prompt(services, library, tmp_path):
    seen = []
    report = await run(services, library, tmp_path / "out", OFFLINE, seen.append)
    assert statuses(report) == {
        "first.md": "fixed",
        "sub/many.jsonl, line 1": "fixed",
        "sub/many.jsonl, line 2": "failed",
        "sub/many.jsonl, line 3": "unchanged",
        "sub/second.txt": "unchanged",
    }
    assert {item.name for item in seen} == set(statuses(report))
    assert (tmp_path / "out" / "first.md").read_bytes() == b"---\nname: first\n---\nSort the names of {{list}} now.\r\n"
    assert (tmp_path / "out" / "sub" / "second.txt").read_text() == "Be brief."
    lines = (tmp_path / "out" / "sub" / "many.jsonl").read_text().splitlines()
    assert lines == ['{"id": 1, "prompt": "Wait."}', '{"id": 2, "other": "x"}', '{"id": 3, "prompt": "Go on."}']
    assert not (tmp_path / "out" / "picture.png").exists()
    assert (report.passed_over, report.is_complete) == (1, False)
    assert "offline" in report.notice
    (faulty,) = [item for item in report.items if item.status == "failed"]
    assert faulty.reason.code == "record_invalid"


async def test_the_originals_are_never_touched(services, library, tmp_path):
    before = {path: path.read_bytes() for path in library.rglob("*") if path.is_file()}
    await run(services, library, tmp_path / "out", OFFLINE)
    await run(services, library, library / "out", OFFLINE)
    assert {path: path.read_bytes() for path in before} == before


async def test_a_second_run_calls_nothing(services, library, tmp_path, upstream: Upstream):
    first = await run(services, library, tmp_path / "out")
    calls = len(upstream.requests)
    assert calls == 4
    second = await run(services, library, tmp_path / "out")
    assert len(upstream.requests) == calls
    assert statuses(second) == statuses(first)
    assert all(item.is_reused for item in second.items if item.rewrite_id)
    assert second.cost_usd == 0
    assert first.cost_usd > 0
    assert second.files == first.files


async def test_one_request_of_today_holds_for_the_whole_library(services, library, tmp_path):
    call = call_from_json({"model": "gpt-4o", "top_p": 0.9, "seed": 7})
    options = BatchOptions(target="kimi-k2-0905", engine=EngineChoice.OFFLINE, call=call)
    report = await run(services, library, tmp_path / "out", options)
    told = {field.name: field for field in report.request}
    assert (told["seed"].value, told["top_p"].was, told["top_p"].value) == (7, 0.9, None)
    assert "top_p" in (tmp_path / "out" / REPORT_NAME).read_text()
    for item in report.items:
        if item.rewrite_id:
            pair, _ = await services.history.get(item.rewrite_id)
            assert pair.request == report.request


async def test_descriptions_of_tools_pass_the_same_gate_and_the_rest_of_their_file_stays(
    services, tmp_path, upstream: Upstream
):
    path = tmp_path / "tools.json"
    path.write_text(
        '[{"name": "find_order",  "description": "I want you to find the order {{id}}.", "parameters": {"properties": '
        '{"id": {"type": "string", "description": "I want you to give the 5 digits."}}}}]'
    )

    def shorter(request) -> str:
        asked = request["messages"][1]["content"]
        is_tool = 'role="description of the tool find_order"' in asked
        text = "Find the order {{id}}." if is_tool else "Give the digits."  # loses the number
        return f'<message-{MARK} n="1">\n{text}\n</message-{MARK}>'

    upstream.will(*[Say(shorter)] * 4)
    report = await run(services, path, tmp_path / "out")
    assert statuses(report) == {"tools.json, find_order": "rewritten", "tools.json, find_order, id": "returned"}
    after = (tmp_path / "out" / "tools.json").read_text()
    assert after == path.read_text().replace("I want you to find the order", "Find the order")


async def test_equal_prompts_are_paid_for_once(services, tmp_path, upstream: Upstream):
    folder = tmp_path / "library"
    folder.mkdir()
    for number in range(6):
        (folder / f"{number}.md").write_text(FIRST)
    report = await run(services, folder, tmp_path / "out")
    assert len(upstream.requests) == 1
    assert sum(item.is_reused for item in report.items) == 5


async def test_what_failed_is_asked_again_by_the_next_run(services, library, tmp_path, upstream: Upstream):
    upstream.will(Refuse(400, {"message": "no"}), Refuse(400, {"message": "no"}))
    first = await run(services, library, tmp_path / "out", BatchOptions(target="kimi-k2", concurrency=1))
    assert list(statuses(first).values()).count("failed") == 3
    assert (tmp_path / "out" / "first.md").read_bytes() == (library / "first.md").read_bytes()
    second = await run(services, library, tmp_path / "out")
    assert list(statuses(second).values()).count("failed") == 1


async def test_a_wrong_key_stops_the_run_at_once(services, tmp_path, upstream: Upstream):
    folder = tmp_path / "library"
    folder.mkdir()
    for number in range(20):
        (folder / f"{number:02}.md").write_text(f"Count to {number} and stop.")
    upstream.will(*[Refuse(401, {"message": "bad key"})] * 20)
    report = await run(services, folder, tmp_path / "out", BatchOptions(target="kimi-k2", concurrency=2))
    assert report.stopped.code == "engine_wrong_key"
    assert len(upstream.requests) <= 3
    assert report.counts[NOT_STARTED] >= 17
    assert not report.is_complete
    assert not (tmp_path / "out" / "19.md").exists()


NO_MODEL = Refuse(404, {"message": "No such model"})
ROWS = [
    ("alike", [NO_MODEL] * 14, 10, "10 prompts in a row failed alike. The provider said (404): No such model"),
    ("one good among them", [*[NO_MODEL] * 9, Say(scribe), *[NO_MODEL] * 4], 14, ""),
    (
        "each in other words",
        [Refuse(400, {"message": f"{number} tokens are too many"}) for number in range(14)],
        14,
        "",
    ),
    ("busy", [Refuse(503, {"message": "busy"})] * 56, 56, ""),  # it may be better at any time
]


@pytest.mark.parametrize(("steps", "calls", "told"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
async def test_a_run_stops_where_many_prompts_in_a_row_fail_alike(services, tmp_path, upstream, steps, calls, told):
    folder = tmp_path / "library"
    folder.mkdir()
    for number in range(14):
        (folder / f"{number:02}.md").write_text(f"Count to {number} and stop there.")
    upstream.will(*steps)
    report = await run(services, folder, tmp_path / "out", BatchOptions(target="kimi-k2", concurrency=1))
    assert len(upstream.requests) == calls
    assert (report.stopped.message if report.stopped else "") == told


async def test_a_stop_lets_what_is_paid_for_end_and_begins_nothing_more(services, tmp_path, upstream: Upstream):
    folder = tmp_path / "library"
    folder.mkdir()
    for number in range(10):
        (folder / f"{number}.md").write_text(f"Count to {number} and stop.")
    runner = BatchRunner(services.planner, services.rewriter, SystemClock())
    seen = []

    def stop_after_two(item):
        seen.append(item)
        if len(seen) == 2:
            runner.stop(Reason("interrupted", "Interrupted."))

    report = await runner.run(
        plan_library(folder, tmp_path / "out"), BatchOptions(target="kimi-k2", concurrency=2), stop_after_two
    )
    done = [item for item in report.items if item.status != NOT_STARTED]
    assert 2 <= len(done) <= 3
    assert len(upstream.requests) == len(done)
    assert len(list((tmp_path / "out").glob("*.md"))) == len(done)


async def test_a_result_that_somebody_edited_is_not_overwritten(services, library, tmp_path):
    out = tmp_path / "out"
    await run(services, library, out, OFFLINE)
    (out / "first.md").write_text("edited by hand")
    report = await run(services, library, out, OFFLINE)
    assert (out / "first.md").read_text() == "edited by hand"
    (item,) = [item for item in report.items if item.file == "first.md"]
    assert (item.status, item.reason.code) == ("failed", "output_refused")
    allowed = BatchOptions(target="kimi-k2", engine=EngineChoice.OFFLINE, overwrites=True)
    await run(services, library, out, allowed)
    assert (out / "first.md").read_text() != "edited by hand"


async def test_a_result_of_an_earlier_run_may_be_replaced(services, library, tmp_path):
    await run(services, library, tmp_path / "out", OFFLINE)
    (library / "sub" / "second.txt").write_text("I want you to be brief.")
    report = await run(services, library, tmp_path / "out", OFFLINE)
    assert statuses(report)["sub/second.txt"] == "fixed"
    assert (tmp_path / "out" / "sub" / "second.txt").read_text() == "Be brief."


async def test_the_report_in_the_folder_says_what_happened(services, library, tmp_path):
    report = await run(services, library, tmp_path / "out", OFFLINE)
    told = json.loads((tmp_path / "out" / REPORT_NAME).read_text())
    assert told["target"] == "kimi-k2-0905"
    assert [item["status"] for item in told["items"]] == [item.status for item in report.items]
    assert set(told["files"]) == {"first.md", "sub/second.txt", "sub/many.jsonl"}
    ids = [item["rewrite_id"] for item in told["items"] if item["rewrite_id"]]
    assert [(await services.history.get(rewrite_id))[0].name for rewrite_id in ids] == [
        item.name for item in report.items if item.rewrite_id
    ]


async def test_a_file_that_is_no_text_fails_alone(services, library, tmp_path):
    (library / "broken.md").write_bytes(b"\xff\x00\xff")
    report = await run(services, library, tmp_path / "out", OFFLINE)
    (item,) = [item for item in report.items if item.file == "broken.md"]
    assert (item.status, item.reason.code) == ("failed", "not_text")
    assert statuses(report)["first.md"] == "fixed"
    assert not (tmp_path / "out" / "broken.md").exists()


async def test_a_single_file_is_a_library_of_one(services, library, tmp_path):
    report = await run(services, library / "first.md", tmp_path / "out", OFFLINE)
    assert statuses(report) == {"first.md": "fixed"}
    assert (tmp_path / "out" / "first.md").exists()


@pytest.mark.parametrize("out", ["library", "library/first.md"])
def test_results_never_go_over_the_originals(library, tmp_path, out):
    with pytest.raises(OptionInvalid):
        plan_library(library, tmp_path / out)


def test_a_folder_without_prompts_is_told(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(OptionInvalid, match="no prompt file"):
        plan_library(tmp_path / "empty", tmp_path / "out")


def test_a_report_that_is_not_ours_is_no_permission_to_overwrite(library, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / REPORT_NAME).write_text("{}")
    with pytest.raises(OutputRefused):
        plan_library(library, tmp_path / "out")


async def test_without_a_key_a_run_refuses_before_anything_is_done(tmp_path, library):
    async with open_services(make_settings(tmp_path)) as services:
        with pytest.raises(EngineNotConfigured):
            await run(services, library, tmp_path / "out")
        with pytest.raises(TargetNotFound):
            await run(services, library, tmp_path / "out", BatchOptions(target="nothing", engine=EngineChoice.OFFLINE))
    assert not (tmp_path / "out").exists()


async def test_a_returned_prompt_keeps_its_original_text_in_the_result(services, tmp_path, upstream: Upstream):
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "first.md").write_text(FIRST)
    upstream.will(*[Say(f'<message-{MARK} n="1">\nSort the names now.\n</message-{MARK}>')] * 3)
    report = await run(services, folder, tmp_path / "out")
    (item,) = report.items
    assert (item.status, item.reason.code) == (Outcome.RETURNED, "contract_broken")
    assert (tmp_path / "out" / "first.md").read_text() == FIRST
    assert report.is_complete
