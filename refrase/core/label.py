"""Labels that a prompt lets its reader choose from.

They come in sets (“positive, negative or mixed”, “yes/no”) or as words in capitals that name something (ACCEPT, JSON).
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from refrase.core.item import Item, ItemKind
from refrase.core.prompt import Span
from refrase.core.scan import is_plain, lowered, places

_LIST = (
    r"(?P<{0}>[\w-]+(?: [\w-]+)?(?:, ?[\w-]+(?: [\w-]+)?){{0,9}},? or [\w-]+(?: [\w-]+)?)"
    r"(?=\W{{0,2}}(?:[.,;:!?)\]\n(]|$)| (?:and|based|depending|according|then|for|in|with|without)\b)"
)
_SET = re.compile(
    r"\bone of(?: the following| these| those)?(?: [\w-]+){0,3}?(?::| -|,)? ?[\[(]?" + _LIST.format("one")
    + r"|\b(?:classif\w+|categori[sz]e\w*|label\w*|rate|rated|mark(?:ed)?|tag(?:ged)?|"
      r"judge)\b[^.\n]{0,60}? as " + _LIST.format("as")
    + r"|\b(?:answer|respond|reply|return|output|say|print|verdict|value|label|rating|category|"
      r"status)\b[^.\n:]{0,40}: ?" + _LIST.format("colon")
    + r"|\b(?:answer|respond|reply|output|print)(?: only| just| simply)?(?: with| either)? " + _LIST.format("say")
    + r"|\beither " + _LIST.format("either"),
    re.IGNORECASE,
)  # fmt: skip
# Each of its alternatives begins with one of these.
_SET_WORDS = tuple(
    (
        "one of,classif,categor,label,rate,mark,tag,judge,answer,respond,reply,return,output,say,print,verdict,value,"
        "rating,status,either "
    ).split(",")
)
_OR = re.compile(r" or ")
_BEFORE_OR, _AFTER_OR = 200, 60
_BETWEEN = re.compile(r",? (?:or|and) |, ?", re.IGNORECASE)
# Joined alternatives: a few well-known pairs, else three and more; two words with a slash are mostly prose.
_JOINED = re.compile(
    r"(?:yes/no|true/false|pass/fail|on/off|positive/negative|[^\W\d_][\w-]{0,20}(?:/[^\W\d_][\w-]{0,20}){2,7}"
    r"|[\w-]{1,24}(?:\|[\w-]{1,24}){1,9})(?![\w/|]|\.\w)",
    re.IGNORECASE,
)
_WORD_BEFORE = re.compile(r"[\w-]{1,24}$")
_SET_LIST = re.compile(
    r"(?:one of|following (?:labels|categories|values|options|classes|ratings?))\b[^\n]{0,60}:[ \t]*\r?\n"
    r"(?P<items>(?:[ \t]*(?:[-*•]|\d{1,2}[.)])[ \t]+[^\n]{1,60}(?:\r?\n|$)){2,20})",
    re.IGNORECASE,
)
# 选择：正面、负面、中性
_HAN_SET = re.compile(
    r"(?:类别|类型|标签|选项|分类|选择|之一|類別|標籤|ラベル|カテゴリー?|いずれか|分類)[^。：:\n]{0,12}[：:]\s*"
    r"(?P<set>[^\s、,，/|。；;]{1,8}(?:[、,，/|][^\s、,，/|。；;]{1,8}){1,9})"
)
_HAN_PART = re.compile(r"[^、,，/|]+")
_SET_LIST_CUES = ("one of ", "following ")
_ENTRY = re.compile(r"^[ \t]*(?:[-*•]|\d{1,2}[.)])[ \t]+([^\n:–—(]{1,40}?)[ \t]*(?:[:–—(][^\n]*)?\r?$", re.MULTILINE)
_CAPITALS = re.compile(r"[A-Z][A-Z0-9]{1,30}(?:[ /&-][A-Z][A-Z0-9]{1,30}){0,5}(?![A-Za-z0-9_(])")
_BETWEEN_CAPITALS = re.compile(r"[ /&-]")
_OTHER_AFTER = re.compile(r"[\"'`]?,? or [\"'`]?[A-Z]{2}|[/|][A-Z]{2}")
_OTHER_BEFORE = re.compile(r"[A-Z]{2}[\"'`]?,? or [\"'`]?$|[A-Z]{2}[/|]$")
_NOT_LABELS = frozenset(["and/or", "either/or", "he/she", "his/her", "him/her", "s/he", "they/them", "and", "or"])
# Words that are written in capitals for emphasis: core.rule looks after their meaning, the letters may change.
_EMPHASIS = frozenset(
    [
        "A",
        "ABOVE",
        "AFTER",
        "ALL",
        "ALWAYS",
        "AN",
        "AND",
        "ANY",
        "ARE",
        "AS",
        "ASK",
        "AT",
        "AVOID",
        "BE",
        "BEFORE",
        "BELOW",
        "BOTH",
        "BUT",
        "BY",
        "CAN",
        "CANNOT",
        "COULD",
        "CRITICAL",
        "DO",
        "DON",
        "DONT",
        "DOES",
        "EACH",
        "EVEN",
        "EVER",
        "EVERY",
        "EXACTLY",
        "EXTREMELY",
        "FIRST",
        "FOLLOW",
        "FOR",
        "FROM",
        "GOOD",
        "HAS",
        "HAVE",
        "HIGHLY",
        "IF",
        "IMPORTANT",
        "IN",
        "INSTEAD",
        "INTO",
        "IS",
        "IT",
        "ITS",
        "JUST",
        "KEEP",
        "LAST",
        "LEAST",
        "LESS",
        "MAKE",
        "MANDATORY",
        "MAY",
        "MORE",
        "MOST",
        "MUST",
        "NEVER",
        "NEW",
        "NO",
        "NOT",
        "NOTE",
        "NOTHING",
        "NOW",
        "OF",
        "ON",
        "ONCE",
        "ONE",
        "ONLY",
        "OR",
        "OTHER",
        "OTHERWISE",
        "OUR",
        "OUT",
        "PLEASE",
        "REALLY",
        "REMEMBER",
        "REQUIRED",
        "SHALL",
        "SHOULD",
        "SO",
        "STRICTLY",
        "SURE",
        "THAN",
        "THAT",
        "THE",
        "THEIR",
        "THEM",
        "THEN",
        "THERE",
        "THESE",
        "THEY",
        "THIS",
        "THOSE",
        "TO",
        "UNLESS",
        "UNTIL",
        "UP",
        "USE",
        "VERY",
        "WARNING",
        "WE",
        "WHAT",
        "WHEN",
        "WHERE",
        "WHICH",
        "WHILE",
        "WILL",
        "WITH",
        "WITHIN",
        "WITHOUT",
        "YOU",
        "YOUR",
        "I",
        "II",
        "III",
        "IV",
        "OK",
    ]
)


def find_labels(text: str, message: int = 0) -> Iterator[Item]:
    """Yield labels. `detail` is “set” for one of a set that somebody chooses from; else it is a word in capitals."""
    seen: set[int] = set()
    for label, start in _set_labels(text):
        if start not in seen:
            seen.add(start)
            yield Item(ItemKind.LABEL, label, Span(start, start + len(label), message), detail="set")
    for item in _capitals(text, message):
        if item.span.start not in seen:
            yield item


def _set_labels(text: str) -> Iterator[tuple[str, int]]:
    end = 0
    small = lowered(text)
    for found in _OR.finditer(text):
        if found.start() < end:
            continue
        start, last = max(text.rfind("\n", 0, found.start()) + 1, found.start() - _BEFORE_OR), found.end() + _AFTER_OR
        if not any(small.find(word, start, found.start() + 1) >= 0 for word in _SET_WORDS):
            continue
        match = _SET.search(text, start, last)
        if match and match.start() < found.start() < match.end():
            end = match.end()
            group = match.lastgroup or ""
            labels = list(_parts(match[group], match.start(group)))
            if all(len(label.split()) <= 2 and label.lower() not in _NOT_LABELS for label, _ in labels):
                yield from labels
    yield from _joined(text)
    for match in () if is_plain(text) else _HAN_SET.finditer(text):
        for part in _HAN_PART.finditer(match["set"]):
            yield part.group(), match.start("set") + part.start()
    for cue in places(text, _SET_LIST_CUES):
        match = _SET_LIST.match(text, cue)
        if match is None:
            continue
        for entry in _ENTRY.finditer(match["items"]):
            label = entry[1].strip("*_` ")
            if label and len(label.split()) <= 4:
                yield label, match.start("items") + entry.start(1) + entry[1].index(label)


def _joined(text: str) -> Iterator[tuple[str, int]]:
    end = 0
    for joint in places(text, "/|"):
        if joint < end:
            continue
        word = _WORD_BEFORE.search(text, max(end, joint - 24), joint)
        match = _JOINED.match(text, word.start()) if word else None
        if match is None or text[max(0, match.start() - 1) : match.start()] in set("/|.:"):
            continue
        end = match.end()
        for part in re.finditer(r"[\w-]+", match.group()):
            yield part.group(), match.start() + part.start()


def _capitals(text: str, message: int) -> Iterator[Item]:
    shouted: dict[int, bool] = {}
    for match in _CAPITALS.finditer(text):
        before = text[match.start() - 1] if match.start() else ""
        if before == "_" or (before.isalnum() and before < "\u0e00"):
            continue
        words = _BETWEEN_CAPITALS.split(match.group())
        if all(word in _EMPHASIS for word in words):
            continue
        line_start = text.rfind("\n", 0, match.start()) + 1
        if line_start not in shouted:
            line_end = text.find("\n", match.end())
            line = text[line_start : len(text) if line_end < 0 else line_end]
            shouted[line_start] = line.lstrip().startswith("#") or _is_shouted(line)
        if not shouted[line_start]:
            yield Item(
                ItemKind.LABEL,
                match.group(),
                Span(match.start(), match.end(), message),
                detail=_set_detail(text, match),
            )


def _set_detail(text: str, match: re.Match[str]) -> str:
    """Return “set” for a word in capitals beside another one and an “or”."""
    is_one = _OTHER_AFTER.match(text, match.end()) or _OTHER_BEFORE.search(
        text, max(0, match.start() - 20), match.start()
    )
    return "set" if is_one else ""


@lru_cache(maxsize=1024)
def _is_shouted(line: str) -> bool:
    """Return whether most of a line is in capitals, so that they name nothing."""
    words = re.findall(r"[^\W\d_]{2,}", line)
    return len(words) >= 4 and sum(word.isupper() for word in words) > len(words) / 2


def _parts(text: str, start: int) -> Iterator[tuple[str, int]]:
    position = 0
    for match in _BETWEEN.finditer(text):
        if text[position : match.start()]:
            yield text[position : match.start()], start + position
        position = match.end()
    yield text[position:], start + position
