"""What tests over the whole service share: a shell, a second provider, a database, a folder that stays empty."""

import contextlib
from collections.abc import Iterator
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
