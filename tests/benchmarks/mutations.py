"""Ways to break one protected thing of a prompt, by its kind: what a careless rewrite does to it."""

import random
import re

_DIGITS = re.compile(r"\d+")
# Number words and what they are taken for.
_NUMBER_WORDS = {
    "one": "two", "two": "three", "three": "five", "four": "six", "five": "four", "six": "seven", "seven": "nine",
    "eight": "six", "nine": "eight", "ten": "twelve", "once": "twice", "twice": "once", "first": "second",
    "second": "third", "一": "三", "两": "三", "二": "四", "三": "五", "四": "六", "五": "三", "六": "八", "七": "九", "八": "六",
    "九": "七", "十": "九", "two-three": "four-five", "double": "triple", "dos": "tres", "tres": "cinco", "due": "tre", "tre": "cinque",
    "zwei": "drei", "drei": "vier", "deux": "trois", "trois": "cinq", "два": "три", "три": "пять", "⼀": "二", "절반": "두 배", "un": "deux", "جانب أو جانبين": "ثلاثة جوانب", "une": "deux",
}  # fmt: skip
# Rule words and what turns or weakens them.
_RULE_WORDS = {
    "only": ("also", ""), "should": ("might",), "must": ("may", "must not"), "do not": ("", "always"), "don't": ("", "always"),
    "always": ("never", "sometimes"), "never": ("always", "sometimes"), "no": ("some",), "strictly": ("loosely",),
    "must not": ("must", "may"), "should not": ("should", "can"), "without": ("with",), "none": ("all",),
    "exclusively": ("also",), "should always": ("should never",), "cannot": ("can",), "no other": ("any other",),
    "need to": ("may", "need not"), "required": ("optional", "forbidden"), "avoid": ("use",), "should only": ("may also",),
    "only ever": ("also",), "ensure": ("avoid",), "must never": ("must always", "may"), "not": ("",),
    "不要": ("要", "可以"), "必须": ("可以", "不要"), "不可以": ("可以",), "不": ("",), "应该": ("不应该", "可以"), "不能": ("能",), "无需": ("必须",),
    "不需要": ("需要",), "须": ("可",), "只允许": ("也允许",), "禁止": ("可以",), "确保": ("避免",), "不应": ("应",), "请勿": ("请",), "只需要": ("还需要",),
    "避免": ("可以",), "不要求": ("要求",), "應該": ("不應該",), "只": ("也",), "勿": ("可",), "避": ("用",),
    "必ず": ("できれば",), "ないでください": ("てください",), "必要があります": ("こともできます",), "のみ": ("も",), "しないでください": ("してください",),
    "常に": ("たまに",), "しない": ("する",), "فقط": ("همچنین",), "باید": ("نباید",), "nur": ("auch",), "sollte": ("kann",),
    "asegúrate de": ("evita",), "try to avoid": ("use",), "just": ("also",), "ignore": ("follow",), "strictly avoiding": ("using",),
    "make sure": ("it is optional",), "limit": ("extend",), "只能": ("也能",), "绝对禁止": ("可以",), "important": ("optional",),
}  # fmt: skip
_BOUNDS = {
    "between": "exactly", "or more": "or less", "up to": "at least", "以上": "以下", "more than": "less than", "ponad": "mniej niż",
    "less than": "more than", "少なくとも": "最大", "至少": "最多", "at least": "at most", "at most": "at least", "maximum": "Minimum", "界乎": "超过",
}  # fmt: skip
_SCRIPT_WORDS = ("value", "result", "item", "other", "entry")


def mutations_of(kind: str, value: str, dice: random.Random) -> list[tuple[str, str]]:
    """Return ways to break *value*, each with its name and what stands in the place of the value then."""
    if kind == "number":
        return [("changed", _another_number(value, dice))]
    if kind == "rule":
        return [("turned", other) for other in _RULE_WORDS[value.lower()]]
    if kind == "bound":
        return [("turned", _BOUNDS[value.lower()])]
    if kind == "sentence":
        return [("deleted", "")]
    if kind == "date":
        return [("deleted", ""), ("changed", _another_date(value, dice))]
    ways = [("deleted", "")]
    if letter := _letter_changed(value, dice):
        ways.append(("a letter changed", letter))
    if kind in {"quote", "example", "code"} and (word := _word_changed(value, dice)):
        ways.append(("a word changed", word))
    if kind in {"variable", "template_tag", "placeholder"}:
        ways.append(("written out", _written_out(value)))
    return ways


def _another_number(value: str, dice: random.Random) -> str:
    if value.lower() in _NUMBER_WORDS:
        word = _NUMBER_WORDS[value.lower()]
        return word.capitalize() if value[0].isupper() else word
    found = list(_DIGITS.finditer(value))
    if not found:
        raise ValueError(f"No other number is known for {value!r}.")
    match = dice.choice(found)
    other = str(int(match.group()) + dice.choice((1, 2, 10)))
    return value[: match.start()] + other + value[match.end() :]


def _another_date(value: str, dice: random.Random) -> str:
    return _another_number(value, dice)


def _letter_changed(value: str, dice: random.Random) -> str:
    """Return *value* with one letter or digit replaced by another one of its alphabet."""
    places = [place for place, sign in enumerate(value) if sign.isalnum()]
    if not places:
        return ""
    place = dice.choice(places)
    sign = value[place]
    other = next(chr(code) for code in range(ord(sign) + 1, ord(sign) + 50) if chr(code).isalnum())
    return value[:place] + other + value[place + 1 :]


def _word_changed(value: str, dice: random.Random) -> str:
    words = list(re.finditer(r"[^\W\d_]{2,}", value))
    if not words:
        return ""
    word = dice.choice(words)
    return value[: word.start()] + dice.choice(_SCRIPT_WORDS) + value[word.end() :]


def _written_out(value: str) -> str:
    """Return a placeholder as an engine writes it that takes it for text: without its marks."""
    return " ".join(re.findall(r"[^\W_]+", value)) or "text"
