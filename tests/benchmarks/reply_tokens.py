"""What a reply costs in each form: output tokens of edits and of whole texts, over those of writing the prompt anew.

    python -m tests.benchmarks.reply_tokens [--seed N]

Needs the folder of real prompts beside the checkout. No engine is asked: a script writes the replies, and the real
functions must read them back to the text that was meant. Every figure is a lower bound of what a model writes: it
adds preambles, explains more than it must, changes more than it was asked for, breaks the form. What varies is the
load:

- fixes: what the guide's own fixes change, with their reasons cut to 12 words; where there are none, the empty reply;
- realistic: the same, and one sentence reworded for each 1,500 characters of prose begun, drawn by the seed;
- bold: the same, and every second sentence outside locked blocks reworded.

A reworded sentence is a committed paraphrase (tests/data/fidelity) where there is one within it, else the sentence with
its first two clauses or words swapped: only its length matters. It is quoted whole, where a model may quote a few words
of it: the one place where edits can come out cheaper than here. Every reply that changes something has one line of
advice, and every fifth of them one thing in three wrong, which a repair turn sends once more, as edits.
Not counted: calls that fail, whole replies that are asked for once more, and input.

The measure is the text of all messages, nothing else, in tokens of Kimi K2's own vocabulary (package splintr-rs); where
that is not installed, in characters by four, and the tables say so.
"""

import argparse
import random
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from functools import cache
from hashlib import sha256
from itertools import accumulate, zip_longest

from msgspec import Struct
from msgspec.structs import replace

from refrase.core.body import Body, body_of
from refrase.core.candidate import Candidate, Citable, Edit, apply_edits, candidate_from_edits, candidate_from_texts
from refrase.core.contract import contract_of
from refrase.core.draft import Case
from refrase.core.fix import fix_prompt
from refrase.core.guide import Rule
from refrase.core.literal import blank
from refrase.core.lock import Lock, locks_of, touched
from refrase.core.prompt import LOCKED_ROLES, Prompt, Span, check_prompt
from refrase.core.reply import parse_reply
from refrase.core.reply_form import form_for
from refrase.core.rewrite import Change, Form, Mode, blocks
from refrase.core.selection import select_rules
from refrase.core.target import Target
from refrase.core.terms import Terms
from refrase.errors import BadInput
from refrase.guidebook import Guidebook, parse_guide
from refrase.instructions import Instructions
from refrase.packaged import packaged_path
from tests.benchmarks.fidelity import DEVSET, ROOT, devset, rows_of

_CLASSES = ((1, 199), (200, 399), (400, 999), (1_000, 2_000), (2_001, 5_000), (5_001, 10_000), (10_001, 10**9))
_LONG_CHARACTERS = 2_000
_AIM = 0.6
_PROSE_PER_REWORDING = 1_500
_ONE_REPAIRED_IN, _ONE_WRONG_IN = 5, 3
_FEWEST_QUOTED_WORDS = 3
_WHY = "The order of the clauses hides from Kimi what is asked first here."
_WHY_WORDS = 12
_STRAY_WORD = "indeed"
_ADVICE = "Send temperature 0.6 with every call, which is what the vendor recommends for this model."
_WORD_AFTER = re.compile(r"\s*(?:[\u2e80-\uffef]|[^\s\u2e80-\uffef]+)")
_CLAUSES = re.compile(r"([^,，、;；]+)([,，、;；]\s*)([^,，、;；.!?。！？]+)")
_WORDS = re.compile(r"(\S+)(\s+)(\S+)")
_SIGNS = re.compile(r"(\S)()(\S)")


class Load(StrEnum):
    """How much a scripted reply changes."""

    FIXES = "fixes"
    REALISTIC = "realistic"
    BOLD = "bold"


class Shape(StrEnum):
    """A form of reply, and whether handles stand for locked blocks in it."""

    EDITS = "edits"
    HANDLES = "handles"
    WHOLE = "whole"


