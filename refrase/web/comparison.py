"""Two models side by side: their figures, their settings, and the rules of each, grouped by what they are about."""

from collections.abc import Iterable

from msgspec import Struct

from refrase.core.guide import Rule, RuleKind
from refrase.core.target import SettingAdvice, Target
from refrase.web.guide_words import condition_of, price_of, told_of


class Figure(Struct, frozen=True):
    """One line of the specifications."""

    name: str
    a: str
    b: str


class SettingPair(Struct, frozen=True):
    """What each says of a setting; None: nothing. They differ in what to do or in the value."""

    name: str
    a: SettingAdvice | None
    b: SettingAdvice | None
    differs: bool


class RulePair(Struct, frozen=True):
    """Two rules of one id, one of each guide: one matter. Opposed: a practice in one, an anti-pattern in the other."""

    a: Rule
    b: Rule
    is_opposed: bool


class RuleGroup(Struct, frozen=True):
    """The rules that only one side has, of one section and condition."""

    kind: RuleKind
    about: str
    condition: str
    a: tuple[Rule, ...]
    b: tuple[Rule, ...]


class Comparison(Struct, frozen=True):
    """Everything the page tells. `shared` are rules of one guide that hold for both."""

    a: Target
    b: Target
    figures: tuple[Figure, ...]
    settings: tuple[SettingPair, ...]
    shared: tuple[Rule, ...]
    pairs: tuple[RulePair, ...]
    groups: tuple[RuleGroup, ...]


def compare(a: Target, b: Target) -> Comparison:
    """Return *a* and *b* side by side. Code sees ids, sections, conditions and values; it does not judge sentences."""
    other = {rule.id: rule for rule in b.rules}
    both = [(rule, other[rule.id]) for rule in a.rules if rule.id in other]
    ids = {rule.id for rule, _ in both}
    return Comparison(
        a=a,
        b=b,
        figures=tuple(_figures(a, b)),
        settings=_settings(a, b),
        shared=tuple(first for first, second in both if first == second),
        pairs=_pairs(both),
        groups=_groups([rule for rule in a.rules if rule.id not in ids], [r for r in b.rules if r.id not in ids]),
    )


def _pairs(both: list[tuple[Rule, Rule]]) -> tuple[RulePair, ...]:
    """Return the pairs that differ, those that are opposed first."""
    pairs = (RulePair(first, second, first.kind is not second.kind) for first, second in both if first != second)
    return tuple(sorted(pairs, key=lambda pair: not pair.is_opposed))


def _figures(a: Target, b: Target) -> Iterable[Figure]:
    for name, first, second in zip(_NAMES, _values(a), _values(b), strict=True):
        yield Figure(name, first, second)


_NAMES = (
    "Family",
    "Released",
    "Ends at its vendor",
    "Context",
    "Longest reply",
    "Input",
    "Thinking",
    "Tools",
    "Structured output",
    "Price per million",
    "Price as of",
)


def _values(target: Target) -> tuple[str, ...]:
    model = target.model
    price = model.price
    return (
        f"{target.guide.family} ({target.guide.vendor})",
        model.released,
        str(model.retired_at or "–"),
        f"{model.context_tokens:,} tokens",
        f"{model.output_tokens:,} tokens" if model.output_tokens else "–",
        ", ".join(model.modalities),
        model.thinking,
        told_of(model.tools),
        told_of(model.structured_output),
        f"{price_of(price.input_usd)} in, {price_of(price.output_usd)} out" if price else "–",
        str(price.as_of) if price else "–",
    )


def _settings(a: Target, b: Target) -> tuple[SettingPair, ...]:
    first, second = ({item.name: item for item in target.settings} for target in (a, b))
    pairs: list[SettingPair] = []
    for name in dict.fromkeys((*first, *second)):
        one, two = first.get(name), second.get(name)
        differs = one is None or two is None or (one.use, one.value) != (two.use, two.value)
        pairs.append(SettingPair(name, one, two, differs))
    return tuple(pairs)


def _groups(a: list[Rule], b: list[Rule]) -> tuple[RuleGroup, ...]:
    keys = sorted({_key(rule) for rule in (*a, *b)}, key=lambda key: (key[0] != RuleKind.PRACTICE, *key[1:]))
    return tuple(
        RuleGroup(
            kind,
            about,
            condition,
            tuple(rule for rule in a if _key(rule) == (kind, about, condition)),
            tuple(rule for rule in b if _key(rule) == (kind, about, condition)),
        )
        for kind, about, condition in keys
    )


def _key(rule: Rule) -> tuple[RuleKind, str, str]:
    return rule.kind, rule.about, condition_of(rule)
