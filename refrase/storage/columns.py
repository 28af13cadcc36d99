"""Column types: times that stay UTC, and values of the core kept as JSON text on every database alike."""

from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

T = TypeVar("T")


class UtcTime(TypeDecorator[datetime]):
    """A time in UTC. SQLite forgets the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Store the time as UTC; a time without a zone is a fault of ours."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give the time its zone."""
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class AsJson(TypeDecorator[T], Generic[T]):
    """A value of the core as JSON text. The type is stated, so what is read is what was written."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: T | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write the value as JSON."""
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> T | None:  # noqa: ARG002
        """Read the value back from JSON."""
        return None if value is None else msgspec.json.decode(value, type=self.kind)


def json_fragment(text: str) -> str:
    """Return *text* as it stands inside stored JSON, to search for it there."""
    return msgspec.json.encode(text).decode()[1:-1]