# The modes in which an engine might reply so.
_MODES = {
    Load.FIXES: (Mode.CONSERVATIVE,),
    Load.REALISTIC: (Mode.CONSERVATIVE, Mode.NORMAL),
    Load.BOLD: (Mode.BOLD,),
}
# How much is reworded where the crossover is looked for: one sentence in so many.
_DENSITIES = (1, 2, 3, 4, 6, 8, 12, 16, 32)
_BOLD_DENSITY = 2


class Plan(Struct, frozen=True):
    """A prompt with all that its replies are written and read by, and the rules that apply to it."""

    case: Case
    rules: tuple[Rule, ...]


class Piece(Struct, frozen=True):
    """What becomes of a stretch of a message's body, as the engine sees it."""

    message: int
    start: int
    end: int
    new: str
    rule: str
    why: str


class Sentence(Struct, frozen=True):
    """A sentence that may be reworded, and other words for it."""

    span: Span
    new: str
    is_paraphrase: bool


class Cost(Struct, frozen=True):
    """What the replies about one prompt cost, in tokens, in each form and for the plain text."""

    characters: int
    plain: int
    changes: int
    locks: int
    left_out: int
    is_repaired: bool
    tokens: dict[Shape, int]

    def ratio(self, shape: Shape) -> float:
        """Return the cost of a form for one token of plain text."""
        return self.tokens[shape] / self.plain


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description="Measure what each form of reply costs.")
    parser.add_argument("--seed", type=int, default=1)
    seed = parser.parse_args().seed
    if not DEVSET.exists():
        sys.exit(f"The real prompts are not at {DEVSET.relative_to(ROOT.parent)}.")
    count, unit = _counter()
    prompts = devset()
    target = _target()
    dice = random.Random(seed)
    plans: dict[str, Plan] = {}
    for name, prompt in prompts.items():
        try:
            plans[name] = _plan(prompt, target, dice)
        except BadInput as error:
            print(f"left out: {name}: {error.detail}")
    print(f"{len(plans)} of {len(prompts)} prompts; counted in {unit}.")
    print("Scripted replies: every figure is a lower bound of what an engine writes.")
    costs = {load: list(_costs(plans, load, seed, count)) for load in Load}
    for load, measured in costs.items():
        _print_table(load, measured)
    for load, measured in costs.items():
        _print_crossover(load, measured)
    _print_density(plans, seed, count)
    _print_choice(costs)
    _print_parts(count, plans, seed)


