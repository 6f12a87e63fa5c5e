"""What happens when nobody does anything: said once, by one gateway, and never in silence."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from gateway.case_offer import CaseOffer
from gateway.database import Database
from gateway.events import LocalHub, desk_topic
from gateway.keys import DATABASE, DESKS, HANDOFFS, HUB, MUNICIPALITIES, TEXTS
from gateway.opening import OpeningHours
from gateway.tables import ConversationRow, StaffRow
from gateway.timeouts import OpenDesks, Timeouts
from gateway.transcripts import now

ADA = "operator@ekhamn.example"


class Clock:
    """A clock that a test puts forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self):
        return now() + self.ahead

    def forward(self, **time: float) -> None:
        self.ahead += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def forgotten() -> list[str]:
    return []


@pytest.fixture
def make_timeouts(api, clock, forgotten):
    """Makes what a gateway has of them, on the running one's database."""

    def make(database: Database | None = None) -> Timeouts:
        app = api.client.app

        async def forget(conversation: str) -> None:
            forgotten.append(conversation)

        return Timeouts(
            database or app[DATABASE],
            LocalHub(),
            app[DESKS],
            app[HANDOFFS].lines,
            app[MUNICIPALITIES],
            app[TEXTS],
            CaseOffer(app[TEXTS], by_mail=True, clock=clock),
            forget,
            clock=clock,
        )

    return make


@pytest.fixture
def timeouts(make_timeouts) -> Timeouts:
    return make_timeouts()


@pytest.fixture
async def at_desk(api):
    """Keeps the operator's desk open, so that only silence is overdue."""
    async with api.client.app[DATABASE].reading() as session:
        staff = await session.scalar(select(StaffRow.id).where(StaffRow.email == ADA))
    with api.client.app[DESKS].join(staff):
        yield


async def _held(api, operator):
    resident = await api.resident()
    await resident.write("Vad kostar bygglov?")
    await resident.want_person()
    await operator.desk(resident.id, "claim")
    return resident


async def _state(resident) -> tuple[str, str]:
    answer = (await resident.ask("GET", "/messages")).json
    return answer["status"], answer["messages"][-1]["text"]


async def test_an_unclaimed_conversation_is_told_once_and_offered_a_case(
    api, operator, clock, timeouts, texts
) -> None:
    """After five minutes, not before; it keeps waiting."""
    resident = await api.resident()
    async with operator.events():
        await resident.want_person()
    clock.forward(minutes=4)
    await timeouts.sweep()
    before = await resident.transcript()
    clock.forward(minutes=2)
    for _ in range(3):
        await timeouts.sweep()
    messages = (await resident.ask("GET", "/messages")).json["messages"][len(before) :]
    (message,) = messages
    assert message["text"].startswith(texts("sv", "system.unclaimed"))
    offer = texts("sv", "system.case_offer", deadline="…").partition("…")[0]
    assert offer in message["text"], "by when an answer would come"
    assert ["case"] == [choice["action"] for choice in messages[0]["choices"]]
    assert [resident.id] == [item["id"] for item in (await operator.queue())["waiting"]]


async def test_who_was_told_that_nobody_is_there_is_not_told_again(api, clock, timeouts) -> None:
    """It was said at once."""
    resident = await api.resident()
    await resident.want_person()
    clock.forward(minutes=30)
    await timeouts.sweep()
    assert 2 == len(await resident.transcript())


async def test_a_silent_resident_is_asked_then_the_conversation_closes_kindly(
    api, operator, clock, timeouts, texts, at_desk, forgotten
) -> None:
    """Ten minutes after the operator wrote: asked once; ten more: closed, with a word."""
    resident = await _held(api, operator)
    await operator.desk(resident.id, "messages", {"text": "Det kostar 900 kronor."})
    clock.forward(minutes=11)
    await timeouts.sweep()
    await timeouts.sweep()
    asked = texts("sv", "system.still_there", minutes="10")
    assert ("with_operator", asked) == await _state(resident)
    assert 1 == [text for _, text in await resident.transcript()].count(asked)
    clock.forward(minutes=11)
    await timeouts.sweep()
    await timeouts.sweep()
    assert ("closed", texts("sv", "system.closed_silent")) == await _state(resident)
    assert {"waiting": [], "own": []} == await operator.queue()
    assert [resident.id] == forgotten


@pytest.mark.parametrize("who", ["resident", "operator"])
async def test_a_word_of_either_begins_the_time_anew(
    api, operator, clock, timeouts, at_desk, who
) -> None:
    """Who answers that they are still there is not closed away."""
    resident = await _held(api, operator)
    await operator.desk(resident.id, "messages", {"text": "Vilken gata?"})
    clock.forward(minutes=11)
    await timeouts.sweep()
    # What is written now is as late as the clock says.
    clock.ahead = timedelta()
    if who == "resident":
        await resident.write("ja")
    else:
        await operator.desk(resident.id, "messages", {"text": "Hallå?"})
    clock.forward(minutes=4)
    await timeouts.sweep()
    assert "with_operator" == (await _state(resident))[0]


