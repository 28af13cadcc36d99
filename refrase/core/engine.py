"""What is asked of an engine and what comes back: an answer, or a failure that is a value before it is an error."""

from enum import StrEnum
from typing import Any

from msgspec import Struct

from refrase.core.parameter import ParameterDecision
from refrase.core.rewrite import Reason, Rewrite
from refrase.errors import EngineFailed, RefraseError


class FailureKind(StrEnum):
    """Every way in which a call can fail. The set is closed: retry, status, exit code and page read it."""

    REFUSED = "refused"
    WRONG_KEY = "wrong_key"
    QUOTA_SPENT = "quota_spent"
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    TRANSIENT = "transient"
    TIMEOUT = "timeout"
    TRUNCATED = "truncated"
    FILTERED = "filtered"
    EMPTY = "empty"
    MALFORMED = "malformed"
    UNREACHABLE = "unreachable"
    CANCELLED = "cancelled"
    BUDGET_SPENT = "budget_spent"  # ours: the next call could pass the budget, so it was not made


class _Face(Struct, frozen=True):
    """How a kind of failure shows outside, whether the same call may be tried again, and when it stops a run.

    `stops_run_after` is how many prompts in a row must have failed alike, in the same words; 0 is never.
    """

    status: int
    hint: str
    is_retryable: bool = False
    stops_run_after: int = 0


_LATER = "Try again later; nothing was changed."
_CHECK = "refrase providers check"
# A prompt may be refused for what is in it; so many, in the same words, are refused for what all of them share.
_ALIKE = 10
_FACES: dict[FailureKind, _Face] = {
    FailureKind.REFUSED: _Face(
        502, f"Check the engine's model id, parameters and base URL: {_CHECK}.", stops_run_after=_ALIKE
    ),
    FailureKind.WRONG_KEY: _Face(502, "Check the provider's key (see README, Connect Kimi K2).", stops_run_after=1),
    FailureKind.QUOTA_SPENT: _Face(
        502, "Top up the account at the provider, then run the same again.", stops_run_after=1
    ),
    FailureKind.RATE_LIMITED: _Face(503, _LATER, is_retryable=True),
    FailureKind.OVERLOADED: _Face(503, _LATER, is_retryable=True),
    FailureKind.TRANSIENT: _Face(502, _LATER, is_retryable=True),
    FailureKind.TIMEOUT: _Face(504, "Try again, or raise REFRASE_ENGINE_TIMEOUT_SECONDS.", is_retryable=True),
    FailureKind.TRUNCATED: _Face(502, "Raise REFRASE_ENGINE_MAX_OUTPUT_TOKENS, or split the prompt."),
    FailureKind.FILTERED: _Face(502, "The provider's filter stopped this prompt; another provider may take it."),
    FailureKind.EMPTY: _Face(502, _LATER, is_retryable=True),
    FailureKind.MALFORMED: _Face(
        502, f"Try again later, or check the engine's base URL: {_CHECK}.", stops_run_after=_ALIKE
    ),
    FailureKind.UNREACHABLE: _Face(
        502,
        "Check the network and the provider's base URL (REFRASE_ENGINE_BASE_URL).",
        is_retryable=True,
        stops_run_after=_ALIKE,
    ),
    FailureKind.CANCELLED: _Face(503, "Run the same again."),
    FailureKind.BUDGET_SPENT: _Face(
        503, "Raise the budget and run the same again; what is done is not paid again.", stops_run_after=1
    ),
}


class Failure(Struct, frozen=True):
    """A call that gave no usable reply. `message` says what the provider said, never a key."""

    kind: FailureKind
    message: str
    status: int | None = None
    retry_after_seconds: float | None = None
    may_retry: bool | None = None  # what the provider itself says of trying again; None where it says nothing

    @property
    def code(self) -> str:
        """The stable code, as in problems, reports and rows."""
        return f"engine_{self.kind}"

    @property
    def hint(self) -> str:
        """What to do next."""
        return _FACES[self.kind].hint

    @property
    def is_retryable(self) -> bool:
        """Whether the same call may be made again."""
        return _FACES[self.kind].is_retryable if self.may_retry is None else self.may_retry

    @property
    def stops_run_after(self) -> int:
        """How many prompts of a run that fail so in a row, in the same words, show that all others would; 0: none."""
        return _FACES[self.kind].stops_run_after

    def as_error(self) -> EngineFailed:
        """Return the error that edges show."""
        return EngineFailed(self.message, kind=self.kind, status=_FACES[self.kind].status, hint=self.hint)


class ChatMessage(Struct, frozen=True):
    """One message of the request to the engine."""

    role: str
    content: str


class Call(Struct, frozen=True):
    """A request to the engine: the messages, and the most tokens the reply may have.

    `is_streamed` asks for the reply piece by piece; what nobody watches may come as a whole, for half the CPU time.
    """

    messages: tuple[ChatMessage, ...]
    max_output_tokens: int
    begun: str = ""  # what a cut reply already says: the engine goes on behind it
    is_streamed: bool = True


class TextDelta(Struct, frozen=True):
    """A piece of the reply, as it streams in."""

    text: str


class CallUsage(Struct, frozen=True):
    """What one call took, as the provider counted it; None where it did not say."""

    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    cost_source: str = ""


class Answer(Struct, frozen=True):
    """A finished call: the whole text, or as much as came before `failure`."""

    text: str
    model: str
    usage: CallUsage
    latency_seconds: float
    finish_reason: str = ""
    time_to_first_token_seconds: float | None = None
    failure: Failure | None = None
    rest_seconds: float | None = None  # how long no further call is allowed, where the reply's headers say so


class EngineIdentity(Struct, frozen=True):
    """Which engine rewrites. `parameters` holds what is sent, and the base URL where the user stated one.

    `thinking_tokens` is the room that its thoughts need beside a reply, of which they are paid and limited as a part.
    `context_tokens` is the room for the request and the reply together; None where it is not known.
    """

    provider: str
    model: str
    base_url: str
    parameters: dict[str, Any]
    max_output_tokens: int
    decisions: tuple[ParameterDecision, ...] = ()
    thinking_tokens: int = 0
    context_tokens: int | None = None


def failure_error(rewrite: Rewrite) -> RefraseError:
    """Return the error that says why *rewrite* failed."""
    reason = rewrite.reason or Reason("engine_failed", "The engine failed.")
    kind = reason.code.removeprefix("engine_")
    if kind in set(FailureKind):
        return Failure(FailureKind(kind), reason.message).as_error()
    return EngineFailed(reason.message, kind=kind, status=500, hint=reason.hint)
