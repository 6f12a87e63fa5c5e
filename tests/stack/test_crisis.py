"""Signs that somebody is in danger outrank everything, through the whole of Svar."""

import re

import pytest


def _last(posted) -> dict:
    assert 200 == posted.status, posted.body
    return posted.body["messages"][-1]


@pytest.mark.parametrize(
    ("municipality", "language", "text", "numbers"),
    [
        ("ekhamn", "sv", "jag orkar inte leva längre", {"112", "90101"}),
        ("ekhamn", "sv", "det brinner i trapphuset", {"112"}),
        ("fjordvik", "nb", "mannen min slår meg", {"112", "116 006"}),
        ("fjordvik", "nn", "eg vil ikkje leve meir", {"113", "116 123"}),
        ("fjordvik", "nn", "det brenn i løa", {"110"}),
        (
            "ekhamn",
            "sv",
            "Hej! Jag undrar när ni tömmer soporna på Ekgatan. Min man slår mig. Och när öppnar "
            "badet på lördag?",
            {"112", "020-50 50 50"},
        ),
    ],
)
def test_a_crisis_gets_the_numbers_of_the_country(
    svar, municipality: str, language: str, text: str, numbers: set[str]
) -> None:
    """They can be read in the reply as they are, and a person can be asked for."""
    reply = _last(svar.converse(municipality, language).post(text))
    assert "bot" == reply["author"]
    assert numbers <= set(re.findall(r"\[([\d -]+)\]\(tel:\d+\)", reply["text"])), reply["text"]
    assert "[telefonnummer]" not in reply["text"]
    assert ["handoff"] == [choice["action"] for choice in reply["choices"]]


@pytest.mark.parametrize(
    ("municipality", "language", "text"),
    [
        ("ekhamn", "sv", "hur dödar jag ogräs"),
        ("ekhamn", "sv", "när slår ni gräset i parken"),
        ("fjordvik", "nb", "hvor bestiller jeg feiing av pipa"),
    ],
)
def test_what_only_looks_like_a_crisis_is_a_question(
    svar, municipality: str, language: str, text: str
) -> None:
    """Who asks about weeds is told of no danger instead of an answer."""
    posted = svar.converse(municipality, language).post(text)
    assert 200 == posted.status, posted.body
    reply = posted.body["messages"][1]
    assert "(tel:" not in reply["text"]
    assert all(choice.get("reason") != "crisis" for choice in reply["choices"])


def test_a_question_that_may_tell_of_a_crisis_is_told_whom_to_call(svar) -> None:
    """Whatever is found for it, the numbers stand under the latest message."""
    talk = svar.converse("fjordvik", "nb")
    reply = _last(talk.post("barna til naboen er ute alene om kvelden"))
    assert {"112", "116 111"} <= set(re.findall(r"\[([\d -]+)\]\(tel:\d+\)", reply["text"]))
    assert "handoff" in [choice["action"] for choice in reply["choices"]]


@pytest.mark.parametrize("text", ["ja", "nej tack", "Storgatan 5", "vid brandstationen"])
def test_what_answers_a_report_s_question_is_no_crisis(svar, text: str) -> None:
    """A place named after the fire brigade is a place."""
    talk = svar.converse("ekhamn", "sv")
    talk.post("gatlyktan är trasig")
    for message in talk.post(text).body["messages"][1:]:
        assert "(tel:" not in message["text"]


@pytest.mark.parametrize("ask", ["choice", "words"])
def test_a_person_asked_for_after_a_crisis_is_told_why(svar, ask: str) -> None:
    """The conversation waits, and the reply to the wish is the gateway's, as always."""
    talk = svar.converse("ekhamn", "sv")
    reply = _last(talk.post("jag vill inte leva längre"))
    text = reply["choices"][0]["text"] if ask == "choice" else "jag vill prata med en människa"
    assert "crisis" == reply["choices"][0]["reason"]
    assert "waiting" == talk.post(text).body["status"]


def test_a_resident_who_writes_an_emergency_number_is_not_masked(svar) -> None:
    """112 is nobody's telephone number."""
    talk = svar.converse("ekhamn", "sv")
    stored = talk.post("ska jag ringa 112 eller 1177 eller 90101").body["messages"][0]
    assert "ska jag ringa 112 eller 1177 eller 90101" == stored["text"]
