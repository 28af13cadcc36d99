"""Search over the rules of all guides: words and filters in, rules out, the nearest first."""

import re
from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from refrase.core.guide import Guide, Rule, RuleKind, SourceKind

_TERM = re.compile(r'"([^"]+)"|(\S+)')
_MOST_TERMS = 20


class CheckWish(StrEnum):
    """What a search may ask of a rule's check."""

    CHECK = "check"
    FIX = "fix"
    NONE = "none"


class RuleQuery(Struct, frozen=True):
    """What is looked for. Every word of `text` must stand in the rule ("two words" as one); empty filters let all."""

    text: str = ""
    family: str = ""  # the id of a guide
    section: RuleKind | None = None
    check: CheckWish | None = None
    source: SourceKind | None = None

    @property
    def terms(self) -> tuple[str, ...]:
        """The words and quoted phrases, in small letters."""
        found = (" ".join((quoted or word).split()).lower() for quoted, word in _TERM.findall(self.text))
        return tuple(dict.fromkeys(term for term in found if term))[:_MOST_TERMS]


class RuleFound(Struct, frozen=True):
    """A rule and the guide that it stands in."""

    guide: Guide
    rule: Rule


def search_rules(guides: Iterable[Guide], query: RuleQuery) -> tuple[RuleFound, ...]:
    """Return the rules that *query* means: first those whose id or sentence holds every word, then the others."""
    terms = query.terms
    near: list[RuleFound] = []
    far: list[RuleFound] = []
    for guide in guides:
        if query.family and guide.id != query.family:
            continue
        for rule in guide.rules:
            if not _is_let_through(rule, query):
                continue
            said = f"{rule.id} {rule.id.replace('-', ' ')} {rule.text}".lower()
            if all(term in said for term in terms):
                near.append(RuleFound(guide, rule))
            elif all(term in f"{said} {_around(guide, rule)}" for term in terms):
                far.append(RuleFound(guide, rule))
    return (*near, *far)


def _is_let_through(rule: Rule, query: RuleQuery) -> bool:
    wishes = {
        CheckWish.CHECK: rule.check is not None,
        CheckWish.FIX: rule.fix is not None,
        CheckWish.NONE: rule.check is None,
    }
    return (
        (query.section is None or rule.kind is query.section)
        and (query.check is None or wishes[query.check])
        and (query.source is None or any(source.kind is query.source for source in rule.sources))
    )


def _around(guide: Guide, rule: Rule) -> str:
    """Return what else a rule is known by: its family, models, conditions, its check's message and its sources."""
    message = rule.check.message if rule.check else ""
    titles = " ".join(source.title for source in rule.sources)
    parts = (guide.family, guide.vendor, *rule.models, *rule.when, rule.about, message, titles)
    return " ".join(parts).lower()
