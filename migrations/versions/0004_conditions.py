"""What the caller stated besides the prompt: syntaxes, tools, locks, and whether warnings are accepted."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rewrites", sa.Column("conditions", sa.Text(), nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("rewrites", "conditions")
