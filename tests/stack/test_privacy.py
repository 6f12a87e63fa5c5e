"""Personal data that a resident writes is nowhere on the disk afterwards."""

from pathlib import Path

# Made-up numbers with correct checksums; no person has them.
PERSONNUMMER = "19811218-9876"
FODSELSNUMMER = "15076500565"
PHONE = "070-174 06 35"
EMAIL = "ingen.alls@exempel.example"


def _files_with(folder: Path, text: str) -> list[str]:
    needle = text.encode()
    files = (file for file in folder.rglob("*") if file.is_file())
    return [str(file) for file in files if needle in file.read_bytes()]


def test_identity_numbers_and_contact_details_are_never_stored_or_logged(svar) -> None:
    """Databases, their journals, indexes and all logs are searched byte by byte."""
    secrets = [PERSONNUMMER, PERSONNUMMER[2:], FODSELSNUMMER, PHONE, EMAIL]
    swedish = svar.converse("ekhamn", "sv")
    swedish.post(f"hej mitt personnummer är {PERSONNUMMER}, vad kostar förskolan?")
    swedish.post(f"ring mig på {PHONE} eller skriv till {EMAIL}")
    norwegian = svar.converse("fjordvik", "nb")
    norwegian.post(f"mitt fødselsnummer er {FODSELSNUMMER}, når kommer renovasjonen?")
    found = {secret: _files_with(svar.layout.var, secret) for secret in secrets}
    assert {secret: [] for secret in secrets} == found


def test_the_resident_is_told_that_something_was_removed(svar) -> None:
    """The stored message shows what was masked, and a system message says so."""
    talk = svar.converse("ekhamn", "sv")
    messages = talk.post(f"mitt nummer är {PERSONNUMMER} och jag undrar om bygglov").body[
        "messages"
    ]
    assert PERSONNUMMER not in messages[0]["text"]
    assert "jag undrar om bygglov" in messages[0]["text"]
    assert "system" in [message["author"] for message in messages]
