"""What is done with each parameter of a call, and why: decided per provider and model, stored with every pair."""

from enum import StrEnum
from typing import Any

from msgspec import Struct


class ParameterUse(StrEnum):
    """What becomes of a parameter."""

    SENT = "sent"
    OMITTED = "omitted"
    MAPPED = "mapped"  # another value is sent, which means the one that is wanted
    REFUSED = "refused"  # somebody asked for it, and the model or the endpoint takes no such value: not sent


class ParameterDecision(Struct, frozen=True):
    """One parameter: what becomes of it, the value that is sent, if any, and the reason."""

    name: str
    use: ParameterUse
    reason: str
    value: Any = None
