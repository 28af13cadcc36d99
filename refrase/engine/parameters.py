"""Which parameters a call carries: what the user wants, what the profile knows, what the model takes."""

from collections.abc import Iterator

from refrase.core.parameter import ParameterDecision, ParameterUse
from refrase.engine.providers import EngineModel, Provider


def decide(
    provider: Provider, model: EngineModel, *, temperature: float | None, max_output_tokens: int
) -> tuple[ParameterDecision, ...]:
    """Return what becomes of each parameter; *temperature* is the user's own wish, or None."""
    return (
        _temperature(model, temperature),
        ParameterDecision(
            provider.output_limit_field,
            ParameterUse.SENT,
            "The most tokens that a reply may have; a shorter prompt asks for less.",
            max_output_tokens,
        ),
        *_others(provider, model),
    )


def sent(decisions: tuple[ParameterDecision, ...]) -> dict[str, object]:
    """Return the parameters that travel, by name."""
    return {item.name: item.value for item in decisions if item.use in {ParameterUse.SENT, ParameterUse.MAPPED}}


def _temperature(model: EngineModel, stated: float | None) -> ParameterDecision:
    wanted = model.temperature if stated is None else stated
    whose = "The model's card asks for it." if stated is None else "You set it."
    if model.temperature_fixed:
        use = ParameterUse.OMITTED if stated is None else ParameterUse.REFUSED
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


def _others(provider: Provider, model: EngineModel) -> Iterator[ParameterDecision]:
    for name, value in (provider.extra_body | model.extra_body).items():
        reason = provider.reasons.get(name) or "The profile of the provider sets it."
        yield ParameterDecision(name, ParameterUse.SENT, reason, value)
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
    for name in ("top_p", "presence_penalty", "frequency_penalty", "n", "tools", "response_format"):
        reason = "A rewrite needs the model's own default; K2.5 and later refuse other values."
        if name in {"tools", "response_format"}:
            reason = "The reply is tagged text: hosts of the same weights differ in how they keep schemas."
        yield ParameterDecision(name, ParameterUse.OMITTED, reason)