async def test_a_silent_operator_gives_the_conversation_back_first_in_line(
    api, operator, colleague, clock, timeouts, texts, at_desk
) -> None:
    """Five minutes after the resident's first unanswered message, with the reason for the next."""
    earlier = await api.resident()
    await earlier.want_person()
    resident = await _held(api, operator)
    await operator.desk(resident.id, "messages", {"text": "Hej!"})
    await resident.write("Jag bor på Storgatan.")
    clock.forward(minutes=4)
    await timeouts.sweep()
    assert "with_operator" == (await _state(resident))[0]
    await resident.write("Hallå?")
    clock.forward(minutes=2)
    await timeouts.sweep()
    assert ("waiting", texts("sv", "system.returned")) == await _state(resident)
    waiting = (await colleague.queue())["waiting"]
    assert [resident.id, earlier.id] == [item["id"] for item in waiting]
    (transfer,) = waiting[0]["handoff"]["transfers"]
    assert {
        "sender": "Ekhamns kontaktcenter",
        "receiver": None,
        "note": texts("sv", "desk.returned.operator_silent"),
        "reason": "operator_silent",
    } == {key: transfer[key] for key in ("sender", "receiver", "note", "reason")}


async def test_an_operator_who_claims_and_says_nothing_loses_it(
    api, operator, clock, timeouts, at_desk
) -> None:
    """The resident's question is what waits for an answer from the claim on."""
    resident = await _held(api, operator)
    clock.forward(minutes=6)
    await timeouts.sweep()
    assert "waiting" == (await _state(resident))[0]


async def test_an_operator_who_waits_for_the_resident_keeps_it(
    api, operator, clock, timeouts, at_desk
) -> None:
    """Silence after one's own answer is the resident's."""
    resident = await _held(api, operator)
    await operator.desk(resident.id, "messages", {"text": "Hej!"})
    clock.forward(minutes=9)
    await timeouts.sweep()
    assert "with_operator" == (await _state(resident))[0]


async def test_an_operator_who_is_gone_gives_it_back_after_a_minute(
    api, operator, clock, timeouts, texts, until
) -> None:
    """With an open desk it stays, whatever time passes; sixty seconds after the last, it goes."""
    async with operator.events():
        resident = await _held(api, operator)
        await operator.desk(resident.id, "messages", {"text": "Hej!"})
        clock.forward(minutes=3)
        await timeouts.sweep()
        assert "with_operator" == (await _state(resident))[0]
    await until(lambda: not api.client.app[DESKS].open)
    clock.forward(seconds=50)
    await timeouts.sweep()
    assert "with_operator" == (await _state(resident))[0]
    clock.forward(seconds=20)
    await timeouts.sweep()
    assert ("waiting", texts("sv", "system.returned")) == await _state(resident)
    (item,) = (await operator.queue())["waiting"]
    assert "operator_gone" == item["handoff"]["transfers"][0]["reason"]


async def test_after_a_start_desks_have_time_to_connect_again(
    api, operator, clock, make_timeouts
) -> None:
    """A gateway that was down for long does not take everything from everybody."""
    resident = await _held(api, operator)
    await operator.desk(resident.id, "messages", {"text": "Hej!"})
    clock.forward(minutes=3)
    started = make_timeouts()
    await started.sweep()
    assert "with_operator" == (await _state(resident))[0]
    clock.forward(minutes=2)
    await started.sweep()
    assert "waiting" == (await _state(resident))[0]


async def test_a_transfer_to_somebody_who_leaves_at_once_comes_back(
    api, operator, colleague, clock, timeouts, at_desk
) -> None:
    """The colleague closed the desk: the conversation does not wait for them for ever."""
    resident = await _held(api, operator)
    with api.client.app[HUB].subscribe(desk_topic("ekhamn")) as news:
        async with colleague.events() as socket:
            await socket.receive_json(timeout=20)
            body = {"to": "admin@ekhamn.example", "note": "x"}
            assert 200 == (await operator.desk(resident.id, "transfer", body)).status
            await news.take(5)
        async with asyncio.timeout(10):
            while not any(event.kind == "presence" for event in await news.take(5)):
                pass
    clock.forward(seconds=70)
    await timeouts.sweep()
    assert "waiting" == (await _state(resident))[0]


async def test_closed_is_not_said_while_somebody_is_there(
    api, operator, timeouts, texts, monkeypatch, until
) -> None:
    """Who works after hours takes who waits; when the last one leaves, that is told."""
    monkeypatch.setattr(OpeningHours, "is_open", lambda hours, at: False)
    resident = await api.resident()
    async with operator.events():
        await resident.want_person()
        before = await resident.transcript()
        assert before[-1][1].startswith(texts("sv", "system.waiting_operator_there"))
        await timeouts.sweep()
        assert before == await resident.transcript()
    await until(lambda: not api.client.app[DESKS].open)
    await timeouts.sweep()
    closing = texts("sv", "system.closing", opens="…").partition("…")[0]
    assert (await resident.transcript())[-1][1].startswith(closing)


