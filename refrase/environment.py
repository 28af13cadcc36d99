"""The settings of this process. On its own, so that a command that needs no engine imports none."""

import os
from pathlib import Path

from refrase.packaged import packaged_path
from refrase.settings import Settings, read_settings


def settings_from_environment() -> Settings:
    """Return the settings of this process: its environment, and the .env file here or beside the checkout.

    Raises SettingsInvalid.
    """
    return read_settings(os.environ, (Path.cwd(), packaged_path("guides").parent))
