"""A run over a library on the command line: what it tells, its exit codes, Ctrl-C."""

import json
import os
import signal
import time
from pathlib import Path

from tests.fakes.server import RunningServer
from tests.fakes.upstream import Refuse, Upstream
from tests.shell import Shell


def test_a_run_tells_each_prompt_and_the_sum(shell: Shell, library: Path):
    code, out, err = shell.run("batch", "library", "--out", "out", "--engine", "offline")
    assert (code, out) == (0, "")
    assert err.count("fixed      ") == 6
    assert "6 prompts for kimi-k2-0905: 6 fixed." in err
    code, out, _ = shell.run("batch", "library", "--out", "out", "--engine", "offline", "--json")
    assert len(json.loads(out)["items"]) == 6


def test_a_run_tells_the_translated_request_once(shell: Shell, library: Path):
    (shell.folder / "call.json").write_text('{"model": "gpt-4o", "temperature": 0.2}')
    code, _, err = shell.run("batch", "library", "--out", "out", "--engine", "offline", "--call", "call.json")
    assert code == 0
    assert err.count("The request for kimi-k2-0905") == 1
    assert err.count("Today’s 0.2 was set for gpt-4o.") == 1
    (shell.folder / "call.json").write_text("temperature: 0.2")
    code, _, err = shell.run("batch", "library", "--out", "out", "--engine", "offline", "--call", "call.json")
    assert code == 2
    assert "[call_invalid] call.json is not JSON." in err


def test_a_run_with_a_failure_has_exit_code_1(online: Shell, library: Path, upstream: Upstream):
    upstream.will(Refuse(400, {"message": "no"}))
    code, _, err = online.run("batch", "library", "--out", "out", "--concurrency", "1")
    assert code == 1
    assert "1 failed" in err


def test_a_run_says_that_it_waits_for_the_provider(online: Shell, library: Path, upstream: Upstream):
    upstream.will(*[Refuse(429, {"message": "slow"}, {"retry-after": "1.1"})] * 3)
    code, _, err = online.run("batch", "library", "--out", "out", "--concurrency", "3")
    assert code == 0
    assert "The provider said (429): slow Trying again in 1 s." in err
    assert err.count("Trying again") + err.count("Waiting") < 3


def test_a_run_without_a_key_refuses(shell: Shell, library: Path):
    code, _, err = shell.run("batch", "library", "--out", "out")
    assert code == 4
    assert "--engine offline" in err
    assert not (shell.folder / "out").exists()


def test_ctrl_c_ends_a_run_in_order_and_the_next_run_goes_on(tmp_path: Path, library: Path):
    upstream = Upstream(seconds_per_chunk=0.02)
    with RunningServer(upstream) as address:
        shell = Shell(tmp_path, REFRASE_ENGINE_BASE_URL=f"{address}/v1")
        process = shell.start("batch", "library", "--out", "out", "--concurrency", "1", start_new_session=True)
        while len(upstream.requests) < 2:
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 130
        assert b"Stopping: waiting for the replies that are being paid for." in err
        assert b"Traceback" not in err
        calls = len(upstream.requests)
        assert calls < 6
        code, _, err = shell.run("batch", "library", "--out", "out", "--concurrency", "1")
    assert code == 0
    assert len(upstream.requests) == 6
    assert f"{calls} of them done before" in err
    assert len(list((tmp_path / "out").glob("*.md"))) == 6
