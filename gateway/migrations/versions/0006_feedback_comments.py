"""What a resident adds, in one line, to whether an answer helped."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; earlier feedback has no comment."""
    with op.batch_alter_table("feedback") as table:
        table.add_column(sa.Column("comment", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take it away."""
    with op.batch_alter_table("feedback") as table:
        table.drop_column("comment")
