"""The bot is away, slow or talks nonsense: residents are told, and nothing is lost."""

import asyncio

import pytest

QUESTION = "När hämtas soporna?"


async def _honest_failure(resident, texts) -> None:
    """The message is stored, and what follows is honest and offers a person."""
    answer = await resident.write(QUESTION)
    stored, failure = answer["messages"]
    assert ("resident", QUESTION) == (stored["author"], stored["text"])
    assert ("system", texts("sv", "system.error")) == (failure["author"], failure["text"])
    nothing = {"page_language": None, "question_language": None, "also": [], "notes": []}
    expected = {"status": "error", "confidence": 0.0, "sources": [], **nothing}
    assert expected == failure["answer"]
    assert [
        {
            "title": texts("sv", "choice.person.title"),
            "text": texts("sv", "choice.person.text"),
            "chunk": None,
            "action": "handoff",
        }
    ] == failure["choices"]
    assert "with_bot" == answer["status"]


async def test_bot_down(api, bot_server, texts) -> None:
    """With the bot's process gone the failure is told, and its choice reaches a person."""
    resident = await api.resident()
    await bot_server.close()
    await _honest_failure(resident, texts)
    answer = await resident.write(texts("sv", "choice.person.text"))
    assert "waiting" == answer["status"]


@pytest.mark.parametrize("patience", [1.0])
async def test_bot_slow(api, bot, texts) -> None:
    """A bot that takes too long is given up on in time, and not asked again."""
    bot.seconds = 3.0
    resident = await api.resident()
    began = asyncio.get_running_loop().time()
    await _honest_failure(resident, texts)
    assert asyncio.get_running_loop().time() - began < 2.0
    assert 1 == len(bot.turns)


@pytest.mark.parametrize("patience", [1.0])
async def test_waiting_turns_are_given_up_on_in_the_same_time(api, bot) -> None:
    """Three messages behind a hanging bot are all answered within one time limit."""
    bot.seconds = 3.0
    resident = await api.resident()
    began = asyncio.get_running_loop().time()
    answers = await asyncio.gather(*(resident.write(f"fråga {n}") for n in range(3)))
    assert asyncio.get_running_loop().time() - began < 2.0
    assert ["error"] * 3 == [answer["messages"][1]["answer"]["status"] for answer in answers]


@pytest.mark.parametrize(
    "reply",
    [
        {"intent": None, "messages": []},
        {"intent": None},
        [],
        "nonsense",
        {"messages": [{"text": 5}]},
        {"messages": [{"text": "x", "handoff": {"reason": ""}}]},
        {"messages": [{"text": "x", "answer": {"status": "maybe", "confidence": 1}}]},
        {"messages": [{"text": "x", "answer": {"status": "answered", "confidence": 7}}]},
        {"messages": [{"text": "x", "answer": {"status": "error", "confidence": 0}}]},
    ],
)
async def test_bot_says_nothing_or_not_what_was_agreed(api, bot, texts, reply) -> None:
    """An empty list, another form, or the bot's own word that it failed: a failure."""
    bot.reply = lambda turn: reply
    await _honest_failure(await api.resident(), texts)


async def test_bot_fails(api, bot, texts) -> None:
    """A 500 is a failure even if it comes with messages."""
    bot.status = 500
    await _honest_failure(await api.resident(), texts)


async def test_the_next_turn_works_when_the_bot_is_back(api, bot) -> None:
    """After a failure the conversation goes on by itself."""
    resident = await api.resident()
    bot.status = 500
    await resident.write(QUESTION)
    bot.status = 200
    answer = await resident.write(QUESTION)
    assert "bot" == answer["messages"][-1]["author"]


@pytest.mark.parametrize("patience", [1.0])
async def test_a_late_reply_is_dropped(api, bot) -> None:
    """What the bot says after the time limit is not added to the conversation later."""
    bot.seconds = 1.3
    resident = await api.resident()
    await resident.write(QUESTION)
    before = await resident.transcript()
    await asyncio.sleep(0.6)
    assert before == await resident.transcript()
