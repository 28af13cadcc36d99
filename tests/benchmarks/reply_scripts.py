"""The scripted replies of reply_tokens in each form, each read back by the real functions to what was meant."""

import re
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from itertools import zip_longest

from msgspec import Struct
from msgspec.structs import replace

from refrase.core.body import body_of
from refrase.core.candidate import Candidate, Edit, apply_edits, candidate_from_edits, candidate_from_texts
from refrase.core.draft import Case
from refrase.core.prompt import Prompt
from refrase.core.reply import parse_reply
from refrase.core.rewrite import Change, Form, blocks
from refrase.instructions import Instructions
from tests.benchmarks.reply_changes import BOLD_DENSITY, Load, Piece, Plan, grow, quotable, scripted_edits, walls_of

_ONE_REPAIRED_IN, _ONE_WRONG_IN = 5, 3
_STRAY_WORD = "indeed"
_ADVICE = "Send temperature 0.6 with every call, which is what the vendor recommends for this model."


class Shape(StrEnum):
    """A form of reply, and whether handles stand for locked blocks in it."""

    EDITS = "edits"
    HANDLES = "handles"
    WHOLE = "whole"


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


def costs_of(
    plans: dict[str, Plan], load: Load, seed: int, count: Callable[[str], int], one_in: int = BOLD_DENSITY
) -> Iterator[Cost]:
    """Yield what the replies about each prompt cost under a load, counted by *count*."""
    instructions = Instructions()
    changed = 0
    for name, plan in plans.items():
        wanted = scripted_edits(plan, load, seed, name, one_in)
        pieces, edits = quotable(plan.case, wanted)
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
        reply = edits_reply(case, case.prompt, sent) + _advice(case, sent)
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
        repair = edits_reply(case, case.prompt, [pieces[index] for index in sorted(wrong)])
        standing = [change for index, change in enumerate(candidate.changes) if index not in wrong]
        mended = _read_edits(case, case.prompt, repair, standing)
    else:
        repair = edits_reply(case, candidate.after, _mending(candidate.after, pieces, sent, wrong))
        mended = _read_edits(replace(case, locks=()), candidate.after, repair, ())
    _check(mended)
    assert mended.after == meant, f"{shape}: repaired to another text than was meant"
    return [reply, repair]


def _read_edits(case: Case, prompt: Prompt, reply: str, standing: Sequence[Change]) -> Candidate:
    parsed = parse_reply(reply, case.mark, Form.EDITS, len(prompt.messages))
    return candidate_from_edits(prompt, parsed, citable=case.citable, locks=case.locks, standing=standing)


def _check(candidate: Candidate) -> None:
    assert not blocks(candidate.findings), [finding.message for finding in candidate.findings]


def edits_reply(case: Case, prompt: Prompt, pieces: Sequence[Piece]) -> str:
    """Return *pieces* written as edits of *prompt*."""
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
        for start, end in walls_of(body, case.locks, number):
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
            grown = grow(text, place, low, following.start if following else len(text))
            assert grown is not None
            mended.append(grown)
            low = grown.end
    return mended
