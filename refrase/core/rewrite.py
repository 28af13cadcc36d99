"""The one value that comes out of Refrase: what became of a prompt, why, and where it came from."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from refrase.core.ledger import Ledger
from refrase.core.parameter import ParameterDecision
from refrase.core.prompt import Prompt, Span
from refrase.core.request import RequestField, TodaysCall
from refrase.core.target import SettingAdvice
from refrase.core.terms import Terms


class Outcome(StrEnum):
    """What became of a prompt. Only `rewritten`, `fixed` and `flagged` carry a text that differs from the original."""

    RUNNING = "running"  # the engine is at work; every other outcome is final
    REWRITTEN = "rewritten"  # the engine wrote it and every check passed
    FIXED = "fixed"  # the offline engine applied mechanical fixes of the guide
    UNCHANGED = "unchanged"  # nothing in the guide asks for a change
    FLAGGED = "flagged"  # a candidate that the checks refuse, handed out because the caller asked for it
    RETURNED = "returned"  # no candidate kept the contract; the original is handed back
    FAILED = "failed"  # no usable reply was had; the original is handed back


class Mode(StrEnum):
    """How far a rewrite may go."""

    CONSERVATIVE = "conservative"
    NORMAL = "normal"
    BOLD = "bold"


class Form(StrEnum):
    """In which form the engine answers."""

    EDITS = "edits"
    WHOLE = "whole"


class EngineChoice(StrEnum):
    """Who rewrites: the configured model, or the guide's mechanical fixes without any model."""

    MODEL = "model"
    OFFLINE = "offline"


class Severity(StrEnum):
    """How much a finding weighs: a blocking one never leaves as done."""

    BLOCKING = "blocking"
    WARNING = "warning"
    NOTE = "note"


class Finding(Struct, frozen=True, omit_defaults=True):
    """Something that code saw. `kind` is a stable word, `message` the sentence for people.

    `before` and `after` say where in the original and in the candidate; `value` is the thing itself;
    `rule` names the guide's rule where one is behind it.
    """

    kind: str
    severity: Severity
    message: str
    before: Span | None = None
    after: Span | None = None
    value: str = ""
    rule: str = ""


class Author(StrEnum):
    """Who says what a change is: code, which applied it, or the engine, whose word it is."""

    CODE = "code"
    ENGINE = "engine"


class Change(Struct, frozen=True):
    """One change, its rule and its reason.

    With spans it is an edit that code applied: `old` stood at `before`, `new` stands at `after`. Without spans
    it is the engine's account of a whole rewrite: `old` and `new` are empty, and `quote` holds the words it names.
    """

    reason: str
    rule: str
    by: Author
    old: str = ""
    new: str = ""
    before: Span | None = None
    after: Span | None = None
    quote: str = ""


class Reason(Struct, frozen=True):
    """Why an outcome is not a plain success: a stable code, what happened, what to do."""

    code: str
    message: str
    hint: str = ""


class Usage(Struct, frozen=True):
    """What all paid calls of a rewrite took. Times are of the first call to the last; money is US dollars."""

    attempts: int = 0
    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    # provider: as billed; setting, profile or genai-prices with a date: by that price list; empty: not known
    cost_source: str = ""
    latency_seconds: float | None = None
    time_to_first_token_seconds: float | None = None

    @property
    def price_list(self) -> str:
        """The price list that the cost was counted by; empty where it is as billed, or not known."""
        return "" if self.cost_source == "provider" else self.cost_source


class Provenance(Struct, frozen=True):
    """Everything needed to say how a pair came to be."""

    target: str
    guide: str
    guide_version: str
    template_version: str
    engine: EngineChoice
    mode: Mode
    form: Form
    provider: str
    engine_model: str
    parameters: dict[str, Any]
    engine_model_answered: str = ""
    refrase_version: str = ""
    decisions: tuple[ParameterDecision, ...] = ()  # of every parameter of the call, with the reason


class Conditions(Struct, frozen=True, omit_defaults=True):
    """What the caller stated besides the prompt, its target and its mode: to ask for the same again."""

    terms: Terms = Terms()
    locks: tuple[Span, ...] = ()  # stretches that stay as they are, besides those that the prompt itself marks
    accepts_warnings: bool = False  # take a candidate that the checks refuse, marked so, rather than the original


class AnsweredBy(Struct, frozen=True):
    """Who gave a text: the engine of the provenance, or the fallback that went on where it failed."""

    provider: str
    engine_model: str


class Rewrite(Struct, frozen=True):
    """What became of one prompt. `after` equals `before` unless the outcome is rewritten, fixed or flagged."""

    id: str
    outcome: Outcome
    before: Prompt
    after: Prompt
    reason: Reason | None
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    ledger: Ledger
    settings: tuple[SettingAdvice, ...]
    advice: tuple[str, ...]
    usage: Usage
    provenance: Provenance
    created_at: datetime
    finished_at: datetime | None
    notice: str = ""
    request: tuple[RequestField, ...] = ()  # for the target: what to send with the text, and what not
    conditions: Conditions = Conditions()
    answered_by: AnsweredBy | None = None  # whose reply was accepted; None where none was, or no engine was asked
    is_reused: bool = False
    is_joined: bool = False  # an equal request was under way, and this is its result
    name: str = ""


class Order(Struct, frozen=True):
    """What is ordered: a prompt, the name of the target, who rewrites and how far; `name` says where it came from.

    `terms` is what the caller knows of the prompt.
    """

    prompt: Prompt
    target: str
    engine: EngineChoice = EngineChoice.MODEL
    mode: Mode = Mode.CONSERVATIVE
    is_fresh: bool = False  # ask anew, even where an equal request was answered before
    name: str = ""
    terms: Terms = Terms()
    locks: tuple[Span, ...] = ()
    call: TodaysCall | None = None  # how the prompt is called today; shapes the request, not the text
    budget_usd: float | None = None  # nothing is called that could make it cost more
    accepts_warnings: bool = False
    reads_along: bool = True  # somebody reads the text while it is written; else it is asked for as a whole

    @property
    def conditions(self) -> Conditions:
        """What is kept with the rewrite of what the caller stated."""
        return Conditions(self.terms, self.locks, self.accepts_warnings)


OFFLINE_NOTICE = (
    "Made by the offline engine: no model read this prompt; only mechanical fixes of the guide were applied. "
    "To connect Kimi K2, set OPENROUTER_API_KEY (or another provider's key) and start again."
)


def blocks(findings: Iterable[Finding]) -> bool:
    """Return whether any of the findings keeps a candidate from leaving."""
    return any(finding.severity is Severity.BLOCKING for finding in findings)
