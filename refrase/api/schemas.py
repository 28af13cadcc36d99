"""What callers send. What they get back are the core's own values."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

from msgspec import Meta, Struct

from refrase.core.applicability import Applicability
from refrase.core.ledger import Ledger
from refrase.core.prompt import UNSTATED_ROLE, Message, Prompt, Span
from refrase.core.request import call_from_json
from refrase.core.rewrite import EngineChoice, Finding, Mode, Order, Rewrite
from refrase.core.syntax import Syntax
from refrase.core.terms import Terms
from refrase.core.tool import tools_from_json
from refrase.errors import OptionInvalid
from refrase.services.lint_report import LintFinding

_MOST_MESSAGES = 200


class MessageRequest(Struct, forbid_unknown_fields=True):
    """One message of a chat prompt."""

    content: Annotated[str, Meta(description="The text of the message.")]
    role: Annotated[str, Meta(description="system, user, assistant, tool or developer.", max_length=40)] = UNSTATED_ROLE


class LockRequest(Struct, forbid_unknown_fields=True):
    """What stays as it is: a whole message, a stretch of it, or every place of a text in it."""

    message: Annotated[
        Annotated[int, Meta(ge=0)] | None, Meta(description="Which message, from 0; with `prompt` there is only 0.")
    ] = None
    pointer: Annotated[str, Meta(description="The same as a JSON pointer: /messages/1/content, /prompt.")] = ""
    start: Annotated[Annotated[int, Meta(ge=0)] | None, Meta(description="First character, from 0.")] = None
    end: Annotated[Annotated[int, Meta(ge=0)] | None, Meta(description="Behind the last character.")] = None
    text: Annotated[str, Meta(description="A text: every place where it stands is locked.")] = ""


class RewriteRequest(Struct, forbid_unknown_fields=True):
    """A prompt to rewrite: either `prompt` or `messages`."""

    prompt: Annotated[str | None, Meta(description="The prompt, where it is one text.")] = None
    messages: Annotated[
        tuple[MessageRequest, ...] | None,
        Meta(description="The prompt, where it is a chat. Assistant and tool messages are kept as they are."),
    ] = None
    target: Annotated[str, Meta(description="The model to rewrite for; empty: the default target.", max_length=200)] = (
        ""
    )
    engine: Annotated[
        EngineChoice, Meta(description="`offline` applies the guide's mechanical fixes without any model.")
    ] = EngineChoice.MODEL
    mode: Annotated[Mode, Meta(description="How far the rewrite may go.")] = Mode.CONSERVATIVE
    syntaxes: Annotated[
        tuple[Syntax, ...] | None,
        Meta(
            description="The template syntaxes of the prompt; null: found out by evidence; empty or `none`: no "
            "template."
        ),
    ] = None
    tools: Annotated[
        list[dict[str, Any]] | None,
        Meta(description="The tools that the target is called with; their names in the prompt are kept."),
    ] = None
    locks: Annotated[tuple[LockRequest, ...], Meta(description="What stays as it is.", max_length=200)] = ()
    accept_warnings: Annotated[
        bool, Meta(description="Where no rewrite passes the checks, answer with the best one, its outcome `flagged`.")
    ] = False
    call: Annotated[
        dict[str, Any] | None,
        Meta(description="How the prompt is called today: the request body, in any vendor's form. It is translated."),
    ] = None
    budget_usd: Annotated[
        Annotated[float, Meta(gt=0)] | None,
        Meta(description="The most that it may cost, in US dollars; no call is made that could pass it."),
    ] = None
    fresh: Annotated[bool, Meta(description="Ask anew, even where an equal request was answered before.")] = False
    name: Annotated[str, Meta(description="What the caller calls this prompt, for its history.", max_length=500)] = ""


class CheckRequest(Struct, forbid_unknown_fields=True):
    """Two prompts to compare, each a text or a list of messages."""

    before: str | Annotated[tuple[MessageRequest, ...], Meta(max_length=200)]
    after: str | Annotated[tuple[MessageRequest, ...], Meta(max_length=200)]
    mode: Annotated[Mode, Meta(description="How far the second may go from the first.")] = Mode.CONSERVATIVE
    syntaxes: tuple[Syntax, ...] | None = None
    tools: list[dict[str, Any]] | None = None


class CheckView(Struct):
    """What the gate says. `is_blocked` is whether the second prompt may stand for the first."""

    is_blocked: bool
    findings: tuple[Finding, ...]
    ledger: Ledger


class LintRequest(Struct, forbid_unknown_fields=True):
    """A prompt to lint: either `prompt` or `messages`."""

    prompt: Annotated[str | None, Meta(description="The prompt, where it is one text.")] = None
    messages: Annotated[
        tuple[MessageRequest, ...] | None,
        Meta(description="The prompt, where it is a chat. Assistant and tool messages are not linted."),
    ] = None
    target: Annotated[str, Meta(description="The model to lint for; empty: the default target.", max_length=200)] = ""
    select: Annotated[
        tuple[str, ...], Meta(description="Only these rules: ids, beginnings or patterns of ids.", max_length=200)
    ] = ()
    ignore: Annotated[tuple[str, ...], Meta(description="Not these rules.", max_length=200)] = ()


class LintView(Struct):
    """What the checks of the target's guide find."""

    target: str
    guide: str
    guide_version: str
    findings: tuple[LintFinding, ...]


