"""A pair with something in every field."""

from datetime import UTC, datetime, timedelta

import msgspec

from refrase.core.ledger import Entry, Evidence, Fate, Ledger
from refrase.core.prompt import Message, Prompt, Span
from refrase.core.rewrite import (
    Author,
    Change,
    EngineChoice,
    Finding,
    Form,
    Mode,
    Outcome,
    Provenance,
    Reason,
    Rewrite,
    Severity,
    Usage,
)
from refrase.core.target import SettingAdvice
from refrase.core.verdict import answered_by

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
ODD = 'Füll 猫 \u2028 \x1f {{x}} \r\n 100% _ \\ " 😀'


def make_rewrite(number: int = 1, **changes) -> Rewrite:
    rewrite = Rewrite(
        id=f"01a20000-0000-7000-8000-{number:012d}",
        outcome=Outcome.REWRITTEN,
        before=Prompt((Message(ODD, "system"), Message("Hi", "user"))),
        after=Prompt((Message(f"{ODD} after", "system"), Message("Hi", "user"))),
        reason=Reason("code", "message", "hint"),
        changes=(Change("why", "rule", Author.CODE, "a", "b", Span(0, 1), Span(0, 2, 1)),),
        findings=(Finding("kind", Severity.WARNING, "message", before=Span(1, 2)),),
        settings=(SettingAdvice("temperature", "send", "why", "rule", "https://a.example", 0.6),),
        ledger=Ledger(3, (Entry(Fate.DROPPED, Evidence.NONE, before=(Span(0, 4),)),)),
        advice=("be careful",),
        usage=Usage(2, 10, 5, 3, 0.25, "provider", 1.5, 0.5),
        provenance=Provenance(
            "kimi-k2-0905",
            "kimi-k2",
            "v1",
            "t1",
            EngineChoice.MODEL,
            Mode.NORMAL,
            Form.EDITS,
            "openrouter",
            "m",
            {"temperature": 0.6},
            "m-answered",
            "0.1.0",
        ),
        created_at=NOW,
        finished_at=NOW + timedelta(seconds=1.5),
        notice="",
        name="folder/file.md",
    )
    rewrite = msgspec.structs.replace(rewrite, **changes)
    return msgspec.structs.replace(rewrite, answered_by=answered_by(rewrite))
