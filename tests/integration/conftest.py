"""What tests over the whole service share: a shell, a second provider, a database, a folder that stays empty."""

from pathlib import Path

import pytest

from tests.conftest import KEY
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
