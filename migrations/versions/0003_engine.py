"""Which provider each attempt went to, what became of each parameter, and the request for the target."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rewrites", sa.Column("decisions", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("rewrites", sa.Column("request", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("attempts", sa.Column("provider", sa.String(length=255), nullable=False, server_default=""))
    op.add_column("attempts", sa.Column("engine_model", sa.String(length=255), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("attempts", "engine_model")
    op.drop_column("attempts", "provider")
    op.drop_column("rewrites", "request")
    op.drop_column("rewrites", "decisions")
