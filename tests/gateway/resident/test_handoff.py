"""From bot to person, as the resident sees it."""

import asyncio

import pytest

from gateway.keys import DESKS
from gateway.municipalities import load_municipalities

SOURCE = {
    "article": "sophamtning",
    "title": "Sophämtning",
    "heading": "Tider",
    "url": "/demo/ekhamn/avfall/sophamtning#tider",
    "updated": "2026-02-01",
}


async def test_nobody_there_is_said_with_phone_and_hours(api, texts, settings) -> None:
    """Without an operator at the desk no person is promised."""
    resident = await api.resident("fjordvik", "nn")
    answer = await resident.want_person()
    assert "waiting" == answer["status"]
    (message,) = answer["messages"]
    expected = texts(
        "nn",
        "system.waiting_nobody_there",
        phone="55 00 01 00",
        hours=load_municipalities(settings.municipalities)["fjordvik"].hours["nn"],
    )
    assert ("system", expected) == (message["author"], message["text"])


async def test_an_operator_of_the_municipality_is_there(api, texts, operator) -> None:
    """With an operator at the desk the resident is told that somebody comes."""
    async with operator.events():
        there = await (await api.resident()).want_person()
        other = await (await api.resident("fjordvik", "nb")).want_person()
    assert [
        f"{texts('sv', 'system.waiting_operator_there')} {texts('sv', 'system.queue_next')}"
    ] == [message["text"] for message in there["messages"]]
    assert "55 00 01 00" in other["messages"][0]["text"]


async def test_an_operator_who_left_is_not_there(api, texts, operator, until) -> None:
    """Presence ends with the connection."""
    async with operator.events():
        pass
    await until(lambda: not api.client.app[DESKS].open)
    answer = await (await api.resident()).want_person()
    assert "031-390 06 00" in answer["messages"][0]["text"]


async def test_an_editor_at_work_is_not_an_operator(api, editor) -> None:
    """Editors can't open the desk, so they never count as there."""
    answer = await api.client.get("/api/v1/desk/events", headers={"Cookie": editor.cookie})
    assert 403 == answer.status


async def test_asking_twice_changes_nothing(api, texts) -> None:
    """The second wish is answered kindly; the place in the queue stays."""
    resident = await api.resident()
    await resident.want_person()
    again = await resident.want_person()
    assert "waiting" == again["status"]
    assert [texts("sv", "system.already_waiting")] == [m["text"] for m in again["messages"]]


async def test_the_bot_gets_nothing_while_waiting_or_with_an_operator(api, bot, operator) -> None:
    """From the wish on, the resident writes to people only."""
    resident = await api.resident()
    await resident.want_person()
    waiting = await resident.write("är det någon där?")
    await operator.desk(resident.id, "claim")
    held = await resident.write("hej!")
    assert ("waiting", 1) == (waiting["status"], len(waiting["messages"]))
    assert ("with_operator", 1) == (held["status"], len(held["messages"]))
    assert [] == bot.turns


async def test_the_bots_handoff_is_carried_out_by_the_gateway(api, bot, texts, operator) -> None:
    """What the bot sends is typed data; its own words about what happens next are left out."""
    bot.says(
        {
            "text": "En person kommer strax!",
            "handoff": {
                "reason": "asked",
                "topic": "sophämtning",
                "confidence": 0.4,
                "sources": [SOURCE],
                "summary": "Frågade om sophämtning.",
            },
        }
    )
    resident = await api.resident()
    answer = await resident.write("jag vill prata med en människa")
    assert "waiting" == answer["status"]
    assert ["resident", "system"] == [message["author"] for message in answer["messages"]]
    assert "031-390 06 00" in answer["messages"][1]["text"]
    (item,) = (await operator.queue())["waiting"]
    kept = {key: item["handoff"][key] for key in ("reason", "topic", "confidence", "summary")}
    assert {
        "reason": "asked",
        "topic": "sophämtning",
        "confidence": 0.4,
        "summary": "Frågade om sophämtning.",
    } == kept
    assert [SOURCE] == item["handoff"]["sources"]


async def test_words_before_a_handoff_are_kept(api, bot) -> None:
    """Only the message that carries the handoff is left out."""
    bot.says({"text": "Jag förstår."}, {"text": "", "handoff": {"reason": "complaint"}})
    resident = await api.resident()
    answer = await resident.write("jag är missnöjd")
    assert ["resident", "bot", "system"] == [m["author"] for m in answer["messages"]]


