"""What the scripted replies of reply_tokens change in a prompt, and how much an engine has to quote for it."""

import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import cache
from hashlib import sha256

from msgspec import Struct
from msgspec.structs import replace

from refrase.core.body import Body, body_of
from refrase.core.candidate import Citable, Edit
from refrase.core.contract import contract_of
from refrase.core.draft import Case
from refrase.core.fix import fix_prompt
from refrase.core.guide import Rule
from refrase.core.literal import blank
from refrase.core.lock import Lock, locks_of, touched
from refrase.core.prompt import LOCKED_ROLES, Prompt, Span, check_prompt
from refrase.core.rewrite import Form, Mode
from refrase.core.selection import select_rules
from refrase.core.target import Target
from refrase.core.terms import Terms
from tests.benchmarks.fidelity import rows_of

_PROSE_PER_REWORDING = 1_500
_FEWEST_QUOTED_WORDS = 3
_WHY = "The order of the clauses hides from Kimi what is asked first here."
_WHY_WORDS = 12
_WORD_AFTER = re.compile(r"\s*(?:[\u2e80-\uffef]|[^\s\u2e80-\uffef]+)")
_CLAUSES = re.compile(r"([^,，、;；]+)([,，、;；]\s*)([^,，、;；.!?。！？]+)")
_WORDS = re.compile(r"(\S+)(\s+)(\S+)")
_SIGNS = re.compile(r"(\S)()(\S)")
# Under the bold load one sentence in so many is reworded.
BOLD_DENSITY = 2


class Load(StrEnum):
    """How much a scripted reply changes."""

    FIXES = "fixes"
    REALISTIC = "realistic"
    BOLD = "bold"


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


def plan_of(prompt: Prompt, target: Target, dice: random.Random) -> Plan:
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


# What is changed


def scripted_edits(plan: Plan, load: Load, seed: int, name: str, one_in: int = BOLD_DENSITY) -> list[Edit]:
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


def quotable(case: Case, edits: Sequence[Edit]) -> tuple[list[Piece], list[Edit]]:
    """Return what an engine has to quote for *edits*, and those of them that can be quoted."""
    pieces: list[Piece] = []
    kept: list[Edit] = []
    for number, text in enumerate(case.prompt.texts):
        body = body_of(text)
        walls = walls_of(body, case.locks, number)
        own = [edit for edit in edits if edit.span.message == number]
        stretches = [_stretch(body, edit) for edit in own]
        for index, (edit, piece) in enumerate(zip(own, stretches, strict=True)):
            low = max([end for _, end in walls if end <= piece.start] + [one.end for one in stretches[:index]] + [0])
            high = min(
                [start for start, _ in walls if start >= piece.end]
                + [one.start for one in stretches[index + 1 :]]
                + [len(body.text)]
            )
            grown = grow(body.text, piece, low, high)
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


def grow(text: str, piece: Piece, low: int, high: int) -> Piece | None:
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


def walls_of(body: Body, locks: Iterable[Lock], number: int) -> list[tuple[int, int]]:
    """Return where the locked blocks of a message stand in its body."""
    spans = [lock.span for lock in locks if lock.span.message == number]
    return [(body.body_offset(span.start), body.body_offset(span.end)) for span in spans]
