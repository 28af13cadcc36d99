"""What callers send. What they get back are the core's own values."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from refrase.core.prompt import UNSTATED_ROLE, Message, Prompt
from refrase.core.rewrite import EngineChoice, Mode, Order, Rewrite
from refrase.errors import OptionInvalid

_MOST_MESSAGES = 200


class MessageRequest(Struct, forbid_unknown_fields=True):
    """One message of a chat prompt."""

    content: Annotated[str, Meta(description="The text of the message.")]
    role: Annotated[str, Meta(description="system, user, assistant, tool or developer.", max_length=40)] = UNSTATED_ROLE


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
    fresh: Annotated[bool, Meta(description="Ask anew, even where an equal request was answered before.")] = False
    name: Annotated[str, Meta(description="What the caller calls this prompt, for its history.", max_length=500)] = ""


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


class Health(Struct):
    """Whether the service is fit to work, and what each part says. `engine` says which one is configured."""

    status: str
    parts: dict[str, str]
    engine: str


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
    if (request.prompt is None) == (request.messages is None):
        raise OptionInvalid("Give either `prompt` or `messages`.")
    if request.messages is None:
        messages: tuple[Message, ...] = (Message(request.prompt or ""),)
    elif not 1 <= len(request.messages) <= _MOST_MESSAGES:
        raise OptionInvalid(f"`messages` takes 1 to {_MOST_MESSAGES} messages.")
    else:
        messages = tuple(Message(message.content, message.role) for message in request.messages)
    return Order(
        prompt=Prompt(messages),
        target=request.target or default_target,
        engine=request.engine,
        mode=request.mode,
        is_fresh=request.fresh,
        name=request.name,
    )
