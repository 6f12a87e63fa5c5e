"""The database: connections, short transactions, and bringing the schema up to date."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

# At its most talkative the driver logs every parameter, which is what people wrote.
logging.getLogger("aiosqlite").setLevel(logging.WARNING)

BEGIN = "svar_begin"
"""The execution option that says how SQLite begins a transaction; without it, it doesn't."""

BUSY_SECONDS = 10
EMPTYING_SECONDS = 1
"""How long emptying the log waits for readers; new writers wait meanwhile."""

log = logging.getLogger(__name__)


class Database:
    """One engine and its two kinds of transaction."""

    def __init__(self, address: str) -> None:
        url = make_url(address)
        self._sqlite = url.get_backend_name() == "sqlite"
        if self._sqlite and url.database not in (None, "", ":memory:"):
            Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
        options: dict[str, Any] = (
            {"connect_args": {"timeout": BUSY_SECONDS}} if self._sqlite else {}
        )
        self._engine: AsyncEngine = create_async_engine(
            url,
            pool_size=8,
            max_overflow=8,
            pool_timeout=BUSY_SECONDS,
            # Errors and logs quote statements; what people wrote is in the parameters.
            hide_parameters=True,
            **options,
        )
        self._snapshots = self._engine.execution_options(**{BEGIN: "BEGIN"})
        self._writing = self._engine.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})
        self._turn: AbstractAsyncContextManager[object] = (
            asyncio.Lock() if self._sqlite else nullcontext()
        )
        if self._sqlite:
            event.listen(self._engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self._engine.sync_engine, "begin", _begin_sqlite)

    @asynccontextmanager
    async def reading(self, *, snapshot: bool = False) -> AsyncIterator[AsyncSession]:
        """Give a session that only reads.

        With `snapshot` all its statements see the same moment; without, each its own, which
        saves SQLite a statement.
        """
        engine = self._snapshots if snapshot else self._engine
        async with AsyncSession(engine, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """Give a transaction that is committed at the end, or undone when anything is raised.

        SQLite takes its only write lock at once: a transaction that reads first and asks for
        the lock later is refused without waiting when another one has written meanwhile. Within
        this process writers wait in line, for SQLite itself lets them in at random.
        """
        async with (
            self._turn,
            AsyncSession(self._writing, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    async def empty_log(self) -> bool:
        """Move SQLite's write-ahead log into the database, so that erased text is in neither.

        Gives whether that is done. Somebody who reads may prevent it for a while; that is no
        error, and the next time will do. Other databases see to their logs themselves.
        """
        if not self._sqlite:
            return True
        try:
            async with self._turn, self._engine.connect() as connection:
                await connection.exec_driver_sql(_busy_timeout(EMPTYING_SECONDS))
                try:
                    done = await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                    busy = bool(done.one()[0])
                finally:
                    await connection.exec_driver_sql(_busy_timeout(BUSY_SECONDS))
        except SQLAlchemyError as error:
            log.warning("the database's log could not be emptied: %s", type(error).__name__)
            return False
        return not busy

    async def migrate(self) -> None:
        """Bring the schema to the newest revision."""
        async with self._writing.connect() as connection:
            await connection.run_sync(_upgrade)
            await connection.commit()

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def alembic_config(connection: Connection | None = None) -> Config:
    """Give Alembic's configuration, made here instead of read from an ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    command.upgrade(alembic_config(connection), "head")


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver's own habit of beginning transactions late is switched off; _begin_sqlite does it.
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        # What is deleted is overwritten; empty_log sees to the copies in the log.
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.execute(_busy_timeout(BUSY_SECONDS))
    finally:
        cursor.close()


def _busy_timeout(seconds: int) -> str:
    return f"PRAGMA busy_timeout={seconds * 1000}"


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options().get(BEGIN)
    if begin is not None:
        connection.exec_driver_sql(begin)


assert sqlite3.sqlite_version_info >= (3, 35), "UPDATE … RETURNING needs SQLite 3.35"
