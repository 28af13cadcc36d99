"""What bounds a number and what it counts: “at most 280 characters” has the bound “most” and the unit “character”.

Words are told per language, mixed: a bound is looked for right beside its number, where it can hardly be anything
else. A unit is one of a known list; what is not on it has none.
"""

import re
from functools import lru_cache

_UNITS = {
    "character": "characters? chars? letters? symbols? signs? zeichen caract[èe]res? caracteres tekens знак\\w* "
                 "znak\\w*",
    "word": "words? wörter[n]? worte mots? palabras? parole palavras? woorden слов[а]? słów słowa kelime",
    "sentence": "sentences? sätze[n]? oraciones frases? frasi zinnen предложени[йея] zdani\\w* cümle",
    "paragraph": "paragraphs? abs[äa]tze[n]? paragraphes? párrafos? alinea's абзац\\w* akapit\\w*",
    "line": "lines? zeilen? lignes? líneas? regels строк[аи]? wiersz\\w*",
    "item": "items? points? bullets? bullet-points? entries entry elements? punkte[n]? puntos? punti pontos? пункт\\w*",
    "token": "tokens?",
    "second": "seconds? secs? s sekunden? secondes? segundos?",
    "millisecond": "milliseconds? ms",
    "minute": "minutes? mins? minuten? minutos? minuti минут\\w*",
    "hour": "hours? hrs? h stunden? heures? horas? ore uur час\\w*",
    "day": "days? tage[n]? jours? d[ií]as? giorni dagen дн[яейь]+ dni gün",
    "week": "weeks? wochen? semaines? semanas?",
    "month": "months? monate[n]? mois meses",
    "year": "years? yrs? jahre[n]? ans? années? años? anni anos",
    "percent": "% percent prozent pour-cent",
    "celsius": "°c",
    "fahrenheit": "°f",
    "degree": "° degrees? grad",
    "person": "persons? people personen? personnes? personas? persone",
    "step": "steps? schritte[n]? étapes? pasos",
    "example": "examples? beispiele[n]? exemples? ejemplos",
    "question": "questions? fragen? preguntas?",
    "page": "pages? seiten? páginas?",
    "section": "sections? chapters? headings?",
    "time": "times attempts? tries retries mal fois veces",
    "dollar": "dollars? usd",
    "euro": "euros? eur",
    "column": "columns? spalten?",
    "row": "rows?",
    "idea": "ideas? suggestions? options? alternatives? variants?",
    "byte": "bytes?", "kilobyte": "kb", "megabyte": "mb", "gigabyte": "gb",
    "pixel": "px pixels?", "centimetre": "cm", "millimetre": "mm", "metre": "m meters? metres?",
    "kilometre": "km kilomet(?:er|re)s?", "gram": "g grams?", "kilogram": "kg kilograms? kilos?",
}  # fmt: skip
_PATTERNS = {name: re.compile("|".join(words.split()), re.IGNORECASE) for name, words in _UNITS.items()}
# Signs of a unit; a number that loses one is another number.
_SIGNS = frozenset({"percent", "celsius", "fahrenheit", "degree", "dollar", "euro", "pound", "yen"})
_CURRENCY = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yen"}
_HAN_UNITS = {
    "字符": "character", "个字": "character", "個字": "character", "文字": "character", "字": "character", "词": "word", "詞": "word",
    "単語": "word", "단어": "word", "글자": "character", "자": "character", "句话": "sentence", "句話": "sentence", "句": "sentence",
    "文": "sentence", "문장": "sentence", "段话": "paragraph", "段落": "paragraph", "段": "paragraph", "行": "line", "줄": "line",
    "条": "item", "條": "item", "項目": "item", "点": "item", "點": "item", "个": "item", "個": "item", "つ": "item", "개": "item",
    "分钟": "minute", "分鐘": "minute", "分間": "minute", "秒": "second", "小时": "hour", "時間": "hour", "天": "day", "日": "day",
    "周": "week", "週間": "week", "个月": "month", "ヶ月": "month", "年": "year", "步": "step", "次": "time", "回": "time", "页": "page",
    "頁": "page", "ページ": "page",
}  # fmt: skip
_HAN = re.compile("|".join(sorted(_HAN_UNITS, key=len, reverse=True)))
_WORD = re.compile(r"°[CF]?|[^\W\d_]+(?:['’-][^\W\d_]+)?|%")
_NEAR_CHARACTERS = 40

