"""Alembic's environment: works on the connection that refrase.storage.migrate hands in, inside its transaction."""

from alembic import context

from refrase.storage.columns import AsJson, UtcTime
from refrase.storage.tables import Base


def render_item(kind, value, _autogen):
    """Write our column types as what they are in the database, so that migrations outlive the code."""
    if kind == "type" and isinstance(value, UtcTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(value, AsJson):
        return "sa.Text()"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    compare_type=True,
    render_item=render_item,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
