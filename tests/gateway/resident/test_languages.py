"""The language a resident writes in: what it is asked with, and what it changes."""

from typing import Any

import pytest

SOURCE = {
    "article": "forskola",
    "title": "Förskola",
    "heading": "Avgift",
    "url": "/forskola#avgift",
    "updated": "2026-03-01",
}
NYNORSK = "eg lurer på kva det kostar"
BOKMAAL = "jeg lurer på hva det koster"


def answered(page: str, **more: Any) -> dict[str, Any]:
    answer = {"status": "answered", "confidence": 0.9, "sources": [SOURCE], "page_language": page}
    return {"text": "1 200 kronor.", "answer": {**answer, **more}}


def spoken(bot: Any) -> list[str]:
    return [turn["metadata"]["language"] for turn in bot.turns]


def asked(knowledge: Any) -> list[Any]:
    return [body for _, path, _, body in knowledge.asked if path == "/v1/languages"]


@pytest.mark.parametrize(
    ("begun", "heard", "text"),
    [("nb", "nn", NYNORSK), ("nn", "nb", BOKMAAL), ("nb", "nb", BOKMAAL)],
)
async def test_the_reply_is_in_the_residents_language(
    api, bot, knowledge, begun: str, heard: str, text: str
) -> None:
    """Where the municipality has it; message and reply are stored with it."""
    knowledge.hears(heard)
    resident = await api.resident("fjordvik", begun)
    messages = (await resident.write(text))["messages"]
    assert [heard] == spoken(bot)
    assert [heard, heard] == [message["language"] for message in messages]
    stored = (await resident.ask("GET", "/messages")).json["messages"]
    assert [begun, heard, heard] == [message["language"] for message in stored]


@pytest.mark.parametrize(
    ("municipality", "begun", "heard", "stored", "reply"),
    [
        ("ekhamn", "sv", "nb", "nb", "sv"),
        ("ekhamn", "sv", "other", "und", "sv"),
        ("fjordvik", "nn", "sv", "sv", "nb"),
        ("fjordvik", "nn", "en", "en", "nb"),
    ],
)
async def test_another_language_is_answered_in_the_municipalitys_own(
    api, bot, knowledge, municipality: str, begun: str, heard: str, stored: str, reply: str
) -> None:
    """Its default one; the message keeps the language that it is in."""
    knowledge.hears(heard)
    resident = await api.resident(municipality, begun)
    messages = (await resident.write("three clear words"))["messages"]
    assert ([reply], [stored, reply]) == (spoken(bot), [each["language"] for each in messages])


@pytest.mark.parametrize(
    ("text", "language", "probability"),
    [("ja takk", "nb", 0.99), ("takk for det", "nb", 0.79), ("hva 123 …", "nb", 0.99)],
)
async def test_what_is_short_or_unsure_follows_what_was_before(
    api, bot, knowledge, text: str, language: str, probability: float
) -> None:
    """It goes on in Nynorsk, and is stored as that."""
    resident = await api.resident("fjordvik", "nb")
    knowledge.hears("nn")
    await resident.write(NYNORSK)
    knowledge.hears(language, probability)
    messages = (await resident.write(text))["messages"]
    assert (["nn", "nn"], "nn") == (spoken(bot), messages[0]["language"])


async def test_what_is_likely_beforehand_is_told(api, knowledge) -> None:
    """The municipality's languages, its default first, and what was written so far in which."""
    resident = await api.resident("fjordvik", "nn")
    for language in ("nb", "other", "nb"):
        knowledge.hears(language)
        await resident.write(BOKMAAL)
    assert [
        {"text": BOKMAAL, "languages": ["nb", "nn"], "seen": seen}
        for seen in ({"nn": 1}, {"nn": 1, "nb": 1}, {"nn": 1, "nb": 1, "other": 1})
    ] == asked(knowledge)


@pytest.mark.parametrize(
    "reply",
    [
        (503, {}),
        (422, {"errors": []}),
        (200, []),
        (200, {"language": "nn"}),
        (200, {"language": "nn", "probability": 2}),
    ],
)
async def test_without_an_answer_it_goes_on_as_before(api, bot, knowledge, reply: Any) -> None:
    """At first that is the language that the conversation was begun in."""
    knowledge.replies["POST", "/v1/languages"] = reply
    resident = await api.resident("fjordvik", "nb")
    await resident.write(NYNORSK)
    knowledge.hears("nn")
    await resident.write(NYNORSK)
    knowledge.replies["POST", "/v1/languages"] = reply
    await resident.write(BOKMAAL)
    assert ["nb", "nn", "nn"] == spoken(bot)


async def test_a_slow_answer_is_not_waited_for(api, bot, knowledge) -> None:
    """The bot has most of the turn's seconds left."""
    knowledge.hears("nn")
    knowledge.seconds = 6.0
    bot.seconds = 0.5
    resident = await api.resident("fjordvik", "nb")
    messages = (await resident.write(NYNORSK))["messages"]
    assert (["nb"], "bot") == (spoken(bot), messages[-1]["author"])


