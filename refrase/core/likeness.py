"""Is the candidate still the same prompt? Notices an answer, a summary, a switched language and talk about itself."""

import re
from functools import lru_cache

from refrase.core.contract import Contract, Reading
from refrase.core.language import languages_told, script_shares
from refrase.core.prompt import LOCKED_ROLES, Span
from refrase.core.remark import remarks
from refrase.core.rewrite import Finding, Mode, Severity
from refrase.core.scan import common_edges, is_plain, spots, words_in
from refrase.core.unit import words_of_all
from refrase.core.verb import ROLES, VERBS

# An answer keeps few of the prompt's words and brings many of its own; a shortened request keeps few, but brings
# none. Shares of distinct words, by trial on replies of a small model (refrase/docs/trial.md).
_LEAST_KEPT = {Mode.CONSERVATIVE: 0.4, Mode.NORMAL: 0.3, Mode.BOLD: 0.25}
_LEAST_KEPT_OF_ALL = 0.15
_MOST_NEW = 0.5
# A prompt of fewer words than these must keep half of them, and go on asking for something.
_FEWEST_WORDS = 6
_LEAST_KEPT_OF_FEW = 0.5
# Length of a rewrite against its original: below, it is a summary; above, it is more than was asked for.
_LEAST_LENGTH = {Mode.CONSERVATIVE: 0.6, Mode.NORMAL: 0.5, Mode.BOLD: 0.35}
_MOST_LENGTH = {Mode.CONSERVATIVE: 1.6, Mode.NORMAL: 2.0, Mode.BOLD: 3.0}
_LONG_CHARACTERS = 400
# Headings and delimiters are much in a short prompt and little in a long one.
_ROOM_CHARACTERS = 400
_PLAINLY_SAME = 0.75
# Of so many distinct words only a few can be those that every text has.
_MANY_WORDS = 400
# A translation keeps names and borrowed words; a text that keeps more is in the language that it was in.
_KEPT_IN_TRANSLATION = 0.5

_ASKS = re.compile(r"[?？؟]")
# How a question begins that was written without its sign.
_QUESTION = re.compile(
    r"\A\W{0,4}(?:who|whom|whose|what|whats|which|why|how|when|where|is|are|am|was|were|does|did|can|could|should|"
    r"would)\b",
    re.IGNORECASE,
)
_POLITE = r"(?:(?:please|then|and|also|now|first|next|finally|just|can you|could you|would you|will you)[ ,]+){0,3}"
# Where both texts have one of these in common, the rewrite still asks for something of what was asked for.
_EVERY_VERB = frozenset(verb.replace("[sz]", letter) for verb in VERBS.split("|") for letter in "sz")
_LAYOUT = r"[\s\"'*#>_\d.)-]{0,8}"
_START = rf"(?:\A|[.!?:;\n]|\byou to\b){_LAYOUT}{_POLITE}"
# A request with another verb than its own, and what must follow it then.
_SWAPPED = re.compile(rf"{_START}[^\W\d_]+ \Z", re.IGNORECASE)
_LEAST_TAIL = re.compile(r" [^\W\d_]+(?: [^\W\d_]+){1,4}")
# What a request demands: verbs at the start of a sentence, line or list item; loosely, behind a comma or “to”, too.
_REQUEST = re.compile(rf"{_START}({VERBS})\b", re.IGNORECASE)
_LOOSE_REQUEST = re.compile(rf"(?:\A|[.!?:;,\n]|\band\b|\bto\b){_LAYOUT}{_POLITE}(?:{VERBS})\b", re.IGNORECASE)
_ANY_REQUEST = re.compile(rf"{_START}(?:{VERBS}|{ROLES}|you (?:are|will|must|should)|your task)\b", re.IGNORECASE)
# How sentences end that ask for something, where a verb's ending says so.
_ASKING = (
    re.compile(r"(?:इए|िए|इये|िये|करें|लिखें|बताएँ|बताओ|दें|करो|लिखो|दो|ना|है\?)(?![\u0900-\u0963\u0966-\u097f])"),
    re.compile(
        r"ください|下さい|せよ|なさい|こと(?:。|\s|$)|ほしい|欲しい|お願い|ましょう|[てでろせ](?:。|！|\s|$)|する(?:。|\s|$)"
    ),
    re.compile(r"세요|줘|십시오|하라|해라|할 것|하시오|바랍니다|주길|해 주|다오|부탁"),
)
# How an answer is marked in a list of choices.
_MARK_STARTS = ("(", "✓", "✔", "✅")
_ANSWER_MARK = re.compile(
    r"\((?:correct|right|correct answer|true|richtig|korrekt|correcto|correcta|certo|corretto|juste|верно|正确|正確|정답|"
    r"正解)\)|[✓✔✅]",
    re.IGNORECASE,
)
_ANSWER_START = re.compile(
    r"\A\W{0,4}(?:yes|no|ja|nein|oui|non|sí|sim|да|нет|是的|不是|はい|いいえ|네|아니요|great|sure|certainly|of course|absolutely|"
    r"okay|ok|gerne?|natürlich|bien sûr|claro|por supuesto|certo|好的|当然|もちろん|물론)[,.:!，。：！]",
    re.IGNORECASE,
)
# A prompt that the target goes on writing: it ends in “Answer:”.
_COMPLETION_END = re.compile(r"(?:\A|\n)([^\n]{0,40}\w[:：])\s*\Z")


