"""An index for conversations whose last message is old."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INDEX = op.f("ix_conversations_updated_at")


def upgrade() -> None:
    """Make the index."""
    op.create_index(INDEX, "conversations", ["updated_at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index(INDEX, "conversations")
