"""What a sentence demands and how strongly: must, must not, should, may, only. Its words may change, this may not.

The words are told per language (core.rule_words); a language without a table is not judged, and the ledger says so.
A negation in a condition (“if the text does not say”) or in a description (“customers who never ordered”) forbids
nothing and is not read.
"""

import re
from collections import Counter, defaultdict
from functools import cache, lru_cache

from msgspec import Struct

from refrase.core.rule_words import CONDITIONS, DESCRIPTIONS, IDIOMS, UNSPACED, WORDS, Force, Forces
from refrase.core.scan import caseless
from refrase.core.unit import words_of
from refrase.core.verb import VERBS

# Where a ban ends. In English it goes on behind a comma where a list does.
_SCOPE_END = re.compile(
    rf"[.;:!?()\n—。，；：！？]|\b(?:but|and (?:{VERBS}|do|always|ensure|make sure)|instead|sondern|mais|sino|unless|if|"
    r"when)\b",
    re.IGNORECASE,
)
_AUXILIARY = re.compile(
    r"(?:^|\b)(?:must|shall|should|can|could|may|will|would|is|are|was|were|has|have|cannot)(?:n['’]?t)?(?: not)?\s*$",
    re.IGNORECASE,
)
_LIST_WORDS = 4
# No sentence of a person forbids more; beyond it only the count is compared.
_MOST_BANS = 100
_HEAD_WORDS = 3
# What a ban is about stands no farther from it than this, in characters.
_LONGEST_SCOPE = 400
_LAST_OF_LIST = re.compile(r"\b(?:or|and|nor)\b", re.IGNORECASE)
# In other languages than English a comma mostly begins a new clause.
_NARROW_SCOPE_END = re.compile(rf"[,、]|{_SCOPE_END.pattern}", re.IGNORECASE)
# What stands in another thing's place ends at what it is for.
_SHORT_SCOPE = re.compile(r"instead of|rather than", re.IGNORECASE)
_PURPOSE = re.compile(r"\bto\b", re.IGNORECASE)
_CLAUSE_EDGES = ".,;:!?()\n。，；：！？"
_OFFER = re.compile(
    r"\b(?:you (?:may|can|could|might)|optionally|feel free|if you (?:want|like|wish)|tu peux|vous pouvez|"
    r"du (?:kannst|darfst)|"
    r"sie (?:können|dürfen)|puedes|puede usted|você pode|puoi|je mag|je kunt)\b|可以"
)


class Demand(Struct, frozen=True):
    """What a text demands: how often with which force, the words of each of its bans, and whether it only offers.

    `heads` are the first words of each ban: what it forbids above all.

    `subjects` are the words of what must not be or do something: they are no less forbidden than what follows.
    `negates` tells of a negation anywhere but in a condition: also in a description, where it forbids nothing.
    """

    forces: Counter[Force]
    bans: tuple[frozenset[str], ...]
    heads: tuple[frozenset[str], ...]
    words: frozenset[str]
    is_offer: bool
    negates: bool = False
    subjects: frozenset[str] = frozenset()

    @property
    def forbidden(self) -> frozenset[str]:
        """The words of all bans."""
        return frozenset().union(*self.bans)


@lru_cache(maxsize=1024)
def demand_of(text: str, language: str) -> Demand | None:
    """Return what *text* demands; None where nothing is known of its language."""
    known = _compiled(language or "en")
    if known is None:
        return None
    pattern, forces, conditions, descriptions = known
    stated = _without(conditions, text)
    plain = _without(descriptions, stated)
    small = caseless(plain)
    scope_end = _SCOPE_END if (language or "en") == "en" else _NARROW_SCOPE_END
    counts: defaultdict[Force, int] = defaultdict(int)
    bans: list[str] = []
    subjects: frozenset[str] = frozenset()
    for match in pattern.finditer(small):
        told = forces[int((match.lastgroup or "g0")[1:])]
        for force in told:
            counts[force] += 1
        if Force.MUST_NOT in told and len(bans) < _MOST_BANS:
            bans.append(_banned(plain, match, scope_end))
            subjects |= _subject_of(plain, match)
    if counts[Force.MUST_NOT] and counts[Force.UNLESS]:
        # “not unless” and “never without” are “only if”
        counts[Force.MUST_NOT] -= 1
        counts[Force.UNLESS] -= 1
        counts[Force.ONLY] += 1
        bans.clear()
    negates = bool(bans) or (plain is not stated and _negates(pattern, forces, stated))
    heads = tuple(words_of(" ".join(words.split()[:_HEAD_WORDS])) for words in bans)
    return Demand(
        Counter({force: count for force, count in counts.items() if count > 0}),
        tuple(map(words_of, bans)),
        heads,
        words_of(plain),
        not bans and bool(_OFFER.search(small)),
        negates,
        subjects,
    )


