"""Conversations in which nothing has been written for long are erased, and only those."""

import asyncio
import logging
from datetime import timedelta
from functools import partial
from types import SimpleNamespace

import pytest
from sqlalchemy import select, update

from gateway import retention
from gateway.erasures import Erasures
from gateway.keys import BOT, CONVERSATIONS, DATABASE, METRICS
from gateway.retention import Retention
from gateway.suggestions import erase_done_suggestions
from gateway.tables import Base, ConversationRow, ErasureRow, HandoffRow, SuggestionRow
from gateway.transcripts import now
from gateway.types import Status

DAYS = 90


@pytest.fixture(autouse=True)
def no_pause(monkeypatch) -> None:
    monkeypatch.setattr(retention, "PAUSE_SECONDS", 0.0)


def _retention(api, **options) -> Retention:
    app = api.client.app
    return Retention(app[CONVERSATIONS], app[METRICS], DAYS, **options)


def _figure(api) -> float:
    name = "svar_gateway_outdated_conversations_total"
    return api.client.app[METRICS].registry.get_sample_value(name)


async def _age(api, conversation: str, age: timedelta) -> None:
    async with api.client.app[DATABASE].writing() as session:
        await session.execute(
            update(ConversationRow)
            .where(ConversationRow.id == conversation)
            .values(updated_at=now() - age)
        )


async def _rows(api, conversation: str) -> dict[str, int]:
    """How many rows of each table belong to a conversation."""
    counted = {}
    async with api.client.app[DATABASE].reading() as session:
        handoffs = set(
            await session.scalars(
                select(HandoffRow.id).where(HandoffRow.conversation_id == conversation)
            )
        )
        for table in Base.metadata.sorted_tables:
            rows = (await session.execute(select(table))).mappings().all()
            counted[table.name] = sum(
                conversation in row.values() or row.get("handoff_id") in handoffs for row in rows
            )
    return {name: count for name, count in counted.items() if count}


async def _full_conversation(api, operator):
    """A conversation with something in every table, back with the bot."""
    resident = await api.resident()
    await resident.write("Vad kostar bygglov?")
    await resident.ask("POST", "/feedback", json={"message": 3, "helpful": True})
    await resident.want_person()
    for action, body in (
        ("claim", None),
        ("transfer", {"to": None, "note": "vet inte"}),
        ("claim", None),
        ("resolve", {"outcome": "answered"}),
    ):
        assert 200 == (await operator.desk(resident.id, action, body)).status
    return resident


async def test_an_outdated_conversation_leaves_nothing_and_newer_ones_stay(
    api, operator, bot
) -> None:
    """Every table's rows go, the bot forgets, the figure counts; a day younger stays whole."""
    old, new = [await _full_conversation(api, operator) for _ in range(2)]
    bot.forgotten.clear()  # it begins anew after a person, which is not what is tested here
    before = await _rows(api, old.id)
    assert {"conversations", "messages", "handoffs", "transfers", "feedback"} == set(before)
    await _age(api, old.id, timedelta(days=DAYS, seconds=1))
    await _age(api, new.id, timedelta(days=DAYS - 1))
    await _retention(api).erase_outdated()
    assert {"erasures": 1} == await _rows(api, old.id)
    assert before == await _rows(api, new.id)
    assert 1.0 == _figure(api)
    assert 404 == (await old.ask("GET", "/messages")).status
    assert 200 == (await new.ask("GET", "/messages")).status
    await Erasures(api.client.app[DATABASE], api.client.app[BOT], every_seconds=0.0).settle()
    assert [old.id] == bot.forgotten
    assert {} == await _rows(api, old.id)
    async with api.client.app[DATABASE].reading() as session:
        left = {
            table.name: len((await session.execute(select(table))).all())
            for table in Base.metadata.sorted_tables
        }
    assert {**before, "erasures": 0} == {name: left[name] for name in (*before, "erasures")}


async def test_a_conversation_that_concerns_people_stays(api, operator) -> None:
    """However old: one that waits, one that an operator has. A closed one goes."""
    waiting, with_operator, closed = [await api.resident() for _ in range(3)]
    for resident in (waiting, with_operator, closed):
        await resident.want_person()
    for resident in (with_operator, closed):
        await operator.desk(resident.id, "claim")
    await operator.desk(closed.id, "resolve", {"outcome": "closed"})
    for resident in (waiting, with_operator, closed):
        await _age(api, resident.id, timedelta(days=10 * DAYS))
    await _retention(api).erase_outdated()
    queue = await operator.queue()
    assert [waiting.id] == [item["id"] for item in queue["waiting"]]
    assert [with_operator.id] == [item["id"] for item in queue["own"]]
    assert 404 == (await closed.ask("GET", "/messages")).status


