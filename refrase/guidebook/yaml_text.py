"""Reading YAML: by libyaml where PyYAML comes with it, which takes a third of the time that all guides take."""

from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_yaml(text: str) -> Any:
    """Return what *text* says, as plain values. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=_LOADER)  # noqa: S506 - either is a safe loader
