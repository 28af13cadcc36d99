"""From settings to engines: which provider, which key, which fallbacks, one gate for each provider and key."""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from msgspec import Struct

from refrase.clock import Clock
from refrase.core.guide import Price
from refrase.engine.engine import Engine, EngineOptions
from refrase.engine.extra_body import check_extra_body
from refrase.engine.gate import Gate, Limits
from refrase.engine.openai_engine import OpenAIEngine
from refrase.engine.providers import Provider, read_providers
from refrase.errors import EngineNotConfigured, SettingsInvalid
from refrase.settings import ENGINE_KEY, Settings

_CUSTOM = "custom"
# A header takes nothing else. Shortened keys have “…”, and ones that were copied with their neighbours a blank.
_NOT_OF_A_KEY = re.compile(r"[^!-~]")


class Chosen(Struct, frozen=True):
    """The provider that the settings lead to, with its key and the variable that holds it."""

    name: str
    provider: Provider
    key: str | None
    key_variable: str


class EngineSetup:
    """The engines of a process. `engine` is the one that is asked, or why there is none."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._sleep = sleep
        self._gates: dict[tuple[str, str | None], Gate] = {}
        self.providers = read_providers(settings.providers_file)
        self.engine = self._engine()
        self.fallbacks = () if isinstance(self.engine, EngineNotConfigured) else self._fallbacks()

    async def close(self) -> None:
        """Close all connections."""
        for engine in (self.engine, *self.fallbacks):
            if isinstance(engine, Engine):
                await engine.close()

    def _engine(self) -> Engine | EngineNotConfigured:
        settings = self._settings
        chosen = chosen_provider(settings, self.providers)
        missing = what_is_missing(chosen, settings.engine_base_url)
        if missing is not None:
            return missing
        options = EngineOptions(
            base_url=settings.engine_base_url or None,
            model=settings.engine_model or None,
            temperature=settings.engine_temperature,
            max_output_tokens=settings.engine_max_output_tokens,
            timeout_seconds=settings.engine_timeout_seconds,
            price=price_of(settings),
            extra_body=settings.engine_extra_body,
        )
        check_extra_body(chosen.provider, options.extra_body, chosen.key)
        return self._build(chosen, options)

    def _fallbacks(self) -> tuple[Engine, ...]:
        return tuple(self._fallback(stated) for stated in self._settings.engine_fallbacks)

    def _fallback(self, stated: str) -> Engine:
        """Build “provider” or “provider=model”. Raises SettingsInvalid where it is unknown or has no key."""
        name, _, model = stated.partition("=")
        if name not in self.providers:
            hint = f"There are {', '.join(self.providers)}."
            raise SettingsInvalid(f"REFRASE_ENGINE_FALLBACKS: {name!r} is not a provider.", hint=hint)
        provider = self.providers[name]
        chosen = _chosen(name, provider, self._settings, provider.key_variables)
        missing = what_is_missing(chosen, "")
        if missing is not None:
            raise SettingsInvalid(f"REFRASE_ENGINE_FALLBACKS: {missing.detail}", hint=missing.hint)
        options = EngineOptions(model=model or None, timeout_seconds=self._settings.engine_timeout_seconds)
        return self._build(chosen, options)

    def _build(self, chosen: Chosen, options: EngineOptions) -> Engine:
        place = (options.base_url or chosen.provider.base_url, chosen.key)
        if place not in self._gates:
            self._gates[place] = Gate(self._limits(chosen.provider), clock=self._clock, sleep=self._sleep)
        gate = self._gates[place]
        kind = engine_of_form(chosen.provider.form)
        return kind(chosen.name, chosen.provider, chosen.key, options, gate=gate, clock=self._clock)

    def _limits(self, provider: Provider) -> Limits:
        settings = self._settings
        return Limits(
            most_concurrent=settings.engine_most_concurrent or provider.most_concurrent,
            requests_per_minute=settings.engine_requests_per_minute or provider.requests_per_minute,
            tokens_per_minute=settings.engine_tokens_per_minute or provider.tokens_per_minute,
        )


def engine_of_form(form: str) -> type[Engine]:
    """Return the engine that speaks *form*. Raises SettingsInvalid where its SDK is not installed."""
    if form != "anthropic":
        return OpenAIEngine
    try:
        from refrase.engine.anthropic_engine import AnthropicEngine  # noqa: PLC0415 - its SDK is an extra
    except ModuleNotFoundError as error:
        hint = "Install it with the extra: pip install 'refrase[anthropic]'."
        raise SettingsInvalid(f"This provider's form needs the package {error.name}.", hint=hint) from None
    return AnthropicEngine


def chosen_provider(settings: Settings, providers: Mapping[str, Provider]) -> Chosen:
    """Return the stated provider; else custom where only an address is stated; else the first one with a key."""
    name = settings.engine_provider
    if name and name not in providers:
        hint = f"There are {', '.join(providers)}."
        raise SettingsInvalid(f"REFRASE_ENGINE_PROVIDER={name!r} is not a provider.", hint=hint)
    if not name and settings.engine_base_url:
        name = _CUSTOM
    if not name:
        with_key = (name for name, known in providers.items() if settings.secrets.find(*known.key_variables))
        name = next(with_key, next(iter(providers)))
    provider = providers[name]
    return _chosen(name, provider, settings, (ENGINE_KEY, *provider.key_variables))


def _chosen(name: str, provider: Provider, settings: Settings, variables: tuple[str, ...]) -> Chosen:
    return Chosen(name, provider, settings.secrets.find(*variables), settings.secrets.find_name(*variables))


def what_is_missing(chosen: Chosen, base_url: str) -> EngineNotConfigured | None:
    """Return what keeps the provider from being asked: no address, or no key, or one that cannot be used."""
    provider, address = chosen.provider, base_url or chosen.provider.base_url
    if not _is_address(address):
        fault = "has an address that does not begin with http:// or https://" if address else "has no address"
        return EngineNotConfigured(
            f"The provider “{chosen.name}” {fault}.",
            hint="Set REFRASE_ENGINE_BASE_URL, e.g. http://localhost:8000/v1.",
        )
    if chosen.key is None:
        if not provider.key_required:
            return None
        return EngineNotConfigured(
            f"No key for {provider.title} is set, so Kimi K2 cannot be asked.",
            hint=f"Set {provider.key_variables[0]}=… in the environment or in a .env file.",
        )
    if strange := _NOT_OF_A_KEY.search(chosen.key):
        return EngineNotConfigured(
            f"The key for {provider.title} cannot be sent: its character {strange.start() + 1} stands in no key.",
            hint=f"Copy it anew, whole and alone, to {chosen.key_variable}.",
        )
    return None


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # no port, or no host, has that form
        return False


def price_of(settings: Settings) -> Price | None:
    """Return the price that the user states, in US dollars per million tokens: input, cached where told, output."""
    parts = [float(part) for part in settings.engine_price_usd]
    if not parts:
        return None
    cached = parts[1] if len(parts) == 3 else None
    return Price(parts[0], parts[-1], datetime.now(UTC).date(), "REFRASE_ENGINE_PRICE_USD", cached)
