"""A run over a library: its items, what became of each, and the count of them."""

from collections import Counter
from datetime import datetime

from msgspec import Struct

from refrase.core.request import RequestField
from refrase.core.rewrite import Outcome, Reason

# What an item says that was never begun because the run stopped before it.
NOT_STARTED = "not_started"


class Item(Struct, frozen=True):
    """One prompt of a library. `slot` is "" where the file is the prompt; `status` an Outcome, or not_started."""

    file: str
    slot: str
    status: str = NOT_STARTED
    reason: Reason | None = None
    rewrite_id: str = ""
    is_reused: bool = False
    changes: int = 0
    cost_usd: float | None = None

    @property
    def name(self) -> str:
        """How people call it: the file, and the place in it."""
        return f"{self.file}, {self.slot}" if self.slot else self.file


class RunReport(Struct, frozen=True):
    """What a run did. `files` maps each file written to the hash of its bytes; `stopped` says why a run ended early."""

    target: str
    engine: str
    started_at: datetime
    finished_at: datetime
    items: tuple[Item, ...]
    files: dict[str, str]
    passed_over: int = 0
    stopped: Reason | None = None
    notice: str = ""
    request: tuple[RequestField, ...] = ()  # for the target, the same for every prompt

    @property
    def counts(self) -> dict[str, int]:
        """How many items have each status, in the order of the outcomes."""
        counted = Counter(item.status for item in self.items)
        return {status: counted[status] for status in (*Outcome, NOT_STARTED) if counted[status]}

    @property
    def is_complete(self) -> bool:
        """Whether no prompt failed and none was left out."""
        return not {Outcome.FAILED, NOT_STARTED} & {item.status for item in self.items} and self.stopped is None

    @property
    def cost_usd(self) -> float:
        """What the run paid, as far as known; what was reused from earlier runs cost nothing now."""
        return sum(item.cost_usd or 0.0 for item in self.items if not item.is_reused)
