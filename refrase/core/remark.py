"""An engine that talks about its work instead of doing it: “Here is the improved prompt:”, “I kept all variables”."""

import re
from collections.abc import Iterator

from refrase.core.contract import Reading
from refrase.core.prompt import Span
from refrase.core.scan import caseless, spots

_EDGE_CHARACTERS = 400
_DONE = (
    r"(?:re-?writ(?:ten|e)|improved|revised|optimi[sz]ed|updated|new|better|clearer|refined|enhanced|rephrased"
    r"|reworded)"
)
# What it says at its beginning.
_OPENING = re.compile(
    # English
    rf"\A\W{{0,10}}(?:sure|certainly|of course|okay|ok)?\W{{0,4}}(?:here(?:['’]s| is| are)|below is|this is)\s+"
    rf"(?:the|a|an|your|my)?\s*{_DONE}\b[^\n]{{0,60}}\b(?:prompt|version|text|message|instructions?)\b"
    rf"|\A\W{{0,6}}(?:the |your |my )?{_DONE}(?: \w+)? (?:prompt|version|message|text|instructions?)\W{{0,4}}[:\n]"
    # … or plays the part that it should describe
    r"|\A\W{0,4}as (?:an?|your) [^,.\n]{3,80}, I(?:['’]ll| will|['’]m| am| can)\b"
    # German, French, Spanish, Portuguese, Italian, Dutch
    r"|\A\W{0,6}(?:hier (?:ist|sind)|voici|voilà|aquí (?:está|tienes?|tiene)|aqui está|ecco|hier is)\b[^\n]{0,60}?\b"
    r"(?:überarbeitet|verbessert|umgeschrieben|optimiert|amélioré|réécrit|optimisé|révisé|reformulé|mejorad|reescrit|"
    r"revisad|optimizad|melhorad|otimizad|migliorat|riscritt|ottimizzat|rivist|verbeterd|herschreven)\w*"
    # Korean, Russian, Hindi, Persian
    r"|\A\W{0,6}(?:다음은|여기)[^\n]{0,30}(?:개선|수정|다시 쓴|최적화)"
    r"|\A\W{0,6}вот[^\n]{0,30}(?:улучшен|переписан|обновл|исправлен)\w*"
    r"|\A\W{0,6}यह रहा|\A\W{0,6}नीचे[^\n]{0,30}(?:बेहतर|संशोधित)|\A\W{0,6}نسخه[^\n]{0,20}بهبود",
    re.IGNORECASE,
)
# … and anywhere, in a caseless text.
_REMARK = re.compile(
    r"\b(?:"
    r"(?:i|we)(?:['’]ve| have)? (?:rewritten|rewrote|improved|revised|optimi[sz]ed|rephrased|reworded|kept|"
    r"preserved|shortened|clarified|removed|restructured|made the (?:prompt|text))\b"
    r"|(?:i hope this helps|let me know if|feel free to (?:ask|reach out) if you|changes (?:i )?made:)"
    r"|(?:please|could you) (?:send|provide|share|paste|enter|give me) (?:me )?(?:the|your|a) "
    r"[^\n.]{0,40}\b(?:prompt|text|input|message|document|question)|(?:seems|appears) to be (?:empty|missing)"
    r"|no (?:text|prompt|input) (?:was|is|has been) (?:given|provided)"
    r")|(?:以下是|这是|下面是|這是|我已经?|我已經)[^\n]{0,12}(?:改写|重写|优化|修改|改进|改寫|優化|改進)[^\n]{0,12}"
    r"|希望(?:这|以上)[^\n]{0,8}帮助|(?:以下|こちら)が[^\n]{0,20}(?:改善|書き直|改良|修正)"
)
# Each of its alternatives holds one of these.
_REMARK_WORDS = tuple(
    (
        "rewritten,rewrote,improved,revised,optimi,rephrased,reworded,kept,preserved,shortened,clarified,removed,"
        "restructured,made,i hope this,let me know if,feel free to,send ,provide ,share ,paste ,enter ,give me ,"
        "to be empty,to be missing,no text ,no prompt ,no input ,以下,这是,下面是,這是,我已,希望,こちら"
    ).split(",")
)
# A rewrite of a prompt that does not speak of prompts has no reason to.
_PROMPT = re.compile(
    r"(?<![^\W_])prompts?(?![^\W_])|提示词|提示詞|提示语|プロンプト|프롬프트|промпт|प्रॉम्प्ट|پرامپت", re.IGNORECASE
)
_PROMPT_WORDS = ("prompt", "提示", "プロンプト", "프롬프트", "промпт", "प्रॉम्प्ट", "پرامپت")
_WORDS_AROUND = 40


def remarks(old: Reading, new: Reading) -> Iterator[tuple[str, Span]]:
    """Yield what the rewrite says of itself, at its beginning, at its end, or by speaking of prompts, and where."""
    text, plain = new.text, caseless(new.text)
    for start, end in ((0, _EDGE_CHARACTERS), (max(0, len(text) - _EDGE_CHARACTERS), len(text))):
        found = (None if start else _OPENING.match(text, 0, end)) or _remark_in(plain, start, end)
        said = text[found.start() : found.end()] if found else ""
        if found and said not in old.text:
            yield said.strip(), Span(found.start(), found.end(), new.number)
            return
    word = _PROMPT.search(new.said) if spots(new.said, _PROMPT_WORDS) else None
    if word and not _PROMPT.search(old.text):
        start, end = max(0, word.start() - _WORDS_AROUND), word.end() + _WORDS_AROUND
        yield " ".join(new.text[start:end].split()), Span(word.start(), word.end(), new.number)


def _remark_in(text: str, start: int, end: int) -> re.Match[str] | None:
    edge = text[start:end]
    return _REMARK.search(text, start, end) if any(word in edge for word in _REMARK_WORDS) else None
