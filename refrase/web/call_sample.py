"""A call of a target to copy, per provider: from the guide's settings and the provider's profile. Never a real key."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from refrase.core.guide import SettingUse
from refrase.core.parameter import ParameterDecision, ParameterUse
from refrase.core.request import LIMIT_NAMES, RequestField, request_for
from refrase.core.target import Target
from refrase.engine.parameters import decide_temperature, sent
from refrase.engine.providers import Provider, without_credentials
from refrase.web.call_code import SampleCall, curl_of, python_of

# Where the guide asks for a limit and names none: a start, cut to what the model writes at most.
_START_OUTPUT_TOKENS = 4096
# What the forms take beside the limit; all else is of a vendor's own API.
_TAKEN = {
    "openai": frozenset(
        (
            *("temperature", "top_p", "top_k", "n", "stop", "seed", "presence_penalty", "frequency_penalty"),
            *("reasoning_effort", "verbosity", "response_format", "tool_choice", "parallel_tool_calls"),
            *("prompt_cache_key", "stream"),
        )
    ),
    "anthropic": frozenset(["temperature", "top_p", "top_k", "stop_sequences", "thinking"]),
}


class CallSample(Struct, frozen=True):
    """How a target is called at one provider, what became of each setting and why, and the code."""

    provider: str
    title: str
    base_url: str
    key_variable: str
    model_id: str
    sdk: str
    source: str
    note: str
    decisions: tuple[ParameterDecision, ...]
    curl: str
    python: str


def samples_for(
    target: Target, providers: Mapping[str, Provider], endpoints: Mapping[str, Provider]
) -> tuple[CallSample, ...]:
    """Return a sample for each provider that has an address and whose id for the target the guide knows.

    *endpoints* are vendors that are no engine; a profile of the same name goes before them.
    """
    ids = target.model.providers
    known = dict(endpoints) | dict(providers)
    # In the guide's order of providers, so that two pages of one family read alike.
    names = [name for key in ids for name, provider in known.items() if (provider.ids_of or name) == key]
    return tuple(_sample(target, name, known[name]) for name in names if known[name].base_url)


def _sample(target: Target, name: str, provider: Provider) -> CallSample:
    model_id = target.model.providers[provider.ids_of or name]
    decisions = tuple(_decisions(target, provider, model_id))
    base_url = without_credentials(provider.base_url.rstrip("/"))
    key_variable = provider.key_variables[0] if provider.key_variables else ""
    call = SampleCall(
        form=provider.form,
        base_url=base_url,
        key_variable=key_variable,
        key_field=provider.key_field,
        key_header=provider.key_header,
        api_version=provider.api_version,
        model_field=provider.model_field,
        model_id=model_id,
        parameters=sent(decisions),
    )
    sdk = "anthropic" if provider.form == "anthropic" else "openai"
    texts = (curl_of(call), python_of(call))
    return CallSample(
        name, provider.title, base_url, key_variable, model_id, sdk, provider.source, provider.note, decisions, *texts
    )


def _decisions(target: Target, provider: Provider, model_id: str) -> Iterator[ParameterDecision]:
    fields = [field for field in request_for(target, None) if field.name != "model"]
    for field in fields:
        if field.name not in LIMIT_NAMES:
            yield from _decision(field, provider, model_id)
    yield from _limit(target, provider, [field for field in fields if field.name in LIMIT_NAMES])


def _decision(field: RequestField, provider: Provider, model_id: str) -> Iterator[ParameterDecision]:
    """Yield what becomes of what the guide sends or leaves out; what it leaves to the caller is in no sample."""
    if field.use is SettingUse.OMIT:
        yield ParameterDecision(field.name, ParameterUse.OMITTED, field.reason)
    elif _is_temperature(field) and _takes(provider, field.name):
        yield decide_temperature(provider.engine_model(model_id), field.value, whose=field.reason)
    elif field.use is SettingUse.SEND and _takes(provider, field.name):
        called = provider.calls.get(field.name, field.name)
        if called == field.name:
            yield ParameterDecision(called, ParameterUse.SENT, field.reason, field.value)
        else:
            name, _, inner = called.partition(".")
            reason = f"{field.reason} {provider.title} calls {field.name} {called}."
            yield ParameterDecision(name, ParameterUse.MAPPED, reason, {inner: field.value} if inner else field.value)
    elif field.use is SettingUse.SEND:
        unknown = f"{provider.title} does not take it" if provider.takes else "It is a field of the vendor's own API"
        reason = f"{field.reason} {unknown}, so it is not in this sample."
        yield ParameterDecision(field.name, ParameterUse.OMITTED, reason)


def _is_temperature(field: RequestField) -> bool:
    return field.use is SettingUse.SEND and field.name == "temperature" and isinstance(field.value, int | float)


def _takes(provider: Provider, name: str) -> bool:
    """Tell whether the provider takes the setting, under its own name for it."""
    taken = frozenset(provider.takes) or _TAKEN[provider.form]
    return provider.calls.get(name, name).partition(".")[0] in taken


def _limit(target: Target, provider: Provider, fields: list[RequestField]) -> Iterator[ParameterDecision]:
    """Yield the limit of the reply, under the provider's name for it."""
    name = provider.output_limit_field
    asked = {setting.name for setting in target.settings if setting.use is SettingUse.SEND}
    wanted = next((field for field in fields if field.name in asked), None)
    if wanted is None and provider.form != "anthropic":
        yield from (
            ParameterDecision(field.name, ParameterUse.OMITTED, field.reason)
            for field in fields
            if field.use is SettingUse.OMIT
        )
        return
    reason = wanted.reason if wanted else "This form of API demands it."
    value = wanted.value if wanted else None
    if not isinstance(value, int):
        value = min(_START_OUTPUT_TOKENS, target.model.output_tokens or _START_OUTPUT_TOKENS)
        reason = f"{reason} The guide names no figure: {value:,} is a start, set what your reply needs."
    if wanted and wanted.name != name:
        reason = f"{reason} {provider.title} calls {wanted.name} {name}."
        yield ParameterDecision(name, ParameterUse.MAPPED, reason, value)
    else:
        yield ParameterDecision(name, ParameterUse.SENT, reason, value)
