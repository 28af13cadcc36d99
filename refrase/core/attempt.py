"""One paid call of a rewrite, as it is recorded: begun before the call, completed after it."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from refrase.core.engine import Answer, CallUsage, Failure
from refrase.core.rewrite import Usage


class Attempt(Struct, frozen=True):
    """A call. `turn` is 0 for the first asking and counts the repairs; `mark` is the one its tags carry."""

    number: int
    turn: int
    mark: str
    started_at: datetime
    provider: str = ""
    engine_model: str = ""
    finished_at: datetime | None = None
    reply: str = ""
    finish_reason: str = ""
    engine_model_answered: str = ""
    failure: Failure | None = None
    usage: CallUsage = CallUsage()
    latency_seconds: float | None = None
    time_to_first_token_seconds: float | None = None


def total_usage(answers: tuple[Answer, ...], latency_seconds: float | None) -> Usage:
    """Return what all calls of a rewrite took together. The cost is not known where one call's is not."""
    usages = [answer.usage for answer in answers]
    # What wrote something was billed, also where it broke off before it said how much.
    billed = [answer.usage for answer in answers if answer.text or answer.usage.output_tokens is not None]
    costs = [usage.cost_usd for usage in billed if usage.cost_usd is not None]
    first_tokens = [a.time_to_first_token_seconds for a in answers if a.time_to_first_token_seconds is not None]
    return Usage(
        attempts=len(answers),
        input_tokens=_sum(usage.input_tokens for usage in usages),
        cached_tokens=_sum(usage.cached_tokens for usage in usages),
        output_tokens=_sum(usage.output_tokens for usage in usages),
        cost_usd=sum(costs) if billed and len(costs) == len(billed) else None,
        cost_source=billed[-1].cost_source if billed else "",
        latency_seconds=latency_seconds,
        time_to_first_token_seconds=first_tokens[0] if first_tokens else None,
    )


def _sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
