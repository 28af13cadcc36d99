"""Every rule of a target's guide held against one prompt: does it apply, why or why not, and what was seen."""

from enum import StrEnum

from msgspec import Struct

from refrase.core.guide import About, Rule, RuleKind
from refrase.core.lint import check_rules
from refrase.core.prompt import Prompt
from refrase.core.selection import Selected, select_rules
from refrase.core.target import Target
from refrase.core.terms import Terms


class Ground(StrEnum):
    """Why a rule applies to a prompt, or does not."""

    ALWAYS = "always"  # it has no condition
    CONDITION_HOLDS = "condition_holds"
    CONDITION_FAILS = "condition_fails"
    OTHER_MODEL = "other_model"  # it speaks of other models of the family
    ABOUT_REQUEST = "about_request"  # told as advice on the call
    ABOUT_INTEGRATION = "about_integration"  # told in the guide only


class Sighting(Struct, frozen=True):
    """What the rule's check saw: the sentence, and where; `line` is None where it is about the prompt as a whole."""

    message: str
    line: int | None
    message_number: int | None  # counted from 0
    value: str


class Applicability(Struct, frozen=True):
    """A rule and its standing with a prompt. `condition` is the one that fails; `overlay` the file it comes from."""

    rule: str
    kind: RuleKind
    about: About
    text: str
    weight: int
    applies: bool
    ground: Ground
    why: str
    condition: str
    models: tuple[str, ...]
    seen: tuple[Sighting, ...]
    overlay: str
    source_url: str


def applicability_of(target: Target, prompt: Prompt, terms: Terms) -> tuple[Applicability, ...]:
    """Return every rule of the target's guide with its standing: first those that apply, the heaviest first."""
    selected = {item.rule.id: item for item in select_rules(target, prompt, terms)}
    seen = _sightings(prompt, [item.rule for item in selected.values() if item.applies])
    told = [_standing(rule, selected.get(rule.id), target, seen.get(rule.id, ())) for rule in target.guide.rules]
    return tuple(sorted(told, key=lambda each: (not each.applies, not each.seen, -each.weight)))


def _sightings(prompt: Prompt, rules: list[Rule]) -> dict[str, tuple[Sighting, ...]]:
    seen: dict[str, tuple[Sighting, ...]] = {}
    for finding in check_rules(prompt, rules):
        span = finding.before
        line = prompt.texts[span.message].count("\n", 0, span.start) + 1 if span else None
        one = Sighting(finding.message, line, span.message if span else None, finding.value)
        seen[finding.rule] = (*seen.get(finding.rule, ()), one)
    return seen


def _standing(rule: Rule, selected: Selected | None, target: Target, seen: tuple[Sighting, ...]) -> Applicability:
    ground, why = _ground(rule, selected, target)
    return Applicability(
        rule=rule.id,
        kind=rule.kind,
        about=rule.about,
        text=rule.text,
        weight=rule.weight,
        applies=ground in {Ground.ALWAYS, Ground.CONDITION_HOLDS},
        ground=ground,
        why=why,
        condition=selected.condition if selected else "",
        models=rule.models,
        seen=seen,
        overlay=rule.overlay,
        source_url=rule.sources[0].url if rule.sources else "",
    )


def _ground(rule: Rule, selected: Selected | None, target: Target) -> tuple[Ground, str]:
    if rule.models and target.id not in rule.models:
        return Ground.OTHER_MODEL, f"it holds for {', '.join(rule.models)}"
    if selected is None:
        is_request = rule.about is About.REQUEST
        where = "the settings of the call" if is_request else "the code around the call"
        return (
            Ground.ABOUT_REQUEST if is_request else Ground.ABOUT_INTEGRATION
        ), f"it is about {where}, not the prompt"
    if not selected.applies:
        return Ground.CONDITION_FAILS, selected.why
    return (Ground.CONDITION_HOLDS if rule.when else Ground.ALWAYS), selected.why
