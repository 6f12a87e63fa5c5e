"""Departments in the queue: which one a conversation waits for, and passing it to another."""

from datetime import datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from gateway.keys import DATABASE, HANDOFFS
from gateway.municipalities import Municipality
from gateway.opening import OpeningHours
from gateway.tables import StaffRow


def _says_about(topic: str):
    return lambda turn: {
        "intent": {"name": topic, "confidence": 0.9},
        "messages": [{"text": "Svar."}],
    }


async def _answers_for(api, email: str, *departments: str) -> None:
    async with api.client.app[DATABASE].writing() as session:
        await session.execute(
            update(StaffRow).where(StaffRow.email == email).values(departments=list(departments))
        )


async def test_a_conversation_waits_for_the_department_of_what_was_asked(
    api, bot, operator
) -> None:
    """The last topic counts; small talk after it and the wish for a person change nothing."""
    resident = await api.resident()
    for intent in ("service_waste", "service_water", "thank", "take_choice"):
        bot.reply = _says_about(intent)
        await resident.write(intent)
    await resident.want_person()
    (item,) = (await operator.queue())["waiting"]
    assert ("water", "water", "service_water") == (
        item["department"],
        item["handoff"]["department"],
        item["handoff"]["intent"],
    )


async def test_a_topic_of_nobodys_waits_for_the_municipality(api, bot, operator) -> None:
    """No department answers for elections: then everybody does."""
    bot.reply = _says_about("service_democracy")
    resident = await api.resident()
    await resident.write("När är valet?")
    await resident.want_person()
    assert [None] == [item["department"] for item in (await operator.queue())["waiting"]]


async def test_the_bots_handoff_may_name_the_topic(api, bot, operator) -> None:
    """What the bot says outranks what was asked before, also within one turn."""
    bot.says({"text": "", "handoff": {"reason": "asked", "intent": "service_roads"}})
    resident = await api.resident()
    await resident.write("hål i gatan, jag vill ha en människa")
    assert "streets" == (await operator.queue())["waiting"][0]["department"]


async def test_only_people_of_the_department_count_as_there(api, bot, operator, texts) -> None:
    """Somebody at the desk who answers for streets is nobody for a question about water."""
    await _answers_for(api, "operator@ekhamn.example", "streets")
    said = {}
    async with operator.events():
        for topic in ("service_roads", "service_water", "service_jobs"):
            bot.reply = _says_about(topic)
            resident = await api.resident()
            await resident.write("en fråga")
            said[topic] = (await resident.want_person())["messages"][-1]["text"]
    there = texts("sv", "system.waiting_operator_there")
    assert {"service_roads": True, "service_water": False, "service_jobs": True} == {
        topic: text.startswith(there) for topic, text in said.items()
    }


@pytest.mark.parametrize(
    ("language", "opens"),
    [
        ("nb", "på torsdag klokka 8"),
        ("nn", "på torsdag klokka 8"),
    ],
)
async def test_when_it_is_closed_the_resident_is_told_until_when(
    api, texts, monkeypatch, language, opens
) -> None:
    """Weekday and time as people say them; no case is offered where no mail can be sent."""
    monkeypatch.setattr(OpeningHours, "is_open", lambda hours, at: False)
    evening = datetime(2026, 11, 24, 20, 0, tzinfo=ZoneInfo("Europe/Oslo"))
    thursday = datetime(2026, 11, 26, 8, 0, tzinfo=ZoneInfo("Europe/Oslo"))
    monkeypatch.setattr(OpeningHours, "opens_next", lambda hours, at: thursday)
    api.client.app[HANDOFFS].clock = lambda: evening
    answer = await (await api.resident("fjordvik", language)).want_person()
    (message,) = answer["messages"]
    assert texts(language, "system.waiting_closed", opens=opens) == message["text"]
    assert [] == message["choices"]


async def test_somebody_who_works_late_is_there(api, operator, texts, monkeypatch) -> None:
    """Who is at the desk is there, whatever the hours say."""
    monkeypatch.setattr(OpeningHours, "is_open", lambda hours, at: False)
    async with operator.events():
        answer = await (await api.resident()).want_person()
    there = texts("sv", "system.waiting_operator_there")
    assert answer["messages"][0]["text"].startswith(there)


async def test_transfer_to_a_department_keeps_place_and_note(
    api, bot, operator, colleague, texts
) -> None:
    """It waits for the other department where it stood, and the resident is told its name."""
    first, second = await api.resident(), await api.resident()
    await first.want_person()
    await second.want_person()
    await operator.desk(first.id, "claim")
    body = {"to": None, "department": "water", "note": "Gäller en läcka."}
    answer = await operator.desk(first.id, "transfer", body)
    assert 200 == answer.status
    waiting = (await colleague.queue())["waiting"]
    assert [(first.id, "water"), (second.id, None)] == [
        (item["id"], item["department"]) for item in waiting
    ]
    (transfer,) = waiting[0]["handoff"]["transfers"]
    assert ("Ekhamns kontaktcenter", "Vatten och avlopp", "Gäller en läcka.", None) == tuple(
        transfer[key] for key in ("sender", "receiver", "note", "reason")
    )
    said = texts("sv", "system.transferred_department", department="Vatten och avlopp")
    assert ("system", said) == (await first.transcript())[-1]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"to": None, "department": "space"}, ("department", "unknown")),
        ({"to": "admin@ekhamn.example", "department": "water"}, ("department", "invalid")),
    ],
)
async def test_a_department_that_there_is_not_changes_nothing(api, operator, body, fault) -> None:
    """The conversation stays with who has it."""
    resident = await api.resident()
    await resident.want_person()
    await operator.desk(resident.id, "claim")
    answer = await operator.desk(resident.id, "transfer", body)
    assert (422, [fault]) == (answer.status, answer.codes)
    assert [resident.id] == [item["id"] for item in (await operator.queue())["own"]]