def check_likeness(before: Contract, after: Contract, mode: Mode) -> tuple[Finding, ...]:
    """Return what tells that *after* is no rewrite of *before*: answered, summarised, language switched."""
    findings: list[Finding] = []
    words = frozenset[str]().union(*(_words_in(new.said) for new in after.messages))
    for old, new in zip(before.messages, after.messages, strict=True):
        if old.text == new.text or old.role in LOCKED_ROLES:
            continue
        for kind, message in _faults(old, new, mode, words):
            span = Span(0, len(new.text), old.number)
            findings.append(Finding(kind=kind, severity=Severity.BLOCKING, message=message, after=span))
    return tuple(findings)


def _faults(old: Reading, new: Reading, mode: Mode, words: frozenset[str]) -> list[tuple[str, str]]:
    if not any(sign.isalnum() for sign in new.text) and any(sign.isalnum() for sign in old.text):
        return [("prompt_emptied", "Nothing of the prompt is left.")]
    sized = _sized(old, new, mode)
    switched = _switched(old, new)
    if switched:
        return [*switched, *sized]
    # Where most of both texts is one and the same stretch, it is the same prompt: no need to count its words.
    is_plainly_same = _shared_share(old.text, new.text) >= _PLAINLY_SAME
    told = [("reply_remark", f"The rewrite talks about itself: “{remark}”.") for remark, _ in remarks(old, new)]
    faults = _asked(old, new, words) or ([] if told else _marked(old, new))
    faults = faults or ([] if is_plainly_same else _replaced(old, new, mode))
    if any(kind == "prompt_summarised" for kind, _ in sized) and not _brings_much(old, new):
        faults = []
    return [*faults, *sized, *told]


def _asked(old: Reading, new: Reading, words: frozenset[str]) -> list[tuple[str, str]]:
    if (_is_question(old.text) or _QUESTION.search(old.text)) and _asks_nothing(new.text):
        return [("prompt_answered", "The prompt asks a question and the rewrite asks nothing: this answers it.")]
    wanted = _verbs_in(old.said) if not _EVERY_VERB & words & _words_in(old.said) else set()
    if wanted and not wanted & words and not _still_asks(old, new):
        return [("prompt_answered", f"The prompt asks to {min(wanted)} and the rewrite asks nothing: this answers it.")]
    was_asking = [] if is_plain(old.said) else [asking for asking in _ASKING if asking.search(old.said)]
    if not all(asking.search(new.said) for asking in was_asking) and _asks_nothing(new.text):
        return [("prompt_answered", "The prompt asks for something and the rewrite does not: this answers it.")]
    label = _COMPLETION_END.search(old.text, max(0, len(old.text) - 80))
    if label and label[1].strip() not in new.text and not _COMPLETION_END.search(new.text):
        return [
            ("label_lost", f"The prompt ends in “{label[1].strip()}”, where its reader goes on; the rewrite does not.")
        ]
    if label and (place := new.text.rfind(label[1])) >= 0 and new.text[place + len(label[1]) :].strip():
        return [
            ("prompt_answered", f"The prompt ends in “{label[1].strip()}” and the rewrite goes on: this answers it.")
        ]
    return []


def _asks_nothing(text: str) -> bool:
    return not (_ASKS.search(text) or _ANY_REQUEST.search(text) or _QUESTION.search(text))


@lru_cache(maxsize=16)
def _words_in(text: str) -> frozenset[str]:
    return frozenset(words_in(text))


def _verbs_in(text: str) -> set[str]:
    return {verb.casefold() for verb in _REQUEST.findall(text)}


def _still_asks(old: Reading, new: Reading) -> bool:
    if _LOOSE_REQUEST.search(new.said) or _ASKS.search(new.text):
        return True
    return _is_only_reworded(old.said, new.said)


