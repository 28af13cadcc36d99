"""Provider profiles: where a provider is, what it wants and what it leaves out. Data, read from providers.toml."""

import tomllib
from fnmatch import fnmatchcase
from importlib.resources import files
from typing import Any

import msgspec
from msgspec import Struct

from refrase.core.guide import Price

# For a model that no profile knows: what the smallest of today's models take.
_UNKNOWN_CONTEXT_TOKENS = 32_768
_UNKNOWN_OUTPUT_TOKENS = 16_384


class EngineModel(Struct, frozen=True, forbid_unknown_fields=True):
    """What a provider's model takes. `pattern` is the model id, or a shell-style pattern of ids."""

    pattern: str
    context_tokens: int = _UNKNOWN_CONTEXT_TOKENS
    output_tokens: int = _UNKNOWN_OUTPUT_TOKENS
    temperature: float | None = None
    extra_body: dict[str, Any] = {}
    price: Price | None = None


class Provider(Struct, frozen=True, forbid_unknown_fields=True):
    """A provider's profile."""

    title: str
    base_url: str
    key_variables: tuple[str, ...]
    model: str
    source: str
    key_required: bool = True
    output_limit_field: str = "max_tokens"
    headers: dict[str, str] = {}
    note: str = ""
    models: tuple[EngineModel, ...] = ()

    def engine_model(self, model_id: str) -> EngineModel:
        """Return what is known of the model; for an unknown one nothing but cautious limits."""
        known = (model for model in self.models if fnmatchcase(model_id, model.pattern))
        return next(known, EngineModel(model_id))


def read_providers() -> dict[str, Provider]:
    """Return every profile by its name, the default one first."""
    text = (files("refrase.engine") / "providers.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Provider])
