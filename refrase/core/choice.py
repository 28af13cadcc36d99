"""Labels that a prompt lists: the categories, ratings, fields and sections that its answer is made of.

They stand as the entries of a list or a table whose lead says so (“Classify as:”, “以下で分類”), or between slashes in
brackets (“(beginner / fan / expert)”), or behind a word like “called” (“in a section called FINDINGS”).
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from refrase.core.item import Item, ItemKind
from refrase.core.prompt import Span
from refrase.core.scan import at_lines, is_plain, latin_words, line_starts, lowered, spots, word_spots

_CUE = re.compile(
    r"classif|categor|label|\btypes?\b|\bkinds?\b|status|rating|\brate\b|\blevels?\b|\boptions?\b|\bvalues?\b|"
    r"one of|choose|select|選|选|抽出|"
    r"\btiers?\b|priorit|severit|sections?\b|headings?\b|columns?\b|\bfields?\b|format|\btools?\b|verdict|"
    r"scores?\b|dimension|"
    r"criteri|respon[ds]|\bstages?\b|\bmodes?\b|分類|カテゴリ|ラベル|優先度|種類|レベル|含め|項目|ツール|判定|以下の|类别|类型|分类|标签|选项|维度|打分|评分|"
    r"格式|字段|状态|等级|級|级别|formato|etichett|categorie|kategori|einstuf|bewert|étiquett|catégor|etiqueta|categorí|klasyfik|"
    r"категор|классиф|тип|تصنيف|فئة|दर्जा|श्रेणी",
    re.IGNORECASE,
)
_MARK = r"[ \t>]*(?:[-*+•▪◦·]|\(?\d{1,2}[.)]|[a-zA-Z][.)])[️]?[ \t]+"
_ANY_MARK = re.compile(r"[ \t>]*(?:[-*+•▪◦·]|\(?(?:\d{1,2}|[a-zA-Z])[.)])")
_ENTRY = re.compile(
    rf"^{_MARK}(?P<picture>[^\w\s*`\"“<{{\[(|-]{{1,3}}[ \t]+)?(?:\*\*|`|\"|“)?"
    # A quick look whether something ends a label so soon.
    rf"(?=[^\n:：–—|*`\"”(（-]{{0,49}}+[ \t\r]*+(?:[:：–—|*`\"”(（-]|$))"
    rf"(?P<label>[^\W_][^\n:：–—|*`\"”]{{0,48}}?)(?:\*\*|`|\"|”)?(?P<after>[ \t]*(?:[:：(（]|[–—-][ \t])|[ \t]*\r?$)",
    re.MULTILINE,
)
# A line of a form or a rubric: “Place: <city>”, “Clarity: 30 points”.
_FORM_LINE = re.compile(
    rf"^(?:{_MARK})?(?P<label>[^\W\d_][^\n:：.!?。<{{]{{0,40}}?)[:：][ \t]*(?:(?P<gap>\0)|\d{{1,4}}(?![\d:]))",
    re.MULTILINE,
)
_FEWEST_SCORES = 3
_FIELD_LABEL = re.compile(r"(?P<label>[^\W\d_]{3,30}(?: [^\W\d_]{1,30})?)[:：][ \t]*(?:\0|\r?$)", re.MULTILINE)
# A) … B) …: what a question lets one choose from.
_OPTION = re.compile(r"[ \t]*\(?[A-H][).][ \t]+(?P<label>[^\n]{1,80}?)[ \t]*\r?$", re.MULTILINE)
_FEWEST_OPTIONS = 3
_FEWEST = 2
_MOST_WORDS, _MOST_SIGNS = 4, 14
_TOOLS = re.compile(r"(?:tools|functions|actions|one of):[ \t]*\r?\n\s*", re.IGNORECASE)
_TOOL = re.compile(
    r"^[ \t]*(?:[-*•]|\(?\d{1,2}[.)])?[ \t]*[`*]*(?P<label>[A-Za-z]\w{1,40})[`*]*[ \t]*(?:[:,(]|\.[ \t]|[–—-][ \t])",
    re.MULTILINE,
)
_IN_BRACKETS = re.compile(r"[(（]([^()（）\n]{3,160})[)）]")
_SLASH = re.compile(r"[ \t]*[/|／][ \t]*")
_EDGE = re.compile(r"^[^\w]+|[^\w.!?]+$")
_CALLED_WORDS = frozenset(["called", "named", "titled", "labeled", "labelled", "headed"])
_CALLED = re.compile(
    r"(?<!_)(?:called|named|titled|label(?:l)?ed|headed)[ \t]+(?:\"|“|`|"
    r"\*\*)?(?P<name>[A-Z][\w&/-]*(?:[ \t][A-Z][\w&/-]*){0,4})"
)
_COMMAND_WORDS = frozenset(
    ["command", "function", "method", "directive", "hook", "endpoint", "keyword", "operator", "tool"]
)
_COMMAND_WORD = re.compile(rf"(?:{'|'.join(sorted(_COMMAND_WORDS))})(?![\w-])", re.IGNORECASE)
_COMMAND = re.compile(r"\b(?P<name>[A-Za-z][\w-]{1,24})[ \t](?:\d+[ \t])?$")
_NOT_NAMES = frozenset(
    (
        "the a an this that each any every same following first last next new single one other another your its of "
        "which no main shell bash terminal unix linux valid correct previous current given tool helper special "
        "separate specific python sql and or in callback class member static build long-running voice user following- "
        "up only all more many some any multiple several"
    ).split()
)
_SINGLE_WORDS = frozenset(["answer", "answered", "respond", "reply", "output", "print", "return", "say"])
_SINGLE = re.compile(
    r"(?<!_)(?:answer is|answered|answer|respond|reply|output|print|return|say)(?: only| just| simply| with)*[ \t]"
    r"(?:\"|`)?(?P<name>none|null|unknown|yes|no|true|false|n/a|nothing found)\b(?=[\"`]?[ \t]*(?:[.;,)\n]|$))",
    re.IGNORECASE,
)
_HAN_VALUE = re.compile(r"(?<=[\u4e00-\u9fff])(?P<name>true|false|null|none)(?![A-Za-z])", re.IGNORECASE)
_YES_WORDS, _OTHER_YES_WORDS = frozenset(["oui", "ja", "sim", "yes", "evet", "tak"]), ("sí", "sì", "да")
_OR_WORDS = (" ou ", " oder ", " o ", " of ", " или ", " or ", " veya ", " czy ")
_EITHER = re.compile(
    r"\b(?P<a>oui|ja|sí|sì|sim|да|yes|evet|tak) (?:ou|oder|o|of|или|or|veya|czy) (?P<b>non|nein|no|nee|não|нет|"
    r"hayır|nie)\b",
    re.IGNORECASE,
)


def find_choices(text: str, message: int = 0, gaps: frozenset[int] = frozenset()) -> Iterator[Item]:
    """Yield the labels, in no order; `detail` is “set” for all but those of fields.

    *gaps* are where placeholders begin, which are blanked out.
    """
    seen: set[int] = set()
    for label, start in (
        *_entries(text),
        *_options(text),
        *_form_lines(text, gaps),
        *_tools(text),
        *_bracketed(text),
        *_named(text),
    ):
        if start not in seen:
            seen.add(start)
            yield Item(ItemKind.LABEL, label, Span(start, start + len(label), message), detail="set")
    for label, start in _fields(text):
        if start not in seen:
            yield Item(ItemKind.LABEL, label, Span(start, start + len(label), message))


def _entries(text: str) -> Iterator[tuple[str, int]]:
    """Yield the labels of lists whose lead tells that something is chosen, filled in or printed."""
    for group in _lists(text):
        if len(group) < _FEWEST:
            continue
        if all(match["picture"] for match in group) or _is_cue(_lead(text, group[0].start())):
            yield from ((match["label"].strip(), match.start("label")) for match in group if _is_label(match))


@lru_cache(maxsize=1024)
def _is_cue(lead: str) -> bool:
    return bool(_CUE.search(lead))


def _lists(text: str) -> Iterator[list[re.Match[str]]]:
    """Yield the entries of each list: items one below the other, with no paragraph between."""
    group: list[re.Match[str]] = []
    for match in (match for start in _marked_lines(text) if (match := _ENTRY.match(text, start))):
        if group and "\n\n" in text[group[-1].end() : match.start()].replace("\r", ""):
            yield group
            group = []
        group.append(match)
    yield group


@lru_cache(maxsize=16)
def _marked_lines(text: str) -> tuple[int, ...]:
    """Return where the lines begin that begin with the mark of a list or of an answer."""
    return tuple(start for start in line_starts(text) if _ANY_MARK.match(text, start))


def _options(text: str) -> Iterator[tuple[str, int]]:
    """Yield what stands behind the letters of a question with several answers."""
    found = [match for start in _marked_lines(text) if (match := _OPTION.match(text, start))]
    if len(found) >= _FEWEST_OPTIONS:
        yield from ((match["label"], match.start("label")) for match in found)


def _form_lines(text: str, gaps: frozenset[int]) -> Iterator[tuple[str, int]]:
    """Yield the labels of a form that is filled in, and those of a rubric of at least three scores."""
    found = list(at_lines(_FORM_LINE, text, (":", "：")))
    scores = [match for match in found if not match["gap"]]
    for match in found:
        if match.start("gap") in gaps or (not match["gap"] and len(scores) >= _FEWEST_SCORES):
            yield match["label"].strip(), match.start("label")


def _fields(text: str) -> Iterator[tuple[str, int]]:
    """Yield the labels above or before what is filled in that the prompt speaks of elsewhere (“the question”)."""
    small = lowered(text)
    is_spoken_of: dict[str, bool] = {}
    for match in at_lines(_FIELD_LABEL, text, (":", "：")):
        word = match["label"].lower().rstrip("s")
        if word not in is_spoken_of:
            is_spoken_of[word] = small.find(word, small.find(word) + len(word)) >= 0
        if is_spoken_of[word]:
            yield match["label"], match.start("label")


def _tools(text: str) -> Iterator[tuple[str, int]]:
    """Yield the names of the tools that a list of them begins its entries with."""
    for spot in spots(text, ("tools:", "functions:", "actions:", "one of:")):
        lead = _TOOLS.match(text, spot)
        if lead is None:
            continue
        end = text.find("\n\n", lead.end() + 1)
        for match in _TOOL.finditer(text, lead.end(), end if end >= 0 else min(len(text), lead.end() + 2_000)):
            yield match["label"], match.start("label")


def _lead(text: str, start: int) -> str:
    """Return the line above a list; above an empty one, the line before that."""
    lines = text[max(0, start - 400) : start].rstrip().rsplit("\n", 1)
    return lines[-1]


def _is_label(match: re.Match[str]) -> bool:
    label = match["label"]
    is_short = len(label.split()) <= _MOST_WORDS and (label.isascii() or " " in label or len(label) <= _MOST_SIGNS)
    return is_short and bool(label.strip())


def _bracketed(text: str) -> Iterator[tuple[str, int]]:
    for match in _IN_BRACKETS.finditer(text) if any(slash in text for slash in "/|／") else ():
        inside = match[1]
        if not any(slash in inside for slash in "/|／") or len(parts := _SLASH.split(inside)) < 3 or "://" in inside:
            continue
        position = match.start(1)
        for part in parts:
            label = _EDGE.sub("", part)
            start = text.index(part, position)
            position = start + len(part)
            if label and len(label.split()) <= _MOST_WORDS:
                yield label, start + part.index(label)


def _named(text: str) -> Iterator[tuple[str, int]]:
    for spot in word_spots(text, _CALLED_WORDS):
        if match := _CALLED.match(text, spot):
            yield match["name"], match.start("name")
    for spot in word_spots(text, _COMMAND_WORDS):
        match = _COMMAND.search(text, max(0, spot - 40), spot) if _COMMAND_WORD.match(text, spot) else None
        if match and match["name"].lower() not in _NOT_NAMES:
            yield match["name"], match.start("name")
    for spot in word_spots(text, _SINGLE_WORDS):
        if match := _SINGLE.match(text, spot):
            yield match["name"], match.start("name")
    if not is_plain(text):
        yield from ((match["name"], match.start("name")) for match in _HAN_VALUE.finditer(text))
    yield from _either(text)


def _either(text: str) -> Iterator[tuple[str, int]]:
    """Yield both words of “yes or no” in several languages."""
    if not (latin_words(text) & _YES_WORDS or any(word in lowered(text) for word in _OTHER_YES_WORDS)):
        return
    for spot in spots(text, _OR_WORDS):
        if match := _EITHER.search(text, max(0, spot - 5), spot + 12):
            yield match["a"], match.start("a")
            yield match["b"], match.start("b")
