"""Runs migrations on the connection that knowledge.database.migrate hands over."""

from __future__ import annotations

from alembic import context

from knowledge.articles.tables import Table

connection = context.config.attributes["connection"]
# Batch mode: SQLite can't alter a column in place; other databases are altered as usual.
context.configure(
    connection=connection,
    target_metadata=Table.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
