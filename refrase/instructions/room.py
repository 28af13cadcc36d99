"""The room for the guide: which of a target's rules stand in the stable part of the instruction, by weight."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from refrase.core.guide import Rule
from refrase.core.target import Target
from refrase.tokens import count_tokens, most_tokens

# What a list item takes around its sentence: its mark, the brackets of its id, the line's end.
_FRAME = "- [] \n"


class Room(Struct, frozen=True):
    """What of a target's guide stands in the instruction. Rules in the guide's order are in the order of weight here.

    `has_background` is whether the sections stand there that tell what no rewrite can follow.
    """

    rules: tuple[Rule, ...]
    left_out: tuple[str, ...] = ()
    has_background: bool = True


def room_for(target: Target, max_tokens: int, render: Callable[[Room], str]) -> Room:
    """Return what fits into *max_tokens*, rendered by *render*.

    The sections of background go first, then rules, the lightest first. What the task itself and the guide's
    introduction take always stands, so with too small a number no rule is left.
    """
    rules = tuple(sorted(target.rules, key=lambda rule: -rule.weight))
    whole = Room(rules)
    text = render(whole)
    if most_tokens(text) <= max_tokens or count_tokens(text) <= max_tokens:
        return whole
    short = Room(rules, has_background=False)
    excess = count_tokens(render(short)) - max_tokens
    kept = _without_the_lightest(rules, excess)
    return Room(kept, tuple(rule.id for rule in rules[len(kept) :]), has_background=False)


def _without_the_lightest(rules: Sequence[Rule], excess_tokens: int) -> tuple[Rule, ...]:
    kept = list(rules)
    while kept and excess_tokens > 0:
        rule = kept.pop()
        excess_tokens -= count_tokens(f"{_FRAME}{rule.id}{rule.text}")
    return tuple(kept)
