"""The script and the language of a text, as far as code can tell: by its letters and its commonest small words.

Only what is told with confidence counts: a prompt is short, and half of it may be code or names. The small words are
each language's own; words that two of these languages share are left out of both or stand in both. The languages
stand in the order in which they are guessed where two are as likely.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

from refrase.core.scan import words_in

_SCRIPTS = {
    "LATIN": "Latin",
    "CYRILLIC": "Cyrillic",
    "ARABIC": "Arabic",
    "HEBREW": "Hebrew",
    "GREEK": "Greek",
    "DEVANAGARI": "Devanagari",
    "BENGALI": "Bengali",
    "TAMIL": "Tamil",
    "HANGUL": "Korean",
    "THAI": "Thai",
    # Chinese and Japanese share characters; a text that mixes them with kana is judged as one script.
    "CJK": "Chinese or Japanese",
    "HIRAGANA": "Chinese or Japanese",
    "KATAKANA": "Chinese or Japanese",
}
_LEAST_LETTERS = 20
_LETTERS_PER_SIGN = 2
_ENOUGH_LETTERS = re.compile(rf"(?:[^A-Za-z]*[A-Za-z]){{{_LEAST_LETTERS}}}")
_ALL_LATIN: Mapping[str, float] = MappingProxyType({"Latin": 1.0})
_NONE: Mapping[str, float] = MappingProxyType({})
# Of a longer text three stretches of this length are looked at: its beginning, its middle and its end.
_STRETCH_CHARACTERS = 3_000
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalpha())
_KANA = re.compile(r"[\u3040-\u30ff]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[^\W\d_]+")
# Where fewer words tell, or the second language tells nearly as many, nothing is told.
_LEAST_TELLING = 3
_LEAST_SHARE = 0.07
_LEAST_LEAD = 1.3

_SMALL_WORDS = {
    "en": "the of and to is are was you your it that this with for on as be by from or an if not will can should which "
    "have has do does when what how they their any each write answer use following language question user response "
    "give into",
    "de": "der die das und ist sind ein eine einen einem einer nicht mit für auf von zu den dem des im du sie ihr ihre "
    "wenn oder als auch wie werden wird dass kein bitte nur schreibe antworte folgenden folgende frage nutze "
    "verwende sprache antwort gib",
    "fr": "de d l qu n le la les des du un une à tu ton ta est sont et vous votre dans pour avec sur ne pas que "
    "qui ce cette ces ou au aux par il "
    "elle être si doit leur en écris réponds suivant suivante texte réponse utilise langue donne",
    "es": "de qué cómo cuál dónde un el la los las del una es son y en para con por que se su sus no lo al como "
    "más tu usted debe este esta si "
    "pero sin cada escribe responde siguiente respuesta usa idioma pregunta explica",
    "pt": "de o os as do da dos das uma é são e em para com por que se seu sua não no na como mais você deve este "
    "esta ao "
    "ou um cada escreva responda seguinte resposta use idioma pergunta explique apenas",
    "it": "il lo la un i uno gli le del della dei delle una è sono e in per con che non si tuo sua al alla come "
    "più questo "
    "questa ogni deve o di scrivi rispondi seguente testo risposta usa lingua domanda spiega soltanto con nel nella",
    "nl": "de het een en van is zijn niet met voor op dat dit je jij uw die te in of als ook wordt moet bij naar "
    "er schrijf antwoord volgende tekst vraag gebruik taal geef",
    "sv": "och att det som en ett är inte med för på av du den de till om kan ska eller din har från",
    "da": "og at det som en et er ikke med for på af du den de til om kan skal eller din har fra",
    "pl": "i w na z do nie jest to się że oraz jak lub dla od są przez jego jej być który po twoje napisz "
    "odpowiedz następujący tekst przetłumacz",
    "cs": "a v na se je že to s z do pro jako nebo jsou není by ale při podle který tak jeho",
    "tr": "ve bir bu için ile da de ne olarak olan gibi daha en çok değil ya her ama veya sen kadar",
    "id": "yang dan di untuk dengan ini itu adalah dari tidak pada atau anda sebagai ke dalam akan jika oleh",
    "ro": "și de la în un o este sunt nu cu pentru care pe să din ca sau mai acest această",
    "hu": "a az és hogy nem egy is van meg vagy ez azt mint csak ha kell lehet",
    "fi": "ja on ei että se ole tai kun myös joka ovat niin kuin hän sen tämä",
    "ca": "de el la els les del una és són i en per amb que no al com més aquest aquesta si o",
    "af": "die en van is nie met vir op dat jy jou hierdie word 'n het om te sal as",
    "vi": "và của là các cho không một được với trong có để này bạn những người khi",
}
_TELLING = {language: frozenset(words.split()) for language, words in _SMALL_WORDS.items()}
_TOLD_BY = {
    word: tuple(code for code, telling in _TELLING.items() if word in telling)
    for word in frozenset[str]().union(*_TELLING.values())
}
_CYRILLIC = (
    ("uk", re.compile(r"[іїєґ]", re.IGNORECASE)),
    ("ru", re.compile(r"[ыэё]", re.IGNORECASE)),
    ("sr", re.compile(r"[јљњђћџ]", re.IGNORECASE)),
    ("bg", re.compile(r"\b(?:се|като|със|във|който|която|които|ще)\b", re.IGNORECASE)),
)
_ONE_LANGUAGE = {"Korean": "ko", "Hebrew": "he", "Greek": "el", "Devanagari": "hi", "Thai": "th", "Bengali": "bn"}
# Every language that can be told, by its code.
LANGUAGES = tuple(
    sorted({*_SMALL_WORDS, *(code for code, _ in _CYRILLIC), *_ONE_LANGUAGE.values(), *"zh ja ar fa".split()})
)
_SIMPLIFIED = frozenset("请为总结语气个这们说时会对来过还没样关开问题应该写给内简详细续读词译输标点类级")
_TRADITIONAL = frozenset("請為總結語氣個這們說時會對來過還沒樣關開問題應該寫給內簡詳細續讀詞譯輸標點類級")
_PERSIAN = re.compile(r"[پچژگک]")


# Several checks ask the same of the same text.
_remembered = lru_cache(maxsize=64)


@_remembered
def script_shares(text: str) -> Mapping[str, float]:
    """Return the share of letters per script, the largest first; empty where there are too few letters to say."""
    if text.isascii():
        return _ALL_LATIN if _ENOUGH_LETTERS.match(_sample(text)) else _NONE
    counts = _letters_by_script(text)
    total = counts.total()
    # A letter of another script mostly is a syllable or a word.
    told = counts["Latin"] + _LETTERS_PER_SIGN * (total - counts["Latin"])
    shares = {script: count / total for script, count in counts.most_common()} if told >= _LEAST_LETTERS else {}
    return MappingProxyType(shares)


@lru_cache(maxsize=16)
def _letters_by_script(text: str) -> Counter[str]:
    sample = _sample(text)
    counts: Counter[str] = Counter()
    first = next(filter(str.isalpha, sample), "")
    if first:  # of two that stand there as often the one that comes first is the first
        counts[_script(first)] = 0
    for letter, count in Counter(_NOT_ASCII.findall(sample)).items():
        if letter.isalpha():
            counts[_script(letter)] += count
    ascii_letters = len(sample.encode("ascii", "ignore").translate(None, _NO_LETTERS))
    if ascii_letters:
        counts["Latin"] += ascii_letters
    return counts


@_remembered
def language_of(text: str) -> str:
    """Return the language of *text* as its code (“en”), or "" where code cannot tell with confidence."""
    shares = script_shares(text)
    if not shares:
        return ""
    script = next(iter(shares))
    if script == "Latin":
        return _by_small_words(text)
    return _by_letters(script, text)


@_remembered
def likely_language(text: str) -> str:
    """Return the language that *text* most likely is in, on however little evidence; "" where there is none."""
    confident = language_of(text)
    if confident:
        return confident
    letters = _letters_by_script(text)
    script = letters.most_common(1)[0][0] if letters else ""
    if script == "Latin":
        told = _told_by(words_in(_sample(text)))
        return told[0][1] if told[0][0] else ""
    return _by_letters(script, text)


def languages_told(old: str, new: str) -> tuple[str, str]:
    """Return the languages of two texts where both can be told and differ plainly; else twice the same.

    One that cannot be told with confidence counts where none of its small words is the other text's language's.
    """
    first, second = language_of(old), language_of(new)
    if first and second:
        if first == second == "zh":
            return _variant_of(old) or _variant_of(new), _variant_of(new) or _variant_of(old)
        return first, second
    was, now = first or likely_language(old), second or likely_language(new)
    if was and now and was != now and not _holds(new, was) and not _holds(old, now):
        return was, now
    return "", ""


def _holds(text: str, language: str) -> bool:
    """Return whether *text* has small words that of two languages only *language* has."""
    telling = _TELLING.get(language, frozenset())
    return any(word.lower() in telling for word in _WORD.findall(_sample(text)))


def _variant_of(text: str) -> str:
    """Return how Chinese is written: “zh-Hans” or “zh-Hant”, or "" where no telling character is there."""
    simple, full = (sum(sign in signs for sign in _sample(text)) for signs in (_SIMPLIFIED, _TRADITIONAL))
    return "zh-Hans" if simple > full else "zh-Hant" if full > simple else ""


@lru_cache(maxsize=16)
def _sample(text: str) -> str:
    if len(text) <= 3 * _STRETCH_CHARACTERS:
        return text
    middle = (len(text) - _STRETCH_CHARACTERS) // 2
    return "\n".join(
        (text[:_STRETCH_CHARACTERS], text[middle : middle + _STRETCH_CHARACTERS], text[-_STRETCH_CHARACTERS:])
    )


def _by_letters(script: str, text: str) -> str:
    if script == "Chinese or Japanese":
        kana, han = len(_KANA.findall(text)), len(_HAN.findall(text))
        return "ja" if kana * 5 > han else "zh"
    if script == "Cyrillic":
        return next((code for code, letters in _CYRILLIC if letters.search(text)), "ru")
    if script == "Arabic":
        return "fa" if _PERSIAN.search(text) else "ar"
    return _ONE_LANGUAGE.get(script, "")


def _by_small_words(text: str) -> str:
    words = words_in(_sample(text))
    (first, code), (second, _) = _told_by(words)[:2]
    total = len(words)
    if first < _LEAST_TELLING or first < _LEAST_SHARE * total or first < _LEAST_LEAD * second:
        return ""
    return code


def _told_by(words: Iterable[str]) -> list[tuple[int, str]]:
    """Return how many of *words* tell each language, and its code, the most telling first."""
    told = dict.fromkeys(_TELLING, 0)
    for word, count in Counter(filter(_TOLD_BY.__contains__, words)).items():
        for code in _TOLD_BY[word]:
            told[code] += count
    return sorted(((count, code) for code, count in told.items()), key=lambda each: each[0], reverse=True)


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    if letter < "\u0250":
        return "Latin"
    name = unicodedata.name(letter, "")
    return next((shown for script, shown in _SCRIPTS.items() if name.startswith(script)), "another")
