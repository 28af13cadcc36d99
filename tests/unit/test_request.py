"""Today's call is translated field by field for the target, each with its reason."""

import pytest

from refrase.core.guide import SettingUse
from refrase.core.request import RequestField, TodaysCall, call_from_json, hide_secrets, read_request, request_for
from refrase.engine.parameters import hold
from refrase.engine.providers import read_providers
from refrase.errors import CallInvalid
from refrase.guidebook import read_guidebook
from refrase.packaged import packaged_path

PROVIDERS = read_providers()
BOOK = read_guidebook(packaged_path("guides"))
TODAY = {
    "model": "gpt-4o",
    "messages": [{"role": "user", "content": "Hi"}],
    "temperature": 0.2,
    "top_p": 0.9,
    "max_tokens": 800,
    "seed": 7,
    "reasoning_effort": "low",
}


def fields(target: str, call: dict | None):
    told = request_for(BOOK.get_target(target), call_from_json(call) if call is not None else None)
    return {field.name: field for field in told if field.name != "tools"}


def test_without_a_call_the_guides_settings_and_the_models_id_are_the_request():
    told = fields("kimi-k2-0905", None)
    assert told["model"].value == "moonshotai/kimi-k2-0905"
    assert (told["temperature"].use, told["temperature"].value) == (SettingUse.SEND, 0.6)
    assert all(field.was is None for field in told.values())


CASES = [
    ("kimi-k2-0905", "temperature", SettingUse.SEND, 0.6),  # recommended
    ("kimi-k2-0905", "top_p", SettingUse.OMIT, None),
    ("kimi-k2-0905", "max_completion_tokens", SettingUse.SEND, 800),  # under the target's own name
    ("kimi-k2-0905", "seed", SettingUse.SEND, 7),  # the guide is silent
    ("kimi-k2-0905", "reasoning_effort", SettingUse.OMIT, None),  # it does not think
    ("kimi-k2.6", "temperature", SettingUse.OMIT, None),  # fixed
    ("kimi-k2-thinking", "temperature", SettingUse.SEND, 1.0),
    ("kimi-k2-thinking", "max_completion_tokens", SettingUse.SEND, 16000),  # thinking is paid from it
]


@pytest.mark.parametrize(("target", "name", "use", "value"), CASES)
def test_a_field_of_today_is_kept_changed_or_left_out_with_a_reason(target, name, use, value):
    field = fields(target, TODAY)[name]
    assert (field.use, field.value) == (use, value)
    assert field.was is not None
    assert field.reason


def test_a_value_of_today_is_told_as_json():
    call = {"model": "gpt-4.1", "response_format": {"type": "json_schema", "strict": True}}
    reason = fields("kimi-k2-0905", call)["response_format"].reason
    assert reason.endswith('Today’s {"type":"json_schema","strict":true} was set for gpt-4.1.')


def test_what_is_no_setting_is_no_field():
    assert {"messages", "max_tokens", "tools"}.isdisjoint(fields("kimi-k2-0905", TODAY))


def test_every_reason_of_a_guide_names_its_rule_and_source():
    for guide in BOOK.guides:
        for model in guide.models:
            for field in request_for(BOOK.get_target(model.id), call_from_json(TODAY)):
                assert field.reason
                assert bool(field.rule) == field.source_url.startswith("http")


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ("", "is not JSON"),
        ('{\n"temperature": 0.2,\n}', "in line 3"),
        ("[]", "not an object"),
        ('{"a": NaN}', "in line 1"),
        ('{"a": "\\ud800"}', "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        (b"\xff{}", "is not JSON"),
    ],
    ids=["empty", "comma", "list", "NaN", "half a pair", "deep", "no text"],
)
def test_what_is_no_request_is_told_with_its_line(told, fault):
    with pytest.raises(CallInvalid, match=fault):
        read_request(told, "call.json")


def test_a_request_may_begin_with_a_byte_order_mark():
    assert read_request(b'\xef\xbb\xbf{"model": "x"}', "call.json") == {"model": "x"}


