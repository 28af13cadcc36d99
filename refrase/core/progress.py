"""What can be watched while a rewrite is being written. Nothing here is needed to get its result."""

from msgspec import Struct

from refrase.core.rewrite import Finding, Rewrite


class Started(Struct, frozen=True, tag="started", tag_field="event"):
    """The request is recorded; the engine is being asked, or waits for its turn."""

    id: str


class TextWritten(Struct, frozen=True, tag="text", tag_field="event"):
    """A piece of a whole rewrite; `message` counts from 0."""

    text: str
    message: int = 0


class EditWritten(Struct, frozen=True, tag="edit", tag_field="event"):
    """One edit, complete but not yet checked."""

    old: str
    new: str
    rule: str
    reason: str


class Queued(Struct, frozen=True, tag="queued", tag_field="event"):
    """The next call waits for its turn at the provider; `message` says why. What was streamed so far stands.

    The wait is in seconds; None where it ends with other calls, 0 where it is over.
    """

    message: str
    wait_seconds: float | None = None


class Waiting(Struct, frozen=True, tag="waiting", tag_field="event"):
    """A call failed and will be made again; what was streamed so far is void."""

    code: str
    message: str
    wait_seconds: float


class Repairing(Struct, frozen=True, tag="repairing", tag_field="event"):
    """The checks refused a candidate; the engine is asked for repair number `turn`. What was streamed is void."""

    turn: int
    findings: tuple[Finding, ...]


class Finished(Struct, frozen=True, tag="finished", tag_field="event"):
    """The result."""

    rewrite: Rewrite


Progress = Started | TextWritten | EditWritten | Queued | Waiting | Repairing | Finished
