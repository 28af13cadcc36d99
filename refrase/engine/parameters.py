"""Which parameters a call carries: what the user wants, what the profile knows, what the model takes."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from msgspec.structs import replace

from refrase.core.guide import SettingUse
from refrase.core.parameter import ParameterDecision, ParameterUse
from refrase.core.request import LIMIT_NAMES, THINKING_NAMES, RequestField, is_wanted
from refrase.engine.providers import EngineModel, Provider

# At least so much, says https://platform.kimi.ai/docs/guide/use-thinking-models of K2.6 and K2.7 Code.
_THINKING_TOKENS = 16_000
_NOTHING: Mapping[str, Any] = MappingProxyType({})
# Of every form of request, so that no profile lists them.
_TAKEN_EVERYWHERE = ("tools", "stream")
# What a model that fixes its temperature fixes with it.
_SAMPLING = ("top_p", "presence_penalty", "frequency_penalty", "n")


def decide(
    provider: Provider,
    model: EngineModel,
    *,
    temperature: float | None,
    max_output_tokens: int,
    extra_body: Mapping[str, Any] = _NOTHING,
) -> tuple[ParameterDecision, ...]:
    """Return what becomes of each parameter; *temperature* is the user's own wish, or None, as is *extra_body*."""
    return (
        _own_temperature(model, temperature),
        ParameterDecision(
            provider.output_limit_field,
            ParameterUse.SENT,
            "The most tokens that a reply may have; a shorter prompt asks for less.",
            max_output_tokens,
        ),
        *_others(provider, model, extra_body),
    )


def thinking_tokens(model: EngineModel, parameters: Mapping[str, Any]) -> int:
    """Return the room that thoughts need, by what is sent of thinking, else by what *model* does unasked."""
    asked = [is_wanted(parameters[name]) for name in THINKING_NAMES if name in parameters]
    return _THINKING_TOKENS if (any(asked) if asked else model.thinks) else 0


def sent(decisions: tuple[ParameterDecision, ...]) -> dict[str, object]:
    """Return the parameters that travel, by name."""
    return {item.name: item.value for item in decisions if item.use in {ParameterUse.SENT, ParameterUse.MAPPED}}


def hold(provider: Provider, model_id: str, fields: Iterable[RequestField]) -> Iterator[RequestField]:
    """Yield the *fields* of a request for a target as they hold at *provider*, which calls the target *model_id*.

    What the provider or the model does not take is left out, what it calls otherwise gets its name there, each with
    the reason.
    """
    model = provider.engine_model(model_id)
    for field in fields:
        if field.name == "model":
            yield replace(field, value=model_id, reason=f"{provider.title}, which is set, calls it so.")
        elif field.use is SettingUse.OMIT:
            yield field
        elif field.name in LIMIT_NAMES:
            yield _held_limit(provider, model, field)
        elif field.name == "temperature" and isinstance(field.value, int | float):
            yield _held_temperature(provider, model, field)
        elif field.name in _SAMPLING and model.temperature_fixed:
            yield _left_out(field, f"{provider.title}: {model.temperature_fixed}")
        elif field.name == "stop" and "stop_sequences" in provider.takes:
            told = f"{field.reason} {provider.title} calls it stop_sequences, and takes a list."
            value = [field.value] if isinstance(field.value, str) else field.value
            yield replace(field, name="stop_sequences", value=value, reason=told)
        elif provider.takes and field.name not in (*provider.takes, *_TAKEN_EVERYWHERE):
            yield _left_out(field, f"{provider.title} does not know it.")
        else:
            yield field


def _held_limit(provider: Provider, model: EngineModel, field: RequestField) -> RequestField:
    name, reason, value = provider.output_limit_field, field.reason, field.value
    if name != field.name:
        reason = f"{reason} {provider.title} calls it {name}."
    if model in provider.models and isinstance(value, int) and value > model.output_tokens:
        value = model.output_tokens
        reason = f"{reason} {provider.title} gives at most {value:,}."
    return replace(field, name=name, value=value, reason=reason)


def _held_temperature(provider: Provider, model: EngineModel, field: RequestField) -> RequestField:
    decision = decide_temperature(model, field.value, whose="", is_stated=True)
    if decision.use is ParameterUse.SENT:
        return field
    reason = f"{provider.title}: {decision.reason.strip()}"
    if decision.use is ParameterUse.MAPPED:
        return replace(field, value=decision.value, reason=f"{field.reason} {reason}")
    return _left_out(field, reason)


def _left_out(field: RequestField, reason: str) -> RequestField:
    return replace(field, use=SettingUse.OMIT, value=None, reason=reason, rule="", source_url="")


def decide_temperature(
    model: EngineModel, wanted: float | None, *, whose: str, is_stated: bool = False
) -> ParameterDecision:
    """Return what becomes of the temperature *wanted*; *whose* says why it is, *is_stated* that a user set it."""
    if model.temperature_fixed:
        use = ParameterUse.REFUSED if is_stated else ParameterUse.OMITTED
        return ParameterDecision("temperature", use, model.temperature_fixed)
    if wanted is None:
        return ParameterDecision("temperature", ParameterUse.OMITTED, "Nothing is known of this model.")
    value = round(wanted / model.temperature_scale, 4)
    if not model.temperature_least <= value <= model.temperature_most:
        span = f"{model.temperature_least:g} to {model.temperature_most:g}"
        reason = f"The endpoint takes {span}, and {value:g} was wanted; its own default applies."
        return ParameterDecision("temperature", ParameterUse.REFUSED, reason)
    if value != wanted:
        reason = f"{whose} This endpoint multiplies it by {model.temperature_scale:g}: {value:g} means {wanted:g}."
        return ParameterDecision("temperature", ParameterUse.MAPPED, reason, value)
    return ParameterDecision("temperature", ParameterUse.SENT, whose, value)


def _own_temperature(model: EngineModel, stated: float | None) -> ParameterDecision:
    if stated is None:
        return decide_temperature(model, model.temperature, whose="The model's card asks for it.")
    return decide_temperature(model, stated, whose="You set it.", is_stated=True)


def _others(provider: Provider, model: EngineModel, stated: Mapping[str, Any]) -> Iterator[ParameterDecision]:
    for name, value in (provider.extra_body | model.extra_body).items():
        if name not in stated:
            reason = provider.reasons.get(name) or "The profile of the provider sets it."
            yield ParameterDecision(name, ParameterUse.SENT, reason, value)
    for name, value in stated.items():
        if name in _SAMPLING and model.temperature_fixed:
            yield ParameterDecision(name, ParameterUse.REFUSED, model.temperature_fixed)
        else:
            yield ParameterDecision(name, ParameterUse.SENT, "You set it.", value)
    if provider.asks_usage:
        yield ParameterDecision(
            "stream_options",
            ParameterUse.SENT,
            "Without it some servers do not count the tokens of a streamed reply; others are sent without it.",
            {"include_usage": True},
        )
    else:
        reason = "The provider counts the tokens of every reply without being asked."
        yield ParameterDecision("stream_options", ParameterUse.OMITTED, reason)
    for name in (name for name in (*_SAMPLING, "tools", "response_format") if name not in stated):
        reason = "A rewrite needs the model's own default; K2.5 and later refuse other values."
        if name in {"tools", "response_format"}:
            reason = "The reply is tagged text: hosts of the same weights differ in how they keep schemas."
        yield ParameterDecision(name, ParameterUse.OMITTED, reason)
