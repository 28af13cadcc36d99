"""Core values to the columns of a row, and back."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import RowMapping

from refrase.core.attempt import Attempt
from refrase.core.engine import Answer, CallUsage
from refrase.core.rewrite import Outcome, Provenance, Rewrite, Usage
from refrase.core.verdict import answered_by

# Fields of a Rewrite whose own fields are columns of the row.
_SPREAD = {"usage", "provenance"}
# What is known of an attempt before it is made.
_BEFORE_A_CALL = ("number", "turn", "mark", "started_at", "provider", "engine_model")
# True of an answer, not of a row.
_NOT_STORED = {"is_reused", "is_joined"}
# Seen from what is stored.
_DERIVED = {"answered_by"}


def row_from_rewrite(rewrite: Rewrite, fingerprint: str) -> dict[str, Any]:
    """Return the columns that keep *rewrite*."""
    values: dict[str, Any] = {
        field: getattr(rewrite, field)
        for field in rewrite.__struct_fields__
        if field not in _SPREAD | _NOT_STORED | _DERIVED
    }
    values |= msgspec.structs.asdict(rewrite.usage) | msgspec.structs.asdict(rewrite.provenance)
    return {**values, "fingerprint": fingerprint}


def rewrite_from_row(row: RowMapping) -> Rewrite:
    """Return what *row* keeps."""
    kept = {field: row[field] for field in Rewrite.__struct_fields__ if field not in _SPREAD | _NOT_STORED | _DERIVED}
    kept["outcome"] = Outcome(row["outcome"])
    usage = msgspec.convert(_columns(row, Usage), Usage)
    provenance = msgspec.convert(_columns(row, Provenance), Provenance)
    rewrite = Rewrite(usage=usage, provenance=provenance, **kept)
    return msgspec.structs.replace(rewrite, answered_by=answered_by(rewrite))


def row_from_attempt(rewrite_id: str, attempt: Attempt) -> dict[str, Any]:
    """Return the columns that say that *attempt* is about to be made."""
    return {"rewrite_id": rewrite_id} | {field: getattr(attempt, field) for field in _BEFORE_A_CALL}


def row_from_answer(answer: Answer, finished_at: datetime) -> dict[str, Any]:
    """Return the columns that say what became of a call, with the raw reply."""
    return {
        "finished_at": finished_at,
        "reply": _storable(answer.text),
        "finish_reason": _storable(answer.finish_reason),
        "engine_model_answered": _storable(answer.model),
        "failure": answer.failure,
        "latency_seconds": answer.latency_seconds,
        "time_to_first_token_seconds": answer.time_to_first_token_seconds,
        **msgspec.structs.asdict(answer.usage),
    }


def attempt_from_row(row: RowMapping) -> Attempt:
    """Return the call that *row* keeps."""
    return Attempt(
        number=row["number"],
        turn=row["turn"],
        mark=row["mark"],
        started_at=row["started_at"],
        provider=row["provider"],
        engine_model=row["engine_model"],
        finished_at=row["finished_at"],
        reply=row["reply"] or "",
        finish_reason=row["finish_reason"] or "",
        engine_model_answered=row["engine_model_answered"] or "",
        failure=row["failure"],
        usage=CallUsage(
            row["input_tokens"], row["cached_tokens"], row["output_tokens"], row["cost_usd"], row["cost_source"] or ""
        ),
        latency_seconds=row["latency_seconds"],
        time_to_first_token_seconds=row["time_to_first_token_seconds"],
    )


def _columns(row: RowMapping, kind: type[Usage] | type[Provenance]) -> dict[str, Any]:
    return {field: row[field] for field in kind.__struct_fields__}


def _storable(text: str) -> str:
    """Return *text* with what no database can hold made visible: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()
