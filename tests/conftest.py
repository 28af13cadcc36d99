"""What all tests share: no network but this machine, a fake provider, a database, the services over them."""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest

from refrase.app import create_app
from refrase.bootstrap import Services, open_services
from refrase.settings import Settings, read_settings
from tests.fakes.clock import FakeClock, Sleep
from tests.fakes.postgres import find_binaries, running_postgres
from tests.fakes.server import RunningServer
from tests.fakes.upstream import Upstream

MARK = "a1b2c3d4"
KEY = "sk-test-0123456789abcdef"
# Real prompt libraries, beside the checkout of a developer; absent elsewhere.
LIBRARIES = Path(__file__).parents[2] / "shared" / "libraries"
needs_libraries = pytest.mark.skipif(not LIBRARIES.is_dir(), reason="the real libraries are not here")
_LOCAL = ("127.0.0.1", "::1", "localhost")


def _refuse_network(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(args[1], tuple) and args[1][0] not in _LOCAL:
        raise AssertionError(f"a test tried to reach {args[1]}")


hypothesis.settings.register_profile("tests", deadline=None, derandomize=True)
hypothesis.settings.load_profile("tests")
sys.addaudithook(_refuse_network)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder for a user's own guides."""
    folder = tmp_path / "own"
    folder.mkdir()
    return folder


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
def upstream_url(upstream: Upstream) -> Iterator[str]:
    with RunningServer(upstream) as address:
        yield f"{address}/v1"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    with running_postgres(binaries) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/refrase.db"
    url: str = request.getfixturevalue("postgres_url")
    _empty(url)
    return url


@pytest.fixture
def settings(tmp_path: Path, upstream_url: str) -> Settings:
    """Settings that lead to the fake provider as OpenRouter, with a key."""
    return make_settings(
        tmp_path, OPENROUTER_API_KEY=KEY, REFRASE_ENGINE_PROVIDER="openrouter", REFRASE_ENGINE_BASE_URL=upstream_url
    )


@pytest.fixture
def sleep() -> Sleep:
    return Sleep()


@pytest.fixture
async def services(settings: Settings, sleep: Sleep) -> AsyncIterator[Services]:
    async with open_services(settings, sleep=sleep, draw_mark=lambda: MARK) as opened:
        yield opened


@pytest.fixture
def client(settings: Settings) -> Iterator[httpx.Client]:
    """A client of the real application, served on a real socket."""
    with serving(settings) as opened:
        yield opened


@contextmanager
def serving(settings: Settings) -> Iterator[httpx.Client]:
    app = create_app(settings, draw_mark=lambda: MARK, sleep=Sleep())
    with RunningServer(app, lifespan="on") as address, httpx.Client(base_url=address, timeout=20) as opened:
        yield opened


def make_settings(data_dir: Path, **environ: str) -> Settings:
    return read_settings({"REFRASE_DATA_DIR": str(data_dir / "data"), "REFRASE_LOG_LEVEL": "error", **environ}, ())


def _empty(url: str) -> None:
    """Throw away whatever an earlier test left in a PostgreSQL database."""
    import asyncio

    import asyncpg

    async def run() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        await connection.close()

    asyncio.run(run())
