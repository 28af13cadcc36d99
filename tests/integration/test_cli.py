"""The command line as a shell meets it: what is refused and how, history, guides, database, the service."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.shell import AFTER, PROMPT, Shell

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


def test_providers_are_listed_in_columns_and_shown_in_plain_words(shell: Shell):
    names = [line[2:].split("  ")[0] for line in shell.run("providers", "list")[1].splitlines()]
    assert {"modelslab-anthropic", "moonshot-anthropic", "openrouter"} <= set(names)
    shown = shell.run("providers", "show", "openrouter-exacto")[1]
    assert "  key_variables         OPENROUTER_API_KEY\n" in shown
    assert "  headers               X-OpenRouter-Title: Refrase\n" in shown
    assert "  key_required          yes\n" in shown
    assert not {"takes", "api_version"} & set(shown.split())
    assert "  api_version           2023-06-01\n" in shell.run("providers", "show", "moonshot-anthropic")[1]


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
