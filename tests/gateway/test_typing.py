"""That somebody is writing is told to the other side, and to nobody else."""

import asyncio
import json

import pytest

from gateway import sockets
from gateway.database import Database
from gateway.events import QUEUE_LENGTH, TYPING, Event, LocalHub

SIGNAL = {"type": "typing"}
ROUNDS = 20


@pytest.fixture
def told(monkeypatch) -> list[str]:
    """The kinds of what is published, in order."""
    kinds = []
    publish = LocalHub.publish

    async def count(hub, topic, event):
        kinds.append(event.kind)
        await publish(hub, topic, event)

    monkeypatch.setattr(LocalHub, "publish", count)
    return kinds


async def claimed(api, operator):
    """A resident whose conversation the operator has."""
    resident = await api.resident()
    await resident.want_person()
    assert 200 == (await operator.desk(resident.id, "claim")).status
    return resident


async def last_seen(resident) -> int:
    return len(await resident.transcript())


async def test_each_side_learns_that_the_other_writes(api, operator) -> None:
    """No word of it is sent or stored, even when a page sends some along."""
    resident = await claimed(api, operator)
    before = await resident.transcript()
    async with operator.events() as desk, resident.events(await last_seen(resident)) as page:
        await desk.receive_json(timeout=20)
        await page.send_json({**SIGNAL, "text": "hemligt"})
        expected = {"type": "typing", "conversation": resident.id}
        assert expected == await desk.receive_json(timeout=20)
        await desk.send_json({**expected, "text": "hemligt"})
        assert SIGNAL == await page.receive_json(timeout=20)
    assert before == await resident.transcript()


async def test_nothing_is_read_for_it(api, operator, monkeypatch) -> None:
    """However often it is told, the database is asked no more than connecting asks it."""
    monkeypatch.setattr(sockets, "HEAR_SECONDS", 0)
    resident = await claimed(api, operator)
    asked = []
    reading = Database.reading

    def count(database, **options):
        asked.append(options)
        return reading(database, **options)

    async with operator.events() as desk, resident.events(await last_seen(resident)) as page:
        await desk.receive_json(timeout=20)
        monkeypatch.setattr(Database, "reading", count)
        for _ in range(ROUNDS):
            await page.send_json(SIGNAL)
            await desk.receive_json(timeout=20)
            await desk.send_json({**SIGNAL, "conversation": resident.id})
            await page.receive_json(timeout=20)
    assert len(asked) < ROUNDS


async def test_only_who_has_the_conversation_is_told_and_believed(
    api, operator, colleague, sign_in
) -> None:
    """A colleague hears nothing of it, nor does what they or another municipality send arrive."""
    resident = await claimed(api, operator)
    stranger = await sign_in("operator@fjordvik.example")
    async with (
        colleague.events() as beside,
        stranger.events() as elsewhere,
        resident.events(await last_seen(resident)) as page,
    ):
        for desk in (beside, elsewhere):
            await desk.receive_json(timeout=20)
            await desk.send_json({**SIGNAL, "conversation": resident.id})
        await page.send_json(SIGNAL)
        await operator.desk(resident.id, "messages", {"text": "Hej!"})
        assert "Hej!" == (await page.receive_json(timeout=20))["text"]
        for desk in (beside, elsewhere):
            with pytest.raises(TimeoutError):
                await desk.receive_json(timeout=0.3)


async def test_nobody_is_told_before_somebody_has_it(api, operator, told) -> None:
    """Who writes to the bot or waits writes to nobody yet; no desk is even woken for it."""
    resident = await api.resident()
    async with operator.events() as desk, resident.events(1) as page:
        await desk.receive_json(timeout=20)
        await page.send_json(SIGNAL)
        await resident.want_person()
        assert "lines" == (await desk.receive_json(timeout=20))["type"]
    assert TYPING not in told


async def test_a_conversation_passed_on_is_told_of_no_more(api, operator, colleague) -> None:
    """Given back to the queue, it is nobody's; neither side hears the other."""
    resident = await claimed(api, operator)
    async with operator.events() as desk, resident.events(await last_seen(resident)) as page:
        await desk.receive_json(timeout=20)
        assert 200 == (await operator.desk(resident.id, "transfer", {"to": None})).status
        assert "waiting" == (await page.receive_json(timeout=20))["status"]
        while [] != (await desk.receive_json(timeout=20))["own"]:
            pass
        await desk.send_json({**SIGNAL, "conversation": resident.id})
        await page.send_json(SIGNAL)
        await colleague.desk(resident.id, "claim")
        frames = [await page.receive_json(timeout=20)]
        while frames[-1]["status"] == "waiting":
            frames.append(await page.receive_json(timeout=20))
        assert [] == [frame for frame in frames if frame.get("type")]
        assert "lines" == (await desk.receive_json(timeout=20))["type"]


async def test_a_flood_of_it_is_dropped(api, operator, told, monkeypatch) -> None:
    """A page that says it all the time is heard now and then, and the desk stays open."""
    monkeypatch.setattr(sockets, "HEAR_SECONDS", 60)
    resident = await claimed(api, operator)
    async with operator.events() as desk, resident.events(await last_seen(resident)) as page:
        await desk.receive_json(timeout=20)
        for _ in range(2 * QUEUE_LENGTH):
            await page.send_json(SIGNAL)
        assert "typing" == (await desk.receive_json(timeout=20))["type"]
        await resident.write("hallå?")
        assert "message" == (await desk.receive_json(timeout=20))["type"]
    assert 1 == told.count(TYPING)


@pytest.mark.parametrize(
    "frame",
    ["", "x", "[]", "{}", '"typing"', '{"type": "message"}', json.dumps([SIGNAL]), "\ud7ff" * 900],
)
async def test_any_other_frame_is_dropped(api, operator, monkeypatch, frame) -> None:
    """What is not understood harms nothing: the next is heard."""
    monkeypatch.setattr(sockets, "HEAR_SECONDS", 0)
    resident = await claimed(api, operator)
    async with operator.events() as desk, resident.events(await last_seen(resident)) as page:
        await desk.receive_json(timeout=20)
        for socket in (page, desk):
            await socket.send_str(frame)
            await socket.send_bytes(frame.encode())
        await page.send_json(SIGNAL)
        assert "typing" == (await desk.receive_json(timeout=20))["type"]
        await desk.send_json({**SIGNAL, "conversation": resident.id})
        assert SIGNAL == await page.receive_json(timeout=20)


async def test_typing_makes_nobody_lag() -> None:
    """A slow connection loses only what would be over in a moment."""
    hub = LocalHub()
    with hub.subscribe("a") as subscription:
        await asyncio.gather(*(hub.publish("a", Event(TYPING)) for _ in range(QUEUE_LENGTH + 1)))
        assert QUEUE_LENGTH == len(await subscription.take(1))