async def test_who_waits_when_it_closes_is_told_once_and_again_the_next_day(
    api, operator, clock, timeouts, texts, monkeypatch, until
) -> None:
    """With the time it opens, and a case instead; neither is said twice in one night."""
    resident = await api.resident()
    async with operator.events():
        await resident.want_person()
    await until(lambda: not api.client.app[DESKS].open)
    await timeouts.sweep()
    assert 2 == len(await resident.transcript())
    monkeypatch.setattr(OpeningHours, "is_open", lambda hours, at: False)
    opens = now() + timedelta(minutes=1)
    monkeypatch.setattr(OpeningHours, "opens_next", lambda hours, at: opens)
    await timeouts.sweep()
    clock.forward(hours=3)
    await timeouts.sweep()
    messages = (await resident.ask("GET", "/messages")).json["messages"][2:]
    closing = texts("sv", "system.closing", opens="…").partition("…")[0]
    assert [True] == [message["text"].startswith(closing) for message in messages]
    assert ["case"] == [choice["action"] for choice in messages[0]["choices"]]
    for is_open in (True, False):
        monkeypatch.setattr(OpeningHours, "is_open", lambda hours, at, value=is_open: value)
        await timeouts.sweep()
    assert 4 == len(await resident.transcript())


async def test_nobody_waits_for_ever(api, operator, clock, timeouts, texts, forgotten) -> None:
    """After a week the bot answers again, and a case is offered, with a word about it."""
    resident = await api.resident()
    await resident.want_person()
    clock.forward(days=8)
    await timeouts.sweep()
    messages = (await resident.ask("GET", "/messages")).json
    given_up = texts("sv", "system.given_up", phone="031-390 06 00")
    assert "with_bot" == messages["status"]
    assert messages["messages"][-1]["text"].startswith(given_up)
    assert [resident.id] == forgotten
    answer = await resident.write("Vad kostar bygglov?")
    assert "bot" == answer["messages"][-1]["author"]
    assert {"waiting": [], "own": []} == await operator.queue()


async def test_several_gateways_do_each_thing_once(
    api, operator, clock, make_timeouts, settings, texts
) -> None:
    """Four gateways on one database sweep at once: one message, one change."""
    waiting = [await api.resident() for _ in range(5)]
    async with operator.events():
        for resident in waiting:
            await resident.want_person()
    databases = [Database(settings.database) for _ in range(4)]
    try:
        gateways = [make_timeouts(database) for database in databases]
        clock.forward(minutes=6)
        await asyncio.gather(*(gateway.sweep() for gateway in gateways * 2))
    finally:
        for database in databases:
            await database.close()
    for resident in waiting:
        said = [text for _, text in await resident.transcript()]
        assert 1 == sum(text.startswith(texts("sv", "system.unclaimed")) for text in said)


async def test_what_was_due_while_no_gateway_ran_is_done_after_the_start(
    api, operator, start_gateway, settings, texts
) -> None:
    """The running chore finds it in the database by itself."""
    resident = await api.resident()
    await resident.want_person()
    async with api.client.app[DATABASE].writing() as session:
        long_ago = now() - timedelta(days=1)
        await session.execute(
            update(ConversationRow)
            .where(ConversationRow.id == resident.id)
            .values(entered_at=long_ago, told_at=None)
        )
    await api.client.close()
    again = await start_gateway(settings)
    moved = type(resident)(again, resident.id, resident.token)
    unclaimed = texts("sv", "system.unclaimed")
    deadline = now() + timedelta(seconds=20)
    while not (await _state(moved))[1].startswith(unclaimed):
        assert now() < deadline
        await asyncio.sleep(0.05)
    assert "waiting" == (await _state(moved))[0]


async def test_a_sweep_that_fails_is_tried_again(
    api, clock, make_timeouts, monkeypatch, until
) -> None:
    """A chore that ended at the first error would leave people waiting for ever."""
    timeouts = make_timeouts()
    timeouts._every = 0.01
    calls = []

    async def fails() -> None:
        calls.append(1)
        raise OSError

    monkeypatch.setattr(timeouts, "sweep", fails)
    task = asyncio.create_task(timeouts.run())
    await until(lambda: len(calls) > 1)
    task.cancel()


def test_a_desk_is_open_until_its_last_connection_closes() -> None:
    """Two tabs of one operator are one open desk."""
    desks = OpenDesks()
    with desks.join(7):
        with desks.join(7):
            pass
        assert (7,) == desks.open
    assert () == desks.open
