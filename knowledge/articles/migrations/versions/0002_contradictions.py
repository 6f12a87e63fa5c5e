"""Contradictions between articles that were met."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contradictions",
        sa.Column("municipality", sa.String(64), nullable=False),
        sa.Column("first_chunk", sa.String(200), nullable=False),
        sa.Column("second_chunk", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("first_article", sa.String(80), nullable=False),
        sa.Column("second_article", sa.String(80), nullable=False),
        sa.Column("first_text", sa.Text(), nullable=False),
        sa.Column("second_text", sa.Text(), nullable=False),
        sa.Column("times_asked", sa.Integer(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint(
            "municipality", "first_chunk", "second_chunk", "kind", name="pk_contradictions"
        ),
    )


def downgrade() -> None:
    op.drop_table("contradictions")
