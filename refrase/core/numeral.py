"""Numbers that are spelled out, in the languages where prompts were seen to do so.

Only what is hardly ever anything else counts; a word that often is (“one”, “single”, the Chinese 三 inside of a
word) counts where a unit or a measure word follows.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache

from refrase.core.scan import lowered, word_spots

_ENGLISH = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINALS = "third fourth fifth sixth seventh eighth ninth tenth"
_OTHERS = {
    "de": "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "fr": "deux trois quatre cinq six sept huit neuf dix onze douze",
    "es": "dos tres cuatro cinco seis siete ocho nueve diez once doce",
    "it": "due tre quattro cinque sei sette otto nove dieci undici dodici",
    "pt": "dois três quatro cinco seis sete oito nove dez onze doze",
    "nl": "twee drie vier vijf zes zeven acht negen tien elf twaalf",
    "ru": "два три четыре пять шесть семь восемь девять десять",
    "pl": "dwa trzy cztery pięć sześć siedem osiem dziewięć dziesięć",
}
_EXTRA = {
    "de": {},
    "fr": {},
    "es": {},
    "it": {},
    "pt": {"duas": 2},
    "nl": {},
    "ru": {"две": 2, "трёх": 3},
    "pl": {"dwie": 2},
}
_SIMPLE: dict[str, int] = (
    {word: value for value, word in enumerate(_ENGLISH.split())}
    | {word: 10 * value for value, word in enumerate(_TENS.split(), 2)}
    | {word: value for value, word in enumerate(_ORDINALS.split(), 3)}
    | {"twice": 2, "thrice": 3, "single": 1, "once": 1, "dozen": 12}
)
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
# These are mostly no numbers: they count where a unit follows.
_WEAK = frozenset({"zero", "one", "single", "once", "dozen", *_SCALES})
_SCALE = re.compile(rf" ({'|'.join(_SCALES)})\b", re.IGNORECASE)
_WORDS = frozenset({*_SIMPLE, *_SCALES})
_WORD = "|".join(sorted(_WORDS, key=len, reverse=True))
_SPELLED = re.compile(rf"(?:{_WORD})(?:[ -](?:and )?(?:{_WORD}))*(?![^\W_])", re.IGNORECASE)
_PART = re.compile(_WORD, re.IGNORECASE)
_SECOND = re.compile(r"(?<=the )second(?= [a-z])", re.IGNORECASE)
_SECOND_WORD = frozenset({"second"})
_HAN = {sign: value for value, sign in enumerate("一二三四五六七八九十", 1)} | {
    "两": 2,
    "兩": 2,
    "⼀": 1,
    "⼆": 2,
    "⼗": 10,
}
# 一个 and the like are mostly an article.
_HAN_NUMBER = re.compile(
    r"[一⼀](?=句|段|行|页|頁|词|詞|字|步|分钟|小时|天)|[二⼆两兩三四五六七八九十⼗](?=个|個|句|条|條|段|点|點|次|步|行|种|種|项|項|字|页|頁|分钟|小时|天|つ|文|人|名|例|部分|轮|輪|遍|倍|道|题|題|章|节|層|层|份|组|組)"
)

# … but not where something is limited to it.
_HAN_ONE = re.compile(r"[只仅僅每][^，。；\n]{0,4}?(一)(?=[个個])")
# “only one”, “choose one”, “one or more”.
_ONE_BEFORE = re.compile(r"\b(?:only|exactly|just|choose|pick|select|at least|at most|up to) $", re.IGNORECASE)
_ONE_AFTER = re.compile(r" (?:or (?:more|less|fewer|two|several)|at a time|per|each)\b", re.IGNORECASE)


def find_numerals(text: str, language: str, has_unit: Callable[[int, int], bool]) -> Iterator[tuple[int, int, int]]:
    """Yield start, end and value of every number spelled out in *text*.

    *has_unit* tells of a stretch whether it counts something.
    """
    end = 0
    for spot in word_spots(text, _WORDS):
        match = _SPELLED.match(text, spot) if spot >= end else None
        if match:
            end = match.end()
        if match and (match.group().lower() not in _WEAK or has_unit(*match.span()) or _is_counted(text, match)):
            yield match.start(), match.end(), _value(match.group())
    for spot in word_spots(text, _SECOND_WORD):
        if match := _SECOND.match(text, spot):
            yield match.start(), match.end(), 2
    for word, value in _words_of(language).items():
        yield from ((start, end, value) for start, end in _stands(lowered(text), word))
    if language in {"zh", "ja"}:
        for match in _HAN_NUMBER.finditer(text):
            yield match.start(), match.end(), _HAN[match.group()]
        for match in _HAN_ONE.finditer(text):
            yield match.start(1), match.end(1), 1


def _is_counted(text: str, match: re.Match[str]) -> bool:
    """Return whether a “one” is a number by the words beside it, or by its capitals."""
    if match.group() == "ONE":
        return True
    before = text[max(0, match.start() - 12) : match.start()]
    return match.group().lower() == "one" and bool(_ONE_BEFORE.search(before) or _ONE_AFTER.match(text, match.end()))


def scaled(digits: str, after: str) -> tuple[str, int]:
    """Return the value of digits with the scale behind them (“1 million”), and how long that is."""
    match = _SCALE.match(after)
    if not match or not digits.replace(".", "", 1).isdigit():
        return digits, 0
    value = float(digits) * _SCALES[match[1].lower()]
    return f"{value:.10g}" if value % 1 else str(int(value)), match.end()


@cache
def _words_of(language: str) -> dict[str, int]:
    words = _OTHERS.get(language, "")
    return {word: value for value, word in enumerate(words.split(), 2)} | _EXTRA.get(language, {})


def _stands(text: str, word: str) -> Iterator[tuple[int, int]]:
    """Yield where *word* stands with no letter or digit beside it."""
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        if not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()):
            yield start, end
        start = text.find(word, end)


def _value(words: str) -> int:
    total = current = 0
    for part in _PART.findall(words.lower()):
        if part in _SCALES:
            current = max(current, 1) * _SCALES[part]
            if _SCALES[part] > 100:
                total, current = total + current, 0
        elif part == "dozen":
            current = max(current, 1) * 12
        else:
            current += _SIMPLE[part]
    return total + current
