"""Providers as data, failures as values, retries within bounds."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx2
import openai
import pytest

from refrase.core.engine import Failure, FailureKind
from refrase.core.guide import Price
from refrase.engine.failures import failure_from_body, failure_from_exception, masked
from refrase.engine.providers import read_providers
from refrase.engine.retrying import RetryPolicy
from refrase.prices import cost_usd, find_price

PROVIDERS = read_providers()


def test_the_default_provider_is_openrouter_with_kimi_k2_0905_at_its_temperature():
    name = next(iter(PROVIDERS))
    provider = PROVIDERS[name]
    assert (name, provider.model) == ("openrouter", "moonshotai/kimi-k2-0905")
    assert provider.engine_model(provider.model).temperature == 0.6


def test_all_providers_of_the_first_issue_are_there():
    assert set(PROVIDERS) >= {"openrouter", "openrouter-exacto", "haimaker", "moonshot", "custom"}
    assert PROVIDERS["openrouter-exacto"].model == "moonshotai/kimi-k2-0905:exacto"
    assert PROVIDERS["custom"].key_required is False


def test_moonshots_fixed_sampling_is_left_alone():
    moonshot = PROVIDERS["moonshot"]
    model = moonshot.engine_model(moonshot.model)
    assert model.temperature is None
    assert model.extra_body == {"thinking": {"type": "disabled"}}
    assert moonshot.output_limit_field == "max_completion_tokens"


def test_an_unknown_model_gets_no_temperature_and_cautious_limits():
    model = PROVIDERS["custom"].engine_model("somebody/else")
    assert model.temperature is None
    assert model.output_tokens == 16_384
    assert model.context_tokens is None  # a guess would cut replies short


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_profile_names_its_source(name):
    assert PROVIDERS[name].source.startswith("https://")


BODIES = [
    (401, {"message": "User not found", "code": 401}, FailureKind.WRONG_KEY),
    (402, {"message": "Insufficient credits", "code": 402}, FailureKind.QUOTA_SPENT),
    (
        403,
        {"message": "Flagged", "code": 403, "metadata": {"reasons": ["x"], "flagged_input": "y"}},
        FailureKind.FILTERED,
    ),
    (403, {"message": "No access", "code": 403}, FailureKind.REFUSED),
    (404, {"message": "No such model", "type": "resource_not_found_error"}, FailureKind.REFUSED),
    (400, {"message": "high risk", "type": "content_filter"}, FailureKind.FILTERED),
    (400, {"message": "invalid temperature: only 1 is allowed", "type": "invalid_request_error"}, FailureKind.REFUSED),
    (408, {"message": "Timed out"}, FailureKind.TIMEOUT),
    (413, {"message": "Too large"}, FailureKind.REFUSED),
    (429, {"message": "Slow down", "type": "rate_limit_reached_error"}, FailureKind.RATE_LIMITED),
    (429, {"message": "Spent", "type": "exceeded_current_quota_error"}, FailureKind.QUOTA_SPENT),
    (429, {"message": "Busy", "type": "engine_overloaded_error"}, FailureKind.OVERLOADED),
    (500, {"message": "Oops"}, FailureKind.TRANSIENT),
    (502, {"message": "Upstream"}, FailureKind.TRANSIENT),
    (503, {"message": "No provider"}, FailureKind.OVERLOADED),
    (504, {"message": "Late"}, FailureKind.TIMEOUT),
    (529, {"message": "overloaded", "type": "overloaded_error"}, FailureKind.OVERLOADED),
    (None, {"message": "Upstream broke", "code": 502}, FailureKind.TRANSIENT),
    (None, {"message": "No auth", "code": 401}, FailureKind.WRONG_KEY),
    (None, {"message": "Odd", "code": "server_error"}, FailureKind.TRANSIENT),
]


@pytest.mark.parametrize(("status", "error", "kind"), BODIES, ids=[f"{s} {e['message']}" for s, e, _ in BODIES])
def test_an_error_object_becomes_a_named_failure(status, error, kind):
    failure = failure_from_body({"error": error}, status, {})
    assert failure.kind is kind
    assert error["message"] in failure.message


REQUEST = httpx2.Request("POST", "http://x")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError(), FailureKind.TIMEOUT),
        (openai.APITimeoutError(REQUEST), FailureKind.TIMEOUT),
        (httpx2.ReadTimeout("x"), FailureKind.TIMEOUT),
        (openai.APIConnectionError(request=REQUEST), FailureKind.UNREACHABLE),
        (httpx2.ReadError("reset"), FailureKind.UNREACHABLE),
        (json.JSONDecodeError("x", "y", 0), FailureKind.MALFORMED),
        (ValueError("odd"), FailureKind.MALFORMED),
    ],
)
def test_an_exception_becomes_a_named_failure(error, kind):
    assert failure_from_exception(error).kind is kind


@pytest.mark.parametrize(
    ("headers", "error", "seconds"),
    [
        ({"retry-after": "20"}, {}, 20.0),
        ({"retry-after": "0.5"}, {}, 0.5),
        ({"retry-after": "soon"}, {}, None),
        ({}, {}, None),
        ({"retry-after": "5"}, {"availability": {"retry_after": 9}}, 9.0),
    ],
)
def test_the_wait_a_provider_asks_for_is_read(headers, error, seconds):
    failure = failure_from_body({"error": {"message": "x", **error}}, 429, headers)
    assert failure.retry_after_seconds == seconds


def test_a_wait_until_a_date_is_counted_from_now():
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    wait = failure_from_body({"message": "x"}, 503, {"retry-after": later}).retry_after_seconds
    assert wait is not None
    assert 25 < wait <= 30


def test_keys_are_masked_wherever_a_provider_repeats_them():
    text = masked("Incorrect API key sk-abc12345: you sent secret-key-77", "secret-key-77")
    assert "sk-abc" not in text
    assert "secret-key-77" not in text


POLICY = RetryPolicy(most_tries=3, first_wait_seconds=1, longest_wait_seconds=60)


@pytest.mark.parametrize(
    ("kind", "retry_after", "tries", "wait"),
    [
        (FailureKind.TRANSIENT, None, 1, 1.0),
        (FailureKind.TRANSIENT, None, 2, 2.0),
        (FailureKind.TRANSIENT, None, 3, None),
        (FailureKind.RATE_LIMITED, 20.0, 1, 20.125),
        (FailureKind.RATE_LIMITED, 61.0, 1, None),
        (FailureKind.WRONG_KEY, None, 1, None),
        (FailureKind.QUOTA_SPENT, None, 1, None),
        (FailureKind.REFUSED, None, 1, None),
        (FailureKind.TRUNCATED, None, 1, None),
    ],
)
def test_a_call_is_made_again_only_where_that_can_help(kind, retry_after, tries, wait):
    assert POLICY.wait_seconds(Failure(kind, "x", retry_after_seconds=retry_after), tries, 0.5) == wait


@pytest.mark.parametrize("kind", FailureKind)
def test_every_failure_has_a_code_a_hint_and_a_status_of_a_server(kind):
    error = Failure(kind, "said").as_error()
    assert error.failure_code == f"engine_{kind}"
    assert error.hint
    assert 500 <= error.failure_status < 600


@pytest.mark.parametrize(
    ("model", "address", "told"),
    [
        ("kimi-k2-0905-preview", "https://api.moonshot.ai/v1", (0.6, 2.5, 0.15)),
        ("moonshotai/kimi-k2-0905", "https://openrouter.ai/api/v1", (0.6, 2.5, None)),
        ("moonshotai/kimi-k2-0905", "https://api.haimaker.ai/v1", None),  # a provider that it does not know
        ("nobody/nothing", "https://openrouter.ai/api/v1", None),
        ("moonshotai/kimi-k2.6:free", "https://openrouter.ai/api/v1", None),  # it states no number
        ("gemini-2.5-pro", "https://generativelanguage.googleapis.com/v1beta/openai/", None),  # dearer beyond a length
        ("deepseek-v4-pro", "https://api.deepseek.com", None),  # dearer in some hours of the day
        ("kimi-k2-0905-preview", "http://localhost:8000/v1", None),
    ],
)
def test_the_package_of_prices_is_asked_by_address_and_model(model, address, told):
    price = find_price(model, address)
    assert (price and (price.input_usd, price.output_usd, price.cached_usd)) == told
    if price:
        assert price.source.startswith("genai-prices ")
        assert price.as_of <= datetime.now(UTC).date()


@pytest.mark.parametrize(
    ("address", "is_asked"),
    [
        ("http://localhost:8000/v1", False),
        ("http://127.0.0.1:8000/v1", False),
        ("http://[::1]:8000/v1", False),
        ("http://vllm/v1", False),
        ("https://api.moonshot.ai/v1", True),
    ],
)
def test_prices_are_not_loaded_for_a_server_of_ones_own(address, is_asked):
    code = (
        "import sys; from refrase.prices import find_price; "
        f"find_price('x', {address!r}); print('genai_prices' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(is_asked)


def test_without_the_package_no_price_is_known():
    code = (
        "import sys; sys.modules['genai_prices'] = None; from refrase.prices import find_price; "
        "print(find_price('kimi-k2-0905-preview', 'https://api.moonshot.ai/v1'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "None"


def test_cached_tokens_cost_their_own_price_and_are_not_counted_twice():
    price = Price(input_usd=1.0, output_usd=10.0, as_of=datetime(2026, 1, 1).date(), source="x", cached_usd=0.1)  # noqa: DTZ001
    cost = cost_usd(price, input_tokens=1_000_000, cached_tokens=400_000, output_tokens=100_000)
    assert cost == pytest.approx(0.6 + 0.04 + 1.0)
