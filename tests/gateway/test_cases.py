"""Reports of something broken: contacts kept apart, cases made, mailed, and let go."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from gateway.cases import CONTACT_HOURS, SIGNS, Cases, make_reference
from gateway.keys import CONVERSATIONS, DATABASE, METRICS, MUNICIPALITIES, TEXTS
from gateway.municipalities import FAULT_KINDS, MunicipalityError, load_municipalities
from gateway.outbox import LONGEST_PAUSE, Outbox, pause_after
from gateway.retention import Retention
from gateway.tables import CaseRow, ContactRow
from gateway.transcripts import now
from tests.gateway.smtp_server import Server, smtp_server

PHONE = "070-174 06 77"
EMAIL = "ingen.hemma@exempel.example"
ASKING = {"text": "Hur når vi dig?", "asks": "contact"}
CASE = {
    "kind": "lamp",
    "title": "Gatubelysning",
    "place": "Storgatan 12",
    "description": "lampan är trasig",
    "contact": True,
}
SENT = {"text": "Tack! Referensen är {reference}.", "case": CASE}


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A real SMTP server on a port of its own."""
    async with smtp_server() as made:
        yield made


@pytest.fixture
def mailing(settings: Any, server: Server) -> Any:
    """Settings with the mail server."""
    return settings.model_copy(
        update={"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_tls": "none"}
    )


async def _report(resident: Any, bot: Any, answer: str = f"ring {PHONE}") -> str:
    """Report a lamp as the bot does it; gives the message with the reference."""
    bot.says(ASKING)
    await resident.write("lampan är trasig på Storgatan 12")
    bot.says({"text": "Stämmer det?"})
    await resident.write(answer)
    bot.says(SENT)
    return str((await resident.write("ja"))["messages"][-1]["text"])


async def _until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.02)


async def _rows(api: Any, table: Any) -> list[Any]:
    async with api.client.app[DATABASE].reading() as session:
        return list(await session.scalars(select(table).order_by(table.id)))


def _outbox(api: Any, settings: Any, **options: Any) -> tuple[Cases, Outbox]:
    app = api.client.app
    cases = Cases(app[DATABASE], app[MUNICIPALITIES])
    return cases, Outbox(
        app[DATABASE], cases, app[MUNICIPALITIES], app[TEXTS], app[METRICS], settings, **options
    )


async def test_a_report_is_mailed_to_the_department_with_reference_and_contact(
    start_gateway: Any, mailing: Any, server: Server, bot: Any
) -> None:
    """The contact goes from the raw message into the mail, and is gone afterwards."""
    api = await start_gateway(mailing)
    resident = await api.resident()
    said = await _report(resident, bot, f"ring {PHONE} eller {EMAIL}")
    await _until(lambda: server.mails)

    reference = re.search(r"EK-\d\d-[0-9A-Z]{5}", said)
    assert reference, said
    mail = server.mails[0]
    assert "gata@ekhamn.example" == mail["To"]
    assert "kommun@ekhamn.example" == mail["From"]
    assert f"Felanmälan {reference[0]}: Gatubelysning, Storgatan 12" == mail["Subject"]
    body = mail.get_content()
    assert f"Kontakt: {PHONE}, {EMAIL}" in body
    assert "lampan är trasig" in body
    async with asyncio.timeout(5):
        while await _rows(api, ContactRow):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    (case,) = await _rows(api, CaseRow)
    assert (reference[0], "streets", 1) == (case.reference, case.department, case.attempts)
    assert case.mailed_at is not None


async def test_the_contact_reaches_neither_transcript_nor_bot_nor_log(
    start_gateway: Any,
    mailing: Any,
    server: Server,
    bot: Any,
    caplog: pytest.LogCaptureFixture,
    texts: Any,
) -> None:
    """Everybody but the department sees the mark of what was taken out."""
    caplog.set_level(logging.DEBUG)
    api = await start_gateway(mailing)
    resident = await api.resident()
    await _report(resident, bot)
    await _until(lambda: server.mails)

    transcript = await resident.transcript()
    assert ("resident", "ring [telefonnummer]") in transcript
    assert ("system", texts("sv", "system.contact_kept")) in transcript
    assert ("system", texts("sv", "system.masked")) not in transcript
    assert "ring [telefonnummer]" in [turn["text"] for turn in bot.turns]
    everything = f"{transcript} {bot.turns} {caplog.text}"
    assert "174 06" not in everything


async def test_only_the_answer_to_the_question_is_kept(api: Any, bot: Any, texts: Any) -> None:
    """A number written at another moment is taken out and forgotten, as ever."""
    resident = await api.resident()
    bot.says({"text": "Var är det?"})
    await resident.write(f"lampan är trasig, ring {PHONE}")
    bot.says(ASKING)
    await resident.write("Storgatan 12")
    bot.says({"text": "Vi har öppet till 17."})
    await resident.write("när stänger ni?")
    answer = await resident.write(f"ring {PHONE}")
    assert texts("sv", "system.masked") in [each["text"] for each in answer["messages"]]
    assert [None] == [row.contact for row in await _rows(api, ContactRow)]


