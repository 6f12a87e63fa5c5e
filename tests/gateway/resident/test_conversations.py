"""Residents' conversations over the public API."""

import asyncio

import pytest

from gateway.keys import DATABASE
from gateway.transcripts import take
from gateway.turns import Turns

QUESTION = "Hur söker jag bygglov?"


async def test_begin_greets_in_the_language_asked_for(api, texts) -> None:
    """A conversation begins with the bot, its token, and a greeting in its language."""
    answer = await api.ask(
        "POST", "/api/v1/conversations", json={"municipality": "fjordvik", "language": "nn"}
    )
    assert 201 == answer.status
    begun = answer.json
    assert {"id", "token", "status", "messages"} == set(begun)
    assert "with_bot" == begun["status"]
    (greeting,) = begun["messages"]
    expected = texts("nn", "system.greeting", municipality="Fjordvik kommune")
    assert (1, "bot", "nn", expected) == tuple(
        greeting[key] for key in ("seq", "author", "language", "text")
    )


async def test_the_municipalitys_own_language_is_the_default(api) -> None:
    """Without a language, Fjordvik speaks Bokmål."""
    answer = await api.ask("POST", "/api/v1/conversations", json={"municipality": "fjordvik"})
    assert "nb" == answer.json["messages"][0]["language"]


async def test_the_token_has_256_bits_and_is_stored_only_as_a_hash(api, settings) -> None:
    """Neither database file nor its journal holds the token."""
    resident = await api.resident()
    assert 43 == len(resident.token)
    for file in settings.var.iterdir():
        assert resident.token.encode() not in file.read_bytes()


async def test_a_message_is_stored_and_answered(api, bot) -> None:
    """The stored message comes first, then what the bot said; the bot knows what it must."""
    resident = await api.resident()
    answer = await resident.write(QUESTION, client_id="a-1")
    assert "with_bot" == answer["status"]
    stored, reply = answer["messages"]
    assert (2, "resident", QUESTION, "a-1") == tuple(
        stored[key] for key in ("seq", "author", "text", "client_id")
    )
    assert (3, "bot", f"Svar på: {QUESTION}", None) == tuple(
        reply[key] for key in ("seq", "author", "text", "client_id")
    )
    assert [
        {
            "conversation": resident.id,
            "text": QUESTION,
            "metadata": {
                "municipality": "ekhamn",
                "municipality_name": "Ekhamns kommun",
                "language": "sv",
                "chunk": None,
                "on_call_phone": "031-390 06 10",
                "country": "SE",
            },
        }
    ] == bot.turns


async def test_an_answer_keeps_its_sources_and_choices(api, bot) -> None:
    """What the bot sends as structured data is stored and given as it was."""
    source = {
        "article": "bygglov",
        "title": "Bygglov",
        "heading": "Avgift",
        "url": "/demo/ekhamn/bygga-och-bo/bygglov#avgift",
        "updated": "2026-05-04",
    }
    decision = {"status": "answered", "confidence": 0.91, "sources": [source]}
    choice = {"title": "Avgift", "text": "Vad kostar bygglov?", "chunk": "bygglov#avgift"}
    bot.says({"text": "Det kostar 25 000 kr.", "answer": decision, "choices": [choice]})
    resident = await api.resident()
    await resident.write(QUESTION)
    reply = (await resident.ask("GET", "/messages?after=2")).json["messages"][0]
    more = {"also": [], "page_language": None, "question_language": None, "notes": []}
    assert {**decision, **more} == reply["answer"]
    assert [{**choice, "action": None}] == reply["choices"]


async def test_the_message_is_stored_before_the_bot_is_asked(api, bot, until) -> None:
    """While the bot thinks, the message can be read already."""
    resident = await api.resident()
    bot.seconds = 0.3
    writing = asyncio.create_task(resident.write(QUESTION))
    await until(lambda: bot.at_once == 1)
    assert ("resident", QUESTION) == (await resident.transcript())[-1]
    await writing


async def test_read_gives_only_what_comes_after(api) -> None:
    """?after=SEQ leaves out what is known."""
    resident = await api.resident()
    await resident.write("ett")
    messages = (await resident.ask("GET", "/messages?after=2")).json["messages"]
    assert [3] == [message["seq"] for message in messages]


async def test_the_same_client_id_is_stored_once_and_answered_again(api, bot) -> None:
    """A message sent twice gives the same answer twice and asks the bot once."""
    resident = await api.resident()
    first = await resident.write(QUESTION, client_id="same")
    second = await resident.write(QUESTION, client_id="same")
    assert first == second
    assert 1 == len(bot.turns)
    assert 3 == len(await resident.transcript())


async def test_the_same_client_id_at_once_waits_for_the_one_reply(api, bot) -> None:
    """Six requests with one client id while the first still runs: one message, one answer."""
    bot.seconds = 0.2
    resident = await api.resident()
    answers = await asyncio.gather(*(resident.write(QUESTION, client_id="x") for _ in range(6)))
    assert [answers[0]] * 6 == answers
    assert 2 == len(answers[0]["messages"])
    assert 1 == len(bot.turns)
    assert 3 == len(await resident.transcript())


async def test_the_same_client_id_in_two_conversations_is_two_messages(api, bot) -> None:
    """The client id is the page's name for a message within one conversation."""
    first, second = await api.resident(), await api.resident()
    await first.write("ett", client_id="x")
    answer = await second.write("två", client_id="x")
    assert "två" == answer["messages"][0]["text"]


