"""Provider profiles: where a provider is, what it wants and what it leaves out. Data, read from providers.toml."""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec
from msgspec import Struct

from refrase.core.guide import Price
from refrase.errors import OptionInvalid, SettingsInvalid

# For a model of which it is not known: what the smallest of today's models give.
_UNKNOWN_OUTPUT_TOKENS = 16_384


class EngineModel(Struct, frozen=True, forbid_unknown_fields=True):
    """What a provider's model takes. `pattern` is the model id, or a shell-style pattern of ids."""

    pattern: str
    context_tokens: int | None = None
    output_tokens: int = _UNKNOWN_OUTPUT_TOKENS
    temperature: float | None = None
    temperature_fixed: str = ""  # why no temperature is sent, where the model fixes it
    temperature_least: float = 0.0
    temperature_most: float = 2.0
    temperature_scale: float = 1.0  # what the endpoint multiplies a temperature by
    thinks: bool = False
    extra_body: dict[str, Any] = {}
    price: Price | None = None


class Provider(Struct, frozen=True, forbid_unknown_fields=True):
    """A provider's profile."""

    title: str
    base_url: str
    key_variables: tuple[str, ...]
    model: str
    source: str
    form: str = "openai"
    key_required: bool = True
    key_field: str = ""
    key_header: str = ""
    api_version: str = "2023-06-01"  # read in the form of Anthropic alone
    model_field: str = "model"
    output_limit_field: str = "max_tokens"
    continuation: str = ""
    takes: tuple[str, ...] = ()
    calls: dict[str, str] = {}
    asks_usage: bool = True
    most_concurrent: int = 64
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    headers: dict[str, str] = {}
    extra_body: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    options: dict[str, tuple[str, ...]] = {}
    count_path: str = ""
    note: str = ""
    ids_of: str = ""  # whose ids of models a guide lists for this provider; empty: its own name's
    models: tuple[EngineModel, ...] = ()

    def engine_model(self, model_id: str) -> EngineModel:
        """Return what is known of the model; for an unknown one nothing but cautious limits."""
        known = (model for model in self.models if fnmatchcase(model_id, model.pattern))
        return next(known, EngineModel(model_id))


def read_providers(own: Path | None = None) -> dict[str, Provider]:
    """Return every profile by its name, the default one first; a file of the user's own adds and replaces.

    Raises SettingsInvalid where that file cannot be read or does not have the form.
    """
    known = _packaged("providers.toml")
    if own is None:
        return known
    try:
        return known | _profiles(own.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        hint = "refrase/docs/providers.md tells the form; `refrase providers show openrouter` is an example."
        raise SettingsInvalid(f"REFRASE_PROVIDERS_FILE={str(own)!r} cannot be used: {error}", hint=hint) from None


def read_endpoints() -> dict[str, Provider]:
    """Return vendors that a target can be called at and that are no engine of Refrase, by the name guides use."""
    return _packaged("endpoints.toml")


def get_provider(providers: Mapping[str, Provider], name: str) -> Provider:
    """Return the profile of that name. Raises OptionInvalid, which offers the nearest names."""
    if name not in providers:
        near = get_close_matches(name, providers, n=3, cutoff=0.4) or list(providers)
        raise OptionInvalid(f"There is no provider {name!r}.", hint=f"Did you mean {', '.join(near)}?")
    return providers[name]


def without_credentials(address: str) -> str:
    """Return *address* as it may be shown and stored: without name, password and query, which a user's own may have."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def _packaged(name: str) -> dict[str, Provider]:
    return _profiles((files("refrase.engine") / name).read_text("utf-8"))


def _profiles(text: str) -> dict[str, Provider]:
    return msgspec.convert(tomllib.loads(text), dict[str, Provider])