def _counter() -> tuple[Callable[[str], int], str]:
    try:
        from splintr import Tokenizer
    except ImportError:
        return lambda text: -(-len(text) // 4), "CHARACTERS BY FOUR, a guess: splintr-rs is not installed"
    encode = Tokenizer.from_pretrained("kimi_k2").encode_ordinary
    return lambda text: len(encode(text)), "tokens of Kimi K2's vocabulary"


def _target() -> Target:
    """Return the target, from its own guide alone."""
    path = packaged_path("guides") / "kimi-k2.md"
    guide, faults = parse_guide(path.read_text("utf-8"), path.stem)
    if guide is None or faults:
        sys.exit(f"{path} cannot be used: {faults}")
    return Guidebook((guide,)).get_target("kimi-k2-0905")


def _plan(prompt: Prompt, target: Target, dice: random.Random) -> Plan:
    """Return what the service knows of a prompt before it asks. Raises BadInput for one that it refuses."""
    check_prompt(prompt, max_prompt_bytes=1_000_000)
    rules = tuple(item.rule for item in select_rules(target, prompt) if item.applies)
    contract = contract_of(prompt)
    mark = str(dice.randrange(100_000_000, 1_000_000_000))
    while any(mark in text for text in prompt.texts):
        mark = str(dice.randrange(100_000_000, 1_000_000_000))
    case = Case(
        prompt=prompt,
        contract=contract,
        terms=Terms(),
        mode=Mode.CONSERVATIVE,
        form=Form.EDITS,
        mark=mark,
        citable=Citable(frozenset(rule.id for rule in target.rules), frozenset(rule.id for rule in rules)),
        locks=tuple(lock for reading in contract.messages for lock in locks_of(reading)),
    )
    return Plan(case, rules)


def _costs(
    plans: dict[str, Plan], load: Load, seed: int, count: Callable[[str], int], one_in: int = _BOLD_DENSITY
) -> Iterator[Cost]:
    instructions = Instructions()
    changed = 0
    for name, plan in plans.items():
        wanted = _edits(plan, load, seed, name, one_in)
        pieces, edits = _quotable(plan.case, wanted)
        is_repaired = bool(pieces) and changed % _ONE_REPAIRED_IN == 0
        changed += bool(pieces)
        talks = {shape: _talk(plan.case, shape, pieces, edits, instructions, is_repaired) for shape in Shape}
        yield Cost(
            characters=plan.case.prompt.characters,
            plain=sum(count(text) for text in plan.case.prompt.texts),
            changes=len(pieces),
            locks=len(plan.case.locks),
            left_out=len(wanted) - len(edits),
            is_repaired=is_repaired,
            tokens={shape: sum(map(count, replies)) for shape, replies in talks.items()},
        )


# What is changed


def _edits(plan: Plan, load: Load, seed: int, name: str, one_in: int = _BOLD_DENSITY) -> list[Edit]:
    """Return what a reply under this *load* changes, in order, nothing in a locked block."""
    case = plan.case
    fixed = fix_prompt(case.prompt, plan.rules, case.kept)
    edits = [
        Edit(change.before, change.new, change.rule, " ".join(change.reason.split()[:_WHY_WORDS]))
        for change in fixed.changes
        if change.before and touched(case.locks, change.before) is None
    ]
    if load is Load.FIXES:
        return edits
    dice = random.Random(f"{seed} {name}")
    sentences = list(_sentences(plan, name))
    if load is Load.BOLD:
        chosen = sentences[::one_in]
    else:
        dice.shuffle(sentences)
        sentences.sort(key=lambda sentence: not sentence.is_paraphrase)
        chosen = sentences[: -(-_prose_characters(case) // _PROSE_PER_REWORDING)]
    rules = sorted(case.citable.applying)
    free = [one for one in chosen if not any(_overlap(one.span, edit.span) for edit in edits)]
    edits += [Edit(one.span, one.new, dice.choice(rules), _WHY) for one in free]
    return sorted(edits, key=lambda edit: (edit.span.message, edit.span.start))


def _sentences(plan: Plan, name: str) -> Iterator[Sentence]:
    """Yield every sentence that may be changed, with other words of about its length."""
    case = plan.case
    for reading in case.contract.messages:
        if reading.role in LOCKED_ROLES:
            continue
        for unit in reading.units:
            span = _stripped(reading.text, unit.span)
            text = reading.text[span.start : span.end]
            if unit.is_heading or any(_overlap(span, kept) for kept in case.kept):
                continue
            paraphrase = _paraphrase(name, reading.text, span)
            new = paraphrase or _swapped(text)
            if new != text:
                yield Sentence(span, new, bool(paraphrase))


def _stripped(text: str, span: Span) -> Span:
    """Return a sentence without odd blanks around it, which an engine does not see at a text's ends."""
    value = text[span.start : span.end]
    start = span.end - len(value.lstrip())
    return Span(start, start + len(value.strip()), span.message)


def _paraphrase(name: str, text: str, span: Span) -> str:
    """Return the first committed paraphrase that lies within a sentence, or ""."""
    for row in _paraphrases().get((name, span.message), ()):
        if not all(span.start <= start and end <= span.end for start, end, _ in row["edits"]):
            continue
        if sha256(text.encode()).hexdigest()[:12] != row["sha256"]:
            sys.exit(f"The prompt {name} is not the one that was paraphrased.")
        new = text[: span.end]
        for start, end, words in sorted(row["edits"], reverse=True):
            new = new[:start] + words + new[end:]
        return new[span.start :]
    return ""


@cache
def _paraphrases() -> dict[tuple[str, int], list[dict]]:
    rows: defaultdict[tuple[str, int], list[dict]] = defaultdict(list)
    for row in rows_of("paraphrases"):
        rows[row["id"], row["message"]].append(row)
    return rows


def _swapped(text: str) -> str:
    """Return *text* with its first two clauses swapped, or words, or signs: nonsense of the right length."""
    for pattern in (_CLAUSES, _WORDS, _SIGNS):
        swapped = pattern.sub(r"\3\2\1", text, count=1)
        if swapped != text:
            return swapped
    return text


def _prose_characters(case: Case) -> int:
    """Return how much prose there is to reword: no code, data, example or variable, and nothing locked."""
    total = 0
    for reading in case.contract.messages:
        if reading.role not in LOCKED_ROLES:
            locked = [(lock.span.start, lock.span.end) for lock in case.locks if lock.span.message == reading.number]
            prose = blank(reading.prose, locked)
            total += len(prose) - prose.count("\0")
    return total


def _overlap(one: Span, other: Span) -> bool:
    return one.message == other.message and one.start < other.end and other.start < one.end


# How it is quoted


def _quotable(case: Case, edits: Sequence[Edit]) -> tuple[list[Piece], list[Edit]]:
    """Return what an engine has to quote for *edits*, and those of them that can be quoted."""
    pieces: list[Piece] = []
    kept: list[Edit] = []
    for number, text in enumerate(case.prompt.texts):
        body = body_of(text)
        walls = _walls(body, case.locks, number)
        own = [edit for edit in edits if edit.span.message == number]
        stretches = [_stretch(body, edit) for edit in own]
        for index, (edit, piece) in enumerate(zip(own, stretches, strict=True)):
            low = max([end for _, end in walls if end <= piece.start] + [one.end for one in stretches[:index]] + [0])
            high = min(
                [start for start, _ in walls if start >= piece.end]
                + [one.start for one in stretches[index + 1 :]]
                + [len(body.text)]
            )
            grown = _grown(body.text, piece, low, high)
            if grown is not None:
                stretches[index] = grown
                pieces.append(grown)
                kept.append(edit)
    return pieces, kept


def _stretch(body: Body, edit: Edit) -> Piece:
    """Return the place of an edit in the body: without what stays at its ends, where code made it."""
    start, end = body.body_offset(edit.span.start), body.body_offset(edit.span.end)
    old, new = body.text[start:end], re.sub(r"\r\n?", "\n", edit.new)
    if edit.reason != _WHY:
        while old and new and old[-1] == new[-1]:
            old, new = old[:-1], new[:-1]
        head = 0
        while head < min(len(old), len(new)) and old[head] == new[head]:
            head += 1
        start, old, new = start + head, old[head:], new[head:]
    return Piece(edit.span.message, start, start + len(old), new, edit.rule, edit.reason)


def _grown(text: str, piece: Piece, low: int, high: int) -> Piece | None:
    """Return *piece* with as much around it as makes whole words, a few of them, that stand only once in *text*."""
    start, end = piece.start, piece.end
    while low < start < end and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while start < end < high and text[end - 1].isalnum() and text[end].isalnum() and text[end] < "\u2e80":
        end += 1
    while len(text[start:end].split()) < _FEWEST_QUOTED_WORDS or not _stands_once(text, text[start:end]):
        after = _WORD_AFTER.match(text, end, high)
        before = re.search(r"(?:[\u2e80-\uffef]|[^\s\u2e80-\uffef]+)\s*\Z", text[max(low, start - 400) : start])
        if after:
            end = after.end()
        elif before:
            start -= len(before.group())
        elif _stands_once(text, text[start:end]):
            break
        else:
            return None
    new = text[start : piece.start] + piece.new + text[piece.end : end]
    return replace(piece, start=start, end=end, new=new)


def _stands_once(text: str, quote: str) -> bool:
    first = text.find(quote)
    return bool(quote) and text.find(quote, first + 1) < 0


def _walls(body: Body, locks: Iterable[Lock], number: int) -> list[tuple[int, int]]:
    spans = [lock.span for lock in locks if lock.span.message == number]
    return [(body.body_offset(span.start), body.body_offset(span.end)) for span in spans]


# What is replied, and whether it is read as it was meant


def _talk(
    case: Case, shape: Shape, pieces: list[Piece], edits: list[Edit], instructions: Instructions, is_repaired: bool
) -> list[str]:
    """Return the replies about a prompt in one form, each read back by the real functions to what was meant."""
    form = Form.EDITS if shape is Shape.EDITS else Form.WHOLE
    case = replace(case, form=form, locks=() if shape is Shape.WHOLE else case.locks)
    meant = apply_edits(case.prompt, edits).after
    wrong = set(range(0, len(pieces), _ONE_WRONG_IN)) if is_repaired else set()
    sent = [_spoilt(piece) if index in wrong else piece for index, piece in enumerate(pieces)]
    if form is Form.EDITS:
        reply = _edits_reply(case, case.prompt, sent) + _advice(case, sent)
        candidate = _read_edits(case, case.prompt, reply, ())
    else:
        reply = _whole_reply(case, sent) + _advice(case, sent)
        handles = instructions.quote(case).handles
        parsed = parse_reply(reply, case.mark, form, len(case.prompt.messages))
        assert [line.rule for line in parsed.account] == [piece.rule for piece in sent]
        candidate = candidate_from_texts(case.prompt, parsed, citable=case.citable, handles=handles)
    _check(candidate)
    if not wrong:
        assert candidate.after == meant, f"{shape}: read as another text than was meant"
        return [reply]
    assert candidate.after != meant
    if form is Form.EDITS:
        repair = _edits_reply(case, case.prompt, [pieces[index] for index in sorted(wrong)])
        standing = [change for index, change in enumerate(candidate.changes) if index not in wrong]
        mended = _read_edits(case, case.prompt, repair, standing)
    else:
        repair = _edits_reply(case, candidate.after, _mending(candidate.after, pieces, sent, wrong))
        mended = _read_edits(replace(case, locks=()), candidate.after, repair, ())
    _check(mended)
    assert mended.after == meant, f"{shape}: repaired to another text than was meant"
    return [reply, repair]


def _read_edits(case: Case, prompt: Prompt, reply: str, standing: Sequence[Change]) -> Candidate:
    parsed = parse_reply(reply, case.mark, Form.EDITS, len(prompt.messages))
    return candidate_from_edits(prompt, parsed, citable=case.citable, locks=case.locks, standing=standing)


def _check(candidate: Candidate) -> None:
    assert not blocks(candidate.findings), [finding.message for finding in candidate.findings]


def _edits_reply(case: Case, prompt: Prompt, pieces: Sequence[Piece]) -> str:
    m = case.mark
    written: list[str] = []
    for piece in pieces:
        old = body_of(prompt.texts[piece.message]).text[piece.start : piece.end]
        number = f' n="{piece.message + 1}"' if len(prompt.messages) > 1 else ""
        written.append(
            f'<edit-{m} rule="{piece.rule}"{number}>\n<old-{m}>{old}</old-{m}>\n<new-{m}>{piece.new}</new-{m}>\n'
            f"<why-{m}>{piece.why}</why-{m}>\n</edit-{m}>\n"
        )
    return f"<edits-{m}>\n{''.join(written)}</edits-{m}>" if written else f"<edits-{m}></edits-{m}>"


def _whole_reply(case: Case, pieces: Sequence[Piece]) -> str:
    m = case.mark
    messages: list[str] = []
    handle = 0
    for number, source in enumerate(case.prompt.texts):
        body = body_of(source)
        swaps = [(piece.start, piece.end, piece.new) for piece in pieces if piece.message == number]
        for start, end in _walls(body, case.locks, number):
            if start < end:
                handle += 1
                swaps.append((start, end, f'<locked-{m} id="{handle}"/>'))
        text, position = "", 0
        for start, end, new in sorted(swaps):
            text += body.text[position:start] + new
            position = end
        messages.append(f'<message-{m} n="{number + 1}">\n{text}{body.text[position:]}\n</message-{m}>\n')
    account = "".join(f'{piece.rule} | "{_first_words(piece.new)}" | {piece.why}\n' for piece in pieces)
    return f"{''.join(messages)}<changes-{m}>\n{account}</changes-{m}>"


def _first_words(text: str) -> str:
    return " ".join(re.sub(r'["“”|<>]', " ", text).split()[:4])[:60] or "–"


def _advice(case: Case, pieces: Sequence[Piece]) -> str:
    return f"\n<advice-{case.mark}>{_ADVICE}</advice-{case.mark}>" if pieces else ""


def _spoilt(piece: Piece) -> Piece:
    """Return *piece* with a word in it that nobody asked for."""
    return replace(piece, new=f"{piece.new} {_STRAY_WORD}")


def _mending(prompt: Prompt, pieces: Sequence[Piece], sent: Sequence[Piece], wrong: set[int]) -> list[Piece]:
    """Return the edits of the rewrite that mend what is wrong in it, quoted from there."""
    mended: list[Piece] = []
    for number, source in enumerate(prompt.texts):
        text = body_of(source).text
        places: list[Piece] = []
        shift = 0
        for index, (piece, was) in enumerate(zip(pieces, sent, strict=True)):
            if piece.message != number:
                continue
            start = was.start + shift
            if index in wrong:
                assert text[start : start + len(was.new)] == was.new
                places.append(replace(piece, start=start, end=start + len(was.new)))
            shift += len(was.new) - (was.end - was.start)
        low = 0
        for place, following in zip_longest(places, places[1:]):
            grown = _grown(text, place, low, following.start if following else len(text))
            assert grown is not None
            mended.append(grown)
            low = grown.end
    return mended


# What is printed


def _print_table(load: Load, costs: list[Cost]) -> None:
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


def _print_crossover(load: Load, costs: list[Cost]) -> None:
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


def _print_density(plans: dict[str, Plan], seed: int, count: Callable[[str], int]) -> None:
    """Print how many sentences have to change before whole texts with handles are cheaper than edits."""
    print("\nedits / whole with handles, over plain text, where one sentence in so many is reworded (lower bounds)")
    print(f"{'characters':>15}" + "".join(f"{f'in {one_in}':>13}" for one_in in _DENSITIES))
    rows: defaultdict[str, list[str]] = defaultdict(list)
    for one_in in _DENSITIES:
        for label, group in _groups(list(_costs(plans, Load.BOLD, seed, count, one_in))):
            plain = sum(cost.plain for cost in group)
            edits, handles = (
                sum(cost.tokens[shape] for cost in group) / plain for shape in (Shape.EDITS, Shape.HANDLES)
            )
            rows[label].append(f"{edits:6.2f} {'<' if edits < handles else '>'} {handles:4.2f}")
    for label, cells in rows.items():
        print(f"{label:>15}" + "".join(f"{cell:>13}" for cell in cells))


def _print_choice(costs: dict[Load, list[Cost]]) -> None:
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


def _print_parts(count: Callable[[str], int], plans: dict[str, Plan], seed: int) -> None:
    """Print what the tokens of edits go into, over the long prompts under the realistic load."""
    frame = old = new = why = number = mark = 0
    for name, plan in plans.items():
        if plan.case.prompt.characters <= _LONG_CHARACTERS:
            continue
        pieces, _ = _quotable(plan.case, _edits(plan, Load.REALISTIC, seed, name))
        for piece in pieces:
            quoted = body_of(plan.case.prompt.texts[piece.message]).text[piece.start : piece.end]
            parts = count(quoted), count(piece.new), count(piece.why)
            empty = count(_edits_reply(plan.case, plan.case.prompt, []))
            frame += count(_edits_reply(plan.case, plan.case.prompt, [piece])) - sum(parts) - empty
            mark += count(f"-{plan.case.mark}")
            old, new, why, number = old + parts[0], new + parts[1], why + parts[2], number + 1
    print(
        f"\nAn edit of a long prompt, realistic load, mean of {number}: {frame / number:.0f} tokens of tags and rule "
        f"(8 marks of {mark / number:.1f} in them), "
        f"{old / number:.0f} old words, {new / number:.0f} new words, {why / number:.0f} why"
    )


if __name__ == "__main__":
    main()
