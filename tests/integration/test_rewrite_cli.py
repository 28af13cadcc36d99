"""One prompt on the command line: what comes out, what is said beside it, the exit code."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.conftest import KEY, MARK
from tests.fakes.upstream import Refuse, Say, Stall, Upstream
from tests.shell import AFTER, PROMPT, Shell, reply


def test_a_prompt_from_stdin_comes_out_rewritten_and_the_rest_is_said_beside_it(online: Shell, upstream: Upstream):
    upstream.will(Say(reply))
    code, out, err = online.run("rewrite", stdin=f"\n{PROMPT}\n".encode())
    assert (code, out) == (0, f"\n{AFTER}\n")
    assert "rewritten for kimi-k2-0905, 1 change" in err
    assert "$0.0012" in err


def test_a_file_keeps_its_front_matter_and_goes_where_out_says(online: Shell, upstream: Upstream):
    (online.folder / "p.md").write_bytes(b"---\nname: x\n---\r\n" + PROMPT.encode() + b"\r\n")
    upstream.will(Say(reply))
    code, out, err = online.run("rewrite", "p.md", "--out", "new/q.md")
    assert (code, out) == (0, "")
    assert (online.folder / "new" / "q.md").read_bytes() == b"---\nname: x\n---\r\n" + AFTER.encode() + b"\r\n"
    assert "written to new/q.md" in err


def test_the_difference_and_the_explanation(online: Shell, upstream: Upstream):
    upstream.will(Say(reply))
    code, out, err = online.run("rewrite", "--diff", "--explain", stdin=PROMPT.encode())
    assert code == 0
    assert f"-{PROMPT}" in out
    assert f"+{AFTER}" in out
    assert "[request-wrapped] https://" in err
    assert "send temperature = 0.6" in err
    assert "everything survived" in err


def test_json_is_the_whole_result(online: Shell, upstream: Upstream):
    upstream.will(Say(reply))
    code, out, _ = online.run("rewrite", "--json", stdin=PROMPT.encode())
    assert code == 0
    assert json.loads(out)["after"]["messages"][0]["text"] == AFTER


def test_a_returned_prompt_comes_out_as_it_was_with_exit_code_3(online: Shell, upstream: Upstream):
    upstream.will(*[Say(lambda request: reply(request, "Sort the names."))] * 3)
    code, out, err = online.run("rewrite", stdin=PROMPT.encode())
    assert (code, out) == (3, PROMPT)
    assert "{{list}}" in err


def test_a_failure_says_what_the_provider_said_and_hands_the_original_back(online: Shell, upstream: Upstream):
    upstream.will(Refuse(401, {"message": f"Incorrect API key {KEY}"}))
    code, out, err = online.run("rewrite", stdin=PROMPT.encode())
    assert (code, out) == (5, PROMPT)
    assert "Incorrect API key [key]" in err
    assert "Check the provider's key" in err
    assert KEY not in err


def test_a_provider_that_cannot_be_reached_is_told(tmp_path: Path):
    shell = Shell(tmp_path, REFRASE_ENGINE_BASE_URL="http://127.0.0.1:9/v1", REFRASE_ENGINE_MOST_TRIES="1")
    code, out, err = shell.run("rewrite", stdin=PROMPT.encode())
    assert (code, out) == (5, PROMPT)
    assert "cannot be reached" in err
    assert "REFRASE_ENGINE_BASE_URL" in err


def test_without_a_key_a_script_is_refused_and_told_how_to_connect(shell: Shell):
    code, out, err = shell.run("rewrite", stdin=PROMPT.encode())
    assert (code, out) == (4, "")
    assert "[engine_not_configured]" in err
    assert "OPENROUTER_API_KEY" in err
    assert "--engine offline" in err


def test_the_offline_engine_says_that_it_is_offline(shell: Shell):
    code, out, err = shell.run("rewrite", "--engine", "offline", stdin=PROMPT.encode())
    assert (code, out) == (0, AFTER)
    assert "fixed for kimi-k2-0905" in err
    assert "no model read this prompt" in err
    code, out, _ = shell.run("rewrite", "--engine", "offline", "--json", stdin=PROMPT.encode())
    assert json.loads(out)["provenance"]["engine"] == "offline"
    assert "offline" in json.loads(out)["notice"]


def test_an_interactive_user_without_a_key_is_offered_the_offline_engine(shell: Shell):
    import pty

    (shell.folder / "p.md").write_text(PROMPT)
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "refrase", "rewrite", "p.md", "--out", "q.md"],
        cwd=shell.folder,
        env=shell.environ,
        stdin=child,
        stdout=child,
        stderr=child,
        close_fds=True,
    )
    os.close(child)
    shown = b""
    while b"[Y/n]" not in shown:
        shown += os.read(parent, 1000)
    os.write(parent, b"y\n")
    assert process.wait(30) == 0
    assert "No key for OpenRouter is set" in shown.decode()
    assert (shell.folder / "q.md").read_text() == AFTER


def test_ctrl_c_on_a_single_prompt_is_on_record(online: Shell, upstream: Upstream):
    upstream.will(Stall(20))
    process = online.start("rewrite", start_new_session=True)
    process.stdin.write(PROMPT.encode())
    process.stdin.close()
    while not upstream.requests:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(20) == 130
    assert b"Traceback" not in process.stderr.read()
    process.stdout.close()
    process.stderr.close()
    assert "failed" in online.run("history", "list")[1]


def test_the_mark_of_a_request_is_drawn_anew_each_time(online: Shell, upstream: Upstream):
    upstream.will(Say(reply), Say(reply))
    online.run("rewrite", "--fresh", stdin=PROMPT.encode())
    online.run("rewrite", "--fresh", stdin=PROMPT.encode())
    first, second = (request["messages"][1]["content"] for request in upstream.requests)
    assert first != second
    assert MARK not in first
    assert upstream.requests[0]["messages"][0] == upstream.requests[1]["messages"][0]
