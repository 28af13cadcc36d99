"""The command line as a shell meets it: real processes, their output and exit codes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import KEY, MARK
from tests.fakes.server import RunningServer
from tests.fakes.upstream import Refuse, Say, Stall, Upstream

PROMPT = "I want you to sort {{list}} by name and give the 3 longest ones."
AFTER = "Sort {{list}} by name and give the 3 longest ones."


def reply(request: dict, after: str = AFTER) -> str:
    """Answer in the form asked for, with the mark of the request."""
    mark = request["messages"][1]["content"].partition("<message-")[2].partition(" ")[0]
    account = f"<changes-{mark}>\nrequest-wrapped | The verb comes late.\n</changes-{mark}>"
    return f'<message-{mark} n="1">\n{after}\n</message-{mark}>\n{account}'


class Shell:
    def __init__(self, folder: Path, **environ: str) -> None:
        self.folder = folder
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("REFRASE") and "API_KEY" not in name
        }
        self.environ = {**kept, "REFRASE_DATA_DIR": str(folder / "data"), **environ}

    def start(self, *args: str, **options) -> subprocess.Popen:
        command = [sys.executable, "-m", "refrase", *args]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, cwd=self.folder, env=self.environ, **pipes, **options)

    def run(self, *args: str, stdin: bytes = b"") -> tuple[int, str, str]:
        process = self.start(*args)
        out, err = process.communicate(stdin, timeout=60)
        assert b"Traceback" not in err, err.decode()
        return process.returncode, out.decode(), err.decode()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def online(tmp_path: Path, upstream_url: str) -> Shell:
    return Shell(
        tmp_path, OPENROUTER_API_KEY=KEY, REFRASE_ENGINE_PROVIDER="openrouter", REFRASE_ENGINE_BASE_URL=upstream_url
    )


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


BAD = [
    (("rewrite", "none.md"), b"", 2, "file_unreadable"),
    (("rewrite", "--engine", "offline"), b" \n", 2, "prompt_empty"),
    (("rewrite", "--engine", "offline"), b"\x7fELF\x00\xff", 2, "not_text"),
    (("rewrite", "--engine", "offline"), b"x" * 5_000_000, 2, "prompt_too_large"),
    (("rewrite", "--engine", "offline", "--for", "kimi-k2-0906"), b"x", 2, "Did you mean kimi-k2-0905"),
    (("rewrite", "--mode", "wild"), b"x", 2, "conservative"),
    (("rewrite", "--nonsense"), b"x", 2, "No such option"),
    (("nonsense",), b"", 2, "No such command"),
    (("history", "show", "nothing"), b"", 2, "rewrite_not_found"),
    (("guides", "show", "nothing"), b"", 2, "guide_not_found"),
    (("batch", "none", "--out", "out"), b"", 2, "does not exist"),
]


@pytest.mark.parametrize(
    ("args", "stdin", "code", "told"), BAD, ids=[f"{' '.join(args)} {told}" for args, _, _, told in BAD]
)
def test_bad_input_is_told_in_a_line_with_an_exit_code(shell: Shell, args, stdin, code, told):
    got, out, err = shell.run(*args, stdin=stdin)
    assert (got, out) == (code, "")
    assert told in err


def test_an_error_is_json_where_json_was_asked_for(shell: Shell):
    code, out, _ = shell.run("rewrite", "--json", "--engine", "offline", stdin=b" ")
    assert (code, json.loads(out)["error"]["code"]) == (2, "prompt_empty")


def test_a_mistyped_setting_is_refused(tmp_path: Path):
    code, _, err = Shell(tmp_path, REFRASE_ENGINE_API_KY="x").run("rewrite", stdin=b"x")
    assert code == 4
    assert "Did you mean REFRASE_ENGINE_API_KEY?" in err


def test_a_database_that_cannot_be_opened_is_told_with_its_exit_code(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    shell = Shell(tmp_path, REFRASE_DATABASE_URL=f"sqlite:///{tmp_path}/file/x.db")
    code, _, err = shell.run("rewrite", "--engine", "offline", stdin=b"x")
    assert code == 6
    assert "[database_unreachable]" in err


def test_pairs_are_listed_shown_and_exported(shell: Shell):
    shell.run("rewrite", "--engine", "offline", stdin=PROMPT.encode())
    _, out, _ = shell.run("history", "list", "--json")
    (pair,) = json.loads(out)
    assert "fixed (offline)" in shell.run("history", "list", "--search", "sort")[1]
    assert f"+{AFTER}" in shell.run("history", "show", pair["id"])[1]
    assert shell.run("history", "export", "--out", "pairs.jsonl")[2] == "1 pairs.\n"
    assert json.loads((shell.folder / "pairs.jsonl").read_text()) == pair
    assert json.loads(shell.run("history", "export")[1]) == pair


def test_guides_are_listed_shown_and_checked(shell: Shell):
    assert "kimi-k2-0905" in shell.run("guides", "list")[1]
    assert shell.run("guides", "show", "kimi-k2")[1].startswith("---\nid: kimi-k2\n")
    code, out, _ = shell.run("guides", "check")
    assert code == 0
    assert all(": warning: " in line for line in out.splitlines())
    folder = shell.folder / "guides"
    folder.mkdir()
    (folder / "x.md").write_text("no guide")
    code, out, _ = shell.run("guides", "check", "guides")
    assert (code, out) == (1, "guides/x.md:1: the document must begin with front matter between two lines of ---\n")


def test_the_database_is_made_by_itself_and_on_demand(shell: Shell):
    assert "brought to schema" in shell.run("db", "upgrade")[2]
    assert "already at schema" in shell.run("db", "upgrade")[2]


def test_postgresql_without_its_driver_is_told(tmp_path: Path):
    shell = Shell(tmp_path, REFRASE_DATABASE_URL="postgresql://u@127.0.0.1:9/d")
    code = "import sys; sys.modules['asyncpg'] = None; from refrase.cli.main import main; main()"
    command = [sys.executable, "-c", code, "history", "list"]
    done = subprocess.run(command, env=shell.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "pip install 'refrase[postgres]'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    for number in range(6):
        (folder / f"{number}.md").write_text(f"I want you to count to {number} and then stop counting.")
    return folder


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


def test_help_and_version_import_nothing_heavy():
    code = (
        "import sys; from refrase.cli.main import cli; cli.main(['--help'], standalone_mode=False); "
        "print(sorted(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for heavy in (
        "litestar",
        "openai",
        "sqlalchemy",
        "alembic",
        "msgspec",
        "jinja2",
        "yaml",
        "asyncio",
        "rich",
        "genai_prices",
    ):
        assert f"'{heavy}'" not in out
    assert "rewrite" in out


def test_the_service_tells_where_it_is_and_ends_on_sigterm(shell: Shell):
    import httpx

    process = shell.start("serve", "--port", "0")
    told = b""
    while b"Refrase is at http" not in told:
        told += process.stderr.readline()
    address = told.decode().split("Refrase is at ")[1].split()[0]
    assert "Offline engine" in told.decode()
    for _ in range(100):
        try:
            assert httpx.get(f"{address}/health/live").json() == {"status": "ok"}
            break
        except httpx.TransportError:
            time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode in {0, -signal.SIGTERM}


def test_a_port_that_is_taken_is_told(shell: Shell):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _, err = shell.run("serve", "--port", str(taken.getsockname()[1]))
    assert code == 2
    assert "name a free one with --port" in err


def test_the_mark_of_a_request_is_drawn_anew_each_time(online: Shell, upstream: Upstream):
    upstream.will(Say(reply), Say(reply))
    online.run("rewrite", "--fresh", stdin=PROMPT.encode())
    online.run("rewrite", "--fresh", stdin=PROMPT.encode())
    first, second = (request["messages"][1]["content"] for request in upstream.requests)
    assert first != second
    assert MARK not in first
    assert upstream.requests[0]["messages"][0] == upstream.requests[1]["messages"][0]
