"""Rows to core values and back."""

from typing import Any

import msgspec

from refrase.core.attempt import Attempt
from refrase.core.engine import CallUsage
from refrase.core.rewrite import Outcome, Provenance, Rewrite, Usage
from refrase.core.verdict import answered_by
from refrase.storage.tables import AttemptRow, RewriteRow

# Fields of a Rewrite whose own fields are columns of the row.
_SPREAD = {"usage", "provenance"}
# True of an answer, not of a row.
_NOT_STORED = {"is_reused", "is_joined"}
# Seen from what is stored.
_DERIVED = {"answered_by"}


def row_from_rewrite(rewrite: Rewrite, fingerprint: str) -> RewriteRow:
    """Return the row that keeps *rewrite*."""
    values: dict[str, Any] = {
        field: getattr(rewrite, field)
        for field in rewrite.__struct_fields__
        if field not in _SPREAD | _NOT_STORED | _DERIVED
    }
    values |= msgspec.structs.asdict(rewrite.usage) | msgspec.structs.asdict(rewrite.provenance)
    return RewriteRow(fingerprint=fingerprint, **values)


def rewrite_from_row(row: RewriteRow) -> Rewrite:
    """Return what *row* keeps."""
    kept = {
        field: getattr(row, field)
        for field in Rewrite.__struct_fields__
        if field not in _SPREAD | _NOT_STORED | _DERIVED
    }
    kept["outcome"] = Outcome(row.outcome)
    usage = msgspec.convert(_columns(row, Usage), Usage)
    provenance = msgspec.convert(_columns(row, Provenance), Provenance)
    rewrite = Rewrite(usage=usage, provenance=provenance, **kept)
    return msgspec.structs.replace(rewrite, answered_by=answered_by(rewrite))


def row_from_attempt(rewrite_id: str, attempt: Attempt) -> AttemptRow:
    """Return the row that says that *attempt* is about to be made."""
    return AttemptRow(
        rewrite_id=rewrite_id,
        number=attempt.number,
        turn=attempt.turn,
        mark=attempt.mark,
        started_at=attempt.started_at,
        provider=attempt.provider,
        engine_model=attempt.engine_model,
    )


def attempt_from_row(row: AttemptRow) -> Attempt:
    """Return the call that *row* keeps."""
    return Attempt(
        number=row.number,
        turn=row.turn,
        mark=row.mark,
        started_at=row.started_at,
        provider=row.provider,
        engine_model=row.engine_model,
        finished_at=row.finished_at,
        reply=row.reply or "",
        finish_reason=row.finish_reason or "",
        engine_model_answered=row.engine_model_answered or "",
        failure=row.failure,
        usage=CallUsage(row.input_tokens, row.cached_tokens, row.output_tokens, row.cost_usd, row.cost_source or ""),
        latency_seconds=row.latency_seconds,
        time_to_first_token_seconds=row.time_to_first_token_seconds,
    )


def _columns(row: RewriteRow, kind: type[Usage] | type[Provenance]) -> dict[str, Any]:
    return {field: getattr(row, field) for field in kind.__struct_fields__}
