"""A model as its page shows it, and guides as their list shows them."""

from collections.abc import Mapping

from msgspec import Struct

from refrase.core.guide import Guide, Rule, RuleKind, Source
from refrase.core.target import SettingAdvice, Target
from refrase.engine.providers import Provider
from refrase.web.call_sample import CallSample, samples_for
from refrase.web.guide_words import Disagreement, disagreements_of, disagreements_on, section_of


class RuleLine(Struct, frozen=True):
    """A rule and the disagreements that bear on it."""

    rule: Rule
    disagreements: tuple[Disagreement, ...]


class ModelView(Struct, frozen=True):
    """Everything the page of a model tells."""

    target: Target
    overview: str
    strengths: str
    limitations: str
    preferred: str
    practices: tuple[RuleLine, ...]
    anti_patterns: tuple[RuleLine, ...]
    settings: tuple[SettingAdvice, ...]
    settings_prose: str
    disagreements: tuple[Disagreement, ...]
    sources: tuple[Source, ...]
    samples: tuple[CallSample, ...]
    unsampled: tuple[str, ...]  # providers whose id the guide knows and of which no profile tells how to call them
    uncallable: tuple[Provider, ...]  # those of which a profile tells why there is no sample


class GuideLine(Struct, frozen=True):
    """A guide in the list: how many rules, how many with a check."""

    guide: Guide
    rules: int
    checked: int
    models: tuple[tuple[Target, int, int], ...]  # each with its rules and those with a check


def view_from_target(target: Target, providers: Mapping[str, Provider], endpoints: Mapping[str, Provider]) -> ModelView:
    """Return what the page of *target* tells; sources only those that its rules cite."""
    guide = target.guide
    told = disagreements_of(guide)
    lines = [RuleLine(rule, disagreements_on(rule, told, guide)) for rule in target.rules]
    cited = {source.url for rule in target.rules for source in rule.sources}
    samples = samples_for(target, providers, endpoints)
    sampled = {(providers[name].ids_of or name) if name in providers else name for name in _names(samples)}
    return ModelView(
        target=target,
        overview=section_of(guide, "Overview"),
        strengths=section_of(guide, "Strengths"),
        limitations=section_of(guide, "Limitations"),
        preferred=section_of(guide, "Preferred format"),
        practices=tuple(line for line in lines if line.rule.kind is RuleKind.PRACTICE),
        anti_patterns=tuple(line for line in lines if line.rule.kind is RuleKind.ANTI_PATTERN),
        settings=target.settings,
        settings_prose=section_of(guide, "Request settings"),
        disagreements=told,
        sources=tuple(source for source in guide.sources if source.url in cited),
        samples=samples,
        unsampled=tuple(name for name in target.model.providers if name not in sampled and name not in endpoints),
        uncallable=tuple(
            endpoints[name] for name in target.model.providers if name not in sampled and name in endpoints
        ),
    )


def line_from_guide(guide: Guide) -> GuideLine:
    """Return *guide* as a line of the list."""
    targets = (Target(guide, model) for model in guide.models)
    models = tuple((target, len(target.rules), _checked(target.rules)) for target in targets)
    return GuideLine(guide, len(guide.rules), _checked(guide.rules), models)


def _checked(rules: tuple[Rule, ...]) -> int:
    return sum(rule.check is not None for rule in rules)


def _names(samples: tuple[CallSample, ...]) -> tuple[str, ...]:
    return tuple(sample.provider for sample in samples)
