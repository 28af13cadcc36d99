"""Samples of a call: each runs as it is copied, and sends what is told."""

import subprocess

import pytest

from refrase.engine.providers import Provider, read_endpoints, read_providers
from refrase.web.call_sample import samples_for
from tests.book import BOOK

PROVIDERS = read_providers()
ENDPOINTS = read_endpoints()
SAMPLES = [
    (target, sample)
    for target in BOOK.targets
    if target.id in {"kimi-k2-0905", "kimi-k2-thinking", "kimi-k2.6", "gpt-5", *(g.models[0].id for g in BOOK.guides)}
    for sample in samples_for(target, PROVIDERS, ENDPOINTS)
]


def test_no_sample_has_a_key():
    for _, sample in SAMPLES:
        assert "sk-" not in sample.curl + sample.python
        assert f"${sample.key_variable}" in sample.curl if sample.key_variable else "Authorization" not in sample.curl


@pytest.mark.parametrize(("target", "sample"), SAMPLES, ids=[f"{t.id}-{s.provider}" for t, s in SAMPLES])
def test_python_and_curl_of_a_sample_send_what_is_told(target, sample, upstream_recorded, monkeypatch, capsys):
    """Each sample runs as it is copied, but for its address: against a fake of the provider."""
    url, requests = upstream_recorded
    expected = {item.name: item.value for item in sample.decisions if item.use in {"sent", "mapped"}}
    monkeypatch.setenv(sample.key_variable or "UNUSED", "sk-from-environment")
    exec(sample.python.replace(sample.base_url, url), {})
    assert capsys.readouterr().out == "Hello.\n"
    curl = sample.curl.replace(sample.base_url, url)
    subprocess.run(["sh", "-c", f"{curl} -s -o /dev/null"], timeout=60, check=True)
    assert len(requests) == 2
    for path, headers, body in requests:
        assert path.endswith("/v1/messages" if sample.sdk == "anthropic" else "/chat/completions")
        is_in_body = body.pop("key", None)
        assert (is_in_body or headers.get("x-api-key") or headers.get("authorization", "")).removeprefix("Bearer ") == (
            "sk-from-environment" if sample.key_variable else headers.get("authorization", "").removeprefix("Bearer ")
        )
        assert body.pop("model", None) or body.pop("model_id")
        body.pop("model_id", None)
        assert body.pop("messages") == [{"role": "user", "content": "Your prompt"}]
        assert body == expected


def test_the_profile_of_a_provider_decides_how_a_setting_travels():
    told = {
        (target.id, sample.provider, item.name): (str(item.use), item.value)
        for target in map(BOOK.get_target, ("kimi-k2-0905", "kimi-k2.6"))
        for sample in samples_for(target, PROVIDERS, ENDPOINTS)
        for item in sample.decisions
    }
    assert told["kimi-k2-0905", "openrouter", "temperature"] == ("sent", 0.6)
    assert told["kimi-k2-0905", "moonshot-anthropic", "temperature"] == ("mapped", 1.0)
    assert told["kimi-k2-0905", "openrouter", "max_tokens"] == ("mapped", 4096)
    assert told["kimi-k2-0905", "moonshot", "max_completion_tokens"] == ("sent", 4096)
    assert told["kimi-k2.6", "moonshot", "temperature"] == ("omitted", None)
    assert told["kimi-k2.6", "moonshot", "max_completion_tokens"] == ("sent", 16000)


def test_an_account_in_the_address_of_an_own_profile_is_not_shown():
    own = Provider("House", "https://me:secret@llm.example.com/v1/", ("HOUSE_API_KEY",), "", "", ids_of="openrouter")
    sample = next(
        sample
        for sample in samples_for(BOOK.get_target("kimi-k2-0905"), {"house": own}, {})
        if sample.provider == "house"
    )
    assert sample.base_url == "https://llm.example.com/v1"
    assert "secret" not in sample.curl + sample.python
