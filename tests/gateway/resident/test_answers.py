"""What goes with an answer: another page that says otherwise, and which language a page is in."""

from typing import Any

import pytest

SOURCE = {
    "article": "simhall",
    "title": "Simhallen",
    "heading": "Entré",
    "url": "/simhall#entre",
    "updated": "2026-03-01",
}
ALSO = {"text": "Handduk kostar 35 kronor.", "source": {**SOURCE, "article": "bad"}}


def said(**more: Any) -> dict[str, Any]:
    answer = {"status": "answered", "confidence": 0.9, "sources": [SOURCE], **more}
    return {"text": "Handduk kostar 30 kronor.", "answer": answer}


async def test_a_contradicting_page_is_stored_beside_the_words(api, bot) -> None:
    """The text stays the one page's; the other comes with its own source, now and later."""
    bot.says(said(also=[ALSO], page_language="sv"))
    resident = await api.resident()
    _, reply = (await resident.write("Vad kostar handduk?"))["messages"]
    assert ("Handduk kostar 30 kronor.", [ALSO]) == (reply["text"], reply["answer"]["also"])
    assert ([], "sv") == (reply["answer"]["notes"], reply["answer"]["page_language"])
    stored = (await resident.ask("GET", "/messages")).json["messages"][-1]
    assert reply == stored


@pytest.mark.parametrize(
    ("question", "languages"), [("en", ["en"]), ("so", ["en", "sv"]), (None, [])]
)
async def test_those_who_ask_in_another_language_learn_which_the_page_is_in(
    api, bot, texts, question: str | None, languages: list[str]
) -> None:
    """In English, and in the conversation's language too unless English was asked in."""
    bot.says(said(page_language="sv", question_language=question))
    resident = await api.resident()
    _, reply = (await resident.write("How much is a towel?"))["messages"]
    assert "Handduk kostar 30 kronor." == reply["text"]
    keys = {"en": "answer.page_language.en.sv", "sv": "answer.page_language.sv"}
    expected = [{"text": texts("sv", keys[one]), "language": one} for one in languages]
    assert expected == reply["answer"]["notes"]


async def test_choices_come_with_the_language_of_their_pages(api, bot, texts) -> None:
    """Before one of them is taken."""
    asked = {"page_language": "sv", "question_language": "en", "sources": []}
    bot.says(
        {
            "text": "Menar du något av det här?",
            "choices": [{"title": "Simhallen", "text": "Simhallen", "chunk": "simhall#"}],
            "answer": {"status": "clarification", "confidence": 0.4, **asked},
        }
    )
    resident = await api.resident()
    _, reply = (await resident.write("How much is a towel?"))["messages"]
    expected = [{"text": texts("sv", "answer.pages_language.en.sv"), "language": "en"}]
    assert expected == reply["answer"]["notes"]


async def test_without_an_answer_there_is_no_page_to_speak_of(api, bot) -> None:
    """And a bot can put no notes of its own there."""
    bot.says(
        {
            "text": "Jag hittar inget.",
            "answer": {
                "status": "unanswerable",
                "confidence": 0.1,
                "question_language": "en",
                "notes": [{"text": "x", "language": "en"}],
            },
        }
    )
    resident = await api.resident()
    _, reply = (await resident.write("How much is a towel?"))["messages"]
    assert [] == reply["answer"]["notes"]
