"""What tests over the whole service share: a shell, a second provider, a database, a folder that stays empty."""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from refrase.storage import migrate
from refrase.storage.database import Database
from refrase.storage.database import database_url as url_of
from refrase.storage.rewrites import Rewrites
from tests.conftest import KEY
from tests.fakes.server import RunningServer
from tests.fakes.upstream import Upstream
from tests.shell import Shell

# A reply in both forms.
_REPLY = {
    "choices": [{"message": {"role": "assistant", "content": "Hello."}}],
    "content": [{"type": "text", "text": "Hello."}],
}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def online(tmp_path: Path, upstream_url: str) -> Shell:
    return Shell(
        tmp_path, OPENROUTER_API_KEY=KEY, REFRASE_ENGINE_PROVIDER="openrouter", REFRASE_ENGINE_BASE_URL=upstream_url
    )


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    for number in range(6):
        (folder / f"{number}.md").write_text(f"I want you to count to {number} and then stop counting.")
    return folder


@pytest.fixture
def empty_folder(tmp_path: Path) -> Iterator[Path]:
    """Stand in a folder of our own; whatever a template does, it must be empty afterwards."""
    with contextlib.chdir(tmp_path):
        yield tmp_path
    assert list(tmp_path.iterdir()) == []


PROFILE = """
[second]
title = "Second"
base_url = "{address}/v1"
key_variables = ["SECOND_API_KEY"]
model = "second-model"
source = "https://example.com"
"""


@pytest.fixture
def second(tmp_path):
    """A second provider, and the settings that make it the fallback."""
    upstream = Upstream()
    with RunningServer(upstream) as address:
        profile = tmp_path / "providers.toml"
        profile.write_text(PROFILE.format(address=address))
        yield (
            upstream,
            {
                "REFRASE_PROVIDERS_FILE": str(profile),
                "REFRASE_ENGINE_FALLBACKS": "second",
                "SECOND_API_KEY": "sk-second-0123456789",
            },
        )


@pytest.fixture
async def database(database_url: str, tmp_path: Path):
    database = Database(url_of(database_url, tmp_path))
    await migrate.upgrade(database)
    yield database
    await database.close()


@pytest.fixture
def rewrites(database: Database) -> Rewrites:
    return Rewrites(database)


@pytest.fixture
def upstream_recorded():
    """An address that answers in the one form and the other, and what was sent to it."""
    requests: list[tuple[str, dict[str, str], dict]] = []

    class Recorder(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(_REPLY).encode())

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", requests
    server.shutdown()
    server.server_close()
