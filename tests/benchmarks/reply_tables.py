"""The tables of reply_tokens: costs by length, the crossover, the density, the choice, the parts of an edit."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import accumulate

from msgspec import Struct

from refrase.core.body import body_of
from refrase.core.reply_form import form_for
from refrase.core.rewrite import Form, Mode
from tests.benchmarks.reply_changes import Load, Plan, quotable, scripted_edits
from tests.benchmarks.reply_scripts import Cost, Shape, costs_of, edits_reply

_CLASSES = ((1, 199), (200, 399), (400, 999), (1_000, 2_000), (2_001, 5_000), (5_001, 10_000), (10_001, 10**9))
_LONG_CHARACTERS = 2_000
_AIM = 0.6
# The modes in which an engine might reply so.
_MODES = {
    Load.FIXES: (Mode.CONSERVATIVE,),
    Load.REALISTIC: (Mode.CONSERVATIVE, Mode.NORMAL),
    Load.BOLD: (Mode.BOLD,),
}
# How much is reworded where the crossover is looked for: one sentence in so many.
_DENSITIES = (1, 2, 3, 4, 6, 8, 12, 16, 32)


def print_table(load: Load, costs: list[Cost]) -> None:
    """Print what each form costs under a load, by the length of the prompt."""
    repaired = sum(cost.is_repaired for cost in costs)
    print(
        f"\n{load}: tokens of the replies for one token of plain text: mean of the prompts / total (lower bounds)\n"
        f"{'characters':>15} {'prompts':>8} {'changed':>8} {'changes':>8} {'locked':>7}"
        + "".join(f"{shape:>17}" for shape in Shape)
        + f"   {'cheapest':10} edits cheaper in"
    )
    for label, group in _groups(costs):
        plain = sum(cost.plain for cost in group)
        totals = {shape: sum(cost.tokens[shape] for cost in group) for shape in Shape}
        shown = "".join(
            f"{sum(cost.ratio(shape) for cost in group) / len(group):9.2f} / {totals[shape] / plain:5.2f}"
            for shape in Shape
        )
        changed = sum(cost.changes > 0 for cost in group)
        changes = sum(cost.changes for cost in group)
        locked = sum(cost.locks > 0 for cost in group)
        print(
            f"{label:>15} {len(group):8} {changed:8} {changes:8} {locked:7}{shown}   "
            f"{min(totals, key=totals.__getitem__):10} {_wins(group)} of {len(group)}"
        )
    left_out = sum(cost.left_out for cost in costs)
    print(
        f"    {repaired} prompts with a repair turn; {left_out} changes left out of all forms, since they, with the "
        "words around them, stand there more than once"
    )


def _groups(costs: list[Cost]) -> Iterator[tuple[str, list[Cost]]]:
    for low, high in _CLASSES:
        group = [cost for cost in costs if low <= cost.characters <= high]
        if group:
            yield (f"{low:,} – {high:,}" if high < 10**9 else f"{low:,} –"), group
    yield f"over {_LONG_CHARACTERS:,}", [cost for cost in costs if cost.characters > _LONG_CHARACTERS]
    yield "all", costs


def _wins(costs: list[Cost]) -> int:
    return sum(cost.tokens[Shape.EDITS] < cost.tokens[Shape.HANDLES] for cost in costs)


def print_crossover(load: Load, costs: list[Cost]) -> None:
    """Print from which length on edits are the cheaper choice, where a choice can go by the length alone."""
    ordered = sorted(costs, key=lambda cost: cost.characters)
    saved = [cost.tokens[Shape.HANDLES] - cost.tokens[Shape.EDITS] for cost in ordered]
    # Tokens when the first n prompts get whole texts and all others edits.
    edits = sum(cost.tokens[Shape.EDITS] for cost in ordered)
    totals = [edits - lost for lost in accumulate((-one for one in saved), initial=0)]
    places = [n for n in range(len(totals)) if n in {0, len(ordered)} or _is_step(ordered, n)]
    best = min(places, key=totals.__getitem__)
    near = [n for n in places if totals[n] <= totals[best] * 1.01]
    plain = sum(cost.plain for cost in costs)
    print(
        f"\n{load}: cheapest with edits {_from(ordered, best)}: {totals[best] / plain:.3f} of plain over all; "
        f"within 1 % of it from the limit {_from(ordered, near[0])} to that {_from(ordered, near[-1])}"
    )
    oracle = sum(min(cost.tokens[Shape.EDITS], cost.tokens[Shape.HANDLES]) for cost in costs)
    print(
        f"    always edits {totals[0] / plain:.3f}; always whole with handles {totals[-1] / plain:.3f}; "
        f"the cheaper of both for each prompt, which nobody knows beforehand, {oracle / plain:.3f}"
    )


def _is_step(ordered: list[Cost], place: int) -> bool:
    return ordered[place - 1].characters < ordered[place].characters


def _from(ordered: list[Cost], place: int) -> str:
    if place == len(ordered):
        return "for none"
    return f"from {ordered[place].characters:,} characters on" if place else "for all"


def print_density(plans: dict[str, Plan], seed: int, count: Callable[[str], int]) -> None:
    """Print how many sentences have to change before whole texts with handles are cheaper than edits."""
    print("\nedits / whole with handles, over plain text, where one sentence in so many is reworded (lower bounds)")
    print(f"{'characters':>15}" + "".join(f"{f'in {one_in}':>13}" for one_in in _DENSITIES))
    rows: defaultdict[str, list[str]] = defaultdict(list)
    for one_in in _DENSITIES:
        for label, group in _groups(list(costs_of(plans, Load.BOLD, seed, count, one_in))):
            plain = sum(cost.plain for cost in group)
            edits, handles = (
                sum(cost.tokens[shape] for cost in group) / plain for shape in (Shape.EDITS, Shape.HANDLES)
            )
            rows[label].append(f"{edits:6.2f} {'<' if edits < handles else '>'} {handles:4.2f}")
    for label, cells in rows.items():
        print(f"{label:>15}" + "".join(f"{cell:>13}" for cell in cells))


def print_choice(costs: dict[Load, list[Cost]]) -> None:
    """Print what form_for chooses, what that costs, and where the other form would be cheaper."""
    print("\nWhat reply_form.form_for chooses (whole means with handles)")
    moded = [(load, mode) for load in Load for mode in _MODES[load]]
    for load, mode in moded:
        for label, group in list(_groups(costs[load]))[-2:]:
            ratio = sum(cost.tokens[_chosen(cost, mode)] for cost in group) / sum(cost.plain for cost in group)
            verdict = f"; the aim of {_AIM} is {'met' if ratio <= _AIM else 'missed'}" if label != "all" else ""
            print(f"  {load:10} {mode:12} {label:>12}: {ratio:.3f} of plain{verdict}")
    print("\nWhere the other form is cheaper in total")
    for load, mode in moded:
        for label, group in list(_groups(costs[load]))[:-2]:
            chosen = {_chosen(cost, mode) for cost in group}
            assert len(chosen) == 1, "a class holds prompts of both forms"
            shape = chosen.pop()
            other = Shape.HANDLES if shape is Shape.EDITS else Shape.EDITS
            here, there = (sum(cost.tokens[one] for cost in group) for one in (shape, other))
            if there < here:
                print(
                    f"  {load:10} {mode:12} {label:>15}: {shape} is chosen, {here:,} tokens; {other} would be "
                    f"{there:,}, {1 - there / here:.0%} less, {(here - there) / len(group):.0f} tokens a prompt"
                )


def _chosen(cost: Cost, mode: Mode) -> Shape:
    """Return what the product chooses for a prompt of that length."""
    form = form_for(_Length(cost.characters), mode)
    return Shape.EDITS if form is Form.EDITS else Shape.HANDLES


class _Length(Struct, frozen=True):
    """As much of a prompt as decides about the form."""

    characters: int


def print_parts(count: Callable[[str], int], plans: dict[str, Plan], seed: int) -> None:
    """Print what the tokens of edits go into, over the long prompts under the realistic load."""
    frame = old = new = why = number = mark = 0
    for name, plan in plans.items():
        if plan.case.prompt.characters <= _LONG_CHARACTERS:
            continue
        pieces, _ = quotable(plan.case, scripted_edits(plan, Load.REALISTIC, seed, name))
        for piece in pieces:
            quoted = body_of(plan.case.prompt.texts[piece.message]).text[piece.start : piece.end]
            parts = count(quoted), count(piece.new), count(piece.why)
            empty = count(edits_reply(plan.case, plan.case.prompt, []))
            frame += count(edits_reply(plan.case, plan.case.prompt, [piece])) - sum(parts) - empty
            mark += count(f"-{plan.case.mark}")
            old, new, why, number = old + parts[0], new + parts[1], why + parts[2], number + 1
    print(
        f"\nAn edit of a long prompt, realistic load, mean of {number}: {frame / number:.0f} tokens of tags and rule "
        f"(8 marks of {mark / number:.1f} in them), "
        f"{old / number:.0f} old words, {new / number:.0f} new words, {why / number:.0f} why"
    )
