"""Articles, their revisions and the addresses they hold."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "articles",
        sa.Column("municipality", sa.String(64), nullable=False),
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("newest_revision", sa.Integer(), nullable=False),
        sa.Column("published_revision", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("municipality", "id", name="pk_articles"),
    )
    op.create_table(
        "revisions",
        sa.Column("municipality", sa.String(64), nullable=False),
        sa.Column("article", sa.String(80), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("category", sa.String(100), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("updated", sa.Date(), nullable=False),
        sa.Column("author", sa.String(100), nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.String(100), nullable=True),
        sa.ForeignKeyConstraint(
            ["municipality", "article"],
            ["articles.municipality", "articles.id"],
            name="fk_revisions_articles",
        ),
        sa.PrimaryKeyConstraint("municipality", "article", "number", name="pk_revisions"),
    )
    op.create_table(
        "addresses",
        sa.Column("municipality", sa.String(64), nullable=False),
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("article", sa.String(80), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality", "article"],
            ["articles.municipality", "articles.id"],
            name="fk_addresses_articles",
        ),
        sa.PrimaryKeyConstraint("municipality", "url", name="pk_addresses"),
    )
    op.create_index("ix_addresses_municipality_article", "addresses", ["municipality", "article"])


def downgrade() -> None:
    op.drop_table("addresses")
    op.drop_table("revisions")
    op.drop_table("articles")