async def test_what_the_resident_takes_back_is_not_sent(
    start_gateway: Any, mailing: Any, server: Server, bot: Any
) -> None:
    """A contact given first and refused at last goes with no case; so does one of a cancelled."""
    api = await start_gateway(mailing)
    resident = await api.resident()
    bot.says(ASKING)
    await resident.write("lampan är trasig")
    await resident.write(PHONE)
    bot.says({**SENT, "case": {**CASE, "contact": False}})
    await resident.write("ja")
    await _until(lambda: server.mails)
    assert "Kontakt: inget angivet" in server.mails[0].get_content()

    bot.says(ASKING)
    await resident.write("lampan är trasig")
    bot.says({"text": "Avbrutet.", "asks": "nothing"})
    await resident.write(f"{PHONE} nej avbryt")
    assert [] == await _rows(api, ContactRow)


async def test_an_identity_number_in_the_answer_is_not_kept(api: Any, bot: Any, texts: Any) -> None:
    """Only telephone numbers and e-mail addresses are contacts."""
    resident = await api.resident()
    bot.says(ASKING)
    await resident.write("lampan är trasig")
    bot.says({"text": "Stämmer det?"})
    answer = await resident.write(f"19811218-9876, {PHONE}")
    said = [each["text"] for each in answer["messages"] if each["author"] == "system"]
    assert [texts("sv", "system.contact_kept"), texts("sv", "system.masked")] == said
    assert [PHONE] == [row.contact for row in await _rows(api, ContactRow)]


