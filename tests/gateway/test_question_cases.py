"""Questions left as cases: promised a date, mailed, answered, and written back to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import select, update

from gateway.case_erasures import CaseErasures
from gateway.case_receiving import MOST_MAILS, Incoming, Taken
from gateway.events import desk_topic
from gateway.keys import DATABASE, HUB, METRICS, QUESTIONS, RECEIVED_MAILS
from gateway.mailbox import Mailbox
from gateway.question_cases import MOST_A_CONVERSATION, MOST_A_HOUSEHOLD, MOST_AN_ADDRESS
from gateway.retention import Retention
from gateway.tables import (
    CaseAddressRow,
    CaseEntryRow,
    CaseMailRow,
    HandoffRow,
    QuestionCaseRow,
)
from gateway.transcripts import now
from tests.gateway.dovecot import PASSWORD, USER, MailServer, dovecot
from tests.gateway.smtp_server import Server, smtp_server

EMAIL = "anna.berg@exempel.example"
QUESTION = "Kan jag få färdtjänst till vårdcentralen?"
LEFT = {"email": EMAIL, "text": QUESTION}
DEPARTMENT = "kommun@ekhamn.example"


@pytest.fixture
async def smtp() -> AsyncIterator[Server]:
    """A real SMTP server."""
    async with smtp_server() as made:
        yield made


@pytest.fixture(scope="module")
def imap() -> Any:
    """A real IMAP server."""
    with dovecot() as made:
        yield made


@pytest.fixture
def settings(settings: Any, smtp: Server) -> Any:
    """Settings with a mail server, and with a mailbox that is looked at by hand."""
    return settings.model_copy(
        update={
            "smtp_host": "127.0.0.1",
            "smtp_port": smtp.port,
            "smtp_tls": "none",
            "imap_address": "svar@ekhamn.example",
        }
    )


@pytest.fixture
def mailbox(api: Any, settings: Any, imap: MailServer, texts: Any) -> Mailbox:
    """The mailbox, empty."""
    imap.empty()
    reading = settings.model_copy(
        update={
            "imap_host": "127.0.0.1",
            "imap_port": imap.port,
            "imap_tls": "none",
            "imap_user": USER,
            "imap_password": type(settings.imap_password)(PASSWORD),
        }
    )
    app = api.client.app
    return Mailbox(app[RECEIVED_MAILS], app[METRICS], reading, [texts("sv", "case.marker")])


async def _until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(5):
        while True:
            found = condition()
            if await found if isinstance(found, Awaitable) else found:
                return
            await asyncio.sleep(0.02)


async def _rows(api: Any, table: Any) -> list[Any]:
    async with api.client.app[DATABASE].reading() as session:
        return list(await session.scalars(select(table)))


async def _leave(resident: Any, **changed: str) -> Any:
    return await resident.ask("POST", "/case", json={**LEFT, **changed})


async def _left(api: Any, **changed: str) -> str:
    resident = await api.resident()
    await resident.want_person()
    return str((await _leave(resident, **changed)).json["reference"])


def _mail(text: str = "Tack, men gäller det även kvällar?", **headers: str) -> bytes:
    mail = EmailMessage()
    defaults = {
        "From": f"Anna Berg <{EMAIL}>",
        "To": "svar@ekhamn.example",
        "Subject": "Re:",
        "Message-ID": "<answer-1@exempel.example>",
        "Date": "Thu, 26 Nov 2026 10:15:00 +0100",
    }
    for name, value in {**defaults, **headers}.items():
        mail[name] = value
    mail.set_content(text)
    return mail.as_bytes()


async def _case(operator: Any, reference: str) -> Any:
    return (await operator.ask("GET", f"/api/v1/desk/cases/{reference}")).json


async def _reply(operator: Any, reference: str, **body: Any) -> Any:
    path = f"/api/v1/desk/cases/{reference}/reply"
    return await operator.ask("POST", path, json={"text": "Ja, det kan du.", **body})


async def test_a_case_is_offered_when_nobody_is_there(api: Any, texts: Any, operator: Any) -> None:
    """With a date by which it is answered; not when an operator is there."""
    answer = await (await api.resident()).want_person()
    (message,) = answer["messages"]
    assert ["case"] == [choice["action"] for choice in message["choices"]]
    assert texts("sv", "choice.case.title") == message["choices"][0]["title"]
    async with operator.events():
        answer = await (await api.resident()).want_person()
        assert [[]] == [message["choices"] for message in answer["messages"]]


async def test_no_case_is_offered_or_taken_where_no_mail_can_be_sent(
    start_gateway: Any, settings: Any
) -> None:
    """Nobody is promised an answer that could never be sent."""
    api = await start_gateway(settings.model_copy(update={"smtp_host": ""}))
    resident = await api.resident()
    answer = await resident.want_person()
    assert [[]] == [message["choices"] for message in answer["messages"]]
    assert 409 == (await _leave(resident)).status
    assert [] == await _rows(api, QuestionCaseRow)


async def test_a_question_left_is_confirmed_and_told_to_the_department(
    api: Any, smtp: Server, operator: Any, texts: Any
) -> None:
    """It leaves the queue; the resident and the department of its topic get a mail each."""
    resident = await api.resident()
    await resident.write("hej")
    await resident.want_person()
    answer = await _leave(resident)
    assert 201 == answer.status
    reference, deadline = answer.json["reference"], date.fromisoformat(answer.json["deadline"])
    (said,) = answer.json["messages"]
    assert ("with_bot", "system") == (answer.json["status"], said["author"])
    assert reference in said["text"]
    assert str(deadline.year) in said["text"]
    assert {"waiting": [], "own": []} == await operator.queue()
    (handoff,) = await _rows(api, HandoffRow)
    assert "case" == handoff.outcome

    await _until(lambda: len(smtp.mails) == 2)
    (confirmation,), (notice,) = smtp.to(EMAIL), smtp.to("bygg@ekhamn.example")
    assert (
        texts("sv", "case.subject", reference=reference, municipality="Ekhamns kommun")
        == (confirmation["Subject"])
    )
    body = confirmation.get_content()
    assert "30 dagar" in body
    assert QUESTION not in body, "else anybody could have any text mailed to any address"
    assert QUESTION in notice.get_content()
    assert EMAIL not in str(notice)
    assert reference in notice["Subject"]
    assert "auto-generated" == confirmation["Auto-Submitted"]


async def test_the_offer_taken_in_words_leads_to_the_form(
    api: Any, smtp: Server, bot: Any, texts: Any
) -> None:
    """The bot isn't asked what it means: the offer comes again, with its choice."""
    said = texts("sv", "choice.case.text")
    bot.says(
        {"text": "Kanske så?", "choices": [{"title": "x", "text": said, "action": "case"}]},
    )
    resident = await api.resident()
    await resident.write("hej")
    answer = await resident.write(said)
    assert 1 == len(bot.turns)
    (_, offer) = answer["messages"]
    assert ("system", ["case"]) == (offer["author"], [each["action"] for each in offer["choices"]])


