"""Settings: one frozen value, read from REFRASE_* variables and a .env file. Unknown names are refused.

A setting `engine_timeout_seconds` is the variable REFRASE_ENGINE_TIMEOUT_SECONDS. Provider keys keep their usual
names (OPENROUTER_API_KEY, MOONSHOT_API_KEY, ...). Secrets show in no repr, log or error.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec
from dotenv import dotenv_values
from msgspec import Struct
from platformdirs import user_data_path

from refrase.errors import SettingsInvalid

_PREFIX = "REFRASE_"
_KEY_SUFFIX = "_API_KEY"
ENGINE_KEY = "REFRASE_ENGINE_API_KEY"
_ENV_FILE = ".env"
_PRICE = re.compile(r"\d{1,6}(?:\.\d{1,6})?")


class Secrets:
    """Keys by the name of their variable. Shows which are set, never what they are."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {name: value for name, value in values.items() if value.strip()}

    def find(self, *names: str) -> str | None:
        """Return the first of the named secrets that is set, or None."""
        name = self.find_name(*names)
        return self._values[name].strip() if name else None

    def find_name(self, *names: str) -> str:
        """Return the name of the first of the named secrets that is set, or ""."""
        return next((name for name in names if name in self._values), "")

    def __repr__(self) -> str:
        return f"Secrets({', '.join(sorted(self._values))})"


class Settings(Struct, frozen=True):
    """Everything a user can set. refrase/docs/settings.md tells each one."""

    secrets: Secrets
    data_dir: Path
    database_url: str = ""
    default_target: str = "kimi-k2-0905"
    engine_provider: str = ""
    engine_base_url: str = ""
    engine_model: str = ""
    engine_temperature: float | None = None
    engine_max_output_tokens: int | None = None
    engine_timeout_seconds: float = 300.0
    engine_most_tries: int = 4
    engine_most_attempts: int = 10
    engine_deadline_seconds: float = 900.0
    engine_most_concurrent: int | None = None
    engine_requests_per_minute: int | None = None
    engine_tokens_per_minute: int | None = None
    engine_extra_body: dict[str, Any] = {}
    engine_price_usd: tuple[str, ...] = ()
    engine_fallbacks: tuple[str, ...] = ()
    providers_file: Path | None = None
    max_prompt_bytes: int = 1_000_000
    guides_folder: Path | None = None
    max_guide_tokens: int = 30_000
    host: str = "127.0.0.1"
    port: int = 8321
    allowed_hosts: tuple[str, ...] = ()
    log_level: str = "info"

    def __repr__(self) -> str:
        """Show no database URL: it may carry a password."""
        shown = {field: getattr(self, field) for field in self.__struct_fields__ if field != "database_url"}
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"


def read_settings(environ: Mapping[str, str], folders: tuple[Path, ...]) -> Settings:
    """Return the settings of *environ*, filled up from the .env file of the first of *folders* that has one.

    Raises SettingsInvalid for an unknown REFRASE_ name or a value that cannot be used.
    """
    values = {**_dotenv(folders), **environ}
    fields = {field.name: field for field in msgspec.structs.fields(Settings) if field.name != "secrets"}
    given: dict[str, object] = {}
    for name, text in values.items():
        if not name.startswith(_PREFIX) or name == ENGINE_KEY:
            continue
        key = name.removeprefix(_PREFIX).lower()
        if key not in fields:
            near = get_close_matches(key, [*fields, "engine_api_key"], n=1)
            hint = f"Did you mean {_PREFIX}{near[0].upper()}?" if near else "refrase/docs/settings.md lists all."
            raise SettingsInvalid(f"{name} is not a setting.", hint=hint)
        if text.strip():
            given[key] = _value(name, text.strip(), fields[key].type)
    data_dir = given.pop("data_dir", None) or user_data_path("refrase", appauthor=False)
    settings = Settings(
        secrets=Secrets({name: value for name, value in values.items() if name.endswith(_KEY_SUFFIX)}),
        data_dir=Path(str(data_dir)).expanduser(),
        **given,  # type: ignore[arg-type]
    )
    _check(settings)
    return settings


def _value(name: str, text: str, kind: object) -> object:
    if kind in {Path, Path | None}:
        return Path(text).expanduser()
    if kind == tuple[str, ...]:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if kind == dict[str, Any]:
        try:
            return msgspec.json.decode(text, type=dict[str, Any])
        except msgspec.DecodeError as error:  # the text is not told: it may hold what is not to be shown
            hint = 'It reads like {"provider": {"data_collection": "deny"}}.'
            raise SettingsInvalid(f"{name} is not a JSON object: {error}.", hint=hint) from None
    try:
        return msgspec.convert(text, type=kind, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsInvalid(f"{name}={text!r} cannot be used: {error}.") from None


def _check(settings: Settings) -> None:
    checks = (
        ("engine_timeout_seconds", settings.engine_timeout_seconds > 0, "more than 0"),
        ("engine_most_tries", 1 <= settings.engine_most_tries <= 20, "1 to 20"),
        ("engine_temperature", settings.engine_temperature is None or 0 <= settings.engine_temperature <= 2, "0 to 2"),
        ("engine_max_output_tokens", (settings.engine_max_output_tokens or 1) > 0, "more than 0"),
        ("engine_most_attempts", 1 <= settings.engine_most_attempts <= 100, "1 to 100"),
        ("engine_deadline_seconds", settings.engine_deadline_seconds > 0, "more than 0"),
        ("engine_most_concurrent", (settings.engine_most_concurrent or 1) > 0, "more than 0"),
        ("engine_requests_per_minute", (settings.engine_requests_per_minute or 1) > 0, "more than 0"),
        ("engine_tokens_per_minute", (settings.engine_tokens_per_minute or 1) > 0, "more than 0"),
        (
            "engine_price_usd",
            _is_price(settings.engine_price_usd),
            "input,output or input,cached,output",
        ),
        ("max_prompt_bytes", settings.max_prompt_bytes > 0, "more than 0"),
        ("max_guide_tokens", settings.max_guide_tokens > 0, "more than 0"),
        ("port", 0 <= settings.port <= 65535, "0 to 65535"),
        ("log_level", settings.log_level in {"debug", "info", "warning", "error"}, "debug, info, warning or error"),
    )
    for name, is_good, wanted in checks:
        if not is_good:
            raise SettingsInvalid(f"{_PREFIX}{name.upper()}={getattr(settings, name)!r} must be {wanted}.")


def _is_price(parts: tuple[str, ...]) -> bool:
    return not parts or (len(parts) in {2, 3} and all(_PRICE.fullmatch(part) for part in parts))


def _dotenv(folders: tuple[Path, ...]) -> dict[str, str]:
    for folder in folders:
        path = folder / _ENV_FILE
        if path.is_file():
            try:
                return {name: value or "" for name, value in dotenv_values(path).items()}
            except (OSError, UnicodeDecodeError) as error:
                raise SettingsInvalid(f"{path} cannot be read: {error}") from None
    return {}