SECRETS = {
    "api_key": "sk-SECRET",
    "key": "SECRET",
    "extra_headers": {"Authorization": "Bearer SECRET"},
    "headers": {"x": "SECRET"},
    "extra_body": {"provider": {"apiKey": "SECRET", "sort": "price"}, "list": [{"auth_token": "SECRET"}]},
    "aws_secret_access_key": "SECRET",
}


def test_no_key_of_todays_call_is_carried_over():
    call = call_from_json({**TODAY, **SECRETS, "max_tokens": 5, "prompt_cache_key_ttl": 3})
    assert "SECRET" not in repr(call)
    assert call.settings["extra_body"] == {"provider": {"sort": "price"}, "list": [{}]}
    assert call.settings["max_tokens"] == 5


def test_a_call_with_tools_is_told_what_exacto_does():
    told = request_for(BOOK.get_target("kimi-k2-0905"), call_from_json({**TODAY, "tools": [{}]}))
    assert "exacto-routing" in {field.rule for field in told}
    assert "exacto-routing" not in {field.rule for field in request_for(BOOK.get_target("kimi-k2-0905"), None)}


def test_a_limit_above_the_models_own_is_lowered():
    guide = next(guide for guide in BOOK.guides if any(_is_silent_on_limits(guide, model) for model in guide.models))
    model = next(model for model in guide.models if _is_silent_on_limits(guide, model))
    field = fields(model.id, {"max_tokens": 10**9})["max_tokens"]
    assert field.value == model.output_tokens
    assert f"{model.output_tokens:,}" in field.reason


def _is_silent_on_limits(guide, model) -> bool:
    told = {setting.name for setting in BOOK.get_target(model.id).settings}
    return model.output_tokens is not None and not any("tokens" in name.lower() for name in told)


MORE = {"top_k": 40, "service_tier": "flex"}
HELD = [
    # where, target, name, what it is there: name, use, value, and a word of the reason
    (
        "openrouter",
        "kimi-k2-0905",
        "max_completion_tokens",
        ("max_tokens", SettingUse.SEND, 800),
        "calls it",
    ),
    ("openrouter", "kimi-k2-0905", "temperature", ("temperature", SettingUse.SEND, 0.6), ""),
    ("openrouter", "kimi-k2-0905", "seed", ("seed", SettingUse.SEND, 7), ""),
    ("moonshot", "kimi-k2-0905", "model", ("model", SettingUse.SEND, "kimi-k2-0905-preview"), "which is set"),
    ("moonshot", "kimi-k2-0905", "max_completion_tokens", ("max_completion_tokens", SettingUse.SEND, 800), ""),
    (
        "moonshot-anthropic",
        "kimi-k2-0905",
        "temperature",
        ("temperature", SettingUse.SEND, 1.0),
        "by 0.6",
    ),
    ("moonshot-anthropic", "kimi-k2-0905", "seed", ("seed", SettingUse.OMIT, None), "does not know it"),
    ("vllm", "kimi-k2-0905", "service_tier", ("service_tier", SettingUse.OMIT, None), "vLLM does not know it"),
    ("sglang", "kimi-k2-0905", "service_tier", ("service_tier", SettingUse.OMIT, None), "SGLang does not know it"),
    ("tensorrt-llm", "kimi-k2-0905", "service_tier", ("service_tier", SettingUse.OMIT, None), "does not know it"),
    ("tensorrt-llm", "kimi-k2-0905", "stream", ("stream", SettingUse.CONSIDER, True), ""),
    ("moonshot-anthropic", "kimi-k2-0905", "stream", ("stream", SettingUse.CONSIDER, True), ""),
    ("vllm", "kimi-k2-0905", "top_k", ("top_k", SettingUse.SEND, 40), ""),
    ("moonshot-anthropic", "kimi-k2-0905", "stop", ("stop_sequences", SettingUse.SEND, ["END"]), "takes a list"),
]


