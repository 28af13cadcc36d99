"""Few-shot examples, and material that a prompt works on: what it shows as input and output, kept line by line.

Found are the contents of example tags, runs of labelled lines (“Q: … A: …”, “Input: … Output: …”) that come at least
twice, mappings with arrows (“sea -> la mer”), and one labelled text that the prompt speaks of (“Rephrase the sentence.
Sentence: …”). The last run may be the place where the target goes on (“A:”), which is kept all the same.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from refrase.core.item import Item, ItemKind
from refrase.core.prompt import Span
from refrase.core.scan import at_lines, line_start, line_starts, spots

_TAGGED = re.compile(
    r"<(examples?|few_shot|shots?|sample|demonstrations?)\b[^<>\n]{0,80}>(.{1,20000}?)</\1>", re.IGNORECASE | re.DOTALL
)
_LABEL = re.compile(
    r"^[ \t>]{0,12}(?:[-*][ \t])?(?:\*\*)?"
    # A quick look whether a colon stands near enough.
    r"(?=[^:：*.!?<>{}\r\n]{1,36}+(?:\*\*)?[ \t]?[:：])"
    r"(?P<label>[^\W\d_](?:[^\s:：*.!?<>{}]|[ \t](?=[^\s:：])){0,30}?)"
    r"[ \t]?#?\d{0,2}(?:\*\*)?[ \t]?[:：](?:\*\*)?[ \t]?(?P<rest>[^\r\n]*)",
    re.MULTILINE,
)
# Labels of input and output. Of others a run counts only where the last one is left open.
_NAMES = (
    "q|a|question|answer|input|output|user|assistant|human|ai|bot|review|text|label|sentence|query|response|"
    "translation|"
    "sentiment|premise|hypothesis|context|passage|summary|thought|action|observation|result|tweet|statement|source|"
    "target|"
    "problem|solution|explanation|reasoning|code|request|reply|customer|client|agent|before|after|original|"
    "rewritten|draft|"
    "claim|evidence|verdict|conversation|completion|final answer|example|输入|输出|问题?|答案?|用户|助手|入力|出力|質問|回答|例|"
    "eingabe|ausgabe|frage|antwort|lösung|entrée|sortie|réponse|entrada|salida|saída|pregunta|respuesta|pergunta|"
    "resposta|"
    "domanda|risposta|pytanie|odpowiedź|soru|cevap|çözüm|yanıt|вопрос|ответ|вход|выход|질문|답변|문제|답|سؤال|جواب|پاسخ|"
    "کاربر|دستیار|"
    "प्रश्न|उत्तर"
)
_KNOWN = re.compile(rf"(?:(?:sample|example|user|assistant)[ \t]+)?(?:{_NAMES})", re.IGNORECASE)
# The same as lines of their own: “[Input]”, “## Example Task #1 Output:”, “<problem>:”, “# input”.
_BLOCK_LABEL = re.compile(
    rf"^[ \t>]*(?:#{{1,6}}[ \t]*|[\[(<【*]{{1,2}})?(?P<label>(?:(?:sample|example|user|assistant|"
    rf"task)[ \t#]*\d{{0,2}}[ \t]*){{0,2}}"
    rf"(?:{_NAMES}))[ \t]?#?\d{{0,2}}[\])>】*]{{0,2}}[ \t]?[:：]?[ \t]*\r?$",
    re.MULTILINE | re.IGNORECASE,
)
# A line that announces an example: a heading, a line in brackets or stars, or one that ends in a colon.
_CUE = (
    r"examples?|for instance|e\.g\.|sample|beispiele?|z\.B\.|exemples?|ejemplos?|esempi[o]?|exemplos?|voorbeeld(?:en)?|"
    r"przykład\w*|пример\w*|приклад\w*|örne[kğ]\w*|مثال\w*|نمونه\w*|उदाहरण|예시|예를 들어|例えば|例如|示例|举例|範例|例"
)
_CUE_WORDS = (
    "example", "for instance", "e.g.", "sample", "beispiel", "z.b.", "exemple", "ejemplo", "esempi", "exemplo", "voorbeeld",
    "przykład", "пример", "приклад", "örne", "مثال", "نمونه", "उदाहरण", "예시", "예를", "例",
)  # fmt: skip
_ANNOUNCED = re.compile(
    rf"^(?P<line>(?P<head>#{{1,6}})[ \t]+[^\r\n]{{0,80}}?(?<![^\W_])(?:{_CUE})(?![^\W_a-z])[^\r\n]{{0,80}}"
    rf"|[^\w\r\n]{{0,6}}[\[【*][^\r\n]{{0,40}}?(?<![^\W_])(?:{_CUE})[^\r\n]{{0,40}}[\]】*]:?"
    rf"|(?P<lead>[^\r\n]{{0,200}}?(?<![^\W_])(?:{_CUE})(?![^\W_a-z])[^\r\n:：]{{0,60}}[:：]\**))[ \t]*\r?$",
    re.MULTILINE | re.IGNORECASE,
)
_HEAD = re.compile(r"^(#{1,6})[ \t]", re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*[-*•][ \t]", re.MULTILINE)
_INPUT = re.compile(r"(?:example|task|sample)*(?:input|example|question|q|problem|输入|例|入力|eingabe|entrée|entrada)")
_BULLET = re.compile(r"[ \t]*[-*•][ \t]")
# Labels of a text to work on, which the prompt calls by the same word.
_MATERIAL = re.compile(
    r"(?:(?:my|the|user|student)(?:['’]?s?)? )?(?:text|sentence|idea|question|prompt|passage|paragraph|phrase|message|"
    r"e-?mail|letter|article|query|statement|answer|title|headline|tweet|word|story|code|文章?|句子|问题|原文|テキスト|質問|"
    r"satz|frage|frase|phrase|texte|texto|testo|zin|tekst|zdanie|предложение|текст|вопрос)",
    re.IGNORECASE,
)
_ARROW = re.compile(r"^[^\S\r\n]*(?P<left>[^\r\n]{1,200}?)[ \t]*(?:->|=>|→|⇒)[ \t]*(?P<right>[^\r\n]*)$", re.MULTILINE)
_FEWEST_ARROWS = 3
# What stands between two rules behind a colon.
_RULED = re.compile(
    r"[:：][ \t]*\r?\n(?P<rule>[ \t]*(?:-{3,}|={3,}|\"\"\"|'''))[ \t]*\r?\n(?P<inside>(?:(?![ \t]*(?:-{3}|={3}|"
    r"#))[^\n]*\n){1,40}?)(?P=rule)"
)
_LONGEST_LABEL = 60
_MOST_LEAD_WORDS = 3
_DECORATION = " \t\r\n>#[](){}<>【】*:：0123456789"
_LAST_WORDS = frozenset(name.replace("?", "").split()[-1] for name in _NAMES.split("|")) | {"问", "答"}
_BREAKS = frozenset(" \t\r\n")
_LINE = re.compile(r"[^\r\n]+")
_VARIABLE = re.compile(r"\W*(?:[{<\[$][^\n]{0,80}[}>\]]|\$\w+)?\W*")
# So many lines without a label end an example; one more paragraph of it may follow its label.
_LONGEST_CHARACTERS = 3_000
_DIGITS = re.compile(r"[\s#\d]+")
_CONTENT = re.compile(r"[^\S\r\n]*[^\s\0]")
_PARAGRAPH = re.compile(r"\n[ \t]*\r?\n|\r\r")


def find_examples(text: str, message: int = 0) -> Iterator[Item]:
    """Yield every line of every few-shot example; `name` is the line without layout."""
    taken = [match.span(2) for match in _TAGGED.finditer(text)]
    if ":" in text or "：" in text:
        labels = list(at_lines(_LABEL, text, (":", "：")))
        taken += _runs(text, labels)
        taken += _material(text, labels)
    taken += _blocks(text)
    taken += _announced(text)
    taken += _arrows(text)
    taken += (match.span("inside") for match in _ruled(text))
    position = 0
    for start, end in sorted(taken):
        for line in _LINE.finditer(text, max(start, position), end):
            value = line.group().strip()
            name = plain_line(value)
            if name:
                first = line.start() + line.group().index(value)
                yield Item(ItemKind.EXAMPLE, value, Span(first, first + len(value), message), name)
        position = max(position, end)


@lru_cache(maxsize=4096)
def plain_line(line: str) -> str:
    """Return a line of an example without its label, list mark and spacing."""
    label = _LABEL.match(line) if ":" in line or "：" in line else None
    rest = label["rest"] if label and _KNOWN.fullmatch(label["label"]) else line.lstrip("-*•> \t")
    return " ".join(rest.split()).strip(" *")


def _runs(text: str, labels: Sequence[re.Match[str]]) -> Iterator[tuple[int, int]]:
    """Yield the paragraphs that begin with labels which come in pairs, at least twice each."""
    counts = Counter(match["label"] for match in labels)
    repeated = {label for label, count in counts.items() if count >= 2}
    known = {label for label in repeated if _KNOWN.fullmatch(label)}
    if len(known) < 2:
        is_open = bool(labels) and labels[-1]["label"] in repeated and _is_open(text, labels[-1])
        known = repeated if is_open else set()
    if len(known) >= 2:
        yield from _paragraphs(text, [match for match in labels if match["label"] in known])


def _is_open(text: str, last: re.Match[str]) -> bool:
    """Return whether nothing, or only a variable, stands behind the last label."""
    return bool(_VARIABLE.fullmatch(text, last.start("rest")))


def _material(text: str, labels: Sequence[re.Match[str]]) -> Iterator[tuple[int, int]]:
    """Yield the labelled texts that the prompt before them speaks of by the same word."""
    said = ""
    spoken: dict[str, bool] = {}
    for match in labels:
        if not _MATERIAL.fullmatch(match["label"]) or _VARIABLE.fullmatch(match["rest"]):
            continue
        said = said or text[: match.start()].casefold()
        noun = match["label"].casefold().rpartition(" ")[2]
        if noun not in spoken:
            edge = r"(?<![^\W_a-z])" if noun.isascii() else ""
            spoken[noun] = bool(re.search(edge + re.escape(noun), said))
        if spoken[noun]:
            yield from _paragraphs(text, [match])


def _paragraphs(text: str, labelled: Sequence[re.Match[str]]) -> Iterator[tuple[int, int]]:
    for index, match in enumerate(labelled):
        following = labelled[index + 1].start() if index + 1 < len(labelled) else len(text)
        paragraph = _PARAGRAPH.search(text, match.end("label"), following)
        yield match.start(), paragraph.start() if paragraph else min(following, match.start() + _LONGEST_CHARACTERS)


def _ruled(text: str) -> Iterator[re.Match[str]]:
    """Yield what stands between two rules behind a colon."""
    for spot in spots(text, (":", "：")):
        match = _RULED.match(text, spot) if text[spot + 1 : spot + 2] in _BREAKS else None
        # A title above the second rule makes both lines under titles.
        if match and not match["inside"].rstrip().endswith((":", "：")):
            yield match


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Yield what stands between labels that are lines of their own, where two and more of them come again."""
    labels = _block_labels(text)
    closed = {label for label in {match["label"] for match in labels} if f"</{label}>" in text}
    labels = [match for match in labels if match["label"] not in closed]
    counts = Counter(_DIGITS.sub("", match["label"]).casefold() for match in labels)
    repeated = [label for label, count in counts.items() if count >= 2]
    if len(repeated) < 2 and not any(_INPUT.fullmatch(label) for label in repeated):
        return
    for index, match in enumerate(labels):
        end = labels[index + 1].start() if index + 1 < len(labels) else len(text)
        if index + 1 == len(labels) and (paragraph := _PARAGRAPH.search(text, match.end() + 1)):
            end = paragraph.start()
        yield match.start(), min(end, match.end() + _LONGEST_CHARACTERS)


