"""Something broken is reported through the whole stack, and the department gets the mail."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

REFERENCE = re.compile(r"\b(EK|FJ)-\d\d-[2-9A-HJKMNP-Z]{5}\b")
# Made up; nobody has them.
PHONE = {"sv": "070-174 06 77", "nb": "412 34 987", "nn": "987 65 412"}
PERSON = {
    "sv": "Prata med en person",
    "nb": "Snakk med et menneske",
    "nn": "Snakk med eit menneske",
}
MUNICIPALITY = {"sv": "ekhamn", "nb": "fjordvik", "nn": "fjordvik"}


class Resident:
    """Writes, and reads what the bot says to it."""

    def __init__(self, svar: Any, language: str) -> None:
        self.talk = svar.converse(MUNICIPALITY[language], language)

    def write(self, text: str) -> str:
        """What the bot answers, and the choices under it, as one text."""
        answered = self.talk.post(text)
        assert 200 == answered.status, answered.body
        replies = [each for each in answered.body["messages"] if each["author"] != "resident"]
        assert not any((each["answer"] or {}).get("status") == "error" for each in replies), replies
        self.choices = [choice["title"] for each in replies for choice in each["choices"]]
        return "\n".join(each["text"] for each in replies)


def _reference(text: str) -> str:
    found = REFERENCE.search(text)
    assert found, text
    return found[0]


@pytest.mark.parametrize(
    ("language", "report", "kind", "place", "yes", "to"),
    [
        (
            "sv",
            "gatlyktan utanför Storgatan 12 är trasig",
            "Gatubelysning",
            "Storgatan 12",
            "ja, skicka",
            "gata@ekhamn.example",
        ),
        (
            "nb",
            "søpla i Furuveien 8 er ikke hentet denne uka",
            "Avfall som ikke er hentet",
            "Furuveien 8",
            "ja det stemmer",
            "renovasjon@fjordvik.example",
        ),
        (
            "nn",
            "det er eit stort hol i asfalten i Kyrkjegata 3",
            "Hol eller skade i veg",
            "Kyrkjegata 3",
            "ja, send",
            "vei@fjordvik.example",
        ),
    ],
)
def test_one_sentence_says_it_all(
    svar: Any, mailbox: Any, language: str, report: str, kind: str, place: str, yes: str, to: str
) -> None:
    """Kind and place are understood; only the contact is asked, and the mail carries it."""
    resident = Resident(svar, language)
    resident.write(report)
    shown = resident.write(PHONE[language])
    assert kind in shown
    assert place in shown
    reference = _reference(resident.write(yes))

    mail = mailbox.wait_for(reference)
    body = mail.get_content()
    assert to == mail["To"]
    assert [True] * 4 == [each in body for each in (reference, place, report, PHONE[language])]


def test_the_contact_is_nowhere_but_in_the_mail(svar: Any, mailbox: Any) -> None:
    """Neither transcript, databases nor logs hold it once the mail is accepted."""
    resident = Resident(svar, "sv")
    resident.write("potthål på Kvarngatan 4")
    resident.write("nås på 073-174 06 91 eller ingen.hemma@exempel.example")
    body = mailbox.wait_for(_reference(resident.write("ja"))).get_content()
    assert "073-174 06 91, ingen.hemma@exempel.example" in body

    written = [each["text"] for each in resident.talk.messages()]
    assert "nås på [telefonnummer] eller [e-post]" in written
    secrets = [b"174 06 91", b"ingen.hemma"]
    deadline = time.monotonic() + 15
    while (found := _files_with(svar.layout.var, secrets)) and time.monotonic() < deadline:
        time.sleep(0.3)
    assert [] == found


def _files_with(folder: Path, needles: list[bytes]) -> list[str]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [str(file) for file in files if any(each in file.read_bytes() for each in needles)]


@pytest.mark.parametrize(
    ("language", "turns"),
    [
        (
            "sv",
            [
                ("jag vill göra en felanmälan", "Vad är det som är fel?"),
                ("Lekplats", "Var är det?"),
                ("den vid kyrkan i Norrby", "telefonnummer"),
                ("nej tack", "Kontakt: ingen"),
                ("ja", "Referensen är"),
            ],
        ),
        (
            "nb",
            [
                ("jeg vil melde en feil", "Hva er galt?"),
                ("en lyktestolpe som ikke lyser", "Hvor er det?"),
                ("bak rådhuset", "telefonnummer"),
                ("nei takk, det trengs ikke", "Kontakt: ingen"),
                ("Ja, send meldingen", "Referansen er"),
            ],
        ),
        (
            "nn",
            [
                ("eg vil melde inn ein feil", "Kva er gale?"),
                ("huska er øydelagd", "Kvar er det?"),
                ("nede ved kaia", "telefonnummer"),
                ("nei takk", "Kontakt: ingen"),
                ("ja, det stemmer", "Referansen er"),
            ],
        ),
    ],
)
def test_it_goes_step_by_step(svar: Any, language: str, turns: list[tuple[str, str]]) -> None:
    """What is not said is asked, one thing at a time."""
    resident = Resident(svar, language)
    for text, expected in turns:
        assert expected in resident.write(text), text


@pytest.mark.parametrize(
    ("language", "turns"),
    [
        (
            "sv",
            [
                ("lampan på Storgatan 3 är trasig", "telefonnummer"),
                ("nej, det var Storgatan 5", "telefonnummer"),
                ("Nej tack, det behövs inte", "Plats: Storgatan 5"),
                ("fel, det är en skylt", "Vad: Skylt eller trafikljus"),
                ("Jag vill ändra något", "Vad ska jag ändra?"),
                ("Platsen", "Var är det?"),
                ("vid simhallens parkering", "Plats: vid simhallens parkering"),
                ("ja, skicka", "Referensen är"),
            ],
        ),
        (
            "nb",
            [
                ("hull i veien i Furuveien 2", "telefonnummer"),
                ("nei takk", "Sted: Furuveien 2"),
                ("nei, det er Bakkeveien 7", "Sted: Bakkeveien 7"),
                ("ja", "Referansen er"),
            ],
        ),
        (
            "nn",
            [
                ("gatelykta i Kyrkjegata er svart", "telefonnummer"),
                ("nei takk", "Kva: Gatelys"),
                ("feil, det er eit skilt som er øydelagt", "Kva: Skilt eller trafikklys"),
                ("send", "Referansen er"),
            ],
        ),
    ],
)
def test_it_can_be_corrected(svar: Any, language: str, turns: list[tuple[str, str]]) -> None:
    """What was understood or written wrong is put right at any step."""
    resident = Resident(svar, language)
    for text, expected in turns:
        assert expected in resident.write(text), text


@pytest.mark.parametrize(
    ("language", "report", "question", "answer", "again"),
    [
        (
            "sv",
            "soporna är inte hämtade",
            "när öppnar återvinningscentralen?",
            "Återvinningscentral",
            "Var är det?",
        ),
        (
            "nb",
            "gatelyset er slukket",
            "når åpner gjenvinningsstasjonen?",
            "Gjenvinningsstasjon",
            "Hvor er det?",
        ),
        (
            "nn",
            "lyktestolpa er svart",
            "når opnar gjenvinningsstasjonen?",
            "Gjenvinningsstasjon",
            "Kvar er det?",
        ),
    ],
)
def test_a_question_in_between_is_answered(
    svar: Any, language: str, report: str, question: str, answer: str, again: str
) -> None:
    """The answer has its source, and then the open question stands again."""
    resident = Resident(svar, language)
    assert again in resident.write(report)
    replied = resident.talk.post(question).body["messages"]
    sources = [
        source["title"]
        for each in replied
        for source in (each["answer"] or {"sources": []})["sources"]
    ]
    assert any(answer.casefold() in title.casefold() for title in sources), replied
    assert again in replied[-1]["text"]


def test_questions_do_not_wear_the_report_out(svar: Any) -> None:
    """After more turns than the bot keeps, the form still knows what it was doing."""
    resident = Resident(svar, "sv")
    assert "Var är det?" in resident.write("lampan utanför oss är trasig")
    for question in ("vad kostar bygglov?", "när öppnar simhallen?", "hur söker jag förskola?"):
        for _ in range(2):
            assert "Var är det?" in resident.write(question)
    assert "telefonnummer" in resident.write("Ängsgatan 9")


@pytest.mark.parametrize(
    ("language", "report", "stop", "said"),
    [
        ("sv", "det är klotter på skolan", "avbryt", "skickar jag ingen anmälan"),
        ("sv", "lampan är trasig", "äh glöm det", "skickar jag ingen anmälan"),
        ("nb", "lyset i gata er gått", "nei takk, dropp det", "sender jeg ingen melding"),
        ("nn", "holet i vegen er stort", "gløym det", "sender eg inga melding"),
    ],
)
def test_it_can_be_cancelled(
    svar: Any, mailbox: Any, language: str, report: str, stop: str, said: str
) -> None:
    """Nothing is mailed, and the next question is an ordinary one."""
    before = len(mailbox.mails)
    resident = Resident(svar, language)
    resident.write(report)
    assert said in resident.write(stop)
    after = resident.write("tack" if language == "sv" else "takk")
    assert "Var är det?" not in after
    assert before == len(mailbox.mails)


@pytest.mark.parametrize(
    ("language", "report", "phone"),
    [
        ("sv", "vattnet forsar upp ur gatan på Storgatan 1!!", "031-390 06 10"),
        ("nb", "det fosser vann opp av veien her", "55 00 01 21"),
        ("nn", "det fossar vatn inn i kjellaren frå gata", "55 00 01 21"),
    ],
)
def test_an_emergency_is_told_whom_to_call_first(
    svar: Any, language: str, report: str, phone: str
) -> None:
    """The first words are the on-call number; the report can still be made."""
    resident = Resident(svar, language)
    replies = resident.talk.post(report).body["messages"][1:]
    assert phone in replies[0]["text"]
    assert 2 == len(replies), "the report goes on after it"
    assert phone not in resident.write("Storgatan 1")


def test_a_person_takes_over_a_report(svar: Any) -> None:
    """Who asks for a person gets into the queue and is asked nothing more."""
    resident = Resident(svar, "sv")
    resident.write("lampan utanför oss är trasig")
    resident.write("jag vill prata med en människa")
    assert "waiting" == resident.talk.post("hallå").body["status"]