@pytest.mark.parametrize(("where", "target", "name", "wanted", "why"), HELD)
def test_a_field_is_held_against_what_the_provider_takes(where, target, name, wanted, why):
    provider = PROVIDERS[where]
    model_id = BOOK.get_target(target).model.providers[provider.ids_of or where]
    fields = request_for(BOOK.get_target(target), call_from_json({**TODAY, "n": 2, "stop": "END", **MORE}))
    number = [field.name for field in fields].index(name)
    held = tuple(hold(provider, model_id, fields))[number]
    assert (held.name, held.use, held.value) == wanted
    assert held.was == fields[number].was
    assert why in held.reason


def test_a_temperature_that_an_endpoint_refuses_is_left_out():
    field = RequestField("temperature", SettingUse.SEND, "The guide says so.", 1.5, 1.5, "rule", "https://example.com")
    (held,) = hold(PROVIDERS["moonshot"], "kimi-k2-0905-preview", [field])
    assert (held.use, held.value, held.was, held.rule) == (SettingUse.OMIT, None, 1.5, "")
    assert "takes 0 to 1" in held.reason


def test_a_model_that_fixes_its_temperature_fixes_its_sampling():
    field = RequestField("top_p", SettingUse.SEND, "Carried over.", 0.9, 0.9)
    (held,) = hold(PROVIDERS["moonshot"], "kimi-k2.6", [field])
    assert (held.use, held.value) == (SettingUse.OMIT, None)
    assert "fix their sampling" in held.reason
    assert tuple(hold(PROVIDERS["moonshot"], "kimi-k2-0905-preview", [field])) == (field,)


def test_every_profile_that_a_guide_lists_under_another_name_says_so():
    listed = {name for guide in BOOK.guides for model in guide.models for name in model.providers}
    for provider in PROVIDERS.values():
        assert not provider.ids_of or provider.ids_of in listed


def test_a_limit_above_what_the_provider_gives_is_lowered_where_that_is_known():
    field = RequestField("max_tokens", SettingUse.SEND, "Carried over.", 10**6, 10**6)
    (held,) = hold(PROVIDERS["openrouter"], "moonshotai/kimi-k2-0905", [field])
    assert held.value == 100_352
    (held,) = hold(PROVIDERS["openrouter"], "somebody/else", [field])
    assert held.value == 10**6


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ('{"api_key": "sk-1", "model": "m"}', '{"api_key": "…", "model": "m"}'),
        ('{"headers": {"Authorization" : "Bearer x"}, "temperature": 0.2,}', None),
        ('{"api_key": "sk-never-closed', '{"api_key": "…"'),
        ('{"max_tokens": "4", "token": "t"}', '{"max_tokens": "4", "token": "…"}'),
    ],
    ids=["whole", "broken JSON", "cut off", "only what is secret"],
)
def test_a_key_in_what_was_typed_is_not_shown_again(typed, shown):
    told = hide_secrets(typed)
    assert told == shown if shown else ("Bearer" not in told and "0.2,}" in told)


LACKING = [
    (
        "kimi-k2-thinking",
        "reasoning",
        {"enabled": False},
        "omit",
        "Kimi K2 Thinking always thinks: no call can switch it off.",
    ),
    (
        "kimi-k2-thinking",
        "reasoning",
        {"effort": "low"},
        "send",
        "The guide says nothing of it: carried over as it is.",
    ),
    ("kimi-k2-0905", "reasoning", {"effort": "low"}, "omit", "Kimi K2 0905 does not think."),
]


@pytest.mark.parametrize(("target", "name", "was", "use", "reason"), LACKING, ids=[f"{c[0]}-{c[2]}" for c in LACKING])
def test_what_the_target_cannot_do_is_left_out_of_the_call(target, name, was, use, reason):
    fields = {field.name: field for field in request_for(BOOK.get_target(target), TodaysCall("m", {name: was}))}
    assert (fields[name].use, fields[name].reason) == (use, reason)