_MORE = r"(?:more|longer|greater|higher|larger|later)"
_LESS = r"(?:less|fewer|shorter|lower|smaller|earlier)"
_NOT = r"(?:not|never|no|n['’]t)"
_MOST_BEFORE = (
    rf"at (?:the )?(?:very )?most|{_NOT} (?:\w+ )?{_MORE} than|up to|max(?:imum|imal)?\.?(?: (?:length|number) of|"
    rf" of)?|"
    rf"under|below|(?<!no )(?<!not )(?<!not be )(?<!never ){_LESS} than|within|{_NOT} (?:to )?exceed(?:ing)?|"
    r"limit(?:ed)? (?:\w+ ){0,4}to|limit of|cap(?:ped)? (?:at|of)|[<≤]=?|"
    r"höchstens|maximal|bis zu|weniger als|nicht (?:mehr|länger) als|au (?:plus|maximum)|(?<!pas )moins de|"
    r"pas plus de|maximum|"
    r"como máximo|a lo sumo|(?<!no )menos de|no (?:\w+ )?más de|máximo(?: de)?|al massimo|(?<!non )meno di|"
    r"non più di|no máximo|"
    r"não mais (?:de|que)|maximaal|hooguit|hoogstens|niet meer dan|не более(?: чем)?|не больше|максимум|"
    r"co najwyżej|najwyżej|maksymalnie|mniej niż|poniżej|en fazla|"
    r"(?:不超过|不超過|不得超过|最多|至多|不多于|(?<!不)(?:少于|小于|低于)|控制在|最大|최대)[\u4e00-\u9fff]{0,4}"
)
_LEAST_BEFORE = (
    rf"at (?:the )?(?:very )?least|{_NOT} (?:\w+ )?{_LESS} than|min(?:imum|imal)?\.?(?: of)?|"
    rf"(?<!no )(?<!not )(?<!not be )(?<!never ){_MORE} than|over|above|"
    rf"(?<!not )(?<!never )(?<!not to )exceed(?:ing|s)?|[>≥]=?|"
    r"mindestens|minimal|(?<!nicht )mehr als|wenigstens|au (?:moins|minimum)|(?<!pas )plus de|minimum|"
    r"al menos|por lo menos|como mínimo|mínimo(?: de)?|(?<!no )más de|almeno|(?<!non )più di|pelo menos|no mínimo|"
    r"minimaal|minstens|ten minste|не менее(?: чем)?|не меньше|минимум|co najmniej|przynajmniej|ponad|powyżej|en az|"
    r"(?:至少|不少于|不低于|(?<!不)(?<!不得)(?:超过|多于|大于)|最低|少なくとも|최소)[\u4e00-\u9fff]{0,4}"
)
_EXACT_BEFORE = (
    r"exactly|precisely|genau|exactement|exactamente|esattamente|exatamente|precies|ровно|dokładnie|"
    r"(?:正好|恰好|刚好|ちょうど)[\u4e00-\u9fff]{0,4}"
)
_ABOUT_BEFORE = (
    r"about|around|approx(?:imately|\.)?|roughly|nearly|circa|ca\.|etwa|ungefähr|environ|unos|unas|alrededor de|"
    r"ongeveer|"
    r"около|примерно|około|大约|约|大概|約|およそ|약|[~≈]"
)
_MOST_AFTER = (
    rf"(?:or|and) {_LESS}|max(?:imum)?\b|at (?:the )?most|or under|or below|höchstens|au (?:plus|maximum)|"
    rf"como máximo|al massimo|no "
    r"máximo|maximaal|以内|以下|之内|まで|이내|이하"
)
_LEAST_AFTER = (
    rf"(?:or|and) {_MORE}|(?:or|and) (?:above|over|up)|min(?:imum)?\b|at (?:the )?least|au (?:moins|minimum)|"
    rf"como mínimo|"
    r"almeno|no mínimo|minimaal|以上|이상|\+"
)
_EDGE = r"(?:^|(?<=[\W\d])|(?<=[\u2e80-\uffff]))"
_GAP = r"[\s*_“\"'(:$€£¥]{0,4}(?:(?:a|the|only|of|aus|de|в) )?[$€£¥]?$"
_BEFORE = tuple(
    (name, re.compile(rf"{_EDGE}(?:{pattern}){_GAP}", re.IGNORECASE))
    for name, pattern in (
        ("most", _MOST_BEFORE),
        ("least", _LEAST_BEFORE),
        ("exact", _EXACT_BEFORE),
        ("about", _ABOUT_BEFORE),
    )
)
_UNIT_BETWEEN = r"[\s*_-]{0,3}(?:[^\W\d_]{1,20}[\s,]{1,2}){0,3}"
_AFTER = tuple(
    (name, re.compile(rf"{_UNIT_BETWEEN}(?:{pattern})|[^\W\d_a-zA-Z]{{0,4}}(?:{pattern})", re.IGNORECASE))
    for name, pattern in (("most", _MOST_AFTER), ("least", _LEAST_AFTER))
)