async def test_a_conversation_that_comes_to_life_meanwhile_stays(api, monkeypatch) -> None:
    """Between being found and being erased it may be written in or ask for a person."""
    written, asked = [await api.resident() for _ in range(2)]
    for resident in (written, asked):
        await _age(api, resident.id, timedelta(days=DAYS + 1))
    conversations = api.client.app[CONVERSATIONS]
    remove = conversations._remove

    async def changed_first(conversation: str, *rest):
        async with api.client.app[DATABASE].writing() as session:
            change = (
                {"updated_at": now()} if conversation == written.id else {"status": Status.WAITING}
            )
            await session.execute(
                update(ConversationRow).where(ConversationRow.id == conversation).values(**change)
            )
        return await remove(conversation, *rest)

    monkeypatch.setattr(conversations, "_remove", changed_first)
    await _retention(api).erase_outdated()
    assert 0.0 == _figure(api)
    for resident in (written, asked):
        assert 1 == len(await resident.transcript())


async def test_many_go_in_batches(api) -> None:
    """Five with two at a time: all of them in one run."""
    residents = [await api.resident() for _ in range(5)]
    for resident in residents:
        await _age(api, resident.id, timedelta(days=DAYS + 1))
    await _retention(api, at_once=2).erase_outdated()
    assert 5.0 == _figure(api)
    async with api.client.app[DATABASE].reading() as session:
        owed = set(await session.scalars(select(ErasureRow.conversation_id)))
    assert {resident.id for resident in residents} == owed


async def test_done_suggestions_are_erased_and_others_never(api, operator) -> None:
    """Those that editors were done with as long ago as a conversation is kept."""
    database = api.client.app[DATABASE]
    ages = {"done long ago": DAYS + 1, "done lately": DAYS - 1, "not done": None}
    async with database.writing() as session:
        for question, days in ages.items():
            session.add(
                SuggestionRow(
                    municipality="ekhamn",
                    conversation_id=None,
                    seq=1,
                    question=question,
                    answer="Ja.",
                    sources=[],
                    language="sv",
                    suggested_by="Kontaktcenter",
                    created_at=now() - timedelta(days=10 * DAYS),
                    done_at=None if days is None else now() - timedelta(days=days),
                )
            )
    await _retention(api, also=(partial(erase_done_suggestions, database),)).erase_outdated()
    async with database.reading() as session:
        left = set(await session.scalars(select(SuggestionRow.question)))
    assert {"done lately", "not done"} == left


async def test_it_runs_when_the_gateway_starts(api, settings, start_gateway, until) -> None:
    """With the days of SVAR_RETENTION_DAYS, without anybody asking; seen in the figures."""
    resident = await api.resident()
    await _age(api, resident.id, timedelta(days=3, minutes=1))
    await api.client.close()
    for days, expected in ((4, 0.0), (3, 1.0)):
        again = await start_gateway(settings.model_copy(update={"retention_days": days}))
        if expected:
            await until(lambda started=again: _figure(started) == 1.0)
        else:
            await asyncio.sleep(0.3)
        text = (await again.ask("GET", "/metrics")).text
        assert f"svar_gateway_outdated_conversations_total {expected}\n" in text
        await again.client.close()


async def test_it_runs_again_and_again(api, until) -> None:
    """What becomes outdated later is erased at a later run."""
    running = asyncio.create_task(_retention(api, every_seconds=0.02).run())
    try:
        for expected in (1.0, 2.0):
            await _age(api, (await api.resident()).id, timedelta(days=DAYS + 1))
            await until(lambda wanted=expected: _figure(api) == wanted)
    finally:
        running.cancel()


class _Clock:
    """The event loop's time, which only goes on when something waits or takes a while."""

    now = 0.0

    def time(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


class _Failing:
    """Conversations that can't be erased at the first two tries, and take long at the fifth."""

    def __init__(self, clock: _Clock) -> None:
        self.clock = clock
        self.times: list[float] = []

    async def erase_idle(self, before, limit) -> int:
        self.times.append(self.clock.now)
        if len(self.times) < 3:
            raise RuntimeError("words of a resident")
        self.clock.now += 150 if len(self.times) != 5 else 550
        return 0


async def test_errors_and_long_runs_do_not_stop_it(api, caplog, until, monkeypatch) -> None:
    """The kind of error is logged, never its words; the times don't drift with the runs.

    What a run of more than an interval missed is not made up for.
    """
    clock = _Clock()
    conversations = _Failing(clock)
    loop = SimpleNamespace(get_running_loop=lambda: clock, sleep=clock.sleep)
    outdated = Retention(conversations, api.client.app[METRICS], DAYS, every_seconds=200)
    monkeypatch.setattr("gateway.retention.asyncio", loop)
    with caplog.at_level(logging.ERROR):
        running = asyncio.create_task(outdated.run())
        await until(lambda: len(conversations.times) >= 8)
        running.cancel()
    messages = [each.getMessage() for each in caplog.records if each.name == "gateway.retention"]
    assert ["outdated conversations can't be erased: RuntimeError"] * 2 == messages
    assert [0, 200, 400, 600, 800, 1350, 1550, 1750] == conversations.times[:8]
