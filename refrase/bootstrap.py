"""The only place that builds objects: settings in, the bundle of services out. Tests pass their parts in here."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from uuid_utils import uuid7

from refrase.clock import Clock, SystemClock
from refrase.engine.offline import OfflineEngine
from refrase.engine.openai_engine import EngineOptions, OpenAIEngine
from refrase.engine.providers import Provider, read_providers
from refrase.engine.retrying import RetryPolicy
from refrase.errors import EngineNotConfigured, SettingsInvalid
from refrase.guidebook import Guidebook, read_guidebook
from refrase.instructions import Instructions
from refrase.packaged import packaged_path
from refrase.services.conversation import MOST_REPAIRS
from refrase.services.health import Health
from refrase.services.history import History
from refrase.services.rewriting import Rewriter
from refrase.services.watching import Watching
from refrase.settings import ENGINE_KEY, Settings, read_settings
from refrase.storage.database import Database, database_url
from refrase.storage.migrate import upgrade
from refrase.storage.rewrites import Rewrites

_CUSTOM = "custom"
# How long a shutdown waits for replies that are being paid for.
_GRACE_SECONDS = 20.0


class Services:
    """Everything the edges need. `engine` is the configured engine, or why there is none."""

    def __init__(
        self,
        *,
        settings: Settings,
        guidebook: Guidebook,
        database: Database,
        engine: OpenAIEngine | EngineNotConfigured,
        rewriter: Rewriter,
        watching: Watching,
        history: History,
        health: Health,
        is_migrated: bool,
    ) -> None:
        self.settings = settings
        self.guidebook = guidebook
        self.database = database
        self.engine = engine
        self.rewriter = rewriter
        self.watching = watching
        self.history = history
        self.health = health
        self.is_migrated = is_migrated  # whether the database had to be brought to the newest schema


def settings_from_environment() -> Settings:
    """Return the settings of this process: its environment, and the .env file here or beside the checkout."""
    return read_settings(os.environ, (Path.cwd(), packaged_path("guides").parent))


def open_database(settings: Settings) -> Database:
    """Return the database of *settings*, not yet connected."""
    return Database(database_url(settings.database_url, settings.data_dir))


@asynccontextmanager
async def open_services(
    settings: Settings,
    *,
    guidebook: Guidebook | None = None,
    clock: Clock | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    draw_mark: Callable[[], str] = lambda: secrets.token_hex(4),
) -> AsyncIterator[Services]:
    """Open everything, and close it in order. Raises SettingsInvalid, GuideInvalid and StorageFailed."""
    clock = clock or SystemClock()
    guidebook = guidebook or read_guidebook(packaged_path("guides"))
    engine = _engine(settings, clock)
    database = open_database(settings)
    try:
        is_migrated = await upgrade(database)
        rewrites = Rewrites(database)
        rewriter = Rewriter(
            guidebook=guidebook,
            instructions=Instructions(),
            rewrites=rewrites,
            engine=engine,
            offline=OfflineEngine(),
            policy=RetryPolicy(most_tries=settings.engine_most_tries),
            max_prompt_bytes=settings.max_prompt_bytes,
            clock=clock,
            sleep=sleep,
            draw_id=lambda: str(uuid7()),
            draw_mark=draw_mark,
        )
        watching = Watching(rewriter)
        yield Services(
            settings=settings,
            guidebook=guidebook,
            database=database,
            engine=engine,
            rewriter=rewriter,
            watching=watching,
            history=History(rewrites, clock=clock, longest_run_seconds=_longest_run_seconds(settings)),
            health=Health({"database": database.ping}),
            is_migrated=is_migrated,
        )
        await watching.close(_GRACE_SECONDS)
    finally:
        if isinstance(engine, OpenAIEngine):
            await engine.close()
        await database.close()


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
    """Return the time after which no rewrite can still be running: every turn, every try, every wait."""
    tries = settings.engine_most_tries * (MOST_REPAIRS + 1)
    return tries * (settings.engine_timeout_seconds + RetryPolicy().longest_wait_seconds)


def _engine(settings: Settings, clock: Clock) -> OpenAIEngine | EngineNotConfigured:
    providers = read_providers()
    name = _provider_name(settings, providers)
    provider = providers[name]
    key = settings.secrets.find(ENGINE_KEY, *provider.key_variables)
    if not (settings.engine_base_url or provider.base_url):
        return EngineNotConfigured(
            "The provider “custom” has no address.", hint="Set REFRASE_ENGINE_BASE_URL, e.g. http://localhost:8000/v1."
        )
    if key is None and provider.key_required:
        variable = provider.key_variables[0]
        return EngineNotConfigured(
            f"No key for {provider.title} is set, so Kimi K2 cannot be asked.",
            hint=f"Set {variable}=… in the environment or in a .env file.",
        )
    options = EngineOptions(
        base_url=settings.engine_base_url or None,
        model=settings.engine_model or None,
        temperature=settings.engine_temperature,
        max_output_tokens=settings.engine_max_output_tokens,
        timeout_seconds=settings.engine_timeout_seconds,
    )
    return OpenAIEngine(name, provider, key, options, clock=clock)


def _provider_name(settings: Settings, providers: Mapping[str, Provider]) -> str:
    """Return the stated provider; else custom where only an address is stated; else the first one with a key."""
    stated = settings.engine_provider
    if stated:
        if stated not in providers:
            hint = f"There are {', '.join(providers)}."
            raise SettingsInvalid(f"REFRASE_ENGINE_PROVIDER={stated!r} is not a provider.", hint=hint)
        return stated
    if settings.engine_base_url:
        return _CUSTOM
    with_key = (name for name, provider in providers.items() if settings.secrets.find(*provider.key_variables))
    return next(with_key, next(iter(providers)))