async def test_a_refused_mail_is_tried_again_after_a_pause(
    api: Any,
    settings: Any,
    mailing: Any,
    server: Server,
    bot: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It survives the gateway that made it, keeps its contact, and is sent once."""
    await _report(await api.resident(), bot)
    server.answers = [f"451 {PHONE} later"]
    moment = now()
    _, outbox = _outbox(api, mailing, clock=lambda: moment)
    moment += timedelta(seconds=1)
    assert 0 == await outbox.send_due()
    assert "could not be mailed yet" in caplog.text
    assert "174 06" not in caplog.text, "the server's own words are not logged"
    assert 0 == await outbox.send_due(), "its turn has not come"
    assert 1 == server.tries
    moment += pause_after(0)
    assert 1 == await outbox.send_due()
    assert PHONE in server.mails[0].get_content()
    moment += timedelta(days=1)
    assert 0 == await outbox.send_due()
    assert 2 == server.tries


async def test_a_dead_mail_server_is_no_end(
    api: Any, mailing: Any, server: Server, bot: Any
) -> None:
    """Nobody listening is like a refusal."""
    await _report(await api.resident(), bot)
    dead = mailing.model_copy(update={"smtp_port": 1})
    _, outbox = _outbox(api, dead, clock=lambda: now() + timedelta(seconds=1))
    assert 0 == await outbox.send_due()
    (case,) = await _rows(api, CaseRow)
    assert (1, None) == (case.attempts, case.mailed_at)


async def test_a_mail_that_cannot_be_composed_holds_up_no_other(
    api: Any, mailing: Any, server: Server, bot: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The oldest report's municipality is gone: the next one is mailed in the same round."""
    await _report(await api.resident(), bot)
    await _report(await api.resident(), bot)
    first, second = await _rows(api, CaseRow)
    async with api.client.app[DATABASE].writing() as session:
        await session.execute(
            update(CaseRow).where(CaseRow.id == first.id).values(municipality="gone")
        )
    _, outbox = _outbox(api, mailing, clock=lambda: now() + timedelta(seconds=1))
    assert 1 == await outbox.send_due()
    assert second.reference in server.mails[0]["Subject"]
    assert f"case {first.reference} can't be composed: KeyError" in caplog.text


async def test_two_gateways_send_one_mail(api: Any, mailing: Any, server: Server, bot: Any) -> None:
    """Whoever claims the case sends it."""
    await _report(await api.resident(), bot)
    later = now() + timedelta(seconds=1)
    outboxes = [_outbox(api, mailing, clock=lambda: later)[1] for _ in range(3)]
    accepted = await asyncio.gather(*(outbox.send_due() for outbox in outboxes))
    assert [0, 0, 1] == sorted(accepted)
    assert 1 == len(server.mails)


async def test_without_a_mail_server_the_log_says_so_once(
    api: Any, settings: Any, bot: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The case waits; whoever runs Svar is told which setting is missing."""
    _, outbox = _outbox(api, settings)
    await outbox.send_due()
    assert "SVAR_SMTP_HOST" not in caplog.text, "nothing waits yet"
    caplog.clear()
    await _report(await api.resident(), bot)
    await _until(lambda: "SVAR_SMTP_HOST is not set" in caplog.text)
    caplog.clear()
    await outbox.send_due()
    await outbox.send_due()
    assert 1 == caplog.text.count("SVAR_SMTP_HOST is not set")


async def test_erasing_a_conversation_erases_its_contact_and_words(api: Any, bot: Any) -> None:
    """What is broken and where stays, for it still has to be mended."""
    resident = await api.resident()
    await _report(resident, bot)
    assert [PHONE] == [row.contact for row in await _rows(api, ContactRow)]
    assert 204 == (await resident.ask("DELETE")).status
    assert [] == await _rows(api, ContactRow)
    (case,) = await _rows(api, CaseRow)
    assert (None, "", "Storgatan 12") == (case.conversation_id, case.description, case.place)


async def test_a_contact_is_kept_for_a_day_at_most(api: Any, settings: Any, bot: Any) -> None:
    """Also when nothing could be mailed."""
    await _report(await api.resident(), bot)
    cases, _ = _outbox(api, settings)
    assert 0 == await cases.forget_contacts(now() + timedelta(hours=CONTACT_HOURS - 1))
    assert 1 == await cases.forget_contacts(now() + timedelta(hours=CONTACT_HOURS, seconds=1))
    assert 1 == len(await _rows(api, CaseRow))


async def test_old_cases_are_erased(api: Any, settings: Any, bot: Any) -> None:
    """After the days that are set, and no sooner."""
    await _report(await api.resident(), bot)
    await _report(await api.resident(), bot)
    first, second = await _rows(api, CaseRow)
    async with api.client.app[DATABASE].writing() as session:
        await session.execute(
            update(CaseRow)
            .where(CaseRow.id == first.id)
            .values(created_at=now() - timedelta(days=31))
        )
    app = api.client.app
    cases, _ = _outbox(api, settings)
    await Retention(app[CONVERSATIONS], app[METRICS], 90, cases, 30).erase_outdated()
    assert [second.id] == [row.id for row in await _rows(api, CaseRow)]
    assert [second.id] == [row.case_id for row in await _rows(api, ContactRow)]


async def test_a_kind_without_a_department_goes_to_the_municipality(
    start_gateway: Any, mailing: Any, server: Server, bot: Any
) -> None:
    """So no report is without a reader; the mail is in the conversation's language."""
    api = await start_gateway(mailing)
    resident = await api.resident("fjordvik", "nn")
    bot.says({**SENT, "case": {**CASE, "kind": "other", "contact": False}})
    await resident.write("ja")
    await _until(lambda: server.mails)
    assert "post@fjordvik.example" == server.mails[0]["To"]
    assert "Ein innbyggjar har meldt" in server.mails[0].get_content()


async def test_a_place_over_two_lines_makes_no_header(
    start_gateway: Any, mailing: Any, server: Server, bot: Any
) -> None:
    """What a resident writes can't add anything to the head of a mail."""
    api = await start_gateway(mailing)
    bot.says({**SENT, "case": {**CASE, "place": "Storgatan\r\nBcc: alla@exempel.example"}})
    await (await api.resident()).write("ja")
    await _until(lambda: server.mails)
    assert server.mails[0]["Bcc"] is None
    assert server.mails[0]["Subject"].endswith("Storgatan Bcc: alla@exempel.example")


def test_references_can_be_read_aloud_and_are_hard_to_guess() -> None:
    """None of the signs that are taken for each other, and never the same again."""
    made = {make_reference("ekhamn", now()) for _ in range(1000)}
    assert 999 <= len(made)
    assert set() == set("01ILO") & set(SIGNS)
    assert all(re.fullmatch(r"EK-\d\d-[2-9A-Z]{5}", each) for each in made)


def test_pauses_grow_to_an_hour() -> None:
    """A mail server that is away is not asked all the time."""
    assert [30, 60, 120] == [pause_after(tries).total_seconds() for tries in range(3)]
    assert LONGEST_PAUSE == pause_after(1000)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('faults = ["bin"]', 'faults = ["bins"]', "'bins' is not one of lamp, road"),
        ('faults = ["bin"]', 'faults = ["lamp"]', "both streets and waste have the fault 'lamp'"),
        ('name = {sv = "Avfall"}', "name = {}", "departments.waste.name has no text for sv"),
        ("avfall@ekhamn.example", "avfall", "departments.waste.email"),
    ],
)
def test_bad_departments_are_named(
    municipalities_folder: Any, old: str, new: str, reason: str
) -> None:
    """One plain line says which file, where and why."""
    path = municipalities_folder / "ekhamn.toml"
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    with pytest.raises(MunicipalityError, match=re.escape(reason)):
        load_municipalities(municipalities_folder)


def test_the_bot_and_the_gateway_know_the_same_kinds() -> None:
    """A kind that one of them lacks would go to the wrong department."""
    from actions.fault_words import fault_words

    assert set(fault_words().kinds) == set(FAULT_KINDS)