@pytest.mark.parametrize(
    "written", ["Få svar med epost!", "jag vill ha svar med E-POST", "ja tack"]
)
async def test_whoever_waits_takes_the_offer_in_words(
    api: Any, smtp: Server, bot: Any, written: str
) -> None:
    """The offer comes back at once and the form opens; the place in the queue is kept."""
    resident = await api.resident()
    await resident.want_person()
    answer = await resident.write(written, client_id="c-1")
    (_, offer) = answer["messages"]
    assert ("waiting", "case", ["case"]) == (
        answer["status"],
        answer["opens"],
        [each["action"] for each in offer["choices"]],
    )
    assert answer["messages"] == (await resident.write(written, client_id="c-1"))["messages"]
    other = await resident.write("Vem äger bänken?")
    assert ([], None) == (other["messages"][1:], other["opens"])
    assert [] == bot.turns


async def test_words_that_take_no_offer_reach_the_bot(api: Any, smtp: Server, bot: Any) -> None:
    """A yes with the bot is an answer to the bot."""
    resident = await api.resident()
    answer = await resident.write("ja tack")
    assert (1, None) == (len(bot.turns), answer["opens"])


async def test_an_operator_gets_the_words_as_they_are(
    api: Any, smtp: Server, operator: Any
) -> None:
    """Whoever talks with a person says it to the person."""
    resident = await api.resident()
    await resident.want_person()
    await operator.desk(resident.id, "claim")
    answer = await resident.write("Få svar med e-post")
    assert (1, None) == (len(answer["messages"]), answer["opens"])


