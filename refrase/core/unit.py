"""Units of a text: its sentences, list items and headings, each an instruction that a rewrite has to account for."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import attrgetter

from msgspec import Struct

from refrase.core.prompt import Span

_LINE = re.compile(r"[^\r\n]+")
_MARK = re.compile(r"[ \t>]*(?:(?:[-*+•‣–—]|\d{1,3}(?:\.\d{1,2})*[.)]|[a-zA-Z][.)]|#{1,6}|\[[ xX]?\])[ \t]+)*")
# It begins with one set of signs, so that the search skips from sign to sign.
_SENTENCE_END = re.compile(
    r"[.!?…。！？；।۔؟](?:(?<=[.!?…])(?<![.!?…].)[.!?…]*[\"”'’)\]*_`]*(?=\s+(?![a-z]))|"
    r"(?<=[。！？；।۔؟])[。！？；।۔؟]*[”」』）]*)"
)
# A full stop behind these, or behind a single letter or a number, ends no sentence.
_SHORT = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|max|min|no|nr|fig|sec|dr|mr|mrs|ms|st|z\.B|d\.h|bzw|p\.ej)|\b[A-Za-z]|"
    r"\s\d{1,3})\.$",
    re.IGNORECASE,
)
_CONTINUED = re.compile(r"[,;]\s*$|[^.!?:;。！？：；]\s*$")
_HEADING = re.compile(r"[ \t]*(?:#{1,6}[ \t]|\*\*[^*\n]{1,80}\*\*:?[ \t]*$|={3,}|[A-Z][A-Z0-9 &/_-]{2,60}:?$)")
# The vowel signs of Indian scripts and the marks of Arabic ones are part of a word, which \w does not know.
_MARKS = r"\u0300-\u036f\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff"
_SHORT_LEAD = 4
_START = attrgetter("span.start")
_EDGES = " \t\r\n\0"
# A longer line is hardly met again.
_LONGEST_REMEMBERED = 500
_CONDITION = re.compile(r"(?:if|when|wenn|falls|si|cuando|se|quando|als|если|когда)\b|如果|当|若", re.IGNORECASE)
_WORD = re.compile(rf"[^\W_](?:[^\W_]|[{_MARKS}])*(?:['’][^\W_]+)?")
_ELSE = re.compile(r"[\u0300-\u1fff\u2e80-\uffef]")
_LATIN_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_SINGLE_SIGNS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
# Of the ASCII signs those of words, all others as blanks.
_WORD_SIGNS = "".join(chr(code) if chr(code).isalnum() or chr(code) == "'" else " " for code in range(128))
_HAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f\uac00-\ud7af]")
_HAN_RUN = re.compile(f"{_HAN.pattern}+")
_STOP_WORDS = frozenset(
    (
        "a an the and or of to in on at by for with from as is are be was were it its this that these those you your "
        "we our i my please will would can could should do does if then so than into about there here such which who "
        "what but also both not only no any all each every when where how very just some"
    ).split()
)


class Unit(Struct, frozen=True):
    """A sentence, list item or heading: where it stands, its words, and a key that is the same for equal ones.

    `words` leaves out variables and the commonest small words, unless nothing else is there. `said` is the text
    without variables and quoted literals, `lead` the line that introduces its list (“Do not:”).
    """

    span: Span
    text: str
    key: str
    words: frozenset[str]
    said: str
    lead: str = ""
    is_heading: bool = False

    @property
    def demand(self) -> str:
        """What is said, with its lead: a short one goes on in its item, a condition or a long heading does not."""
        joint = " " if len(self.lead.split()) <= _SHORT_LEAD and not _CONDITION.match(self.lead) else "\n"
        return f"{self.lead}{joint}{self.said}".strip()


def units_of(text: str, message: int = 0, masked: str | None = None, said: str | None = None) -> tuple[Unit, ...]:
    """Return the units of *text* in order. What was blanked out (code, data, examples) is in none of them.

    *masked* is the same text with variables blanked out as well: words are taken from there. *said* is that without
    quoted literals.
    """
    found: list[Unit] = []
    masked = text if masked is None else masked
    source = _Source(text, masked, masked if said is None else said, message)
    for stretch in _stretches(text):
        found += source.units(stretch)
    return tuple(found)


def unit_at(units: Sequence[Unit], position: int) -> int | None:
    """Return the index of the unit that *position* lies in, or of the one just before it."""
    index = bisect_right(units, position, key=_START)
    return index - 1 if index else None


# A rewrite keeps most sentences of its original: as many as those of a long prompt are remembered.
@lru_cache(maxsize=1024)
def words_of(text: str) -> frozenset[str]:
    """Return the distinct telling words; of scripts written without spaces, the distinct pairs of characters."""
    small = text.casefold()
    if text.isascii() or not _ELSE.search(text):
        words = set(map(_stem, _latin_words(small) - _SINGLE_SIGNS))
    else:
        words = set[str]()
        for found in set(_WORD.findall(small)):
            word = found.replace("'", "").replace("’", "")
            if _HAN.search(word):
                words.update(run[i : i + 2] for run in _HAN_RUN.findall(word) for i in range(max(1, len(run) - 1)))
            elif word not in _SINGLE_SIGNS:
                words.add(_stem(word))
    telling = words - _STOP_WORDS
    if any(map(str.isdecimal, telling)):
        telling = {word for word in telling if not word.isdecimal()}
    return frozenset(telling or words)


def _latin_words(small: str) -> set[str]:
    """Return the words of a text in small Latin letters, without the apostrophe inside of one."""
    if not small.isascii():
        return {word.replace("'", "").replace("’", "") for word in set(_LATIN_WORD.findall(small))}
    words = set(small.translate(_WORD_SIGNS).split())
    for word in [word for word in words if "'" in word] if "'" in small else ():
        words.remove(word)
        words.update(part.replace("'", "") for part in _LATIN_WORD.findall(word))
    return words


# The words of whole texts, which several checks ask for.
words_of_all = lru_cache(maxsize=16)(words_of.__wrapped__)


def size_of(words: frozenset[str]) -> float:
    """Return how many words these are; a pair of characters counts as a third of one."""
    return sum(1 / 3 if len(word) <= 2 and _HAN.search(word) else 1 for word in words)


class _Stretch(Struct, frozen=True):
    """Where sentences are looked for: a line, or lines that only a margin broke apart."""

    start: int
    end: int
    is_item: bool
    is_heading: bool


def _stretches(text: str) -> Iterator[_Stretch]:
    start = end = -1
    is_item = is_heading = False
    for line in _LINE.finditer(text):
        said = line.group()
        if not said.strip(" \t\0"):
            continue
        line_start, line_end = line.span()
        length, has_mark, has_title = (_shape_of if len(said) <= _LONGEST_REMEMBERED else _shape_of.__wrapped__)(said)
        first = line_start + length
        goes_on = (
            end >= 0
            and not has_mark
            and not is_heading
            and text[first : first + 1].islower()
            and text.count("\n", end, line_start) <= 1
            and _CONTINUED.search(text, max(start, end - 3), end)
        )
        if goes_on:
            end = line_end
            continue
        if end >= 0:
            yield _Stretch(start, end, is_item, is_heading)
        start, end = first, line_end
        is_heading = has_title
        is_item = has_mark and not is_heading
    if end >= 0:
        yield _Stretch(start, end, is_item, is_heading)


@lru_cache(maxsize=4096)
def _shape_of(line: str) -> tuple[int, bool, bool]:
    """Return how long the mark before a line is, whether it is that of a list or heading, and whether it heads."""
    mark = _MARK.match(line)
    length = mark.end() if mark else 0
    return length, bool(line[:length].strip(" \t>")), bool(_HEADING.match(line))


class _Source:
    """A message's text while its units are read, with the line that introduces the list at hand."""

    def __init__(self, text: str, masked: str, said: str, message: int) -> None:
        self._text, self._masked, self._said, self._message = text, masked, said, message
        self._lead = ""

    def units(self, stretch: _Stretch) -> list[Unit]:
        """Return the sentences of a stretch."""
        first, end, is_heading = stretch.start, stretch.end, stretch.is_heading
        lead = self._lead if stretch.is_item else ""
        read = _sentences if end - first <= _LONGEST_REMEMBERED else _sentences.__wrapped__
        found, last, introduces = read(self._text[first:end], self._masked[first:end], self._said[first:end])
        if not stretch.is_item:
            self._lead = last if introduces or is_heading else ""
        message = self._message
        return [
            Unit(
                Span(first + each.start, first + each.end, message),
                each.text,
                each.key,
                each.words,
                each.said,
                lead,
                is_heading,
            )
            for each in found
        ]


