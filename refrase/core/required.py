"""What any text holds that an expression matches: words and phrases, worked out from the expression's parts.

A need is a tuple of clauses that all hold, a clause a set of things of which one holds. Everything here errs on the
side of less: where nothing is sure, nothing is needed.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache, reduce
from itertools import accumulate, product

from msgspec import Struct
from msgspec.structs import replace

# Stands in a string where no word goes on: a boundary, or something unknown that is no part of a word.
_EDGE = "\0"
# Letters that match one of ASCII where case is ignored; str.lower() leaves them as they are, or makes two of one.
_ODD_LETTERS = {"\u017f": "s", "\u0131": "i", "\u0130": "i", "\u212a": "k"}
# Longer strings, or more of them than this, are not joined with those of the next part.
_MOST_JOINED = 24
_LONGEST_JOINED = 100
# A shorter run of signs without a blank is nothing that tells.
_LEAST_RUN = 60
# More alternatives than this are not kept apart any more.
_MOST_STRINGS = 200
_WHOLE_WORD = re.compile(r"(?<=[^a-z])[a-z]+(?=[^a-z])")
# Nearly every prompt holds one of these.
_COMMON_SIGNS = frozenset(" .,:;!?-'\"()\t\r\n")


class Phrase(Struct, frozen=True):
    """A stretch of text, and the whole words of ASCII letters that are in it; with `folded` in whatever case."""

    text: str
    words: frozenset[str]
    folded: bool


class Clause(Struct, frozen=True):
    """Of which one holds: a whole word, a phrase, another need, or a run of so many signs without a blank.

    A text where it holds has one of the `cues` as a whole word; they are empty where nothing is known of that.
    """

    words: frozenset[str] = frozenset()
    phrases: tuple[Phrase, ...] = ()
    needs: "tuple[Need, ...]" = ()
    run: int = 0
    cues: frozenset[str] = frozenset()


Need = tuple[Clause, ...]


class Part(Struct, frozen=True):
    """A part of an expression: the strings it can match, None where they are not few or not known, and its need.

    `opens` and `closes` tell that its first and its last sign, where it has one, are no ASCII letters;
    `empty` that it may match nothing; `solid` that no sign of it is a blank.
    """

    strings: frozenset[str] | None
    need: Need = ()
    opens: bool = False
    closes: bool = False
    empty: bool = False
    folded: bool = False
    solid: bool = False


NOTHING = Part(frozenset({""}), opens=True, closes=True, empty=True)
BOUNDARY = Part(frozenset({_EDGE}), opens=True, closes=True)
ANYTHING = Part(None, empty=True)
SIGN = Part(None)
SOLID = Part(None, solid=True)
# A sign that is no part of a word.
SEPARATOR = Part(None, opens=True, closes=True)


def fold(text: str) -> str:
    """Return *text* in small letters, those alike that match one of ASCII where case is ignored."""
    if text.isascii():
        return text.lower()
    for odd, plain in _ODD_LETTERS.items():
        text = text.replace(odd, plain)
    return text.lower().replace("\u03c2", "\u03c3")  # this letter alone depends on its neighbours


def has_odd_letters(text: str) -> bool:
    """Return whether a letter of *text* matches one of ASCII where case is ignored, and is none itself."""
    return not text.isascii() and any(odd in text for odd in _ODD_LETTERS)


def one_of(strings: Iterable[str], *, ignore_case: bool) -> Part:
    """Return the part that matches one of *strings*, none of them empty."""
    known = frozenset(strings)
    if ignore_case and not all(string.isascii() or all(map(_is_caseless, string)) for string in known):
        return SIGN
    return _exactly(known, folded=ignore_case)


def is_separator(sign: str) -> bool:
    """Return whether *sign* is no part of any word."""
    return not (sign.isalnum() or sign == "_")


def sequence(parts: Sequence[Part]) -> Part:
    """Return the part that matches *parts* one behind the other."""
    need: list[Clause] = []
    last, closed, is_exact = NOTHING, False, True
    opened_from = list(accumulate(reversed(parts), _opened, initial=False))[:0:-1]
    for part, opened in zip(parts, opened_from, strict=True):
        need += part.need
        joined = _joined(last, part)
        if joined is None:
            is_exact = False
            need += _one_of_its_strings(_with_edges(last, after=opened))
        before, closed = closed, _closed(closed, part)
        if joined is not None:
            last = joined
        elif part.strings is None:
            last = BOUNDARY if closed else NOTHING
        else:
            last = _with_edges(part, before=before)
    if is_exact:
        return replace(last, need=tuple(need))
    return Part(
        None,
        (*need, *_one_of_its_strings(last)),
        reduce(_opened, reversed(parts), True),
        reduce(_closed, parts, True),
        all(part.empty for part in parts),
    )


def branch(parts: Sequence[Part]) -> Part:
    """Return the part that matches one of *parts*."""
    if len(parts) == 1:
        return parts[0]
    known = [part.strings for part in parts if part.strings is not None and not part.need]
    if len(known) == len(parts):
        strings, folded = frozenset[str]().union(*known), any(part.folded for part in parts)
        if len(strings) <= _MOST_STRINGS:
            return _exactly(strings, folded=folded)
    needs = [(*part.need, *_one_of_its_strings(part)) for part in parts]
    return Part(
        None,
        (_either(needs),) if all(needs) else (),
        all(part.opens for part in parts),
        all(part.closes for part in parts),
        any(part.empty for part in parts),
    )


def repeated(part: Part, least: int, most: int | None) -> Part:
    """Return the part that matches *part* so many times."""
    if most == 0:
        return NOTHING
    if least == most == 1:
        return part
    if least == 0 and most == 1 and part.strings is not None:
        return _exactly(part.strings | {""}, folded=part.folded)
    need = (*part.need, *_one_of_its_strings(part)) if least else ()
    if part.solid and least >= _LEAST_RUN:
        need = (*need, Clause(run=least))
    return Part(None, need, part.opens, part.closes, part.empty or not least)


def beside(part: Part, *, behind: bool) -> Part:
    """Return the part of a look-around that demands *part* in front of where it stands, or *behind* that place."""
    is_apart = not part.empty and (part.closes if behind else part.opens)
    return replace(BOUNDARY if is_apart else NOTHING, need=(*part.need, *_one_of_its_strings(part)))


def required(part: Part) -> Need:
    """Return the whole need of an expression, what is quickly looked up first."""
    return tuple(sorted((*part.need, *_one_of_its_strings(part)), key=_cost))


def _exactly(strings: frozenset[str], *, folded: bool) -> Part:
    strings = frozenset(map(fold, strings)) if folded else strings
    opens = all(map(_is_apart, {string[0] for string in strings if string}))
    closes = all(map(_is_apart, {string[-1] for string in strings if string}))
    return Part(strings, (), opens, closes, "" in strings, folded)


@lru_cache(maxsize=512)
def _is_apart(sign: str) -> bool:
    """Return whether a word of ASCII letters ends beside *sign*."""
    plain = fold(sign)
    return not (plain.isascii() and plain.isalpha())


def _is_caseless(sign: str) -> bool:
    return sign == sign.lower() == sign.upper() == sign.casefold()


def _opened(after: bool, part: Part) -> bool:
    """Return whether *part* and what follows surely begin with no part of a word, if what follows does."""
    return part.opens and (after or not part.empty)


def _closed(before: bool, part: Part) -> bool:
    """Return whether what precedes and *part* surely end with no part of a word, if what precedes does."""
    return part.closes and (before or not part.empty)


def _joined(first: Part, second: Part) -> Part | None:
    """Return the part that matches both, None where its strings are unknown, too many or too long."""
    if first.strings is None or second.strings is None:
        return None
    if first is NOTHING:
        return second
    if second is NOTHING:
        return first
    most = max(_MOST_JOINED, len(first.strings), len(second.strings))
    if len(first.strings) * len(second.strings) > most or max(map(len, first.strings)) > _LONGEST_JOINED:
        return None
    folded = first.folded or second.folded
    strings = frozenset(map("".join, product(first.strings, second.strings)))
    return _exactly(strings, folded=folded)


def _with_edges(part: Part, *, before: bool = False, after: bool = False) -> Part:
    first, last = _EDGE if before else "", _EDGE if after else ""
    return _exactly(frozenset(first + string + last for string in part.strings or ()), folded=part.folded)


def _one_of_its_strings(part: Part) -> Need:
    """Return that one of the part's strings stands in the text; nothing where that tells nothing."""
    shortest_first = sorted(part.strings or (), key=lambda string: (len(string), string))
    phrases = [_phrase(string, folded=part.folded) for string in shortest_first]
    if not phrases or any(not phrase.words and _COMMON_SIGNS.issuperset(phrase.text) for phrase in phrases):
        return ()
    least: list[Phrase] = []
    for phrase in phrases:
        if not any(other.text in phrase.text and other.words <= phrase.words for other in least):
            least.append(phrase)
    # A word is looked up faster than a phrase, and the blank beside it tells little.
    alone = [phrase for phrase in least if phrase.folded and phrase.words == {phrase.text.strip(" ")}]
    words = frozenset[str]().union(*(phrase.words for phrase in alone))
    return (_clause(words, [phrase for phrase in least if phrase not in alone]),)


