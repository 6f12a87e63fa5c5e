"""What Alembic runs: the migrations, on the connection that the caller gave."""

from alembic import context

from gateway.tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    # SQLite can't alter most things in place; batch mode copies the table instead.
    render_as_batch=True,
    compare_type=True,
    # Also on SQLite, where database.py begins transactions itself: a failed step undoes all.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