async def test_the_address_is_in_one_table_only(
    api: Any, smtp: Server, operator: Any, bot: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither transcript, thread, log nor bot knows it; words of the question are masked."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # the test's own mail server
    resident = await api.resident()
    await resident.want_person()
    answer = await _leave(resident, text=f"Ring 070-174 06 77 eller skriv till {EMAIL}")
    reference = answer.json["reference"]
    await _until(lambda: len(smtp.mails) == 2)
    view = await _case(operator, reference)
    listed = (await operator.ask("GET", "/api/v1/desk/cases")).text
    everything = f"{await resident.transcript()} {view} {listed} {bot.turns} {caplog.text}"
    assert EMAIL not in everything
    assert "174 06" not in everything
    assert "Ring [telefonnummer] eller skriv till [e-post]" == view["question"]
    assert [EMAIL] == [row.email for row in await _rows(api, CaseAddressRow)]


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"email": "anna"}, "email", "invalid"),
        ({"email": "anna@"}, "email", "invalid"),
        ({"email": "a@b"}, "email", "invalid"),
        ({"email": ""}, "email", "required"),
        ({"email": "a@b.se\r\nBcc: c@d.se"}, "email", "invalid"),
        ({"text": "  "}, "text", "required"),
        ({"text": "x" * 2001}, "text", "too_long"),
    ],
)
async def test_bad_input_names_its_field(api: Any, changed: Any, field: str, code: str) -> None:
    """And the resident keeps the place in the queue."""
    resident = await api.resident()
    await resident.want_person()
    answer = await _leave(resident, **changed)
    assert (422, [(field, code)]) == (answer.status, answer.codes)
    assert [] == await _rows(api, QuestionCaseRow)
    assert "waiting" == (await resident.ask("GET", "/messages")).json["status"]


async def test_the_same_question_twice_is_one_case(api: Any, smtp: Server) -> None:
    """A button pressed twice, or a page that sends again."""
    resident = await api.resident()
    one, other = await asyncio.gather(_leave(resident), _leave(resident))
    assert one.json["reference"] == other.json["reference"]
    assert 1 == len(await _rows(api, QuestionCaseRow))


async def test_cases_of_a_day_are_limited(api: Any) -> None:
    """One conversation and one address; each case mails somebody who has proved nothing."""
    resident = await api.resident()
    for at in range(MOST_A_CONVERSATION):
        assert 201 == (await _leave(resident, text=f"{at}", email=f"x{at}@exempel.se")).status
    assert 429 == (await _leave(resident, text="en till")).status
    for _ in range(MOST_AN_ADDRESS):
        assert 201 == (await _leave(await api.resident())).status
    assert 429 == (await _leave(await api.resident(), email=EMAIL.upper())).status


async def test_cases_of_a_household_are_limited(api: Any) -> None:
    """However many conversations it begins and addresses it gives; the same one again is free."""
    for at in range(MOST_A_HOUSEHOLD):
        resident = await api.resident()
        assert 201 == (await _leave(resident, email=f"x{at}@exempel.se")).status
    answer = await _leave(await api.resident(), email="y@exempel.se")
    assert (429, True) == (answer.status, 0 < int(answer.headers["Retry-After"]) <= 3600)
    assert MOST_A_HOUSEHOLD == len(await _rows(api, QuestionCaseRow))
    assert 201 == (await _leave(resident, email=f"x{at}@exempel.se")).status


async def test_an_operator_who_has_the_conversation_is_asked_there(api: Any, operator: Any) -> None:
    """A case would take it out of the operator's hands."""
    resident = await api.resident()
    await resident.want_person()
    await operator.desk(resident.id, "claim")
    assert 409 == (await _leave(resident)).status


async def test_a_deadline_is_counted_in_working_days(api: Any, monkeypatch: Any) -> None:
    """From a Thursday before Easter, on the municipality's calendar and not on UTC's."""
    questions = api.client.app[QUESTIONS]
    # 22:30 on Tuesday in UTC is Wednesday in Ekhamn.
    monkeypatch.setattr(questions, "_clock", lambda: datetime(2026, 3, 31, 22, 30, tzinfo=UTC))
    answer = await _leave(await api.resident())
    # Thursday (half a day), Tuesday after Easter, Wednesday.
    assert "2026-04-08" == answer.json["deadline"]


async def test_the_list_has_open_cases_by_deadline_and_overdue_ones_marked(
    api: Any, operator: Any
) -> None:
    """Then the closed ones."""
    old, new, done = [await _left(api, text=text) for text in ("gammal", "ny", "klar")]
    async with api.client.app[DATABASE].writing() as session:
        for reference, days in ((old, -1), (new, 5)):
            await session.execute(
                update(QuestionCaseRow)
                .where(QuestionCaseRow.reference == reference)
                .values(deadline=date.today() + timedelta(days=days))
            )
    await operator.ask("POST", f"/api/v1/desk/cases/{done}/close")
    listed = (await operator.ask("GET", "/api/v1/desk/cases")).json
    assert [(old, True, True), (new, False, True), (done, False, False)] == [
        (case["reference"], case["overdue"], case["answer_due"]) for case in listed["cases"]
    ]
    assert "streets" in [each["id"] for each in listed["departments"]]