async def test_a_choice_that_is_taken_is_in_no_language(api, bot, knowledge) -> None:
    """Its words are the page's or ours; it goes on as before."""
    knowledge.hears("nn")
    choice = {"title": "Pris", "text": "Hva koster det?", "chunk": "barnehage#pris"}
    bot.says({"text": "Meiner du dette?", "choices": [choice]})
    resident = await api.resident("fjordvik", "nb")
    await resident.write(NYNORSK)
    knowledge.hears("nb")
    messages = (await resident.write("Hva koster det?"))["messages"]
    assert (["nn", "nn"], 1) == (spoken(bot), len(asked(knowledge)))
    assert ["nn", "nn"] == [message["language"] for message in messages]


async def test_the_gateways_own_words_are_in_the_language_too(api, bot, knowledge, texts) -> None:
    """A failure, and what is said when a person is to take over."""
    knowledge.hears("nn")
    resident = await api.resident("fjordvik", "nb")
    bot.status = 500
    failed = (await resident.write(NYNORSK))["messages"][-1]
    assert (texts("nn", "system.error"), "nn") == (failed["text"], failed["language"])
    assert [texts("nn", "choice.person.text")] == [each["text"] for each in failed["choices"]]
    bot.status = 200
    bot.says({"text": "", "handoff": {"reason": "asked"}})
    told = (await resident.write("eg vil snakke med nokon"))["messages"][-1]
    assert ("system", "nn") == (told["author"], told["language"])
    assert "måndag–fredag" in told["text"]


@pytest.mark.parametrize(
    ("municipality", "heard", "page", "note", "language"),
    [
        ("ekhamn", "nb", "sv", "answer.reply_language", "sv"),
        ("ekhamn", "nn", "sv", "answer.reply_language", "sv"),
        ("fjordvik", "sv", "nn", "answer.reply_language", "nb"),
        ("ekhamn", "da", "sv", "answer.page_language.en.sv", "en"),
        ("fjordvik", "da", "nb", "answer.page_language.en.nb", "en"),
        ("fjordvik", "en", "nn", "answer.page_language.en.nn", "en"),
        ("ekhamn", "other", "sv", "answer.page_language.en.sv", "en"),
    ],
)
async def test_one_line_says_which_language_it_is_once(
    api, bot, knowledge, texts, municipality: str, heard: str, page: str, note: str, language: str
) -> None:
    """To neighbours in the municipality's language, to others in English, however long it gets."""
    knowledge.hears(heard)
    bot.says(answered(page))
    own = "sv" if municipality == "ekhamn" else "nb"
    resident = await api.resident(municipality, own)
    told = [(await resident.write("three clear words"))["messages"][-1] for _ in range(12)]
    expected = [{"text": texts(own, note), "language": language}]
    assert [expected] + [[]] * 11 == [each["answer"]["notes"] for each in told]


async def test_what_knowledge_and_the_words_say_is_told_once(api, bot, knowledge, texts) -> None:
    """One line in English, although both found that English is asked in."""
    knowledge.hears("en")
    bot.says(answered("sv", question_language="en"))
    resident = await api.resident()
    first, second = [
        (await resident.write("how much is it"))["messages"][-1]["answer"]["notes"]
        for _ in range(2)
    ]
    line = {"text": texts("sv", "answer.page_language.en.sv"), "language": "en"}
    assert ([line], []) == (first, second)


@pytest.mark.parametrize(
    ("text", "heard", "probability"),
    [
        ("hva koster", "nb", 0.99),
        ("hva koster det", "nb", 0.79),
        ("vad kostar det", "sv", 0.99),
    ],
)
async def test_no_line_where_the_language_is_unsure_or_the_municipalitys(
    api, bot, knowledge, text: str, heard: str, probability: float
) -> None:
    """Two words, or words that may be in another language, tell nothing."""
    knowledge.hears(heard, probability)
    bot.says(answered("sv"))
    resident = await api.resident()
    assert [] == (await resident.write(text))["messages"][-1]["answer"]["notes"]


async def test_the_line_waits_for_a_page(api, bot, knowledge, texts) -> None:
    """Also when the question that leads to one is too short to tell its language."""
    knowledge.hears("nb")
    resident = await api.resident()
    first = (await resident.write("hei kan du hjelpe meg"))["messages"][-1]
    bot.says(answered("sv"))
    second = (await resident.write("barnehage"))["messages"][-1]
    line = {"text": texts("sv", "answer.reply_language"), "language": "sv"}
    assert (None, [line]) == (first["answer"], second["answer"]["notes"])


async def test_both_written_norwegians_are_at_home(api, bot, knowledge) -> None:
    """A page in the other one needs no line."""
    knowledge.hears("nn")
    bot.says(answered("nb"))
    resident = await api.resident("fjordvik", "nb")
    assert [] == (await resident.write(NYNORSK))["messages"][-1]["answer"]["notes"]
