"""Fields that the user adds to the body of each call: REFRASE_ENGINE_EXTRA_BODY."""

import json
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from refrase.core.request import LIMIT_NAMES
from refrase.engine.failures import holds_key
from refrase.engine.providers import Provider
from refrase.errors import SettingsInvalid

_NAME = "REFRASE_ENGINE_EXTRA_BODY"
# What has a setting of its own.
_ELSEWHERE = {
    "model": "REFRASE_ENGINE_MODEL",
    "temperature": "REFRASE_ENGINE_TEMPERATURE",
    **dict.fromkeys(LIMIT_NAMES, "REFRASE_ENGINE_MAX_OUTPUT_TOKENS"),
}
# What Refrase sets itself, or leaves out since a rewrite is one tagged text.
_OURS = {"messages", "system", "stream", "stream_options", "n", "tools", "tool_choice", "response_format"}


def check_extra_body(provider: Provider, stated: Mapping[str, Any], key: str | None) -> None:
    """Refuse fields that are not the user's to add, names that *provider* does not know in them, and keys.

    Raises SettingsInvalid. What is stated travels to the provider and is stored and shown with each pair.
    """
    told = json.dumps(stated, ensure_ascii=False)
    if holds_key(told, key):
        raise SettingsInvalid(f"{_NAME} holds a key.", hint="It is stored and shown; keys have variables of their own.")
    own = {provider.model_field: "REFRASE_ENGINE_MODEL", provider.output_limit_field: _ELSEWHERE["max_tokens"]}
    elsewhere = {**_ELSEWHERE, **own}
    for name, value in stated.items():
        if name in elsewhere:
            raise SettingsInvalid(f"{_NAME} may not hold {name!r}.", hint=f"Set {elsewhere[name]} instead.")
        if name in _OURS or name == provider.key_field:
            raise SettingsInvalid(f"{_NAME} may not hold {name!r}: Refrase sets it itself, or never sends it.")
        _check_names(provider, name, value)


def _check_names(provider: Provider, name: str, value: Any) -> None:
    known = provider.options.get(name)
    if known is None:
        return
    if not isinstance(value, Mapping):
        raise SettingsInvalid(f"{_NAME}: {name!r} must be an object with {', '.join(known)}.")
    for option in value:
        if option not in known:
            near = get_close_matches(option, known, n=3) or known
            hint = f"Did you mean {', '.join(near)}?"
            raise SettingsInvalid(f"{_NAME}: {provider.title} knows no {option!r} in {name!r}.", hint=hint)