async def test_a_reply_is_mailed_in_the_thread(api: Any, smtp: Server, operator: Any) -> None:
    """It refers to the mails before it, says who writes, and can be answered."""
    reference = await _left(api)
    await _until(lambda: len(smtp.mails) == 2)
    view = (await _reply(operator, reference)).json
    assert ["question", "reply"] == [entry["kind"] for entry in view["entries"]]
    assert view["answer_due"] is False
    await _until(lambda: len(smtp.to(EMAIL)) == 2)
    confirmation, reply = smtp.to(EMAIL)
    assert confirmation["Message-ID"] == reply["In-Reply-To"] == reply["References"]
    assert reply["Auto-Submitted"] is None
    assert confirmation["Subject"] == reply["Subject"]
    assert "Ja, det kan du." in reply.get_content()
    assert "Ekhamns kontaktcenter" in reply.get_content()
    sent = (await _case(operator, reference))["entries"]
    assert ["sent", "sent"] == [entry["mail"] for entry in sent]


async def test_an_answer_by_mail_comes_back_into_the_case(
    api: Any, smtp: Server, imap: MailServer, mailbox: Mailbox, operator: Any
) -> None:
    """Masked, without what was quoted; the department is told; the mailbox is empty then."""
    reference = await _left(api)
    await _until(lambda: len(smtp.mails) == 2)
    named = smtp.to(EMAIL)[0]["Message-ID"]
    text = (
        "Tack! Mitt nummer är 070-174 06 77.\n\n"
        "Den tors 26 nov. 2026 kl 10:15 skrev Ekhamns kommun <kommun@ekhamn.example>:\n"
        "> Vi har tagit emot din fråga\n> på 12 rader\n"
    )
    imap.deliver(_mail(text, **{"In-Reply-To": named}))
    assert 1 == await mailbox.look()
    assert [] == imap.left()
    entry = (await _case(operator, reference))["entries"][-1]
    assert ("resident", "Tack! Mitt nummer är [telefonnummer].", False) == (
        entry["kind"],
        entry["text"],
        entry["other_sender"],
    )
    await _until(lambda: len(smtp.to(DEPARTMENT)) == 2)
    assert "Tack! Mitt nummer" in smtp.to(DEPARTMENT)[1].get_content()
    await _reply(operator, reference)
    await _until(lambda: len(smtp.to(EMAIL)) == 2)
    reply = smtp.to(EMAIL)[1]
    assert "<answer-1@exempel.example>" == reply["In-Reply-To"]
    assert f"{named} <answer-1@exempel.example>" == reply["References"]


async def test_each_change_of_a_case_is_told(api: Any, smtp: Server, operator: Any) -> None:
    """Left, mailed, answered, written back to, handed over, closed."""

    async def told(times: int) -> None:
        seen = 0
        while seen < times:
            news = await subscription.take(10)
            assert news, f"told {seen} times instead of {times}"
            seen += sum(event.case == reference for event in news)
        assert times == seen

    with api.client.app[HUB].subscribe(desk_topic("ekhamn")) as subscription:
        reference = await _left(api)
        await told(3)  # both mails of it are sent, too
        await _reply(operator, reference)
        await told(2)
        mail = Incoming((reference,), EMAIL, "<x@y.example>", "hej", (), "key")
        await api.client.app[RECEIVED_MAILS].take(mail)
        await told(2)
        path = f"/api/v1/desk/cases/{reference}"
        await operator.ask("POST", f"{path}/department", json={"department": None})
        await told(2)
        await operator.ask("POST", f"{path}/close")
        await told(2)


async def test_a_desk_hears_of_its_own_cases_alone(
    api: Any, smtp: Server, operator: Any, accounts: Any
) -> None:
    """By reference; what is in the case is asked for."""
    stranger = await api.staff("operator@fjordvik.example", accounts["operator@fjordvik.example"])
    async with operator.events() as socket, stranger.events() as elsewhere:
        reference = await _left(api)
        frames = [await socket.receive_json(timeout=10)]
        while frames[-1]["type"] != "case":
            frames.append(await socket.receive_json(timeout=10))
        assert {"type": "case", "reference": reference} == frames[-1]
        # Something that the other desk is told of, after all that it is not.
        await (await api.resident("fjordvik", "nb")).want_person()
        frames = [await elsewhere.receive_json(timeout=10)]
        while not (frames[-1]["type"] == "lines" and frames[-1]["waiting"]):
            frames.append(await elsewhere.receive_json(timeout=10))
        assert "case" not in {frame["type"] for frame in frames}


async def test_the_subject_is_enough_to_find_the_case(
    api: Any, imap: MailServer, mailbox: Mailbox, operator: Any
) -> None:
    """A new mail from another address that names the reference; it is marked as such."""
    reference = await _left(api)
    imap.deliver(_mail(Subject=f"Angående {reference}", From="annas.syster@exempel.example"))
    assert 1 == await mailbox.look()
    view = await _case(operator, reference)
    assert view["entries"][-1]["other_sender"] is True
    assert "annas.syster" not in str(view)


