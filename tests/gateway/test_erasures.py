"""What a resident erases, the bot forgets too, sooner or later, and no file keeps it."""

import sqlite3
import time

import pytest

from gateway.erasures import Erasures
from gateway.keys import BOT, DATABASE


async def test_the_bot_forgets_at_once_and_once_more_later(api, bot) -> None:
    """A turn under way may have been written down after the first time."""
    resident = await api.resident()
    await resident.ask("DELETE")
    assert [resident.id] == bot.forgotten
    early = Erasures(api.client.app[DATABASE], api.client.app[BOT])
    await early.settle()
    assert 1 == len(bot.forgotten)
    late = Erasures(api.client.app[DATABASE], api.client.app[BOT], every_seconds=0.0)
    await late.settle()
    assert [resident.id] * 2 == bot.forgotten
    await late.settle()
    assert 2 == len(bot.forgotten)


async def test_a_bot_that_is_away_forgets_when_it_is_back(
    api, bot, settings, start_gateway
) -> None:
    """Erasing works without the bot, and the debt survives a restart of the gateway."""
    resident = await api.resident()
    bot.status = 503
    assert 204 == (await resident.ask("DELETE")).status
    assert 404 == (await resident.ask("GET", "/messages")).status
    await api.client.close()
    again = await start_gateway(settings)
    erasures = Erasures(again.client.app[DATABASE], again.client.app[BOT], every_seconds=0.0)
    await erasures.settle()
    assert [] == bot.forgotten
    bot.status = 200
    await erasures.settle()
    assert [resident.id] == bot.forgotten


@pytest.mark.parametrize("patience", [1.0])
async def test_a_bot_that_hangs_holds_nobody_up_for_long(api, bot) -> None:
    """The resident is told that it is erased within the time limit."""
    resident = await api.resident()
    bot.seconds = 3.0
    assert 204 == (await resident.ask("DELETE")).status
    assert [] == bot.forgotten


async def test_erasing_twice(api) -> None:
    """The second time there is nothing to erase."""
    resident = await api.resident()
    assert 204 == (await resident.ask("DELETE")).status
    assert 404 == (await resident.ask("DELETE")).status


RARE = "kvastfening"


def _files_with_words(settings) -> list[str]:
    """The database's files in which the rare word stands, whatever else does."""
    return sorted(
        file.name for file in settings.var.iterdir() if RARE.encode() in file.read_bytes()
    )


async def _talk(api, operator) -> list:
    """Conversations whose every text has a rare word; long ones, so that pages split."""
    residents = [await api.resident() for _ in range(4)]
    for number in range(6):
        for resident in residents:
            await resident.write(f"{RARE} {number} " * (1 + 25 * number))
    for resident in residents:
        await resident.want_person()
        await operator.desk(resident.id, "claim")
        await operator.desk(resident.id, "messages", {"text": RARE})
        await operator.desk(resident.id, "transfer", {"to": None, "note": RARE})
    return residents


async def test_no_file_of_the_database_keeps_what_was_erased(api, operator, settings) -> None:
    """Neither the database nor its log, while the gateway runs on."""
    kept = await api.resident()
    await kept.write("Det här finns kvar.")
    residents = await _talk(api, operator)
    assert "gateway.db-wal" in _files_with_words(settings)
    assert await api.client.app[DATABASE].empty_log()
    assert ["gateway.db"] == _files_with_words(settings)
    for resident in residents:
        await resident.write(RARE)
    for resident in residents:
        assert 204 == (await resident.ask("DELETE")).status
    assert [] == _files_with_words(settings)
    assert 3 == len(await kept.transcript())


async def test_somebody_who_reads_delays_that_only(api, operator, settings) -> None:
    """The erasure succeeds without waiting long; the log is emptied when the reader is gone."""
    (resident, *others) = await _talk(api, operator)
    for other in others:
        await other.ask("DELETE")
    reader = sqlite3.connect(settings.var / "gateway.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM messages").fetchone()
    began = time.monotonic()
    assert 204 == (await resident.ask("DELETE")).status
    assert time.monotonic() - began < 3
    assert 404 == (await resident.ask("GET", "/messages")).status
    assert [] != _files_with_words(settings)
    reader.close()
    late = Erasures(api.client.app[DATABASE], api.client.app[BOT], every_seconds=0.0)
    await late.settle()
    assert [] == _files_with_words(settings)
