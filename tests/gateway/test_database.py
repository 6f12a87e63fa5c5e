"""The schema and its transactions."""

import asyncio

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text, update
from sqlalchemy.exc import IntegrityError

from gateway.database import Database, alembic_config
from gateway.tables import Base, ConversationRow, FeedbackRow, MessageRow
from gateway.transcripts import append, now
from gateway.types import Author, Draft, Status


@pytest.fixture
async def database(tmp_path):
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'new' / 'gateway.db'}")
    await database.migrate()
    yield database
    await database.close()


def _conversation() -> ConversationRow:
    return ConversationRow(
        id="one",
        municipality="ekhamn",
        language="sv",
        token_hash="x",
        status=Status.WITH_BOT,
        last_text="",
        last_seq=0,
        created_at=now(),
        updated_at=now(),
    )


async def test_migrations_make_what_the_tables_say(database) -> None:
    """Nothing is left to migrate, a second run does nothing, and down leads back to nothing."""
    await database.migrate()
    async with database._engine.begin() as connection:
        difference = await connection.run_sync(
            lambda plain: compare_metadata(
                MigrationContext.configure(plain, opts={"compare_type": True}), Base.metadata
            )
        )
        assert [] == difference
        await connection.run_sync(lambda plain: command.downgrade(alembic_config(plain), "base"))
        left = await connection.run_sync(lambda plain: inspect(plain).get_table_names())
        assert ["alembic_version"] == left


def test_every_table_of_a_municipality_says_which() -> None:
    """Only the count of refused sign-ins belongs to nobody."""
    without = {
        table.name for table in Base.metadata.tables.values() if "municipality" not in table.c
    }
    assert {"sign_in_failures"} == without


async def test_sqlite_is_set_up_for_several_readers_and_one_writer(database) -> None:
    """Write-ahead log, waiting instead of failing, foreign keys checked, no leftovers."""
    async with database.reading() as session:
        found = [
            (await session.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "foreign_keys", "secure_delete", "busy_timeout")
        ]
    assert ["wal", 1, 1, 10_000] == found
    with pytest.raises(IntegrityError):
        async with database.writing() as session:
            session.add(
                FeedbackRow(
                    municipality="ekhamn",
                    conversation_id="none",
                    seq=1,
                    helpful=True,
                    created_at=now(),
                )
            )


async def test_writers_wait_for_each_other_and_leave_no_gap(database) -> None:
    """Thirty writers at once, every third of which fails: 1, 2, 3 … without a hole."""
    async with database.writing() as session:
        session.add(_conversation())

    async def write(number: int) -> None:
        async with database.writing() as session:
            await session.execute(select(ConversationRow))
            drafts = [Draft(author=Author.BOT, text=str(number))] * 2
            await append(session, "one", drafts)
            if number % 3 == 0:
                raise RuntimeError

    results = await asyncio.gather(*(write(n) for n in range(30)), return_exceptions=True)
    assert 10 == sum(isinstance(result, RuntimeError) for result in results)
    async with database.reading() as session:
        seqs = (await session.scalars(select(MessageRow.seq).order_by(MessageRow.seq))).all()
    assert list(range(1, 41)) == list(seqs)


async def test_append_only_if(database) -> None:
    """A condition on the conversation that does not hold stores nothing and takes no number."""
    async with database.writing() as session:
        session.add(_conversation())
    draft = Draft(author=Author.BOT, text="x")
    async with database.writing() as session:
        await session.execute(update(ConversationRow).values(status=Status.WAITING))
        refused = await append(
            session, "one", [draft], only_if=ConversationRow.status == Status.WITH_BOT
        )
        stored = await append(session, "one", [draft])
    assert (None, [1]) == (refused, [message.seq for message in stored.messages])
    assert (Status.WAITING, 1) == (stored.conversation.status, stored.conversation.last_seq)


async def test_the_constraint_keeps_a_client_id_single(database) -> None:
    """What the code checks first, the database guarantees."""
    async with database.writing() as session:
        session.add(_conversation())
    row = {
        "municipality": "ekhamn", "conversation_id": "one", "author": "resident", "text": "x",
        "language": "sv", "created_at": now(), "choices": [], "client_id": "same",
        "handled": True,
    }  # fmt: skip
    with pytest.raises(IntegrityError):
        async with database.writing() as session:
            session.add_all([MessageRow(seq=1, **row), MessageRow(seq=2, **row)])


async def test_moments_keep_their_zone(database) -> None:
    """SQLite knows no zones; what comes back is UTC all the same."""
    row = _conversation()
    async with database.writing() as session:
        session.add(row)
    async with database.reading() as session:
        read = await session.get(ConversationRow, "one")
    assert row.created_at == read.created_at
    assert read.created_at.tzinfo is not None


async def test_emptying_the_log(database, tmp_path) -> None:
    """The log's file is empty afterwards, and connections wait for each other as before."""
    log = tmp_path / "new" / "gateway.db-wal"
    assert log.stat().st_size > 0
    assert await database.empty_log()
    assert 0 == log.stat().st_size
    async with database.reading() as session:
        assert 10_000 == (await session.execute(text("PRAGMA busy_timeout"))).scalar_one()


async def test_emptying_the_log_gives_way_to_readers(database, tmp_path) -> None:
    """While somebody reads it isn't done and raises nothing; others can write; later it is."""
    async with database.reading(snapshot=True) as reader:
        await reader.execute(select(ConversationRow))
        began = asyncio.get_running_loop().time()
        async with database.writing() as session:
            session.add(_conversation())
        assert not await database.empty_log()
        assert asyncio.get_running_loop().time() - began < 3
        async with database.writing() as session:
            await session.execute(update(ConversationRow).values(last_text="x"))
    assert await database.empty_log()
    assert 0 == (tmp_path / "new" / "gateway.db-wal").stat().st_size


async def test_a_log_that_can_not_be_emptied_is_no_error(tmp_path, caplog) -> None:
    """An error of the database is logged by its kind."""
    (tmp_path / "broken.db").write_text("this is not a database" * 1000)
    broken = Database(f"sqlite+aiosqlite:///{tmp_path / 'broken.db'}")
    assert not await broken.empty_log()
    assert "could not be emptied: DatabaseError" in caplog.text
    await broken.close()