async def test_a_mail_goes_to_the_case_of_its_sender(
    api: Any, imap: MailServer, mailbox: Mailbox, operator: Any, accounts: Any
) -> None:
    """Not to another municipality's that is named too; what it answers comes before its subject."""
    stranger = await api.staff("operator@fjordvik.example", accounts["operator@fjordvik.example"])
    own, second = await _left(api), await _left(api, text="En fråga till")
    resident = await api.resident("fjordvik", "nb")
    theirs = (await _leave(resident, email="kari@exempel.example")).json["reference"]
    imap.deliver(
        _mail(
            "till den andra",
            **{
                "Subject": f"{own} och {theirs}",
                "In-Reply-To": f"<{theirs}.1@fjordvik.example>",
                "References": f"<{second}.1@ekhamn.example>",
            },
        )
    )
    assert 1 == await mailbox.look()
    assert "till den andra" == (await _case(operator, second))["entries"][-1]["text"]
    assert 1 == len((await _case(operator, own))["entries"])
    assert 1 == len((await _case(stranger, theirs))["entries"])


async def test_two_copies_of_a_mail_are_one_entry(
    api: Any, imap: MailServer, mailbox: Mailbox, operator: Any
) -> None:
    """It came by two ways; both are gone from the mailbox then."""
    reference = await _left(api)
    for way in (b"", b"Received: by another way\r\n"):
        imap.deliver(way + _mail(Subject=reference))
    assert 1 == await mailbox.look()
    assert [] == imap.left()
    assert 2 == len((await _case(operator, reference))["entries"])


async def test_a_mail_of_twenty_megabytes_is_read_to_its_words(
    api: Any, smtp: Server, imap: MailServer, mailbox: Mailbox, operator: Any
) -> None:
    """Identity numbers are masked in the words and in the names of files."""
    reference = await _left(api)
    mail = EmailMessage()
    mail["From"], mail["Subject"] = EMAIL, reference
    mail.set_content("Mitt nummer är 811228-9874.")
    mail.add_attachment(
        b"\0" * 15_000_000, maintype="image", subtype="jpeg", filename="811228-9874.jpg"
    )
    raw = mail.as_bytes()
    assert len(raw) > 20_000_000
    imap.deliver(raw)
    assert 1 == await mailbox.look()
    entry = (await _case(operator, reference))["entries"][-1]
    assert ("Mitt nummer är [personnummer].", ["[personnummer].jpg"]) == (
        entry["text"],
        entry["attachments"],
    )


async def test_an_automatic_answer_leaves_a_closed_case_closed(
    api: Any, smtp: Server, imap: MailServer, mailbox: Mailbox, operator: Any
) -> None:
    """And is not answered, so that two machines never write to each other."""
    reference = await _left(api)
    await operator.ask("POST", f"/api/v1/desk/cases/{reference}/close")
    await _until(lambda: len(smtp.mails) == 3)
    imap.deliver(_mail(Subject=f"Automatiskt svar: Ditt ärende {reference}"))
    imap.deliver(_mail(**{"Subject": reference, "Auto-Submitted": "auto-replied"}))
    assert 0 == await mailbox.look()
    assert "closed" == (await _case(operator, reference))["status"]
    assert 3 == len(smtp.mails)


async def test_a_case_takes_so_many_mails_a_day(api: Any, operator: Any) -> None:
    """A machine that names itself as nobody's can't fill it without end."""
    reference = await _left(api)
    received = api.client.app[RECEIVED_MAILS]
    taken = [
        await received.take(Incoming((reference,), EMAIL, None, "hej", (), f"key {at}"))
        for at in range(MOST_MAILS + 1)
    ]
    assert [*[Taken.STORED] * MOST_MAILS, Taken.TOO_MANY] == taken


async def test_a_mail_is_taken_once_when_the_gateway_is_killed_in_between(
    api: Any, imap: MailServer, mailbox: Mailbox, operator: Any, monkeypatch: Any
) -> None:
    """It is in the case and still in the mailbox; the next look only takes it out there."""
    reference = await _left(api)
    imap.deliver(_mail(Subject=reference))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("gateway.mailbox._settle", killed)
        with pytest.raises(KeyboardInterrupt):
            await mailbox.look()
    assert 1 == len(imap.left())
    assert 0 == await mailbox.look()
    assert [] == imap.left()
    assert ["question", "resident"] == [
        entry["kind"] for entry in (await _case(operator, reference))["entries"]
    ]


