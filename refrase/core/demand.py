"""Whether sentences still demand what they demanded: a must stays a must, a never a never, an only an only."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import reduce

from refrase.core.alignment import Link, Tie
from refrase.core.contract import Reading
from refrase.core.rewrite import Finding, Severity
from refrase.core.rule import Demand, demand_of
from refrase.core.rule_words import Force
from refrase.core.unit import Unit

# A tie of fewer words in common is too weak to block by.
_SURE = 0.4
_REVERSED = ("rule_reversed", Severity.BLOCKING)
_WEAKENED = ("rule_weakened", Severity.BLOCKING)
_LESS = ("rule_weakened", Severity.WARNING)
_TIGHTENED = ("rule_tightened", Severity.BLOCKING)
_ADVISED = ("rule_tightened", Severity.WARNING)


def check_demands(old: Reading, new: Reading, links: Sequence[Link]) -> Iterator[Finding]:
    """Yield every sentence whose counterpart forbids, demands or allows something else."""
    language = old.likely_language
    if demand_of("", language) is None:
        return
    for befores, afters, is_sure in _groups(links, old, new):
        was = _total([demand_of(old.units[i].demand, language) for i in befores])
        now = _total([demand_of(new.units[j].demand, language) for j in afters])
        told = _told(was, now, is_merged=len(befores) > len(afters))
        if told:
            kind, severity, message = told
            if not is_sure:
                severity = Severity.WARNING
            unit = old.units[befores[0]]
            yield Finding(kind, severity, f"{message} {_shown(unit)}", unit.span, new.units[afters[0]].span, unit.text)


def _groups(links: Sequence[Link], old: Reading, new: Reading) -> Iterator[tuple[list[int], list[int], bool]]:
    """Yield the units that hang together: one and its counterpart, or several that were merged or split."""
    lefts: defaultdict[int, list[Link]] = defaultdict(list)
    rights: defaultdict[int, list[Link]] = defaultdict(list)
    for link in links:
        if link.tie is not Tie.PLACE:
            lefts[link.before].append(link)
            rights[link.after].append(link)
    seen: set[int] = set()
    for link in links:
        if link.tie is Tie.PLACE or link.before in seen:
            continue
        if link.tie is Tie.EQUAL and _demand_the_same(old.units[link.before], new.units[link.after]):
            continue
        befores, afters, sure = {link.before}, set[int](), True
        waiting = [link.before]
        while waiting:
            for tie in lefts[waiting.pop()]:
                sure = sure and tie.likeness >= _SURE
                if tie.after in afters:
                    continue
                afters.add(tie.after)
                more = {other.before for other in rights[tie.after]} - befores
                befores |= more
                waiting += more
        seen |= befores
        yield sorted(befores), sorted(afters), sure


def _demand_the_same(old: Unit, new: Unit) -> bool:
    """Return whether equal units say the same: under another heading (“Do not:”, “Do:”) they do not."""
    return (old.said == new.said and old.lead == new.lead) or old.demand == new.demand


def _total(demands: Sequence[Demand | None]) -> Demand:
    if len(demands) == 1 and demands[0] is not None:
        return demands[0]
    nothing = Demand(Counter(), (), (), frozenset(), is_offer=False)
    return reduce(
        lambda a, b: Demand(
            a.forces + b.forces,
            a.bans + b.bans,
            a.heads + b.heads,
            a.words | b.words,
            a.is_offer or b.is_offer,
            a.negates or b.negates,
            a.subjects | b.subjects,
        ),
        [demand for demand in demands if demand is not None],
        nothing,
    )


def _told(was: Demand, now: Demand, *, is_merged: bool) -> tuple[str, Severity, str] | None:
    """Return kind, weight and sentence of the gravest change; None where the demand is the same."""
    is_plain = not (was.forces or now.forces or was.negates or now.negates or now.is_offer)
    if is_plain or was == now:
        return None
    had, has = was.forces, now.forces
    gained = has - had
    lost = had - has
    allowed = was.forbidden & now.words - now.forbidden - now.subjects
    banned = now.forbidden & was.words - was.forbidden - was.subjects
    is_still_banned = bool(had[Force.MUST_NOT] and has[Force.MUST_NOT])
    is_weaker = bool(gained[Force.SHOULD] and not had[Force.SHOULD])
    is_new_ban = any(_is_new_ban(*ban, banned, was.forbidden) for ban in _bans(now))
    rules = (
        (was.negates and not now.negates, _REVERSED, "What was forbidden is not any more:"),
        (now.negates and not was.negates, _REVERSED, "What was not forbidden is now:"),
        (_lost(was, now, Force.UNLESS) and gained[Force.ONLY], _REVERSED, "The exception is the rule now:"),
        (_lost(now, was, Force.UNLESS) and lost[Force.ONLY], _REVERSED, "The rule is the exception now:"),
        (any(_is_turned(allowed, *ban) for ban in _bans(was)), _REVERSED, "Something else is forbidden now:"),
        (gained[Force.MUST_NOT] and is_new_ban, _REVERSED, "What was not forbidden is now:"),
        (is_still_banned and allowed and banned, _REVERSED, "Something else is forbidden now:"),
        (lost[Force.ONLY] and not is_merged, _WEAKENED, "The restriction is gone:"),
        (is_still_banned and is_weaker, _WEAKENED, "What was forbidden is only advised against:"),
        (
            lost[Force.MUST] and (gained[Force.SHOULD] or gained[Force.MAY]),
            _WEAKENED,
            "What was a must is none any more:",
        ),
        (_lost(was, now, Force.SHOULD) and gained[Force.MAY], _WEAKENED, "It is only allowed now:"),
        (now.is_offer and not was.is_offer and not had[Force.MAY], _WEAKENED, "What was asked for is only offered:"),
        (_lost(was, now, Force.MAY) and gained[Force.MUST], _TIGHTENED, "What was allowed is a must:"),
        (_lost(was, now, Force.MAY) and gained[Force.SHOULD], _ADVISED, "What was allowed is advised:"),
        (not is_merged and had[Force.MUST_NOT] > has[Force.MUST_NOT] > 0, _LESS, "Less is forbidden:"),
        (_lost(now, was, Force.ONLY), _ADVISED, "There is a new restriction:"),
        (_lost(was, now, Force.SHOULD) and gained[Force.MUST], _ADVISED, "What was advised is a must:"),
    )
    return next(((*told, message) for holds, told, message in rules if holds), None)


def _lost(was: Demand, now: Demand, force: Force) -> bool:
    return bool(was.forces[force] and not now.forces[force])


def _bans(demand: Demand) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    """Yield the words of each ban and the first of them; none of a demand without a ban in force."""
    if demand.forces[Force.MUST_NOT]:
        yield from zip(demand.bans, demand.heads, strict=True)


def _is_turned(allowed: frozenset[str], ban: frozenset[str], head: frozenset[str]) -> bool:
    """Return whether half of what a ban is about, its first words among them, stands there without being forbidden."""
    return bool(allowed & head) and 2 * len(allowed & ban) >= len(ban)


def _is_new_ban(
    ban: frozenset[str], head: frozenset[str], banned: frozenset[str], was_forbidden: frozenset[str]
) -> bool:
    """Return whether a ban is about what stood there without being forbidden."""
    return _is_turned(banned, ban, head) and 2 * len(ban & was_forbidden) < len(ban)


def _shown(unit: Unit) -> str:
    flat = " ".join(unit.text.split())
    return f"“{flat if len(flat) <= 100 else flat[:99] + '…'}”"
