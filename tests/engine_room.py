"""Replies without an account, and the services over the fake provider with settings of their own."""

from refrase.bootstrap import open_services
from tests.conftest import KEY, MARK, make_settings
from tests.fakes.clock import Sleep
from tests.rewriting import AFTER

GOOD = f'<message-{MARK} n="1">\n{AFTER}\n</message-{MARK}>\n<changes-{MARK}>\n</changes-{MARK}>'
LOSES = GOOD.replace("{{list}}", "it")


def services_of(tmp_path, upstream_url, *, clock=None, sleep=None, **more):
    settings = make_settings(
        tmp_path,
        OPENROUTER_API_KEY=KEY,
        REFRASE_ENGINE_PROVIDER="openrouter",
        REFRASE_ENGINE_BASE_URL=upstream_url,
        **more,
    )
    return open_services(settings, clock=clock, sleep=sleep or Sleep(), draw_mark=lambda: MARK)