def _block_labels(text: str) -> list[re.Match[str]]:
    """Return the labels that are lines of their own: only a short line can be one."""
    starts = line_starts(text)
    lines = zip(starts, (*starts[1:], len(text)), strict=True)
    short = (start for start, end in lines if 1 < end - start <= _LONGEST_LABEL and _is_named(text[start:end]))
    return [match for start in short if (match := _BLOCK_LABEL.match(text, start))]


@lru_cache(maxsize=1024)
def _is_named(line: str) -> bool:
    """Return whether the last word of a line is a name of input or output: a quick look before the expression."""
    words = line.strip(_DECORATION).casefold().split()
    return bool(words) and words[-1].rstrip(_DECORATION) in _LAST_WORDS


def _announced(text: str) -> Iterator[tuple[int, int]]:
    """Yield the text behind a line that announces an example: its section, or its paragraph."""
    end = 0
    cues = spots(text, _CUE_WORDS)
    for start in sorted({line_start(text, spot) for spot in cues}):
        match = _announcement(text, start) if start >= end else None
        if match is None:
            continue
        end = _end_of_section(text, match) if match["head"] else _end_of_example(text, match)
        inside = cues[bisect_right(cues, match.end()) : bisect_left(cues, end)]
        is_announced_again = any(_is_lead(text, spot) for spot in inside)
        if not match["head"] and is_announced_again:
            end = match.end()
        elif end > match.end():
            yield match.end(), end


