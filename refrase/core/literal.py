"""Literals of a prompt: fenced and inline code, URLs, e-mails, paths, identifiers. Found by bounded patterns."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from refrase.core.item import Item, ItemKind
from refrase.core.prompt import Span
from refrase.core.scan import at_lines, is_plain, spots

_FENCE = re.compile(r"`{3,}|~{3,}")
_LINE_END = re.compile(r"\r\n|\r|\n")
_INLINE = re.compile(r"(`{1,2})(?!`)([^`\n]{1,300})\1(?!`)")
_URL = re.compile(
    r"(?:https?|ftp)://(?:[^\s<>\"'`)\]{}|\\\u2e80-\uffff]|\{{1,2}[^{}\s]{1,80}\}{1,2}){1,2000}"
    r"|www\.[\w-]+(?:\.[\w-]+)+(?:/[^\s<>\"'`)\]{}|\\]{0,500})?"
)
_EMAIL = re.compile(r"[A-Za-z0-9][\w.+-]{0,80}@[\w-]{1,80}(?:\.[\w-]{1,40}){1,6}")
_ENDINGS = (
    "py|ipynb|js|mjs|jsx|ts|tsx|md|mdx|rst|txt|json|jsonl|yaml|yml|toml|ini|cfg|conf|env|lock|csv|tsv|xlsx?|docx?|pptx?|"
    "pdf|html?|css|scss|xml|svg|png|jpe?g|gif|webp|mp3|mp4|wav|sh|bash|ps1|bat|sql|db|log|go|rs|java|kt|cs|cpp|hpp|rb|"
    "php|swift|vue|tf|proto|zip|gz|tar|j2|jinja2?|prompt|prompty|tpl|tmpl"
)
_PATH = re.compile(
    r"(?:~|\.{1,2})?/(?:[\w.@+-]{1,80}/)*[\w.@+*-]{2,80}/?"  # /etc/hosts, ./run, ~/x/y
    rf"|(?:[\w.@+-]{{1,80}}/){{1,12}}[\w.@+*-]{{0,80}}\.(?:{_ENDINGS})\b"  # src/app.py
    r"|(?:[\w.@+-]{1,80}/){2,12}(?!\w)"  # src/app/
    r"|[A-Za-z]:\\(?:[\w .-]{1,80}\\){0,12}[\w.-]{1,80}"  # C:\x
    rf"|\w[\w.-]{{0,80}}\.(?:{_ENDINGS})\b"  # report.md
)
_IDENTIFIER = re.compile(
    r"[A-Za-z]\w{0,80}\(\)"  # call()
    r"|[A-Za-z]\w{0,80}(?:\.[A-Za-z_]\w{0,60}){1,6}\(?"  # os.path.join(
    r"|[A-Za-z0-9]{0,60}_\w{1,80}"  # snake_case
    r"|[a-z]{1,40}[A-Z]\w{0,60}"  # camelCase
    r"|(?:[A-Z][a-z0-9]{1,30}){2,8}[A-Z]?\b"  # PascalCase
    r"|[A-Z]{2,8}[a-z]{2,30}\w{0,30}|[A-Z][a-z]{1,20}[A-Z]{2,8}\b"  # NUnit, ArgoCD
    r"|[A-Za-z]{1,20}-?\d[\w.-]{0,40}"  # GPT-4, v2.1, UTF-8
    r"|\d{1,6}[A-Za-z]{1,3}\d\w{0,20}"  # 3x4
    r"|--[a-z][\w-]{1,40}"  # --flag
    r"|\.[A-Za-z][\w-]{2,40}"  # .gitignore, .NET
    r"|[A-Z][A-Za-z]{0,20}(?:#|\+\+)(?!\w)|[A-Za-z]\w{1,30}#\w{1,30}|[a-z]\w{2,30}\$"  # C#, C++, Array#sample, server$
    r"|@[a-z][\w-]{1,40}"  # @layer
    r"|[A-Za-z_]\w{1,40}=(?:[Tt]rue|[Ff]alse|None|null|\d{1,9})(?!\w)"  # strict=True
)
_ABBREVIATIONS = frozenset({"e.g", "i.e", "a.m", "p.m", "u.s", "u.k", "etc", "vs", "z.b", "d.h", "p.ej", "ph.d"})
# Where a sentence ends without a blank: “this.Then”.
_GLUED = re.compile(r"[a-z]{2,}\.[A-Z][a-z]+")
_BEFORE_WORD = re.compile(r"[\w$@#/\\.-]")
_BEFORE_WORD_OR_SLASH = re.compile(r"[\w$@#\\.-]")
# What only names have inside. It begins with one set of signs, so that the search skips from sign to sign.
_CUE = re.compile(
    r"[_/\\@A-Z0-9.(#+$=-](?:(?<=[_/\\@])|(?<=\w.)(?:(?<=[a-z][A-Z])|(?<=[A-Z][A-Z])(?=[a-z]{2})|(?<=[A-Za-z]\d)|"
    r"(?<=\.)(?=[A-Za-z_])|(?<=\()(?=\))|(?<=[A-Za-z][#+$])|(?<==)(?=\w))|"
    r"(?<=[A-Za-z]-\d)|(?<=-)(?=-[a-z])|(?<=[\s(\[,]\.)(?=[A-Za-z]{3}))"
)
_ROLE_LINE = re.compile(
    r"(?:#[ \t]*)?(?P<role>(?:system|user|assistant|developer|tool|function):)[ \t]*\r?$", re.MULTILINE
)
_OTHER_SCRIPT = r"[\u0370-\u1fff\u2e80-\uffff]"
_TERM = re.compile(
    rf"{_OTHER_SCRIPT} ?(?P<term>[A-Za-z][\w+#.-]{{0,40}})(?<![.-])(?= ?(?:{_OTHER_SCRIPT}|$))", re.ASCII | re.MULTILINE
)
_SPACE = re.compile(r"[\s\0]")
_LONGEST_CHUNK = 400


def find_code_blocks(text: str, message: int = 0) -> Iterator[Item]:
    """Yield the content of every fenced block; an unclosed one runs to the end of the text."""
    fence = own = ""
    start = 0
    for spot in spots(text, ("```", "~~~")):
        match = _FENCE.match(text, spot) if text[spot - 1 : spot] != text[spot] else None
        if match is None:
            continue
        line_start = max(text.rfind("\n", 0, match.start()), text.rfind("\r", 0, match.start())) + 1
        indent = text[line_start : match.start()]
        if indent.strip(" \t>"):
            continue
        ended = _LINE_END.search(text, match.end())
        rest = text[match.end() : ended.start() if ended else len(text)]
        if not fence:
            if match.group()[0] == "`" and "`" in rest:
                continue
            fence, start, own = match.group(), ended.end() if ended else len(text), indent
        elif match.group().startswith(fence) and not rest.strip():
            yield _block(text, start, line_start, message, own)
            fence = ""
    if fence:
        yield _block(text, start, len(text), message, own)


def find_inline_code(text: str, message: int = 0) -> Iterator[Item]:
    """Yield every piece of inline code; its value is what stands between the backticks."""
    for match in _INLINE.finditer(text) if "`" in text else ():
        if match.start() == 0 or text[match.start() - 1] != "`":
            yield Item(ItemKind.INLINE_CODE, match.group(2), Span(match.start(), match.end(), message))


def find_urls(text: str, message: int = 0) -> Iterator[Item]:
    """Yield every URL, without the punctuation of the sentence that it ends."""
    end = 0
    has_url = "://" in text or "www." in text
    for spot in spots(text, ("http", "ftp://", "www.")) if has_url else ():
        match = _URL.match(text, spot) if spot >= end else None
        if match is None:
            continue
        end = match.end()
        value = match.group().rstrip(".,;:!?*_")
        yield Item(ItemKind.URL, value, Span(match.start(), match.start() + len(value), message))


def find_names(text: str, message: int = 0) -> Iterator[Item]:
    """Yield e-mail addresses, paths and identifiers, from left to right; where two overlap, the wider kind first."""
    end = -1
    for cue in _CUE.finditer(text):
        if cue.start() < end:
            continue
        start, end = _chunk(text, cue.start(), max(0, end))
        for kind, value, position in _names_in(text[start:end], text[start - 1 : start]):
            first = start + position
            yield Item(kind, value, Span(first, first + len(value), message))


def find_role_lines(text: str, message: int = 0) -> Iterator[Item]:
    """Yield the lines that begin a message of a chat in formats written as text (“system:”)."""
    for match in at_lines(_ROLE_LINE, text, (":",)):
        yield Item(ItemKind.TAG, match["role"], Span(match.start("role"), match.end("role"), message))


def find_terms(text: str, message: int = 0) -> Iterator[Item]:
    """Yield the Latin words between those of another script: names and terms, which stay as they are."""
    for match in () if is_plain(text) else _TERM.finditer(text):
        yield Item(ItemKind.IDENTIFIER, match["term"], Span(*match.span("term"), message))


def _chunk(text: str, position: int, least: int) -> tuple[int, int]:
    """Return the stretch without blanks around *position*, cut where it gets too long."""
    least = max(least, position - _LONGEST_CHUNK)
    start = max(least, *(text.rfind(sign, least, position) + 1 for sign in " \n\0"))
    space = _SPACE.search(text, position, position + _LONGEST_CHUNK)
    return start, space.start() if space else min(len(text), position + _LONGEST_CHUNK)


# A name mostly stands in a prompt more than once, and in its rewrite again.
@lru_cache(maxsize=1024)
def _names_in(chunk: str, before: str) -> tuple[tuple[ItemKind, str, int], ...]:
    """Return the names in a stretch without blanks, each with its kind and its place; *before* is the sign before."""
    emails = [(ItemKind.EMAIL, *found) for found in _found(_EMAIL, chunk, before)] if "@" in chunk else []
    has_path = "/" in chunk or "." in chunk or ":\\" in chunk
    found_paths = _found(_PATH, chunk, before) if has_path else ()
    paths = [(ItemKind.PATH, *found) for found in found_paths if _is_path(found[0])]
    names = _found(_IDENTIFIER, chunk, before, _BEFORE_WORD if paths else _BEFORE_WORD_OR_SLASH)
    identifiers = [
        (ItemKind.IDENTIFIER, value, start)
        for value, start in names
        if value.lower() not in _ABBREVIATIONS and not _GLUED.fullmatch(value)
    ]
    return (*emails, *paths, *identifiers)


def _found(
    pattern: re.Pattern[str], chunk: str, before: str, no_start: re.Pattern[str] = _BEFORE_WORD
) -> Iterator[tuple[str, int]]:
    for match in pattern.finditer(chunk):
        start = match.start()
        if not no_start.match(chunk[start - 1] if start else before):
            yield match.group().rstrip(".-("), start


def _is_path(value: str) -> bool:
    """Return whether something tells that words with slashes between are a path: “red/green/blue” is none."""
    return value.startswith(("/", ".", "~")) or "." in value or ":\\" in value or value.endswith("/")


def _block(text: str, start: int, end: int, message: int, indent: str = "") -> Item:
    """Return the block; its `name` is without the last line end and the indentation of its fence."""
    value = text[start:end]
    plain = value.removesuffix("\n").removesuffix("\r")
    if indent:
        plain = "\n".join(line.removeprefix(indent) for line in plain.split("\n"))
    return Item(ItemKind.CODE_BLOCK, value, Span(start, end, message), plain)


def blank(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return *text* with the spans overwritten by NUL signs, so that offsets stay what they are.

    A prompt holds no NUL sign, and no pattern matches one: what stands on both sides does not grow together.
    """
    ordered = sorted(spans)
    if not ordered:
        return text
    pieces: list[str] = []
    position = 0
    for start, end in ordered:
        if end <= position:
            continue
        first = max(position, start)
        pieces += (text[position:first], "\0" * (end - first))
        position = end
    pieces.append(text[position:])
    return "".join(pieces)
