"""Questions that residents leave as cases, where they are answered, their threads and mails."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "question_cases",
        sa.Column("id", KEY, nullable=False),
        sa.Column("municipality", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=True),
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("department", sa.String(length=40), nullable=True),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("deadline", sa.Date(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_question_cases_conversation_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_cases")),
        sa.UniqueConstraint("reference", name=op.f("uq_question_cases_reference")),
    )
    op.create_index(
        op.f("ix_question_cases_municipality_status_deadline"),
        "question_cases",
        ["municipality", "status", "deadline"],
    )
    for column in ("conversation_id", "closed_at"):
        op.create_index(op.f(f"ix_question_cases_{column}"), "question_cases", [column])
    op.create_table(
        "case_addresses",
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("municipality", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("forget_at", MOMENT, nullable=True),
        _of_case("case_addresses"),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_addresses")),
    )
    for column in ("email", "forget_at"):
        op.create_index(op.f(f"ix_case_addresses_{column}"), "case_addresses", [column])
    op.create_table(
        "case_entries",
        sa.Column("id", KEY, nullable=False),
        sa.Column("municipality", sa.String(length=40), nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("attachments", sa.JSON(), nullable=False),
        sa.Column("other_sender", sa.Boolean(), nullable=False),
        sa.Column("message_id", sa.String(length=255), nullable=True),
        sa.Column("mail_key", sa.String(length=64), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        _of_case("case_entries"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_entries")),
        sa.UniqueConstraint("mail_key", name=op.f("uq_case_entries_mail_key")),
    )
    op.create_index(op.f("ix_case_entries_case_id"), "case_entries", ["case_id"])
    op.create_table(
        "case_mails",
        sa.Column("id", KEY, nullable=False),
        sa.Column("municipality", sa.String(length=40), nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("entry_id", KEY, nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("mailed_at", MOMENT, nullable=True),
        sa.Column("failed_at", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _of_case("case_mails"),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["case_entries.id"],
            name=op.f("fk_case_mails_entry_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_mails")),
    )
    for column in ("case_id", "entry_id", "due_at"):
        op.create_index(op.f(f"ix_case_mails_{column}"), "case_mails", [column])


def downgrade() -> None:
    """Take them away, those that point at others first."""
    for table in ("case_mails", "case_entries", "case_addresses", "question_cases"):
        op.drop_table(table)


def _of_case(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["case_id"], ["question_cases.id"], name=op.f(f"fk_{table}_case_id"), ondelete="CASCADE"
    )
