"""The engine's reply: tagged text read into edits or whole messages, tolerant of mess, exact about meaning.

Every tag carries the mark drawn for this request, so nothing a prompt contains can imitate one. Text outside
the tags (a preamble in any language, a fence around the whole) is ignored and noted; a form that is broken
where meaning would have to be guessed is a blocking finding with a name.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cached_property

from msgspec import Struct

from refrase.core.progress import TextWritten
from refrase.core.prompt import Span
from refrase.core.rewrite import Finding, Form, Severity
from refrase.core.thought import may_think, thoughts_end

# The mark of a request is compared, not compiled: an expression of its own would cost more than reading the reply.
_TAG = re.compile(r"<(/?)(edits|edit|old|new|why|message|changes|advice)-(\w+)([^>]{0,300})>")
_ATTRIBUTE = re.compile(r"""(\w+)\s*=\s*["']?([^"'\s>]*)["']?""")
# "its-id | “words” | reason", "- its-id: reason", "[its-id] reason"
_ACCOUNT_LINE = re.compile(
    r"^\s*(?:[-*•]\s*)?(?:[\[`(](?P<quoted>[\w./-]+)[\])`]\s*[|:—-]?|(?P<bare>[\w./-]+)\s*[|:—])\s*(?P<reason>.+)$"
)
_QUOTED = re.compile(r"^[\"“]([^\"”]{1,200})[\"”]\s*[|:—-]\s*(.+)$")


class EditDraft(Struct, frozen=True):
    """An edit as the engine wrote it, not yet matched against the prompt. `message` counts from 0."""

    old: str
    new: str
    rule: str
    reason: str
    message: int | None = None


class AccountLine(Struct, frozen=True):
    """One line of the engine's account of a whole rewrite: the rule it cites, the words it means, and why."""

    rule: str
    reason: str
    quote: str = ""


class Reply(Struct, frozen=True):
    """What a reply says, and what is wrong with its form. `texts` maps message numbers, from 0, to whole texts."""

    edits: tuple[EditDraft, ...]
    texts: dict[int, str]
    account: tuple[AccountLine, ...]
    advice: tuple[str, ...]
    findings: tuple[Finding, ...]


class _Element(Struct):
    """An element of the reply: its name, attributes, inner text and where it lies."""

    name: str
    attributes: dict[str, str]
    start: int
    inner_start: int
    inner_end: int
    end: int
    is_closed: bool
    parent: "_Element | None"


def parse_reply(text: str, mark: str, form: Form, message_count: int) -> Reply:
    """Read *text*, the engine's whole reply, as the *form* asked for with *mark*, without thoughts (core.thought)."""
    elements = _elements(text, mark)
    findings: list[Finding] = []
    if not elements:
        return Reply((), {}, (), (), (_fault("reply_without_form", "The reply is not in the form asked for."),))
    if form is Form.EDITS:
        edits, texts = tuple(_edits(text, elements, message_count, findings)), {}
    else:
        edits, texts = (), _texts(text, elements, message_count, findings)
    findings += _notes(text, elements)
    account = [line for element in elements if element.name == "changes" for line in _account(_inner(text, element))]
    advice = [line for element in elements if element.name == "advice" for line in _lines(_inner(text, element))]
    return Reply(edits, texts, tuple(account), tuple(advice), tuple(findings))


class ReplyReader:
    """Reads a reply while it streams in: whole text piece by piece, edits one by one as each is complete."""

    def __init__(self, mark: str, form: Form, message_count: int, expand: Callable[[str], str] = str) -> None:
        """*expand* puts locked blocks in the place of their handles; it gets whole handles only."""
        self._mark = mark
        self._expand = expand
        self._form = form
        self._message_count = message_count
        self._text = ""
        self._position = 0
        self._is_thinking = True
        self._message = -1
        self._is_inside = False
        self._closer = f"</message-{mark}"
        self._locked = f"<locked-{mark}"

    @cached_property
    def _opener(self) -> re.Pattern[str]:
        return re.compile(rf"<message-{self._mark}\b[^>]{{0,300}}>\n?")

    def feed(self, delta: str) -> list[TextWritten | EditDraft]:
        """Take the next piece of the reply; return the text, or the edits, that it completes."""
        self._text += delta
        if self._is_thinking:
            self._is_thinking = may_think(self._text)
            self._position = thoughts_end(self._text)
        return list(self._new_edits() if self._form is Form.EDITS else self._new_text())

    def _new_edits(self) -> Iterator[EditDraft]:
        while (closer := self._text.find(f"</edit-{self._mark}", self._position)) >= 0:
            end = self._text.find(">", closer) + 1
            if not end:
                return
            piece = self._text[self._position : end]
            self._position = end
            yield from _edits(piece, _elements(piece, self._mark), self._message_count, [])

    def _new_text(self) -> Iterator[TextWritten]:
        while True:
            if not self._is_inside:
                match = self._opener.search(self._text, self._position)
                # The line end behind the opener belongs to it, so wait until it has come.
                if not match or match.end() == len(self._text):
                    return
                self._position, self._is_inside = match.end(), True
                self._message += 1
            closer = self._text.find(self._closer, self._position)
            end = self._without_line_end(closer) if closer >= 0 else self._safe_end()
            if end > self._position:
                yield TextWritten(self._expand(self._text[self._position : end]), self._message)
                self._position = end
            if closer < 0:
                return
            self._is_inside = False

    def _safe_end(self) -> int:
        """Hold back what could be the beginning of the closing tag or of a handle, and the line end before it."""
        held = self._open_handle()
        if held >= 0:
            return self._without_line_end(held)
        tail = self._text.rfind("<", max(self._position, len(self._text) - len(self._closer)))
        is_held = tail >= 0 and (
            self._closer.startswith(self._text[tail:]) or self._locked.startswith(self._text[tail:])
        )
        return self._without_line_end(tail if is_held else len(self._text))

    def _open_handle(self) -> int:
        """Return where a handle begins whose end has not come yet, or -1."""
        start = self._text.find(self._locked, self._position)
        while start >= 0:
            end = self._text.find(">", start)
            following = self._text.find(self._locked, start + 1)
            if end >= 0 and self._text[end - 1] != "/":
                closing = self._text.find(f"</{self._locked[1:]}", end)
                is_alone = following >= 0 and (closing < 0 or following < closing)
                end = end if is_alone else self._text.find(">", closing) if closing >= 0 else -1
            if end < 0:
                return start
            start = self._text.find(self._locked, end)
        return -1

    def _without_line_end(self, end: int) -> int:
        return end - 1 if end > self._position and self._text[end - 1] == "\n" else end


