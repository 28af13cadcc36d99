"""Executable rules about the call: what of today's request the target refuses, ignores or does badly with.

Primitives of a check (core.guide.Check), one each:

- setting_sent: the call sends one of these settings;
- settings_together: it sends all of these, of which one is enough;
- setting_outside: it sends a number that is less than the least or more than the most;
- retired_id: the id of the model that it names is one that the expression finds.

Settings are looked for by name at any depth; null is not sent.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from refrase.core.guide import About, Check, Range, Rule
from refrase.core.pattern import matches
from refrase.core.request import TodaysCall
from refrase.core.rewrite import Finding, Severity


def check_call(call: TodaysCall | None, rules: Iterable[Rule]) -> tuple[Finding, ...]:
    """Return what the checks of *rules* find in *call*, in the order of the rules; nothing where no call is told."""
    if call is None:
        return ()
    return tuple(
        Finding("guide_rule", Severity.NOTE, rule.check.message.replace("{match}", found), value=found, rule=rule.id)
        for rule in rules
        if rule.check is not None and rule.about is not About.PROMPT
        for found in _found(call, rule.check)
    )


def _found(call: TodaysCall, check: Check) -> Iterator[str]:
    if check.setting_sent is not None:
        yield from (name for name in check.setting_sent if _sent(call.settings, name))
    elif check.settings_together is not None:
        if all(_sent(call.settings, name) for name in check.settings_together):
            yield " and ".join(check.settings_together)
    elif check.setting_outside is not None:
        values = _sent(call.settings, check.setting_outside.name)
        yield from (
            f"{check.setting_outside.name} {value}" for value in values if _is_outside(value, check.setting_outside)
        )
    elif check.retired_id is not None and call.model and matches(check.retired_id, call.model):
        yield call.model


def _sent(value: Any, name: str) -> list[Any]:
    if not isinstance(value, dict):
        return []
    here = [value[name]] if value.get(name) is not None else []
    return [*here, *(found for part in value.values() for found in _sent(part, name))]


def _is_outside(value: Any, bounds: Range) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return (bounds.least is not None and value < bounds.least) or (bounds.most is not None and value > bounds.most)