def _is_lead(text: str, spot: int) -> bool:
    return _announcement(text, line_start(text, spot)) is not None


def _announcement(text: str, start: int) -> re.Match[str] | None:
    """Return the line at *start* if it announces an example: its first and last sign tell most that do not."""
    end = text.find("\n", start)
    line = text[start : len(text) if end < 0 else end].rstrip(" \t\r")
    may_announce = line.startswith("#") or line.endswith((":", "：", "*", "]", "】"))
    return _ANNOUNCED.match(text, start) if may_announce else None


def _end_of_section(text: str, heading: re.Match[str]) -> int:
    heads = (head for head in _HEAD.finditer(text, heading.end()) if len(head[1]) <= len(heading["head"]))
    end = next((head.start() for head in heads), len(text))
    return min(end, heading.end() + _LONGEST_CHARACTERS)


def _end_of_example(text: str, lead: re.Match[str]) -> int:
    """Return where the paragraph or list behind a line ends; the line's own end where nothing is an example there."""
    content = _CONTENT.search(text, lead.end())
    if content is None or (_is_list_of_instructions(lead) and _BULLET.match(text, content.start())):
        return lead.end()
    paragraph = _PARAGRAPH.search(text, content.start(), content.start() + _LONGEST_CHARACTERS)
    end = paragraph.start() if paragraph else min(len(text), lead.end() + _LONGEST_CHARACTERS)
    return _end_of_list(text, content.start(), _end_of_item(text, lead, content.start(), end))