async def test_two_gateways_take_a_mail_once(api: Any, operator: Any) -> None:
    """They read the mailbox at the same moment."""
    reference = await _left(api)
    mail = Incoming((reference,), EMAIL, "<x@y.example>", "hej", (), "key")
    received = api.client.app[RECEIVED_MAILS]
    taken = await asyncio.gather(*(received.take(mail) for _ in range(5)))
    assert [Taken.STORED] == [each for each in taken if each is not Taken.ALREADY]
    assert 2 == len((await _case(operator, reference))["entries"])


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Auto-Submitted": "auto-generated; type=vacation"},
        {"Precedence": "bulk"},
        {"X-Autoreply": "yes"},
        {"Return-Path": "<>"},
        {"From": "MAILER-DAEMON@exempel.example"},
    ],
)
async def test_machines_answers_and_bounces_are_left_alone(
    api: Any, imap: MailServer, mailbox: Mailbox, operator: Any, headers: dict[str, str]
) -> None:
    """They reach no case and stay in the mailbox, flagged, and are looked at once only."""
    reference = await _left(api)
    imap.deliver(_mail(**{"Subject": f"Sv: {reference}", **headers}))
    assert 0 == await mailbox.look()
    assert [(f"Sv: {reference}", True)] == imap.left()
    assert 1 == len((await _case(operator, reference))["entries"])


async def test_a_mail_of_no_case_is_left_for_people(
    api: Any, imap: MailServer, mailbox: Mailbox
) -> None:
    """So is one that can't be read as a mail; the next one is taken all the same."""
    reference = await _left(api)
    imap.deliver(_mail(Subject="Hej på er"))
    imap.deliver(_mail(Subject="EK-26-ZZZZZ"))
    imap.deliver(
        b"From: \xff\xfe\r\nSubject: =?utf-9?q?=C3=28?=\r\n"
        b"Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n"
    )
    imap.deliver(_mail(Subject=reference))
    assert 1 == await mailbox.look()
    left = imap.left()
    assert (3, True) == (len(left), all(flagged for _, flagged in left))
    assert 0 == await mailbox.look()


async def test_a_mail_that_a_person_has_read_is_taken_too(
    api: Any, imap: MailServer, mailbox: Mailbox
) -> None:
    """Somebody who looks into the mailbox keeps nothing from its case."""
    reference = await _left(api)
    imap.deliver(_mail(Subject=reference))
    with imap.open() as box:
        assert 1 == len(list(box.fetch()))
    assert 1 == await mailbox.look()


async def test_attachments_are_named_and_politely_refused(
    api: Any, smtp: Server, imap: MailServer, mailbox: Mailbox, operator: Any
) -> None:
    """The words arrive, the file does not, and the resident is told."""
    reference = await _left(api)
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = EMAIL, reference, "<a@exempel.example>"
    mail.set_content("Här är intyget.")
    mail.add_attachment(
        b"%PDF" * 300_000, maintype="application", subtype="pdf", filename="Intyg Åsa.pdf"
    )
    imap.deliver(mail.as_bytes())
    assert 1 == await mailbox.look()
    entry = (await _case(operator, reference))["entries"][-1]
    assert ("Här är intyget.", ["Intyg Åsa.pdf"]) == (entry["text"], entry["attachments"])
    await _until(lambda: len(smtp.to(EMAIL)) == 2)
    assert "Intyg Åsa.pdf" in smtp.to(EMAIL)[1].get_content()


async def test_a_department_that_answers_its_notice_leaves_a_note(
    api: Any, smtp: Server, imap: MailServer, mailbox: Mailbox, operator: Any
) -> None:
    """The resident never gets it."""
    reference = await _left(api)
    await _until(lambda: len(smtp.mails) == 2)
    imap.deliver(_mail("Det kan gatan svara på.", From=DEPARTMENT, Subject=f"Sv: {reference}"))
    assert 1 == await mailbox.look()
    entry = (await _case(operator, reference))["entries"][-1]
    assert ("note", "Ekhamns kommun") == (entry["kind"], entry["name"])
    assert 2 == len(smtp.mails)


async def test_a_closed_case_is_told_and_opened_again_by_an_answer(
    api: Any, smtp: Server, imap: MailServer, mailbox: Mailbox, operator: Any
) -> None:
    """Nothing is closed without a word; a new answer gets a new deadline."""
    reference = await _left(api)
    await _until(lambda: len(smtp.mails) == 2)
    closed = (await operator.ask("POST", f"/api/v1/desk/cases/{reference}/close")).json
    assert "closed" == closed["status"]
    await _until(lambda: len(smtp.to(EMAIL)) == 2)
    assert "öppnar vi det igen" in smtp.to(EMAIL)[1].get_content()
    assert 409 == (await _reply(operator, reference)).status
    imap.deliver(_mail(Subject=reference))
    assert 1 == await mailbox.look()
    view = await _case(operator, reference)
    assert ("open", True) == (view["status"], view["answer_due"])
    assert ["question", "closed", "resident", "reopened"] == [
        entry["kind"] for entry in view["entries"]
    ]
    assert [None] == [row.forget_at for row in await _rows(api, CaseAddressRow)]