class AppliesRequest(Struct, forbid_unknown_fields=True):
    """A prompt to hold against a guide: a text or a list of messages, and what is known of it."""

    prompt: str | Annotated[tuple[MessageRequest, ...], Meta(max_length=200)]
    tools: Annotated[list[dict[str, Any]] | None, Meta(description="The tools that the target is called with.")] = None


class AppliesView(Struct):
    """Every rule of a target's guide with its standing: first those that apply."""

    target: str
    guide: str
    guide_version: str
    overlays: tuple[str, ...]
    rules: tuple[Applicability, ...]


class RewritePage(Struct):
    """Pairs, the newest first. `next_cursor` asks for the older ones; empty: there are none."""

    items: tuple[Rewrite, ...]
    next_cursor: str


class TargetView(Struct):
    """A model that prompts can be rewritten for."""

    id: str
    name: str
    context_tokens: int
    names: tuple[str, ...]


class GuideSummary(Struct):
    """A guide, in short."""

    id: str
    family: str
    vendor: str
    verified_at: date
    version: str
    rules: int
    targets: tuple[TargetView, ...]
    overlays: tuple[str, ...] = ()


class Health(Struct):
    """Whether the service is fit to work, and what each part says. `engine` says which one is configured.

    `guide_faults` are files of guides that changed and cannot be read: what they said before holds.
    """

    status: str
    parts: dict[str, str]
    engine: str
    guide_faults: tuple[str, ...] = ()


class Problem(Struct, omit_defaults=True):
    """An error, as RFC 9457 tells it. `code` is stable; `hint` says what to do; `rewrite_id` names the stored pair."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str = ""
    rewrite_id: str = ""
    errors: tuple[dict[str, str], ...] = ()


def order_from_request(request: RewriteRequest, default_target: str) -> Order:
    """Return what the caller orders. Raises OptionInvalid where the prompt is given twice or not at all."""
    prompt = prompt_from_request(request.prompt, request.messages)
    return Order(
        prompt=prompt,
        target=request.target or default_target,
        engine=request.engine,
        mode=request.mode,
        is_fresh=request.fresh,
        name=request.name,
        terms=_terms(request.syntaxes, request.tools or (request.call or {}).get("tools")),
        locks=tuple(span for lock in request.locks for span in spans_of(lock, prompt.messages)),
        accepts_warnings=request.accept_warnings,
        call=call_from_json(request.call) if request.call is not None else None,
        budget_usd=request.budget_usd,
    )


def prompt_from_request(text: str | None, messages: tuple[MessageRequest, ...] | None) -> Prompt:
    """Return the prompt. Raises OptionInvalid where it is given twice or not at all."""
    if (text is None) == (messages is None):
        raise OptionInvalid("Give either `prompt` or `messages`.")
    if messages is None:
        return Prompt((Message(text or ""),))
    if not 1 <= len(messages) <= _MOST_MESSAGES:
        raise OptionInvalid(f"`messages` takes 1 to {_MOST_MESSAGES} messages.")
    return Prompt(tuple(Message(message.content, message.role) for message in messages))


def applies_from_request(request: AppliesRequest) -> tuple[Prompt, Terms]:
    """Return the prompt that the caller asks about, and what is known of it."""
    return _prompt(request.prompt), _terms(None, request.tools)


def check_from_request(request: CheckRequest) -> tuple[Prompt, Prompt, Mode, Terms]:
    """Return what the caller wants compared."""
    return _prompt(request.before), _prompt(request.after), request.mode, _terms(request.syntaxes, request.tools)


def _prompt(told: str | tuple[MessageRequest, ...]) -> Prompt:
    if isinstance(told, str):
        return Prompt((Message(told),))
    return Prompt(tuple(Message(message.content, message.role) for message in told))


def spans_of(lock: LockRequest, messages: tuple[Message, ...]) -> Iterator[Span]:
    """Yield the stretches that *lock* means. Raises OptionInvalid where it means none."""
    number = lock.message if lock.message is not None else _pointed(lock.pointer)
    if number is not None and number >= len(messages):
        raise OptionInvalid(f"A lock names message {number}, and there are {len(messages)}, counted from 0.")
    if lock.text:
        found = list(_places(lock.text, messages, number))
        if not found:
            raise OptionInvalid(f"The text to lock, {lock.text[:60]!r}, does not stand in the prompt.")
        yield from found
        return
    if number is None:
        number = 0
        if len(messages) > 1 or lock.start is None:
            raise OptionInvalid("A lock needs `message`, `pointer` or `text`.")
    length = len(messages[number].text)
    start, end = lock.start or 0, length if lock.end is None else lock.end
    if not start < end <= length:
        raise OptionInvalid(f"A lock of characters {start} to {end} does not lie in a message of {length}.")
    yield Span(start, end, number)


def _places(text: str, messages: tuple[Message, ...], number: int | None) -> Iterator[Span]:
    for index, message in enumerate(messages):
        if number is None or number == index:
            position = message.text.find(text)
            while position >= 0:
                yield Span(position, position + len(text), index)
                position = message.text.find(text, position + len(text))


def _pointed(pointer: str) -> int | None:
    match = re.fullmatch(r"/prompt|/messages/(\d{1,4})(?:/content)?", pointer)
    if pointer and not match:
        raise OptionInvalid(
            f"The pointer {pointer!r} leads to no message.", hint="Write /messages/0/content or /prompt."
        )
    return int(match[1] or 0) if match else None


def _terms(syntaxes: tuple[Syntax, ...] | None, tools: list[dict[str, Any]] | None) -> Terms:
    return Terms(None if syntaxes is None else frozenset(syntaxes), None if tools is None else tools_from_json(tools))