def _is_list_of_instructions(lead: re.Match[str]) -> bool:
    """Return whether a list behind this line is one of instructions: “…, for example:”, not “Examples:”."""
    return lead["lead"] is not None and len(lead["lead"].split()) > _MOST_LEAD_WORDS


def _end_of_list(text: str, start: int, end: int) -> int:
    """Return where a list ends that an example is: at the first line that is no item of it and no part of one."""
    if not _BULLET.match(text, start):
        return end
    position = text.find("\n", start, end)
    while position >= 0:
        line = text[position + 1 : position + 3]
        if line[:1] not in {"-", "*", "•", " ", "\t", "\r", "\n", ""}:
            return position
        position = text.find("\n", position + 1, end)
    return end


def _end_of_item(text: str, lead: re.Match[str], start: int, end: int) -> int:
    """Return where an example ends that a list item announces: at the next item of that list."""
    mark = _BULLET.match(lead.group())
    if mark is None:
        return end
    depth = len(mark.group())
    return next((item.start() for item in _ITEM.finditer(text, start, end) if len(item.group()) <= depth), end)


def _arrows(text: str) -> Iterator[tuple[int, int]]:
    """Yield the lines of a mapping: three and more, or two of which the last is left open."""
    starts = sorted({line_start(text, spot) for spot in spots(text, ("->", "=>", "→", "⇒"))})
    found = [match for start in starts if (match := _ARROW.match(text, start))]
    is_open = len(found) > 1 and not found[-1]["right"].strip()
    if is_open or len(found) >= _FEWEST_ARROWS:
        yield from (match.span() for match in found)
