"""The request for the target: what to send with the rewritten prompt, what to leave out, and why.

What the caller sends today, for another model, is translated field by field. Every reason comes from a rule of the
guide, or says that the guide is silent.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from refrase.core.guide import About, Model, SettingUse
from refrase.core.target import SettingAdvice, Target
from refrase.errors import CallInvalid

# The names under which vendors limit a reply.
LIMIT_NAMES = ("max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens")
# Those under which they take how much a model thinks, and the form of its reply.
THINKING_NAMES = (
    *("thinking", "reasoning", "reasoning_effort", "enable_thinking", "thinking_config", "thinkingConfig"),
    *("thinking_budget", "thinking_level"),
)
FORM_NAMES = (
    *("response_format", "output_format", "responseSchema", "response_schema", "responseJsonSchema"),
    *("guided_json", "json_schema", "format"),
)
# How much thinking a call wants is told by these; `exclude` only hides it.
_AMOUNTS = ("type", "effort", "enabled", "thinking_budget", "thinkingBudget", "budget_tokens", "max_tokens")
# Values by which a call says that it wants none, or no form.
_NO = frozenset(["none", "disabled", "off", "text", "false"])
_SHOWN_IDS = 2
# What is no setting: the prompt itself, and what only concerns how the reply travels.
_NOT_SETTINGS = frozenset(
    ["messages", "prompt", "system", "input", "instructions", "contents", "model", "tools", "functions", "stream"]
)


_MEMBER = re.compile(r'("([^"\n]{1,80})"\s{0,4}:\s{0,4})"[^"\n]*"?')
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SECRET = re.compile(
    r"(?:^|[_-])(?:key|secret|password|credentials?|token|headers?)$|api[_-]?key|access[_-]?key|authorization|cookie",
    re.IGNORECASE,
)


class TodaysCall(Struct, frozen=True):
    """How the prompt is called today: for which model, with which settings, and whether with tools."""

    model: str = ""
    settings: dict[str, Any] = {}
    has_tools: bool = False


class RequestField(Struct, frozen=True):
    """One field of the request. `was` is what the caller sends today; rule and source are empty where none speaks."""

    name: str
    use: SettingUse
    reason: str
    value: Any = None
    was: Any = None
    rule: str = ""
    source_url: str = ""


def read_request(data: bytes | str, name: str) -> dict[str, Any]:
    """Return the request in *data*, which messages call *name*. Raises CallInvalid, with the line at fault."""
    raw = (data.encode(errors="surrogatepass") if isinstance(data, str) else data).removeprefix(_BYTE_ORDER_MARK)
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        told = re.sub(r"\(byte (\d+)\)", lambda match: f"in line {_line(raw, int(match[1]))}", str(error))
        raise CallInvalid(f"{name} is not JSON. {told}.") from None
    if not isinstance(value, dict):
        raise CallInvalid(f"{name} is JSON, but not an object.")
    return value


def _line(raw: bytes, position: int) -> int:
    return raw.count(b"\n", 0, position) + 1


def call_from_json(value: dict[str, Any]) -> TodaysCall:
    """Read a request of today, in the form of OpenAI, Anthropic or a gateway: a JSON object.

    Keys, and headers that may hold one, are left out at any depth: what is returned is stored and shown.
    """
    settings = {name: part for name, part in value.items() if name not in _NOT_SETTINGS}
    has_tools = bool(value.get("tools") or value.get("functions"))
    return TodaysCall(str(value.get("model") or ""), _without_secrets(settings), has_tools)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_secrets(part) for name, part in value.items() if not _SECRET.search(str(name))}
    return [_without_secrets(part) for part in value] if isinstance(value, list) else value


def hide_secrets(source: str) -> str:
    """Return JSON as it was typed, perhaps broken, with the values of keys and the like left out."""
    return _MEMBER.sub(lambda member: f'{member[1]}"…"' if _SECRET.search(member[2]) else member[0], source)


def is_wanted(value: Any) -> bool:
    """Return whether a setting for thinking, or for a form, asks for it: “none”, a budget of 0 and the like do not."""
    if isinstance(value, dict):
        told = [value[name] for name in _AMOUNTS if name in value]
        return bool(value.keys() - {"exclude"}) and all(map(is_wanted, told))
    return value not in _NO if isinstance(value, str) else bool(value)


def request_for(target: Target, call: TodaysCall | None) -> tuple[RequestField, ...]:
    """Return the request for *target* field by field: the model, what the guide speaks of, what *call* brings."""
    call = call or TodaysCall()
    advice = {item.name: item for item in target.settings}
    return (
        _model(target, call),
        *(_advised(item, call) for item in advice.values()),
        *_carried(target, call, advice),
        *(_of_tools(target) if call.has_tools else ()),
    )


def _model(target: Target, call: TodaysCall) -> RequestField:
    ids = target.model.providers
    listed = ", ".join(f"{value} at {name}" for name, value in list(ids.items())[:_SHOWN_IDS])
    more = f" and otherwise at {len(ids) - _SHOWN_IDS} more" if len(ids) > _SHOWN_IDS else ""
    reason = f"It is called {listed}{more}." if listed else "The guide knows no provider's id."
    return RequestField("model", SettingUse.SEND, reason, next(iter(ids.values()), target.id), call.model or None)


def _advised(advice: SettingAdvice, call: TodaysCall) -> RequestField:
    was = _today(advice.name, call)
    value, use, reason = advice.value, advice.use, advice.reason
    if use is SettingUse.OMIT:
        value = None
    elif value is None:
        value = was
        if was is None:
            use = SettingUse.CONSIDER
    elif advice.name in LIMIT_NAMES and isinstance(was, int) and isinstance(value, int):
        value = max(value, was)
    if was is not None and value != was:
        reason = f"{reason} Today’s {msgspec.json.encode(was).decode()} was set for {call.model or 'another model'}."
    return RequestField(advice.name, use, reason, value, was, advice.rule, advice.source_url)


def _today(name: str, call: TodaysCall) -> Any:
    names = LIMIT_NAMES if name in LIMIT_NAMES else (name,)
    return next((call.settings[known] for known in names if known in call.settings), None)


def _carried(target: Target, call: TodaysCall, advice: dict[str, SettingAdvice]) -> Iterator[RequestField]:
    """Yield what is sent today and no rule speaks of."""
    limits_told = any(name in advice for name in LIMIT_NAMES)
    most = target.model.output_tokens
    for name, was in call.settings.items():
        if name in advice or (name in LIMIT_NAMES and limits_told):
            continue
        if lacks := _lacks(target.model, name, was):
            yield RequestField(name, SettingUse.OMIT, lacks, was=was)
        elif name in LIMIT_NAMES and most is not None and isinstance(was, int) and was > most:
            yield RequestField(name, SettingUse.SEND, f"{target.model.name} writes at most {most:,} tokens.", most, was)
        else:
            reason = "The guide says nothing of it: carried over as it is."
            yield RequestField(name, SettingUse.SEND, reason, was, was)


def _lacks(model: Model, name: str, was: Any) -> str:
    """Return why *model* cannot do what the setting asks for, or ""."""
    if name in THINKING_NAMES and model.thinking == "none":
        return f"{model.name} does not think."
    if name in THINKING_NAMES and model.thinking == "always" and not is_wanted(was):
        return f"{model.name} always thinks: no call can switch it off."
    if name in FORM_NAMES and model.structured_output is False and is_wanted(was):
        return f"{model.name} holds to no form. Ask for it in the prompt and check each reply."
    return ""


def _of_tools(target: Target) -> Iterator[RequestField]:
    """Yield what the guide says of calls with tools, which no rewrite of the prompt can follow."""
    for rule in target.rules:
        if rule.about is not About.PROMPT and "tools" in rule.when:
            yield RequestField("tools", SettingUse.CONSIDER, rule.text, rule=rule.id, source_url=rule.sources[0].url)
