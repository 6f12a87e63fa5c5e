"""The desk: presence, notes, canned replies, suggestions to editors, who resolved and asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables and the columns."""
    op.create_table(
        "desk_presences",
        sa.Column("session_hash", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=40), nullable=False),
        sa.Column("staff_id", KEY, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("chosen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_hash"],
            ["sessions.id_hash"],
            name=op.f("fk_desk_presences_session_hash"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
            name=op.f("fk_desk_presences_staff_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_hash", name=op.f("pk_desk_presences")),
    )
    for column in ("municipality", "staff_id"):
        op.create_index(op.f(f"ix_desk_presences_{column}"), "desk_presences", [column])
    op.create_table(
        "notes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("municipality", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_notes_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    op.create_index(op.f("ix_notes_conversation_id"), "notes", ["conversation_id"])
    op.create_table(
        "canned_replies",
        sa.Column("id", KEY, nullable=False),
        sa.Column("municipality", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.String(length=120), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_replies")),
    )
    op.create_index(op.f("ix_canned_replies_municipality"), "canned_replies", ["municipality"])
    op.create_table(
        "suggestions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("municipality", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("suggested_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_suggestions_conversation_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestions")),
        sa.UniqueConstraint(
            "conversation_id", "seq", name=op.f("uq_suggestions_conversation_id_seq")
        ),
    )
    op.create_index(op.f("ix_suggestions_municipality"), "suggestions", ["municipality"])
    # Not in a batch: SQLite would make the table anew, and what points at its rows would go.
    op.add_column("handoffs", sa.Column("resolved_by", KEY, nullable=True))
    op.add_column("contacts", sa.Column("asked_by", KEY, nullable=True))


def downgrade() -> None:
    """Take them away, what points at others first."""
    op.drop_column("contacts", "asked_by")
    op.drop_column("handoffs", "resolved_by")
    for table in ("suggestions", "canned_replies", "notes", "desk_presences"):
        op.drop_table(table)