async def test_turns_are_taken_one_at_a_time_and_in_order(api, bot) -> None:
    """Messages sent at once are answered in the order in which they were stored."""
    bot.seconds = 0.05
    resident = await api.resident()
    answers = await asyncio.gather(*(resident.write(f"fråga {number}") for number in range(5)))
    transcript = await resident.transcript()
    asked = [text for author, text in transcript if author == "resident"]
    replies = [text for author, text in transcript[1:] if author == "bot"]
    assert [f"Svar på: {text}" for text in asked] == replies
    assert asked == [turn["text"] for turn in bot.turns]
    assert 1 == bot.most_at_once
    for answer in answers:
        question, reply = answer["messages"]
        assert f"Svar på: {question['text']}" == reply["text"]


async def test_a_slow_commit_does_not_change_the_order(api, bot, monkeypatch) -> None:
    """The message that was stored first is answered first, however late its writer wakes up."""
    record = Turns._record
    pauses = [0.2, 0.0]

    async def slowly(self, *arguments):
        taken = await record(self, *arguments)
        await asyncio.sleep(pauses.pop(0))
        return taken

    monkeypatch.setattr(Turns, "_record", slowly)
    resident = await api.resident()
    first = asyncio.create_task(resident.write("ett"))
    await asyncio.sleep(0.1)
    await asyncio.gather(first, resident.write("två"))
    assert ["ett", "två"] == [turn["text"] for turn in bot.turns]


async def test_too_many_turns_at_once_are_refused_and_not_stored(api, bot) -> None:
    """Over eight waiting turns of a conversation the next is told to wait."""
    bot.seconds = 0.1
    resident = await api.resident()
    answers = await asyncio.gather(
        *(resident.ask("POST", "/messages", json={"text": f"nr {n}"}) for n in range(12))
    )
    refused = [answer for answer in answers if answer.status == 429]
    assert 4 == len(refused)
    assert [("", "too_many")] == refused[0].codes
    assert "1" == refused[0].headers["Retry-After"]
    assert 8 == sum(author == "resident" for author, _ in await resident.transcript())


async def test_conversations_do_not_wait_for_each_other(api, bot) -> None:
    """Ten residents at once are answered in the time of one."""
    bot.seconds = 0.3
    residents = [await api.resident() for _ in range(10)]
    began = asyncio.get_running_loop().time()
    await asyncio.gather(*(resident.write(QUESTION) for resident in residents))
    assert asyncio.get_running_loop().time() - began < 1.5


async def test_feedback_is_kept_once_for_a_message_of_the_bot(api) -> None:
    """The last word counts; the resident's own message can't be rated."""
    resident = await api.resident()
    await resident.write(QUESTION)
    for helpful in (True, False):
        answer = await resident.ask("POST", "/feedback", json={"message": 3, "helpful": helpful})
        assert 204 == answer.status
    own = await resident.ask("POST", "/feedback", json={"message": 2, "helpful": True})
    assert (422, [("message", "unknown")]) == (own.status, own.codes)
    missing = await resident.ask("POST", "/feedback", json={"message": 99, "helpful": True})
    assert [("message", "unknown")] == missing.codes


async def test_an_erased_conversation_is_gone(api, settings) -> None:
    """After DELETE the token opens nothing and no text is left in the database's files."""
    resident = await api.resident()
    await resident.write("ett mycket ovanligt ord: kvastfening")
    await resident.ask("POST", "/feedback", json={"message": 3, "helpful": True})
    await resident.want_person()
    assert 204 == (await resident.ask("DELETE")).status
    assert 404 == (await resident.ask("GET", "/messages")).status
    assert 404 == (await resident.ask("POST", "/messages", json={"text": "hej"})).status
    await api.client.close()
    for file in settings.var.iterdir():
        assert b"kvastfening" not in file.read_bytes()


async def test_a_restart_keeps_conversations(api, settings, start_gateway) -> None:
    """A new process with the same database goes on where the old one stopped."""
    resident = await api.resident()
    first = await resident.write(QUESTION, client_id="before")
    await api.client.close()
    again = type(resident)(await start_gateway(settings), resident.id, resident.token)
    assert first == await again.write(QUESTION, client_id="before")
    await again.write("och sedan?")
    assert 5 == len(await again.transcript())


async def test_a_turn_that_a_stopped_process_left_is_taken_up_when_sent_again(api) -> None:
    """A message stored without its reply gets it when the page sends it once more."""
    resident = await api.resident()
    async with api.client.app[DATABASE].writing() as session:
        await take(session, resident.id, QUESTION, "left")
    answer = await resident.write(QUESTION, client_id="left")
    assert ["resident", "bot"] == [message["author"] for message in answer["messages"]]
    assert 3 == len(await resident.transcript())


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("ekhamn", {"phone": "031-390 06 00", "languages": ["sv"], "default_language": "sv"}),
        ("fjordvik", {"phone": "55 00 01 00", "languages": ["nb", "nn"]}),
    ],
)
async def test_municipality_facts(api, path, expected) -> None:
    """A page learns what it may know of a municipality, and nothing of its staff."""
    found = (await api.ask("GET", f"/api/v1/municipalities/{path}")).json
    assert expected == {key: found[key] for key in expected}
    assert "demo_staff" not in found


async def test_texts_of_a_language(api, texts) -> None:
    """Every text of a language is given with its placeholders unfilled."""
    found = (await api.ask("GET", "/api/v1/texts/nb")).json
    assert texts("nb", "system.error") == found["system.error"]
    assert "{phone}" in found["system.waiting_nobody_there"]
    assert 404 == (await api.ask("GET", "/api/v1/texts/en")).status