async def test_an_address_is_forgotten_some_days_after_the_case_is_closed(
    api: Any, imap: MailServer, mailbox: Mailbox, operator: Any
) -> None:
    """An open case keeps it; without it nothing can be sent and no mail is taken."""
    open_, closed = await _left(api, text="öppen"), await _left(api, text="klar")
    view = (await _reply(operator, closed, close=True)).json
    assert "closed" == view["status"]
    erasures = CaseErasures(api.client.app[DATABASE])
    assert 0 == await erasures.forget_addresses(now() + timedelta(days=29))
    assert 1 == await erasures.forget_addresses(now() + timedelta(days=31))
    assert (True, False) == tuple(
        [(await _case(operator, reference))["answerable"] for reference in (open_, closed)]
    )
    imap.deliver(_mail(Subject=closed))
    assert 0 == await mailbox.look()
    assert 1 == len(imap.left())


async def test_what_mails_were_called_is_forgotten_with_the_address(
    api: Any, operator: Any
) -> None:
    """Neither their Message-IDs nor their digests are needed then; an open case keeps them."""
    open_, closed = await _left(api, text="öppen"), await _left(api, text="klar")
    received = api.client.app[RECEIVED_MAILS]
    for reference in (open_, closed):
        await received.take(Incoming((reference,), EMAIL, f"<{reference}@y>", "hej", (), reference))
    await operator.ask("POST", f"/api/v1/desk/cases/{closed}/close")
    await CaseErasures(api.client.app[DATABASE]).forget_addresses(now() + timedelta(days=31))
    kept = {(row.message_id, row.mail_key) for row in await _rows(api, CaseEntryRow)}
    assert {(None, None), (f"<{open_}@y>", open_)} == kept


async def test_mails_about_closed_cases_are_forgotten(
    api: Any, smtp: Server, operator: Any
) -> None:
    """Sent, undeliverable or waiting still; after as many days as a conversation is kept."""
    open_, closed = await _left(api, text="öppen"), await _left(api, text="klar")
    await _until(lambda: len(smtp.mails) == 4)
    smtp.unknown = {EMAIL}
    await _reply(operator, closed, close=True)

    async def failed() -> bool:
        return any(row.failed_at for row in await _rows(api, CaseMailRow))

    await _until(failed)
    for days, left in ((89, 5), (91, 2)):
        retention = Retention(
            _Nothing(),
            api.client.app[METRICS],
            90,
            questions=CaseErasures(api.client.app[DATABASE]),
            clock=lambda days=days: now() + timedelta(days=days),
        )
        await retention.erase_outdated()
        assert left == len(await _rows(api, CaseMailRow))
    view = await _case(operator, closed)
    assert ["question", "reply", "closed"] == [entry["kind"] for entry in view["entries"]]
    assert ["sent"] == [entry["mail"] for entry in (await _case(operator, open_))["entries"]]


async def test_old_closed_cases_are_erased_and_open_ones_never(api: Any, operator: Any) -> None:
    """With everything that belongs to them."""
    open_, closed = await _left(api, text="öppen"), await _left(api, text="klar")
    await _reply(operator, closed, close=True)
    app = api.client.app
    retention = Retention(
        _Nothing(),
        app[METRICS],
        90,
        None,
        30,
        questions=CaseErasures(app[DATABASE]),
        clock=lambda: now() + timedelta(days=31),
    )
    await retention.erase_outdated()
    (left,) = await _rows(api, QuestionCaseRow)
    assert open_ == left.reference
    for table in (CaseEntryRow, CaseAddressRow, CaseMailRow):
        assert {left.id} == {row.case_id for row in await _rows(api, table)}


class _Nothing:
    """Conversations of which none is idle."""

    async def erase_idle(self, before: datetime, limit: int) -> int:
        return 0


async def test_erasing_the_conversation_keeps_the_question(api: Any, operator: Any) -> None:
    """It was left to be answered elsewhere; what was said before it is gone."""
    resident = await api.resident()
    await resident.want_person()
    reference = (await _leave(resident)).json["reference"]
    assert 204 == (await resident.ask("DELETE")).status
    (case,) = await _rows(api, QuestionCaseRow)
    assert (None, QUESTION) == (case.conversation_id, case.question)
    assert (await _case(operator, reference))["answerable"]


