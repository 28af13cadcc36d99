"""Is the candidate still the same prompt? Notices an answer, a summary and a switched language by measure."""

import re
import unicodedata
from collections import Counter

from refrase.core.prompt import Prompt, Span
from refrase.core.rewrite import Finding, Mode, Severity

# Below this many distinct words a share of them says nothing.
_FEWEST_WORDS = 6
# An answer keeps few of the prompt's words and brings many of its own; a shortened request keeps few, but brings
# none. Shares of distinct words, by trial on replies of a small model (refrase/docs/trial.md).
_LEAST_KEPT = {Mode.CONSERVATIVE: 0.4, Mode.NORMAL: 0.3, Mode.BOLD: 0.25}
_LEAST_KEPT_OF_ALL = 0.15
_MOST_NEW = 0.5
# Length of a rewrite against its original, below which it counts as a summary.
_LEAST_LENGTH = {Mode.CONSERVATIVE: 0.6, Mode.NORMAL: 0.5, Mode.BOLD: 0.35}
_LONG_CHARACTERS = 400

_WORD = re.compile(r"[^\W\d_]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")
_SCRIPTS = {
    "LATIN": "Latin",
    "CYRILLIC": "Cyrillic",
    "ARABIC": "Arabic",
    "HEBREW": "Hebrew",
    "GREEK": "Greek",
    "DEVANAGARI": "Devanagari",
    "HANGUL": "Korean",
    "THAI": "Thai",
    # Chinese and Japanese share characters; a text that mixes them with kana is judged as one script.
    "CJK": "Chinese or Japanese",
    "HIRAGANA": "Chinese or Japanese",
    "KATAKANA": "Chinese or Japanese",
}
_LEAST_LETTERS = 20


_ASKS = re.compile(r"[?？؟]")
# How a request begins that once was a question: at the start of a sentence, line or list item.
_REQUEST = re.compile(
    r"(?:^|[.!:;\n][\s\"'*#>-]{0,6})(?:please\s+)?(?:answer|analy[sz]e|assess|compare|compute|decide|define|describe|"
    r"determine|discuss|estimate|evaluate|explain|find|give|identify|list|name|outline|present|provide|recommend|say|"
    r"show|solve|state|suggest|summari[sz]e|tell|use|write|you (?:are|will|must|should))\b",
    re.IGNORECASE,
)
# An engine that talks about its work instead of doing it.
_REMARK = re.compile(
    r"\A\W{0,10}(?:sure|certainly|of course|okay|ok)?\W{0,4}(?:here(?:'s|\u2019s| is)|below is|this is)\s+"
    r"(?:the|a|your|my)?\s*(?:re-?written|improved|revised|optimi[sz]ed|updated|new|better)\b[^\n]{0,60}"
    r"\b(?:prompt|version|text)\b"
    r"|\A\W{0,10}(?:以下是|这是|下面是)[^\n]{0,12}(?:改写|重写|优化|修改|改进)[^\n]{0,12}(?:提示|版本|文本)",
    re.IGNORECASE,
)


def check_likeness(before: Prompt, after: Prompt, mode: Mode) -> tuple[Finding, ...]:
    """Return what tells that *after* is no rewrite of *before*: answered, summarised, language switched."""
    findings: list[Finding] = []
    for number, (old, new) in enumerate(zip(before.texts, after.texts, strict=True)):
        if old == new:
            continue
        for kind, message in _faults(old, new, mode):
            span = Span(0, len(new), number)
            findings.append(Finding(kind=kind, severity=Severity.BLOCKING, message=message, after=span))
    return tuple(findings)


def share_kept(before: str, after: str) -> float:
    """Return the share of *before*'s distinct words that *after* has, too, 0 to 1."""
    had = _words(before)
    return len(had & _words(after)) / len(had) if had else 1.0


def script_shares(text: str) -> dict[str, float]:
    """Return the share of letters per script, the largest first; empty where there are too few letters to say."""
    counts: Counter[str] = Counter()
    for letter in text[:20_000]:
        if letter.isalpha():
            counts[_script(letter)] += 1
    total = counts.total()
    return {script: count / total for script, count in counts.most_common()} if total >= _LEAST_LETTERS else {}


def _faults(old: str, new: str, mode: Mode) -> list[tuple[str, str]]:
    if not new.strip():
        return [("prompt_emptied", "Nothing of the prompt is left.")]
    faults: list[tuple[str, str]] = []
    if _REMARK.search(new) and not _REMARK.search(old):
        faults.append(("reply_remark", "The rewrite begins with a remark about itself, not with the prompt."))
    if _is_question(old) and not _ASKS.search(new) and not _REQUEST.search(new):
        faults.append(("prompt_answered", "The prompt asks a question and the rewrite asks nothing: this answers it."))
    was, now = script_shares(old), script_shares(new)
    if was and now and next(iter(was)) != next(iter(now)):
        script, share = next(iter(was.items()))
        # A prompt of two scripts may tip over by a few words; a switch leaves little of the first one.
        if now.get(script, 0.0) < share / 2:
            message = f"The prompt is written in {script} script, the rewrite in {next(iter(now))}."
            faults.append(("language_switched", message))
    kept = share_kept(old, new)
    is_replaced = kept < _LEAST_KEPT_OF_ALL or (kept < _LEAST_KEPT[mode] and 1 - share_kept(new, old) > _MOST_NEW)
    if len(_words(old)) >= _FEWEST_WORDS and is_replaced:
        message = f"Only {kept:.0%} of the prompt's words are left: this answers or replaces it."
        faults.append(("prompt_answered", message))
    elif len(old) >= _LONG_CHARACTERS and len(new) < _LEAST_LENGTH[mode] * len(old):
        message = f"The rewrite has {len(new) / len(old):.0%} of the prompt's length: this summarises it."
        faults.append(("prompt_summarised", message))
    return faults


def _is_question(text: str) -> bool:
    """Return whether a text ends by asking something."""
    return bool(_ASKS.match(text.rstrip(" \t\r\n\"'*_)]}”’»")[-1:]))


def _words(text: str) -> set[str]:
    """Return the distinct words; of scripts written without spaces, the distinct pairs of characters."""
    words: set[str] = set()
    for match in _WORD.finditer(text.casefold()):
        word = match.group()
        if _UNSPACED.search(word):
            words.update(word[i : i + 2] for i in range(max(1, len(word) - 1)))
        else:
            words.add(word)
    return words


def _script(letter: str) -> str:
    if letter < "\u0250":
        return "Latin"
    name = unicodedata.name(letter, "")
    return next((shown for script, shown in _SCRIPTS.items() if name.startswith(script)), "another")