def _phrase(string: str, *, folded: bool) -> Phrase:
    return Phrase(string.replace(_EDGE, ""), frozenset(_WHOLE_WORD.findall(fold(string))), folded)


def _either(needs: Iterable[Need]) -> Clause:
    """Return the clause that one of *needs* holds."""
    needs = tuple(needs)
    single = [need[0] for need in needs if len(need) == 1 and not need[0].run]
    several = tuple(need for need in needs if len(need) > 1 or need[0].run)
    return _clause(
        frozenset[str]().union(*(clause.words for clause in single)),
        dict.fromkeys(phrase for clause in single for phrase in clause.phrases),
        (*(need for clause in single for need in clause.needs), *several),
    )


def _clause(words: frozenset[str], phrases: Iterable[Phrase], needs: tuple[Need, ...] = ()) -> Clause:
    phrases = tuple(phrases)
    shared = Counter(word for phrase in phrases for word in phrase.words)
    # The fewer words the better, and the longer the rarer.
    of_phrases = [
        frozenset(sorted(phrase.words, key=lambda word: (shared[word], len(word), word))[-1:]) for phrase in phrases
    ]
    of_needs = [min((clause.cues for clause in need if clause.cues), key=len, default=frozenset()) for need in needs]
    cues = [*of_phrases, *of_needs]
    return Clause(words, phrases, needs, cues=words.union(*cues) if all(cues) else frozenset())


def _cost(clause: Clause) -> int:
    return len(clause.phrases) + sum(map(_cost, (inner for need in clause.needs for inner in need)))
