"""The call samples of every shipped model: that they are code, and that they send what the vendor asks for."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from msgspec.structs import replace

from refrase.core.guide import SettingUse
from refrase.core.target import Target
from refrase.engine.providers import Provider, read_endpoints, read_providers
from refrase.guidebook import read_guidebook
from refrase.packaged import packaged_path
from refrase.web.call_sample import CallSample, samples_for
from refrase.web.model_view import view_from_target
from tests.conftest import make_settings, serving

KEY = "key-from-environment"
BOOK = read_guidebook(packaged_path("guides"))
PROVIDERS = read_providers()
ENDPOINTS = read_endpoints()
SAMPLES = {target.id: samples_for(target, PROVIDERS, ENDPOINTS) for target in BOOK.targets}
# Each form and each way a key travels; the vendors' own APIs once each.
CASES = {
    "anthropic": ("claude", "/v1/messages"),
    "google": ("gemini", "/chat/completions"),
    "mistral": ("mistral", "/chat/completions"),
    "minimax": ("minimax", "/chat/completions"),
    "nova": ("nova", "/chat/completions"),
    "openrouter": ("kimi-k2", "/chat/completions"),
    "moonshot-anthropic": ("kimi-k2", "/v1/messages"),
}


def sample_of(provider: str, guide_id: str) -> CallSample:
    found = (s for model in BOOK.get_guide(guide_id).models for s in SAMPLES[model.id] if s.provider == provider)
    return next(found)


def body_of(curl: str) -> dict:
    """Return the JSON body of a curl command, a key's variable as a text."""
    quoted = re.search(r"-d '(.*)'$", curl, re.DOTALL)[1]
    return json.loads(re.sub(r"'\"(\$\w+)\"'", r"\1", quoted).replace("'\\''", "'"))


def test_every_model_has_a_sample():
    assert [name for name, samples in SAMPLES.items() if not samples] == []


@pytest.mark.parametrize("target", BOOK.targets, ids=lambda target: target.id)
def test_every_sample_of_a_model_is_code_and_sends_what_is_told(target):
    for sample in SAMPLES[target.id]:
        compile(sample.python, f"{target.id}-{sample.provider}", "exec")
        body = body_of(sample.curl)
        told = {item.name: item.value for item in sample.decisions if item.use in {"sent", "mapped"}}
        names = {"model", "model_id", "key", "messages"}
        assert {name: value for name, value in body.items() if name not in names} == told
        assert sample.model_id in body.values()
        assert not re.search(r"\b(?:sk-|AIza|gsk_)\w", sample.curl + sample.python)
        assert sample.source.startswith("https://")


@pytest.mark.parametrize("provider", CASES)
def test_the_program_and_the_shell_line_of_a_sample_reach_its_provider(provider, upstream_recorded):
    guide_id, path = CASES[provider]
    sample = sample_of(provider, guide_id)
    url, requests = upstream_recorded
    environment = {**os.environ, sample.key_variable: KEY, "NO_PROXY": "*", "no_proxy": "*"}
    program = sample.python.replace(sample.base_url, url)
    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, timeout=60, check=True)
    assert ran.stdout.decode().strip() == "Hello."
    if shutil.which("curl"):
        line = sample.curl.replace(sample.base_url, url)
        subprocess.run(["sh", "-c", f"{line} -s -o /dev/null"], env=environment, timeout=60, check=True)
    assert len(requests) == (2 if shutil.which("curl") else 1)
    for asked, headers, body in requests:
        assert asked == path
        assert body == body_of(sample.curl)
        of_curl = headers["user-agent"].startswith("curl/")
        if provider == "anthropic" and of_curl:
            assert (headers["x-api-key"], headers.get("authorization")) == (KEY, None)
        else:  # today's SDK of Anthropic sends its api_key as a bearer token, that of a year ago as x-api-key
            assert (headers.get("x-api-key"), headers["authorization"]) == (None, f"Bearer {KEY}")
        if path == "/v1/messages":
            stated = {"anthropic": "2026-10-21"}.get(provider, "2023-06-01")
            assert headers["anthropic-version"] == (stated if of_curl else "2026-10-21")


def decided(target: Target, provider: Provider, *settings: tuple[str, object]) -> CallSample:
    """Return the sample of *target* at *provider* where its guide sends these settings and no others."""
    advice = target.guide.settings[0]
    advised = tuple(replace(advice, name=n, use=SettingUse.SEND, value=v, models=()) for n, v in settings)
    (sample,) = samples_for(Target(replace(target.guide, settings=advised), target.model), {}, {"mistral": provider})
    return sample


def test_a_setting_travels_under_the_name_that_the_endpoint_has_for_it():
    target = next(t for t in BOOK.targets if "mistral" in t.model.providers)
    sample = decided(target, ENDPOINTS["mistral"], ("seed", 7), ("top_k", 5))
    told = {item.name: (str(item.use), item.value, item.reason) for item in sample.decisions}
    assert told["random_seed"][:2] == ("mapped", 7)
    assert told["top_k"][:2] == ("omitted", None)
    assert "Mistral does not take it" in told["top_k"][2]
    assert body_of(sample.curl)["random_seed"] == 7
    assert 'extra_body={"random_seed": 7}' in sample.python


def test_effort_of_claude_travels_in_output_config():
    efforts = [
        body_of(sample.curl).get("output_config")
        for target in BOOK.targets
        for sample in SAMPLES[target.id]
        if sample.provider == "anthropic"
    ]
    assert {"effort": "high"} in efforts
    assert None in efforts  # models that the guide asks no effort of


def test_an_endpoint_without_an_address_tells_why_there_is_no_sample(tmp_path):
    target = next(t for t in BOOK.targets if "bedrock" in t.model.providers)
    view = view_from_target(target, PROVIDERS, ENDPOINTS)
    assert [provider.title for provider in view.uncallable][:1] == ["Amazon Bedrock"]
    ended = next(t for t in BOOK.targets if t.model.retired_at)
    with serving(make_settings(tmp_path)) as client:
        page = client.get(f"/models/{target.id}", headers={"accept": "text/html"}).text
        assert "No sample for Amazon Bedrock: " in page
        assert "None of these calls was made to try it" in page
        page = client.get(f"/models/{ended.id}", headers={"accept": "text/html"}).text
        assert f"its vendor gives {ended.model.retired_at} as the day this model ends" in page
