"""The ledger of each pair: where every instruction went."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in a batch: on SQLite that would drop the table, and with it, by cascade, every attempt.
    op.add_column("rewrites", sa.Column("ledger", sa.Text(), nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("rewrites", "ledger")
