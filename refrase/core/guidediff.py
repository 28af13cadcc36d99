"""Two states of a guide, rule by rule: what is new, gone or changed, and which words."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from refrase.core.guide import Guide
from refrase.core.worddiff import DiffPart, diff_words

# Where a thing stands in its file, and what follows from the rest, is no change of it.
_NOT_COMPARED = {"line"}


class FieldChange(Struct, frozen=True):
    """One field before and after; `words` leads from the one to the other where both are texts."""

    name: str
    before: Any
    after: Any
    words: tuple[DiffPart, ...] = ()


class ThingChange(Struct, frozen=True):
    """A rule, model, setting or section that is in both, with the fields that differ."""

    id: str
    fields: tuple[FieldChange, ...]


class ThingsDiff(Struct, frozen=True):
    """What became of the things of one kind, by their ids."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[ThingChange, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed."""
        return not (self.added or self.removed or self.changed)


class GuideDiff(Struct, frozen=True):
    """What differs between two states of a guide. `texts` are the sentences of the rules added and removed."""

    guide: str
    old_version: str
    new_version: str
    rules: ThingsDiff
    models: ThingsDiff
    settings: ThingsDiff
    sections: ThingsDiff
    head: tuple[FieldChange, ...]
    texts: dict[str, str]

    @property
    def is_empty(self) -> bool:
        """Whether nothing but layout and comments changed."""
        kinds = (self.rules, self.models, self.settings, self.sections)
        return not self.head and all(kind.is_empty for kind in kinds)


def diff_guides(old: Guide, new: Guide) -> GuideDiff:
    """Return what leads from *old* to *new*."""
    rules = _diff(_by_id(old.rules), _by_id(new.rules))
    texts = {rule.id: rule.text for rule in old.rules if rule.id in rules.removed}
    texts |= {rule.id: rule.text for rule in new.rules if rule.id in rules.added}
    return GuideDiff(
        guide=new.id,
        old_version=old.version,
        new_version=new.version,
        rules=rules,
        models=_diff(_by_id(old.models), _by_id(new.models)),
        settings=_diff(_settings(old), _settings(new)),
        sections=_diff(_sections(old), _sections(new)),
        head=tuple(_fields(_head(old), _head(new))),
        texts=texts,
    )


def _diff(old: Mapping[str, dict[str, Any]], new: Mapping[str, dict[str, Any]]) -> ThingsDiff:
    changes = (ThingChange(key, tuple(_fields(old[key], new[key]))) for key in old if key in new)
    return ThingsDiff(
        added=tuple(key for key in new if key not in old),
        removed=tuple(key for key in old if key not in new),
        changed=tuple(change for change in changes if change.fields),
    )


def _fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterable[FieldChange]:
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name), new.get(name)
        if before != after:
            words = diff_words(before, after) if isinstance(before, str) and isinstance(after, str) else ()
            yield FieldChange(name, before, after, words)


def _by_id(things: Iterable[Any]) -> dict[str, dict[str, Any]]:
    return {thing.id: _plain(thing) for thing in things}


def _plain(thing: Any) -> dict[str, Any]:
    value: dict[str, Any] = msgspec.to_builtins(thing)
    return {key: held for key, held in value.items() if key not in _NOT_COMPARED}


def _settings(guide: Guide) -> dict[str, dict[str, Any]]:
    return {_setting_id(setting.name, setting.models): _plain(setting) for setting in guide.settings}


def _setting_id(name: str, models: tuple[str, ...]) -> str:
    return f"{name} ({', '.join(models)})" if models else name


def _sections(guide: Guide) -> dict[str, dict[str, Any]]:
    prose = (section for section in guide.sections if section.title not in {"Recommended practices", "Anti-patterns"})
    return {section.title: {"markdown": section.markdown} for section in prose}


def _head(guide: Guide) -> dict[str, Any]:
    held = msgspec.to_builtins(guide)
    return {name: held[name] for name in ("family", "vendor", "verified_at", "overlays")}