async def test_an_answer_to_what_has_changed_meanwhile_is_refused(
    api: Any, operator: Any, colleague: Any
) -> None:
    """Two operators at one case: the later one reads first what the other wrote."""
    reference = await _left(api)
    seen = (await _case(operator, reference))["entries"][-1]["number"]
    assert 200 == (await _reply(colleague, reference, seen=seen)).status
    assert 409 == (await _reply(operator, reference, seen=seen)).status
    assert 200 == (await _reply(operator, reference, seen=seen + 1)).status


async def test_a_case_is_handed_to_a_department(api: Any, smtp: Server, operator: Any) -> None:
    """Which gets it by mail, with the note; an unknown one is refused."""
    reference = await _left(api)
    path = f"/api/v1/desk/cases/{reference}/department"
    unknown = await operator.ask("POST", path, json={"department": "nowhere"})
    assert (422, [("department", "unknown")]) == (unknown.status, unknown.codes)
    note = {"department": "streets", "note": "Gäller skyltningen"}
    view = (await operator.ask("POST", path, json=note)).json
    assert "streets" == view["department"]
    await _until(lambda: smtp.to("gata@ekhamn.example"))
    (mail,) = smtp.to("gata@ekhamn.example")
    assert "Gäller skyltningen" in mail.get_content()


async def test_a_reply_to_an_address_that_does_not_exist_is_shown_as_failed(
    api: Any, smtp: Server, operator: Any
) -> None:
    """It is not tried for ever, and the department's mail is not held up."""
    smtp.unknown = {EMAIL}
    reference = await _left(api)

    async def failed() -> bool:
        return [row.failed_at is not None for row in await _rows(api, CaseMailRow)] == [True, False]

    await _until(failed)
    await _until(lambda: smtp.to(DEPARTMENT))
    (question,) = (await _case(operator, reference))["entries"]
    assert "failed" == question["mail"]

    async def undelivered() -> list[bool]:
        cases = (await operator.ask("GET", "/api/v1/desk/cases")).json["cases"]
        return [case["undelivered"] for case in cases]

    assert [True] == await undelivered()
    smtp.unknown = set()
    await _reply(operator, reference, close=True)
    assert [False] == await undelivered()


async def test_a_mail_of_a_municipality_that_is_gone_holds_up_no_other(
    api: Any, smtp: Server
) -> None:
    """What can't be composed is passed over."""
    await _left(api)
    await _until(lambda: len(smtp.mails) == 2)
    async with api.client.app[DATABASE].writing() as session:
        await session.execute(update(QuestionCaseRow).values(municipality="gone"))
        await session.execute(
            update(CaseMailRow).values(mailed_at=None, due_at=now() - timedelta(days=1))
        )
    reference = await _left(api, email="en.annan@exempel.example")
    await _until(lambda: smtp.to("en.annan@exempel.example"))
    assert reference in smtp.to("en.annan@exempel.example")[0]["Subject"]


async def test_the_gateway_looks_into_the_mailbox_by_itself(
    start_gateway: Any,
    settings: Any,
    imap: MailServer,
    accounts: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And says so, without a word of the password, when it is not let in; it lives on."""
    imap.empty()
    secret = type(settings.imap_password)
    reading = settings.model_copy(
        update={
            "imap_host": "127.0.0.1",
            "imap_port": imap.port,
            "imap_tls": "none",
            "imap_user": USER,
            "imap_password": secret("wrong-secret"),
            "imap_seconds": 1.0,
        }
    )
    api = await start_gateway(reading)
    await _until(lambda: "the mailbox can't be read" in caplog.text)
    assert "wrong-secret" not in caplog.text
    reference = await _left(api)
    await api.client.close()
    api = await start_gateway(reading.model_copy(update={"imap_password": secret(PASSWORD)}))
    imap.deliver(_mail(Subject=reference))
    operator = await api.staff("operator@ekhamn.example", accounts["operator@ekhamn.example"])

    async def answered() -> bool:
        return len((await _case(operator, reference))["entries"]) == 2

    await _until(answered)


async def test_the_mails_speak_the_residents_language(api: Any, smtp: Server) -> None:
    """Nynorsk to the resident, and the department's own Bokmål to the department."""
    resident = await api.resident("fjordvik", "nn")
    await resident.want_person()
    await _leave(resident)
    await _until(lambda: len(smtp.mails) == 2)
    assert "Vi har teke imot spørsmålet ditt" in smtp.to(EMAIL)[0].get_content()
    assert "En innbygger har lagt igjen" in smtp.to("post@fjordvik.example")[0].get_content()