class _Sentence(Struct, frozen=True):
    """A sentence of a stretch, and where it stands there."""

    start: int
    end: int
    text: str
    key: str
    words: frozenset[str]
    said: str


# A rewrite keeps most lines of its original.
@lru_cache(maxsize=4096)
def _sentences(text: str, masked: str, said: str) -> tuple[tuple[_Sentence, ...], str, bool]:
    """Return the sentences of a stretch, the last one without layout, and whether its sign says that a list follows."""
    position = 0
    places: list[tuple[int, int]] = []
    for match in _SENTENCE_END.finditer(text):
        is_dot = text[match.start()] == "."
        if is_dot and _SHORT.search(text, max(position, match.start() - 8), match.start() + 1):
            continue
        places.append((position, match.end()))
        position = match.end()
    places.append((position, len(text)))
    spoken = [(start, end) for start, end in places if any(map(str.isalnum, masked[start:end]))]
    last = masked[position:]
    introduces = last.rstrip(" *_\0").endswith((":", "："))
    sentences = tuple(_sentence(start, end, text, masked, said) for start, end in spoken)
    return sentences, last.replace("\0", " ").strip(" *_:："), introduces


def _sentence(start: int, end: int, text: str, masked: str, said: str) -> _Sentence:
    value = text[start:end]
    start, value = end - len(value.lstrip(_EDGES)), value.strip(_EDGES)
    end = start + len(value)
    key = " ".join(value.casefold().split()).strip("*_#:.!。：！ ")
    return _Sentence(start, end, value, key, words_of(masked[start:end]), said[start:end].replace("\0", " ").strip())


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    """Return a word without the commonest endings, so that “answers” meets “answering”."""
    for ending in ("ations", "ation", "ings", "ing", "ies", "ers", "ed", "es", "er", "ly", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word
