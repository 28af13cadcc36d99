"""Settings come from the environment and .env, are checked, and never show a secret."""

from pathlib import Path

import pytest

from refrase.errors import SettingsInvalid
from refrase.settings import read_settings
from refrase.storage.database import database_url


def test_a_setting_is_read_by_its_name(tmp_path):
    settings = read_settings({"REFRASE_ENGINE_TIMEOUT_SECONDS": "12.5", "REFRASE_ALLOWED_HOSTS": "a, b"}, (tmp_path,))
    assert settings.engine_timeout_seconds == 12.5
    assert settings.allowed_hosts == ("a", "b")


def test_env_files_fill_up_and_the_environment_wins(tmp_path):
    (tmp_path / ".env").write_text("REFRASE_PORT=1\nOPENROUTER_API_KEY='sk-file'\nREFRASE_LOG_LEVEL=debug\n")
    settings = read_settings({"REFRASE_PORT": "2"}, (tmp_path / "none", tmp_path))
    assert (settings.port, settings.log_level) == (2, "debug")
    assert settings.secrets.find("OPENROUTER_API_KEY") == "sk-file"


def test_an_empty_setting_is_no_setting(tmp_path):
    assert (
        read_settings({"REFRASE_PORT": " ", "OPENROUTER_API_KEY": " "}, ()).secrets.find("OPENROUTER_API_KEY") is None
    )


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("REFRASE_ENGINE_API_KY", "x", "is not a setting"),
        ("REFRASE_ENGIN_API_KEY", "x", "is not a setting"),
        ("REFRASE_PORT", "eighty", "cannot be used"),
        ("REFRASE_PORT", "70000", "must be 0 to 65535"),
        ("REFRASE_ENGINE_TEMPERATURE", "3", "must be 0 to 2"),
        ("REFRASE_ENGINE_TIMEOUT_SECONDS", "0", "must be more than 0"),
        ("REFRASE_LOG_LEVEL", "loud", "must be debug"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(name, value, message):
    with pytest.raises(SettingsInvalid, match=message) as told:
        read_settings({name: value}, ())
    assert name in told.value.detail


def test_a_mistyped_setting_offers_the_right_one():
    with pytest.raises(SettingsInvalid) as told:
        read_settings({"REFRASE_ENGINE_API_KY": "x"}, ())
    assert told.value.hint == "Did you mean REFRASE_ENGINE_API_KEY?"


def test_settings_show_no_secret():
    settings = read_settings(
        {
            "OPENROUTER_API_KEY": "sk-1",
            "REFRASE_ENGINE_API_KEY": "key-77",
            "REFRASE_DATABASE_URL": "postgresql://u:pw@h/d",
        },
        (),
    )
    for secret in ("sk-1", "key-77", "pw@"):
        assert secret not in repr(settings)


@pytest.mark.parametrize(
    ("stated", "url"),
    [
        ("", "sqlite:////d/refrase.db"),
        ("sqlite:////x/y.db", "sqlite:////x/y.db"),
        ("postgres://u@h/d", "postgresql+asyncpg://u@h/d"),
        ("postgresql://u@h:5/d", "postgresql+asyncpg://u@h:5/d"),
        ("postgresql+asyncpg://u@h/d", "postgresql+asyncpg://u@h/d"),
    ],
)
def test_a_database_url_gets_its_driver(stated, url):
    assert database_url(stated, Path("/d")).render_as_string() == url


@pytest.mark.parametrize("stated", ["mysql://u@h/d", "no url"])
def test_a_database_that_refrase_does_not_know_is_refused(stated):
    with pytest.raises(SettingsInvalid):
        database_url(stated, Path("/d"))
