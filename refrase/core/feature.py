"""What a call asks for that its target does not have: tools, a form of the reply, thinking. By the model's data alone.

Nothing is told where the guide does not say whether the model has it.
"""

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct

from refrase.core.guide import Model
from refrase.core.request import FORM_NAMES, THINKING_NAMES, TodaysCall, is_wanted
from refrase.core.rewrite import Finding, Severity
from refrase.core.terms import Tools

# Under these stand names of the caller's own, which are no settings: a field of a reply may be called “reasoning”.
_OWN_NAMES = frozenset([*FORM_NAMES, "schema", "properties", "metadata"])


class _Feature(Struct, frozen=True):
    kind: str
    lacks: Callable[[Model], bool]
    asked_by: Callable[[TodaysCall, Tools], str]
    told: str


def check_features(model: Model, call: TodaysCall | None, tools: Tools | None = None) -> Iterator[Finding]:
    """Yield what *call*, or the *tools* that the caller stated, ask of *model* in vain."""
    for feature in _FEATURES:
        asked = feature.asked_by(call or TodaysCall(), tools or Tools((), ()))
        if asked and feature.lacks(model):
            message = feature.told.format(asked=asked, model=model.name)
            yield Finding(feature.kind, Severity.WARNING, message, value=asked)


def _tools_asked(call: TodaysCall, tools: Tools) -> str:
    if call.settings.get("tool_choice") == "none":
        return ""
    if call.has_tools:
        return "tools"
    return ", ".join(tools.names[:3])


def _setting_asked(names: tuple[str, ...]) -> Callable[[TodaysCall, Tools], str]:
    def asked(call: TodaysCall, _tools: Tools) -> str:
        told = (name for name, value in _settings(call.settings) if name in names and is_wanted(value))
        return next(told, "")

    return asked


def _settings(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield every setting of a request, at any depth: gateways wrap what is not theirs."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name != "format" or isinstance(part, dict):  # a text there is the format of a recording
                yield name, part
            if name not in _OWN_NAMES:
                yield from _settings(part)


_FEATURES = (
    _Feature(
        "tools_unsupported",
        lambda model: model.tools is False,
        _tools_asked,
        "The call brings tools ({asked}); {model} takes none. Describe them in the prompt and read its answer"
        " yourself, or take a target that has tools.",
    ),
    _Feature(
        "structured_output_unsupported",
        lambda model: model.structured_output is False,
        _setting_asked(FORM_NAMES),
        "The call sends {asked}; {model} holds to no form. Ask for the form in the prompt and check each reply.",
    ),
    _Feature(
        "thinking_unsupported",
        lambda model: model.thinking == "none",
        _setting_asked(THINKING_NAMES),
        "The call asks for thinking ({asked}); {model} does not think. Leave it out, and let the prompt ask for"
        " the steps if they are needed.",
    ),
)