def _without(clauses: re.Pattern[str] | None, text: str) -> str:
    """Return *text* with a blank in the place of each of *clauses*."""
    parts: list[str] = []
    end = 0
    for match in clauses.finditer(caseless(text)) if clauses else ():
        parts.append(text[end : match.start()])
        end = match.end()
    return " ".join((*parts, text[end:])) if parts else text


def _subject_of(text: str, match: re.Match[str]) -> frozenset[str]:
    """Return the words of the subject of “… must not”, “… are never”; none of an order."""
    first = max(0, match.start() - _LONGEST_SCOPE)
    start = max(first, *(text.rfind(edge, first, match.start()) + 1 for edge in ".;:!?\n。；：！？"))
    before = text[start : match.start()]
    is_statement = _AUXILIARY.match(match.group()) or _AUXILIARY.search(before)
    return words_of(before) if is_statement else frozenset()


def _end_of_list(text: str, start: int, end: int) -> int:
    """Return where the list at *start* ends: at its first comma, unless short parts and an “or” follow."""
    position = text.find(",", start, end)
    if position < 0:
        return end
    parts = text[position:end].split(",")[1:]
    for count, part in enumerate(parts):
        if len(part.split()) > _LIST_WORDS:
            break
        position += len(part) + 1
        if _LAST_OF_LIST.search(part):
            return position
        if count == len(parts) - 1:
            break
    return text.find(",", start, end)


def _negates(pattern: re.Pattern[str], forces: tuple[Forces, ...], text: str) -> bool:
    found = pattern.finditer(caseless(text))
    return any(Force.MUST_NOT in forces[int((match.lastgroup or "g0")[1:])] for match in found)


def _banned(text: str, match: re.Match[str], scope_end: re.Pattern[str]) -> str:
    """Return the words that a ban is about: those behind it, or before it where it stands last (“… untranslated”)."""
    limit = min(len(text), match.end() + _LONGEST_SCOPE)
    ended = scope_end.search(text, match.end(), limit)
    end = _end_of_list(text, match.end(), ended.start() if ended else limit)
    if _SHORT_SCOPE.fullmatch(match.group()) and (purpose := _PURPOSE.search(text, match.end(), end)):
        end = purpose.start()
    words = text[match.end() : end]
    if any(sign.isalnum() for sign in words):
        return words
    first = max(0, match.start() - _LONGEST_SCOPE)
    start = max(first, *(text.rfind(edge, first, match.start()) + 1 for edge in _CLAUSE_EDGES))
    return f"{text[match.start() : match.end()].removeprefix('un')} {text[start : match.start()]}"


def speaks_with_force(text: str, language: str) -> bool:
    """Return whether a sentence holds a rule word."""
    demand = demand_of(text, language)
    return bool(demand and demand.forces)


@cache
def _compiled(
    language: str,
) -> tuple[re.Pattern[str], tuple[Forces, ...], re.Pattern[str] | None, re.Pattern[str] | None] | None:
    if language not in WORDS:
        return None
    entries = (*IDIOMS.get(language, ()), *WORDS[language])
    start, end = ("", "") if language in UNSPACED else (r"(?<![\w-])", r"(?![\w-])")
    either = "|".join(f"(?P<g{index}>(?:{caseless(words)}){end})" for index, (_, words) in enumerate(entries))
    pattern = re.compile(f"{start}(?:{either})")
    clauses = (table.get(language) for table in (CONDITIONS, DESCRIPTIONS))
    conditions, descriptions = (re.compile(words) if words else None for words in clauses)
    return pattern, tuple(forces for forces, _ in entries), conditions, descriptions