def _elements(text: str, mark: str) -> list[_Element]:
    """Return all elements in order of their opening; one that is never closed ends where its parent does."""
    elements: list[_Element] = []
    stack: list[_Element] = []
    for match in _tags(text, mark):
        is_closing, name, _, attributes = match.groups()
        if not is_closing:
            parent = stack[-1] if stack else None
            values = dict(_ATTRIBUTE.findall(attributes))
            element = _Element(
                name, values, match.start(), match.end(), len(text), len(text), is_closed=False, parent=parent
            )
            elements.append(element)
            if not attributes.rstrip().endswith("/"):
                stack.append(element)
            else:
                element.inner_end, element.end, element.is_closed = match.end(), match.end(), True
        elif any(element.name == name for element in stack):
            while stack:
                element = stack.pop()
                element.inner_end = match.start()
                if element.name == name:
                    element.end, element.is_closed = match.end(), True
                    break
                element.end = match.start()
    return elements


def _tags(text: str, mark: str) -> Iterator[re.Match[str]]:
    """Yield the tags that carry *mark*, one behind the other."""
    position = text.find("<")
    while position >= 0:
        match = _TAG.match(text, position)
        if match and match[3] == mark:
            yield match
            position = match.end() - 1
        position = text.find("<", position + 1)


def _inner(text: str, element: _Element) -> str:
    return text[element.inner_start : element.inner_end]


def _edits(text: str, elements: list[_Element], message_count: int, findings: list[Finding]) -> Iterator[EditDraft]:
    if not any(element.name in {"edits", "edit"} for element in elements):
        findings.append(_fault("reply_without_form", "The reply holds no list of edits."))
    children: dict[int, dict[str, _Element]] = defaultdict(dict)
    for element in elements:
        children[id(element.parent)][element.name] = element
    for number, edit in enumerate((element for element in elements if element.name == "edit"), 1):
        parts = children[id(edit)]
        old, new, why = parts.get("old"), parts.get("new"), parts.get("why")
        if old is None or new is None or not (old.is_closed and new.is_closed and edit.is_closed):
            findings.append(_fault("reply_unclosed", f"Edit {number} is not complete."))
            continue
        reason = " ".join(_inner(text, why).split()) if why else ""
        rule = edit.attributes.get("rule", "")
        message = _message_number(edit, message_count)
        yield EditDraft(_inner(text, old), _inner(text, new), rule, reason, message)


def _texts(text: str, elements: list[_Element], message_count: int, findings: list[Finding]) -> dict[int, str]:
    texts: dict[int, str] = {}
    for element in elements:
        if element.name != "message":
            continue
        number = _message_number(element, message_count)
        if number is None:
            number = len(texts)
        if not element.is_closed:
            findings.append(_fault("reply_unclosed", f"Message {number + 1} of the reply has no closing tag."))
        elif number in texts:
            findings.append(_fault("reply_message_twice", f"The reply holds message {number + 1} twice."))
        else:
            texts[number] = _inner(text, element)
    missing = [str(number + 1) for number in range(message_count) if number not in texts]
    if missing and not findings:
        findings.append(_fault("reply_message_missing", f"The reply lacks message {', '.join(missing)}."))
    return texts


def _message_number(element: _Element, message_count: int) -> int | None:
    written = element.attributes.get("n", "")
    if message_count == 1:
        return 0
    return int(written) - 1 if written.isdecimal() and 1 <= int(written) <= message_count else None


def _notes(text: str, elements: list[_Element]) -> Iterator[Finding]:
    outside, position = [], 0
    for element in elements:
        if element.parent is None:
            outside.append(text[position : element.start])
            position = max(position, element.end)
    outside.append(text[position:])
    said = " ".join("".join(outside).split()).strip("`")
    if said:
        yield Finding("reply_text_outside", Severity.NOTE, "Text outside the form was ignored.", value=said[:200])
    if any(element.name == "edits" and not element.is_closed for element in elements):
        yield Finding("reply_list_unclosed", Severity.NOTE, "The list of edits has no closing tag; each edit has.")


def _account(text: str) -> Iterator[AccountLine]:
    for line in text.splitlines():
        match = _ACCOUNT_LINE.match(line)
        if match:
            reason = match["reason"].strip()
            quoted = _QUOTED.match(reason)
            quote, reason = (quoted[1].strip(" .…"), quoted[2]) if quoted else ("", reason)
            yield AccountLine(match["quoted"] or match["bare"], reason, quote)
        elif line.strip():
            yield AccountLine("", line.strip().lstrip("-*• "))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip().lstrip("-*• ") for line in text.splitlines() if line.strip(" -*•\t"))


def _fault(kind: str, message: str) -> Finding:
    return Finding(kind, Severity.BLOCKING, message, after=Span(0, 0))