async def test_a_choice_with_a_handoff_needs_no_bot(api, bot, bot_server, operator) -> None:
    """Taking the offer works with the bot down, and says what it was about."""
    decision = {"status": "unanswerable", "confidence": 0.2, "sources": []}
    offer = {"title": "Prata", "text": "Jag tar en person, tack", "action": "handoff"}
    bot.says({"text": "Det vet jag inte.", "answer": decision, "choices": [offer]})
    resident = await api.resident()
    await resident.write("Får jag ha en häst på balkongen?")
    await bot_server.close()
    answer = await resident.write("jag tar en person, TACK ")
    assert "waiting" == answer["status"]
    (item,) = (await operator.queue())["waiting"]
    assert ("asked", "Får jag ha en häst på balkongen?", 0.2) == tuple(
        item["handoff"][key] for key in ("reason", "topic", "confidence")
    )


async def test_a_choice_takes_its_chunk_along(api, bot) -> None:
    """The text of a choice that stood last brings its chunk to the bot; later it is only text."""
    choice = {"title": "Tider", "text": "När hämtas soporna?", "chunk": "sophamtning#tider"}
    bot.says({"text": "Menar du?", "choices": [choice]})
    resident = await api.resident()
    await resident.write("sopor")
    bot.says({"text": "På tisdagar."})
    await resident.write("När hämtas soporna?")
    await resident.write("När hämtas soporna?")
    assert [None, "sophamtning#tider", None] == [turn["metadata"]["chunk"] for turn in bot.turns]


@pytest.mark.parametrize("language", ["nb", "nn"])
async def test_the_standing_offer_needs_no_choice_before_it(api, bot, texts, language) -> None:
    """The words of the offer of a person always lead to one."""
    resident = await api.resident("fjordvik", language)
    answer = await resident.write(texts(language, "choice.person.text"))
    assert "waiting" == answer["status"]
    assert [] == bot.turns


async def test_a_person_who_takes_over_silences_the_bot_that_is_thinking(api, bot, until) -> None:
    """A reply that comes after the wish for a person is dropped."""
    bot.seconds = 0.3
    resident = await api.resident()
    writing = asyncio.create_task(resident.write("en fråga"))
    await until(lambda: bot.at_once == 1)
    await resident.want_person()
    answer = await writing
    assert "waiting" == answer["status"]
    assert ["resident"] == [message["author"] for message in answer["messages"]]
    assert "Svar på: en fråga" not in [text for _, text in await resident.transcript()]


async def test_after_the_operator_the_bot_answers_again(api, bot, texts, operator) -> None:
    """Resolving gives the conversation back to the bot, with a word about it."""
    resident = await api.resident()
    await resident.want_person()
    await operator.desk(resident.id, "claim")
    await operator.desk(resident.id, "messages", {"text": "Ring 031-390 06 00 i morgon."})
    await operator.desk(resident.id, "resolve", {"outcome": "answered"})
    answer = await resident.write("tack, en sak till")
    assert "with_bot" == answer["status"]
    assert [
        ("system", texts("sv", "system.joined", operator="Ekhamns kontaktcenter")),
        ("operator", "Ring 031-390 06 00 i morgon."),
        ("system", texts("sv", "system.resolved")),
        ("resident", "tack, en sak till"),
        ("bot", "Svar på: tack, en sak till"),
    ] == (await resident.transcript())[2:]


async def test_a_closed_conversation_takes_nothing_more(api, operator) -> None:
    """Closed means closed: no message and no handoff, but it can be read."""
    resident = await api.resident()
    await resident.want_person()
    await operator.desk(resident.id, "claim")
    answer = await operator.desk(resident.id, "resolve", {"outcome": "closed"})
    assert "closed" == answer.json["status"]
    message = await resident.ask("POST", "/messages", json={"text": "hallå?"})
    assert (409, [("", "conflict")]) == (message.status, message.codes)
    wish = await resident.ask("POST", "/handoff", json={"reason": "asked"})
    assert 409 == wish.status
    assert "closed" == (await resident.ask("GET", "/messages")).json["status"]
    assert 4 == len(await resident.transcript())
