"""Departments in the queue, what was asked and tried, and who is to write next since when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
REASONS = ("asked", "unsure_twice", "complaint", "crisis", "form", "operator_pulled", "reopened")


def upgrade() -> None:
    """Add the columns; reasons that there are no more become the nearest that there is."""
    with op.batch_alter_table("staff") as staff:
        staff.add_column(sa.Column("departments", sa.JSON(), nullable=False, server_default="[]"))
        staff.add_column(sa.Column("desk_seen_at", MOMENT, nullable=True))
    with op.batch_alter_table("conversations") as conversations:
        conversations.add_column(sa.Column("topic", sa.String(length=60), nullable=True))
        conversations.add_column(sa.Column("department", sa.String(length=40), nullable=True))
        conversations.add_column(
            sa.Column("priority", sa.Integer(), nullable=False, server_default="0")
        )
        conversations.add_column(sa.Column("awaits", sa.String(length=20), nullable=True))
        for name in (
            "entered_at",
            "told_at",
            "told_closed_at",
            "held_since",
            "awaits_since",
            "asked_at",
        ):
            conversations.add_column(sa.Column(name, MOMENT, nullable=True))
    with op.batch_alter_table("handoffs") as handoffs:
        handoffs.add_column(sa.Column("intent", sa.String(length=60), nullable=True))
        handoffs.add_column(sa.Column("department", sa.String(length=40), nullable=True))
        handoffs.add_column(sa.Column("position", sa.Integer(), nullable=True))
        handoffs.add_column(sa.Column("asked", sa.JSON(), nullable=False, server_default="[]"))
        handoffs.add_column(sa.Column("tried", sa.JSON(), nullable=False, server_default="[]"))
    op.create_index(
        op.f("ix_handoffs_municipality_claimed_at"), "handoffs", ["municipality", "claimed_at"]
    )
    with op.batch_alter_table("transfers") as transfers:
        transfers.add_column(sa.Column("reason", sa.String(length=20), nullable=True))
    conversations_now = sa.table(
        "conversations", sa.column("status"), sa.column("waiting_since"), sa.column("entered_at")
    )
    op.execute(
        conversations_now.update()
        .where(conversations_now.c.status == "waiting")
        .values(entered_at=conversations_now.c.waiting_since)
    )
    reasons = sa.table("handoffs", sa.column("reason"))
    op.execute(
        reasons.update().where(reasons.c.reason.like("unsure%")).values(reason="unsure_twice")
    )
    op.execute(reasons.update().where(reasons.c.reason.not_in(REASONS)).values(reason="asked"))


def downgrade() -> None:
    """Take the columns away."""
    with op.batch_alter_table("transfers") as transfers:
        transfers.drop_column("reason")
    op.drop_index(op.f("ix_handoffs_municipality_claimed_at"), "handoffs")
    with op.batch_alter_table("handoffs") as handoffs:
        for name in ("intent", "department", "position", "asked", "tried"):
            handoffs.drop_column(name)
    with op.batch_alter_table("conversations") as conversations:
        for name in (
            "topic",
            "department",
            "priority",
            "awaits",
            "entered_at",
            "told_at",
            "told_closed_at",
            "held_since",
            "awaits_since",
            "asked_at",
        ):
            conversations.drop_column(name)
    with op.batch_alter_table("staff") as staff:
        for name in ("departments", "desk_seen_at"):
            staff.drop_column(name)
