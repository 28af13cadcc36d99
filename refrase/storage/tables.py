"""The tables. A row of `rewrites` is one prompt's way through; `attempts` are its paid calls."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from refrase.core.engine import Failure
from refrase.core.ledger import Ledger
from refrase.core.parameter import ParameterDecision
from refrase.core.prompt import Prompt
from refrase.core.request import RequestField
from refrase.core.rewrite import Change, Conditions, Finding, Reason
from refrase.core.target import SettingAdvice
from refrase.storage.columns import AsJson, UtcTime

_ID = String(36)
_WORD = String(64)
_NAME = String(255)


class Base(DeclarativeBase):
    """Names every constraint, so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class RewriteRow(Base):
    """A pair: before, after, and how it came to be. `outcome` is `running` while the work goes on."""

    __tablename__ = "rewrites"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)
    name: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(_WORD)
    reason: Mapped[Reason | None] = mapped_column(AsJson(Reason))
    before: Mapped[Prompt] = mapped_column(AsJson(Prompt))
    after: Mapped[Prompt] = mapped_column(AsJson(Prompt))
    changes: Mapped[tuple[Change, ...]] = mapped_column(AsJson(tuple[Change, ...]))
    findings: Mapped[tuple[Finding, ...]] = mapped_column(AsJson(tuple[Finding, ...]))
    ledger: Mapped[Ledger] = mapped_column(AsJson(Ledger), server_default="{}")
    settings: Mapped[tuple[SettingAdvice, ...]] = mapped_column(AsJson(tuple[SettingAdvice, ...]))
    request: Mapped[tuple[RequestField, ...]] = mapped_column(AsJson(tuple[RequestField, ...]), server_default="[]")
    conditions: Mapped[Conditions] = mapped_column(AsJson(Conditions), server_default="{}")
    advice: Mapped[tuple[str, ...]] = mapped_column(AsJson(tuple[str, ...]))
    notice: Mapped[str] = mapped_column(Text)

    fingerprint: Mapped[str] = mapped_column(_WORD)
    target: Mapped[str] = mapped_column(_NAME)
    guide: Mapped[str] = mapped_column(_NAME)
    guide_version: Mapped[str] = mapped_column(_WORD)
    template_version: Mapped[str] = mapped_column(_WORD)
    engine: Mapped[str] = mapped_column(_WORD)
    mode: Mapped[str] = mapped_column(_WORD)
    form: Mapped[str] = mapped_column(_WORD)
    provider: Mapped[str] = mapped_column(_NAME)
    engine_model: Mapped[str] = mapped_column(_NAME)
    engine_model_answered: Mapped[str] = mapped_column(Text)  # what a provider says may have any length
    parameters: Mapped[dict[str, Any]] = mapped_column(AsJson(dict[str, Any]))
    refrase_version: Mapped[str] = mapped_column(_WORD)
    decisions: Mapped[tuple[ParameterDecision, ...]] = mapped_column(
        AsJson(tuple[ParameterDecision, ...]), server_default="[]"
    )

    attempts: Mapped[int]
    input_tokens: Mapped[int | None]
    cached_tokens: Mapped[int | None]
    output_tokens: Mapped[int | None]
    cost_usd: Mapped[float | None]
    cost_source: Mapped[str] = mapped_column(_WORD)
    latency_seconds: Mapped[float | None]
    time_to_first_token_seconds: Mapped[float | None]

    __table_args__ = (
        Index("ix_rewrites_fingerprint", "fingerprint"),
        Index("ix_rewrites_outcome", "outcome"),
        Index("ix_rewrites_target", "target"),
    )


class AttemptRow(Base):
    """One paid call: written before it is made, completed after it. `turn` is 0, or the number of the repair."""

    __tablename__ = "attempts"

    rewrite_id: Mapped[str] = mapped_column(_ID, ForeignKey("rewrites.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    turn: Mapped[int]
    mark: Mapped[str] = mapped_column(_WORD)
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    provider: Mapped[str] = mapped_column(_NAME, server_default="")
    engine_model: Mapped[str] = mapped_column(_NAME, server_default="")
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)
    reply: Mapped[str | None] = mapped_column(Text)
    finish_reason: Mapped[str | None] = mapped_column(Text)
    engine_model_answered: Mapped[str | None] = mapped_column(Text)
    failure: Mapped[Failure | None] = mapped_column(AsJson(Failure))
    input_tokens: Mapped[int | None]
    cached_tokens: Mapped[int | None]
    output_tokens: Mapped[int | None]
    cost_usd: Mapped[float | None]
    cost_source: Mapped[str | None] = mapped_column(_WORD)
    latency_seconds: Mapped[float | None]
    time_to_first_token_seconds: Mapped[float | None]
