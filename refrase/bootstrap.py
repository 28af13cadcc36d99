"""The only place that builds objects: settings in, the bundle of services out. Tests pass their parts in here."""

import asyncio
import gc
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache

from uuid_utils import uuid7

from refrase.clock import Clock, SystemClock
from refrase.engine.engine import Engine
from refrase.engine.offline import OfflineEngine
from refrase.engine.providers import Provider
from refrase.engine.retrying import RetryPolicy
from refrase.engine_setup import EngineSetup
from refrase.environment import settings_from_environment as settings_from_environment  # noqa: PLC0414 - edges find it here
from refrase.errors import EngineNotConfigured
from refrase.guidebook import Guidebook
from refrase.guidebook.live import LiveGuidebook
from refrase.guidebook.reader import GuideReader
from refrase.instructions import Instructions
from refrase.packaged import packaged_path
from refrase.rendering import Rendering
from refrase.services.checking import Checker
from refrase.services.conversation import MOST_REPAIRS
from refrase.services.desk import Desk
from refrase.services.engines import Engines
from refrase.services.health import Health
from refrase.services.history import History
from refrase.services.plan import Planner
from refrase.services.rewriting import Rewriter
from refrase.services.staleness import Staleness
from refrase.services.watching import Watching
from refrase.settings import Settings
from refrase.storage.database import Database, database_url
from refrase.storage.migrate import upgrade
from refrase.storage.rewrites import Rewrites

# How long a shutdown waits for replies that are being paid for.
_GRACE_SECONDS = 20.0
# Python's own 700 are a fraction of what one rewrite makes.
_MOST_YOUNG_OBJECTS = 10_000


class Services:
    """Everything the edges need. `engine` is the configured engine, or why there is none."""

    def __init__(
        self,
        *,
        settings: Settings,
        guides: LiveGuidebook,
        database: Database,
        engine: Engine | EngineNotConfigured,
        planner: Planner,
        rewriter: Rewriter,
        watching: Watching,
        history: History,
        staleness: Staleness,
        health: Health,
        checker: Checker,
        providers: Mapping[str, Provider],
        is_migrated: bool,
    ) -> None:
        self.settings = settings
        self.guides = guides
        self.database = database
        self.engine = engine
        self.planner = planner
        self.rewriter = rewriter
        self.watching = watching
        self.history = history
        self.staleness = staleness
        self.health = health
        self.checker = checker
        self.providers = providers  # every profile, those of the user included
        self.is_migrated = is_migrated  # whether the database had to be brought to the newest schema

    @property
    def guidebook(self) -> Guidebook:
        """The guides as they are now."""
        return self.guides.current


def open_database(settings: Settings) -> Database:
    """Return the database of *settings*, not yet connected."""
    return Database(database_url(settings.database_url, settings.data_dir))


@asynccontextmanager
async def open_services(
    settings: Settings,
    *,
    guides: GuideReader | None = None,
    clock: Clock | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    draw_mark: Callable[[], str] = lambda: str(secrets.randbelow(900_000_000) + 100_000_000),
) -> AsyncIterator[Services]:
    """Open everything, and close it in order. Raises SettingsInvalid, GuideInvalid and StorageFailed."""
    clock = clock or SystemClock()
    live = LiveGuidebook(guides or GuideReader(packaged_path("guides"), settings.guides_folder), clock)
    setup = EngineSetup(settings, clock=clock, sleep=sleep)
    database = open_database(settings)
    rendering = Rendering()
    try:
        is_migrated = await upgrade(database)
        rewrites = Rewrites(database)
        engines = Engines(setup.engine, OfflineEngine(), setup.fallbacks)
        desk = Desk()
        instructions = Instructions(max_guide_tokens=settings.max_guide_tokens)
        planner = Planner(
            guides=live,
            instructions=instructions,
            engines=engines,
            desk=desk,
            max_prompt_bytes=settings.max_prompt_bytes,
            draw_mark=draw_mark,
        )
        rewriter = Rewriter(
            planner=planner,
            instructions=instructions,
            rewrites=rewrites,
            engines=engines,
            rendering=rendering,
            desk=desk,
            policy=_policy(settings),
            clock=clock,
            sleep=sleep,
            draw_id=lambda: str(uuid7()),
        )
        watching = Watching(planner, rewriter)
        _freeze()
        yield Services(
            settings=settings,
            guides=live,
            database=database,
            engine=setup.engine,
            planner=planner,
            rewriter=rewriter,
            watching=watching,
            history=History(rewrites, clock=clock, longest_run_seconds=_longest_run_seconds(settings)),
            staleness=Staleness(rewrites, live),
            health=Health({"database": database.ping}),
            checker=Checker(rendering, max_prompt_bytes=settings.max_prompt_bytes),
            providers=setup.providers,
            is_migrated=is_migrated,
        )
        await watching.close(_GRACE_SECONDS)
    finally:
        await setup.close()
        await rendering.aclose()
        await database.close()


@cache
def _freeze() -> None:
    """Once in a process, spare the garbage collector what stays: going through it stops everyone for 0.1 s at times.

    It looks less often, too: of what a rewrite makes, next to nothing is garbage in a circle.
    """
    gc.freeze()
    gc.set_threshold(_MOST_YOUNG_OBJECTS)


def form_secret(settings: Settings) -> str:
    """Return the secret that signs the form's token. It is kept beside the data, so that a restart spoils no form."""
    path = settings.data_dir / "form-secret"
    try:
        if not path.is_file():
            settings.data_dir.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(32))
        return path.read_text().strip() or secrets.token_hex(32)
    except OSError:
        # A folder that cannot be written, or another process just ahead: a secret for this process serves, too.
        return secrets.token_hex(32)


def _longest_run_seconds(settings: Settings) -> float:
    """Return the time after which no rewrite can still be running: no call begins beyond the deadline."""
    return settings.engine_deadline_seconds + settings.engine_timeout_seconds * (MOST_REPAIRS + 1)


def _policy(settings: Settings) -> RetryPolicy:
    return RetryPolicy(
        most_tries=settings.engine_most_tries,
        most_attempts=settings.engine_most_attempts,
        deadline_seconds=settings.engine_deadline_seconds,
    )