# A range: its first number is the least, its second the most.
_TO = r"[ \t]?(?:-|–|—|~|～|至|到|から|\bto\b|\bbis\b|\bà\b)[ \t]?"
_RANGE_START = re.compile(rf"{_TO}[$€£]?\d|[^\n.,;]{{0,20}}\b(?:and|und|et|y|e|i|и)\b [$€£]?\d")
_BETWEEN = re.compile(r"(?:between|zwischen|entre|tra|fra|tussen|między|между)[\s*_$€£]{1,3}$", re.IGNORECASE)
_RANGE_END = re.compile(
    rf"\d(?:{_TO}|[^\n.,;]{{0,20}}\b(?:and|und|et|y|e|i|и)\b )[$€£]?$",
)
_BETWEEN_BEFORE = re.compile(
    r"(?:between|zwischen|entre|tra|fra|tussen|między|между)[\s*_$€£]{1,3}\d[^\n]{0,30}$", re.IGNORECASE
)


def _range_bound(before: str, after: str) -> str:
    """Return which end of a range a number is, by the text on both sides of it."""
    starts, ends = _RANGE_START.match(after), _RANGE_END.search(before)
    if starts and (re.match(_TO, after) or _BETWEEN.search(before)):
        return "least"
    if ends and (re.search(rf"\d{_TO}[$€£]?$", before) or _BETWEEN_BEFORE.search(before)):
        return "most"
    return ""


def bound_of(text: str, start: int, end: int) -> str:
    """Return what bounds the number at *start* to *end*: most, least, exact, about, or nothing."""
    before = text[max(0, start - _NEAR_CHARACTERS) : start]
    before = before[before.rfind("\n") + 1 :]
    for name, pattern in _BEFORE:
        if pattern.search(before):
            return name
    after = text[end : end + _NEAR_CHARACTERS].partition("\n")[0]
    if ranged := _range_bound(before, after):
        return ranged
    return next((name for name, pattern in _AFTER if pattern.match(after)), "")


def unit_of(text: str, start: int, end: int) -> str:
    """Return what a number counts: a currency before it, or a known unit among the next three words."""
    if start and text[start - 1] in _CURRENCY:
        return _CURRENCY[text[start - 1]]
    after = text[end : end + _NEAR_CHARACTERS].partition("\n")[0]
    han = _HAN.match(after.lstrip())
    if han:
        return _HAN_UNITS[han.group()]
    for count, match in enumerate(_WORD.finditer(after)):
        if count == 3 or any(sign in after[: match.start()] for sign in ".,;:()|"):
            break
        word = match.group().rpartition("-")[2] if count == 0 else match.group()
        if len(word) == 1 and word.isalpha() and count:
            break
        if name := _unit_named(word.lower()):
            return name
    return ""


def is_sign(unit: str) -> bool:
    """Return whether a unit is a sign of its own, like % or €, which no context makes up for."""
    return unit in _SIGNS


@lru_cache(maxsize=4096)
def _unit_named(word: str) -> str:
    return next((name for name, pattern in _PATTERNS.items() if pattern.fullmatch(word)), "")