def _is_only_reworded(old: str, new: str) -> bool:
    """Return whether a request has another verb in the place of its own, and goes on as it did: “Mend what is broken”.

    No table knows every verb; what follows the verb, word by word and where it stood, tells as much.
    """
    for request in _REQUEST.finditer(old):
        tail = _LEAST_TAIL.match(old, request.end())
        place = new.find(tail.group()) + 1 if tail else 0
        if place and _SWAPPED.search(new, 0, place):
            return True
    return False


def _marked(old: Reading, new: Reading) -> list[tuple[str, str]]:
    marks = (_ANSWER_MARK.match(new.text, spot) for spot in spots(new.text, _MARK_STARTS))
    for mark in (next((mark for mark in marks if mark), None), _ANSWER_START.search(new.text)):
        if mark and mark.group() not in old.text:
            return [("prompt_answered", f"The rewrite gives an answer: “{mark.group().strip()}”.")]
    return []


def _replaced(old: Reading, new: Reading, mode: Mode) -> list[tuple[str, str]]:
    plain = _words_in(old.said)
    if len(plain) >= _MANY_WORDS and len(plain & _words_in(new.said)) >= _PLAINLY_SAME * len(plain):
        return []
    had, has = words_of_all(old.said) or words_of_all(old.prose), words_of_all(new.said)
    if not had or (len(had) >= _FEWEST_WORDS and len(had & has) >= _LEAST_KEPT[mode] * len(had)):
        return []
    has |= words_of_all(new.text)
    kept = len(had & has) / len(had)
    is_replaced = kept < _LEAST_KEPT_OF_ALL or (kept < _LEAST_KEPT[mode] and _brings_much(old, new))
    if len(had) >= _FEWEST_WORDS:
        message = f"Only {kept:.0%} of the prompt's words are left: this answers or replaces it."
        return [("prompt_answered", message)] if is_replaced else []
    few, now = _words_in(old.said), _words_in(new.text)
    stays = len(few & now) / len(few) if few else 1.0
    if len(few) > 1 and max(kept, stays) < _LEAST_KEPT_OF_FEW:
        left = f"Of {len(few)} words {len(few & now)} are left"
        return [("prompt_answered", f"{left}: this answers or replaces it.")]
    return []


def _brings_much(old: Reading, new: Reading) -> bool:
    """Return whether most of the rewrite's words are not the prompt's."""
    has = words_of_all(new.text) | words_of_all(new.prose)
    return bool(has) and 1 - len(words_of_all(old.text) & has) / len(has) > _MOST_NEW


def _shared_share(old: str, new: str) -> float:
    """Return which share of the longer text the common beginning and the common end of both make up."""
    return sum(common_edges(old, new)) / max(len(old), len(new), 1)


def _switched(old: Reading, new: Reading) -> list[tuple[str, str]]:
    was, now = script_shares(old.said), script_shares(new.said)
    if was and now and next(iter(was)) != next(iter(now)):
        script, share = next(iter(was.items()))
        # A prompt of two scripts may tip over by a few words; a switch leaves little of the first one.
        if now.get(script, 0.0) < share / 2:
            return [
                ("language_switched", f"The prompt is written in {script} script, the rewrite in {next(iter(now))}.")
            ]
    first, second = languages_told(old.said, new.said)
    if first != second:
        had = words_of_all(old.said)
        if len(had & words_of_all(new.said)) < _KEPT_IN_TRANSLATION * len(had):
            return [("language_switched", f"The prompt's language is {first!r}, the rewrite's {second!r}.")]
    return []


def _sized(old: Reading, new: Reading, mode: Mode) -> list[tuple[str, str]]:
    was, now = len(old.text.strip()), len(new.text.strip())
    if was >= _LONG_CHARACTERS and now < _LEAST_LENGTH[mode] * was:
        return [("prompt_summarised", f"The rewrite has {now / was:.0%} of the prompt's length: this summarises it.")]
    if now > _MOST_LENGTH[mode] * was + _ROOM_CHARACTERS:
        limit = f"{mode} mode allows {_MOST_LENGTH[mode]:g} times and {_ROOM_CHARACTERS} characters"
        share = now / max(was, 1)
        return [("prompt_inflated", f"The rewrite has {share:.1f} times the prompt's length; {limit}.")]
    return []


def _is_question(text: str) -> bool:
    """Return whether a text ends by asking something."""
    return bool(_ASKS.match(text.rstrip(" \t\r\n\"'*_)]}”’»")[-1:]))
