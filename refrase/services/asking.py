"""One turn of a talk over its calls: going on where a reply was cut; and how large and how dear calls may be."""

from msgspec.structs import replace

from refrase.core.engine import Answer, Call
from refrase.core.reply import ReplyReader
from refrase.engine.engine import Engine
from refrase.prices import cost_usd
from refrase.tokens import count_tokens, most_tokens

# A reply that is cut more often than this is not coming to an end.
_MOST_CONTINUATIONS = 3
# What a chat template puts around one message, at most.
_TEMPLATE_TOKENS = 16
# Less is no reply.
_FEWEST_TOKENS = 1_000
# What a repair says of a reply, at most.
_REPAIR_TOKENS = 3_000


class Asking:
    """What has come of a turn so far: `begun` is what cut replies said, which the next call goes on behind."""

    def __init__(self, limit_tokens: int) -> None:
        self.limit_tokens = limit_tokens
        self.begun = ""
        self.tries = 0
        self.reader: ReplyReader | None = None
        self._continuations = 0

    @property
    def begins_anew(self) -> bool:
        """Whether the next reply is shown from its first word."""
        return self.reader is None

    def begin_again(self) -> None:
        """Forget what a reply that broke off has shown; what it is gone on behind is shown once more."""
        self.reader = None

    def goes_on(self, answer: Answer, engine: Engine) -> bool:
        """Return whether a cut reply is gone on with, or asked for anew with a larger limit."""
        if engine.continuation and answer.text.strip() and self._continuations < _MOST_CONTINUATIONS:
            self._continuations += 1
            self.begun += answer.text
            return True
        has_begun = bool(engine.continuation and self.begun)  # else thoughts took the whole limit
        if not has_begun and self.limit_tokens < engine.identity.max_output_tokens:
            self.limit_tokens = engine.identity.max_output_tokens
            self.reader = None
            return True
        return False

    def joined(self, answer: Answer) -> Answer:
        """Return *answer* behind what was said before it was cut."""
        return replace(answer, text=self.begun + answer.text) if self.begun else answer


def fitted(call: Call, engine: Engine) -> Call:
    """Return *call* with no larger limit than the engine's window leaves: some providers refuse what does not fit.

    What does not fit at all is the provider's to refuse: it costs nothing, and only it counts for sure.
    """
    window, limit = engine.identity.context_tokens, call.max_output_tokens
    most = sum(most_tokens(message.content) for message in call.messages) + most_tokens(call.begun)
    if window is None or most + limit <= window:
        return call
    room = max(window - _input_tokens(call), _FEWEST_TOKENS)
    return replace(call, max_output_tokens=min(limit, room))


def call_tokens(call: Call) -> int:
    """Return the most tokens that *call* takes, input and reply together."""
    return _input_tokens(call) + call.max_output_tokens


def worst_usd(engine: Engine, call: Call, turns: int = 1) -> float:
    """Return the most that *call* costs, and the *turns* that follow it up; 0 where no price is known.

    Each later turn carries the reply before it and what is asked of it. No budget is given to an unknown price.
    """
    if engine.price is None:
        return 0.0
    first, limit = _input_tokens(call), call.max_output_tokens
    return sum(
        cost_usd(
            engine.price,
            input_tokens=first + turn * (limit + _REPAIR_TOKENS),
            cached_tokens=0,
            output_tokens=limit,
        )
        for turn in range(turns)
    )


def _input_tokens(call: Call) -> int:
    told = sum(count_tokens(message.content) + _TEMPLATE_TOKENS for message in call.messages)
    return told + count_tokens(call.begun)