async def test_the_desk_knows_the_departments_and_ones_own(api, operator) -> None:
    """Names in every language of the municipality, so that the desk can filter."""
    await _answers_for(api, "operator@ekhamn.example", "water", "waste")
    found = (await operator.ask("GET", "/api/v1/desk/departments")).json
    assert ["water", "waste"] == found["own"]
    names = {each["id"]: each["name"] for each in found["departments"]}
    assert {"sv": "Vatten och avlopp"} == names["water"]


async def test_the_desk_knows_whether_a_department_could_take_it(
    api, operator, colleague, monkeypatch
) -> None:
    """Somebody else there who answers for it, and whether it is open: one alone is not enough."""
    monkeypatch.setattr(
        Municipality,
        "opening_of",
        lambda tenant, department: SimpleNamespace(is_open=lambda at: department == "waste"),
    )
    await _answers_for(api, "admin@ekhamn.example", "water")

    async def known(department: str) -> tuple[bool, bool]:
        answer = await operator.ask("GET", "/api/v1/desk/departments")
        (found,) = [each for each in answer.json["departments"] if each["id"] == department]
        return found["there"], found["open"]

    async with operator.events() as own:
        await own.receive_json(timeout=20)
        assert (False, False) == await known("water")
        async with colleague.events() as socket:
            await socket.receive_json(timeout=20)
            assert [(True, False), (False, True)] == [await known("water"), await known("waste")]


async def test_the_operator_sees_what_was_asked_and_what_was_tried(api, bot, operator) -> None:
    """Word for word from the transcript, masked as it is stored; nothing is added."""
    source = {
        "article": "vatten",
        "title": "Vatten",
        "heading": "Avgift",
        "url": "/demo/ekhamn/vatten#avgift",
        "updated": "2026-02-01",
    }
    decided = {"status": "answered", "confidence": 0.8, "sources": [source]}
    bot.says({"text": "Det kostar 900 kronor.", "answer": decided})
    resident = await api.resident()
    await resident.write("Vad kostar vatten? Jag är 811228-9841")
    bot.says({"text": "Vad menar du?", "answer": {"status": "clarification", "confidence": 0.3}})
    await resident.write("och i stugan?")
    await resident.want_person()
    handoff = (await operator.queue())["waiting"][0]["handoff"]
    assert ["Vad kostar vatten? Jag är [personnummer]", "och i stugan?"] == handoff["asked"]
    assert [
        {
            "seq": 4,
            "text": "Det kostar 900 kronor.",
            "status": "answered",
            "confidence": 0.8,
            "sources": [source],
        },
        {
            "seq": 6,
            "text": "Vad menar du?",
            "status": "clarification",
            "confidence": 0.3,
            "sources": [],
        },
    ] == handoff["tried"]


@pytest.mark.parametrize(
    ("statuses", "reason"),
    [
        (("unanswerable", "unanswerable"), "unsure_twice"),
        (("clarification", "unanswerable"), "unsure_twice"),
        (("answered", "unanswerable"), "asked"),
        (("unanswerable", "answered"), "asked"),
        (("unanswerable",), "asked"),
    ],
)
async def test_unsure_twice_is_a_reason_of_its_own(api, bot, operator, statuses, reason) -> None:
    """Two answers in a row that the bot was unsure of; one alone is no reason."""
    resident = await api.resident()
    for status in statuses:
        bot.says({"text": "Hm.", "answer": {"status": status, "confidence": 0.2}})
        await resident.write("Får jag ha en häst?")
    await resident.want_person()
    assert reason == (await operator.queue())["waiting"][0]["handoff"]["reason"]


async def test_a_complaint_is_known_by_the_offer_that_was_taken(api, bot, operator) -> None:
    """Only while it stands last: a complaint some turns ago is no reason any more."""
    offer = {"title": "Prata", "text": "Prata", "action": "handoff", "reason": "complaint"}
    for later, reason in ((False, "complaint"), (True, "asked")):
        bot.says({"text": "Tråkigt att höra.", "choices": [offer]})
        resident = await api.resident()
        await resident.write("Usch!")
        if later:
            bot.says({"text": "På tisdagar."})
            await resident.write("När kommer sopbilen?")
        await resident.want_person()
        (item,) = [
            item for item in (await operator.queue())["waiting"] if item["id"] == resident.id
        ]
        assert reason == item["handoff"]["reason"]


async def test_a_reason_that_there_is_not_is_refused(api, bot) -> None:
    """The bot's reply is not what was agreed: the honest failure, and no handoff."""
    bot.says({"text": "", "handoff": {"reason": "bored"}})
    answer = await (await api.resident()).write("hej")
    assert ("with_bot", "error") == (
        answer["status"],
        answer["messages"][-1]["answer"]["status"],
    )


async def test_departments_of_staff_are_kept_apart(api, sign_in, operator) -> None:
    """Another municipality's departments are not listed."""
    stranger = await sign_in("admin@fjordvik.example")
    found = (await stranger.ask("GET", "/api/v1/desk/departments")).json
    names = [each["name"].get("nb") for each in found["departments"]]
    assert "Vann og avløp" in names and None not in names
    async with api.client.app[DATABASE].reading() as session:
        assert [[]] * 6 == list(await session.scalars(select(StaffRow.departments)))
