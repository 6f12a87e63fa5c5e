"""A resident's own copy of a conversation, ending it, and what they add to a rating."""

import asyncio
import dataclasses
import socket
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from gateway.copies import MAILS_OF_CONVERSATION, MAILS_TO_ONE
from gateway.errors import TooManyError
from gateway.keys import DATABASE
from gateway.limits import Limit, household
from gateway.tables import FeedbackRow, HandoffRow

EMAIL = "ingen.hemma@exempel.example"
SOURCE = {
    "article": "bygglov",
    "title": "Söka bygglov",
    "heading": "Vad kostar det?",
    "url": "/demo/ekhamn/bygglov#vad",
    "updated": "2026-03-12",
}
ANSWER = {
    "text": "Det kostar 8 900 kr.",
    "answer": {"status": "answered", "confidence": 0.9, "sources": [SOURCE]},
}


@dataclasses.dataclass
class Server:
    """A mail server that takes everything, or answers what it is told to."""

    mails: list[EmailMessage] = dataclasses.field(default_factory=list)
    answer: str = "250 OK"
    port: int = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        if self.answer.startswith("250"):
            self.mails.append(mail)
        return self.answer


@pytest.fixture
async def server():
    """A real SMTP server on a port of its own."""
    made = Server()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        made.port = probe.getsockname()[1]
    controller = Controller(made, hostname="127.0.0.1", port=made.port)
    await asyncio.to_thread(controller.start)
    yield made
    await asyncio.to_thread(controller.stop)


@pytest.fixture
async def mailing(start_gateway, settings, server):
    """A gateway with the mail server."""
    return await start_gateway(
        settings.model_copy(
            update={"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_tls": "none"}
        )
    )


async def test_the_whole_conversation_can_be_downloaded_as_text(api, bot) -> None:
    """Who wrote what, with the address of each source, as a file that is kept nowhere between."""
    resident = await api.resident()
    bot.says(ANSWER)
    await resident.write("Vad kostar bygglov?")
    answer = await resident.ask("GET", "/transcript?format=text")
    assert ("text/plain; charset=utf-8", "no-store") == (
        answer.headers["Content-Type"],
        answer.headers["Cache-Control"],
    )
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="svar-ekhamn-20')
    title, greeting, question, said = answer.text.rstrip("\n").split("\n\n")
    assert title.startswith("Samtal med Ekhamns kommun, sparat 20")
    assert greeting.startswith("Automatisk assistent, 20")
    assert question.startswith("Du, 20")
    assert "Vad kostar bygglov?" == question.split("\n")[1]
    assert [
        "Det kostar 8 900 kr.",
        "Källa: Söka bygglov, http://127.0.0.1:8080/demo/ekhamn/bygglov#vad "
        "(uppdaterad 2026-03-12)",
    ] == said.split("\n")[1:]


async def test_the_whole_conversation_can_be_downloaded_as_json(api) -> None:
    """Every message as the API gives it, without the conversation's id."""
    resident = await api.resident()
    await resident.write("Vad kostar bygglov?")
    found = (await resident.ask("GET", "/transcript")).json
    messages = (await resident.ask("GET", "/messages")).json["messages"]
    assert {
        "municipality": "Ekhamns kommun",
        "language": "sv",
        "status": "with_bot",
        "messages": messages,
    } == found


async def test_an_unknown_format_is_told(api) -> None:
    """The parameter is named."""
    resident = await api.resident()
    answer = await resident.ask("GET", "/transcript?format=pdf")
    assert (422, [("format", "unknown")]) == (answer.status, answer.codes)


async def test_a_conversation_is_mailed_and_the_address_kept_nowhere(
    mailing, server, bot, settings, caplog
) -> None:
    """The mail has the conversation; neither database nor log has the address."""
    resident = await mailing.resident()
    bot.says(ANSWER)
    await resident.write("Vad kostar bygglov?")
    answer = await resident.ask("POST", "/transcript", json={"email": f" {EMAIL} "})
    assert 202 == answer.status
    (mail,) = server.mails
    assert (EMAIL, "kommun@ekhamn.example", "Ditt samtal med Ekhamns kommun") == (
        mail["To"],
        mail["From"],
        mail["Subject"],
    )
    assert "Det kostar 8 900 kr." in mail.get_content()
    for file in settings.var.iterdir():
        assert EMAIL.encode() not in file.read_bytes()
    assert EMAIL not in caplog.text


@pytest.mark.parametrize(
    ("email", "code"),
    [
        ("", "required"),
        ("ingen", "invalid"),
        ("a@b", "invalid"),
        ("a@b.example\r\nBcc: c@d.example", "invalid"),
        ("a@b.example,c@d.example", "invalid"),
        ("å@b.example", "invalid"),
    ],
)
async def test_what_is_no_address_is_told(mailing, server, email, code) -> None:
    """The field is named, and nothing is mailed or counted."""
    resident = await mailing.resident()
    answer = await resident.ask("POST", "/transcript", json={"email": email})
    assert (422, [("email", code)]) == (answer.status, answer.codes)
    assert [] == server.mails


async def test_a_conversation_is_mailed_three_times_an_hour(mailing, server) -> None:
    """The fourth is refused and says when to try again; another conversation may."""
    resident, other = await mailing.resident(), await mailing.resident()
    body = {"email": EMAIL}
    statuses = [
        (await resident.ask("POST", "/transcript", json=body)).status
        for _ in range(MAILS_OF_CONVERSATION)
    ]
    refused = await resident.ask("POST", "/transcript", json=body)
    assert ([202] * 3, 429) == (statuses, refused.status)
    assert 3500 < int(refused.headers["Retry-After"]) <= 3600
    assert 202 == (await other.ask("POST", "/transcript", json=body)).status
    assert 4 == len(server.mails)


async def test_mails_to_one_receiver_are_limited(mailing, server) -> None:
    """However many conversations they come from: the receiver has asked for none of them."""
    body = {"email": EMAIL.upper()}
    statuses = [
        (await (await mailing.resident()).ask("POST", "/transcript", json=body)).status
        for _ in range(MAILS_TO_ONE)
    ]
    refused = await (await mailing.resident()).ask("POST", "/transcript", json={"email": EMAIL})
    assert ([202] * MAILS_TO_ONE, 429) == (statuses, refused.status)
    assert MAILS_TO_ONE == len(server.mails)


async def test_a_mail_that_is_refused_is_told(mailing, server, caplog) -> None:
    """The resident learns it at once, and the server's words, which quote the address, nobody."""
    server.answer = f"550 no mailbox {EMAIL}"
    resident = await mailing.resident()
    answer = await resident.ask("POST", "/transcript", json={"email": EMAIL})
    assert (503, [("", "no_mail")]) == (answer.status, answer.codes)
    assert EMAIL not in caplog.text


async def test_without_a_mail_server_it_is_told(api) -> None:
    """Nothing is promised that can't be done."""
    resident = await api.resident()
    answer = await resident.ask("POST", "/transcript", json={"email": EMAIL})
    assert (503, [("", "no_mail")]) == (answer.status, answer.codes)


async def test_a_resident_ends_a_conversation_with_the_bot(api) -> None:
    """It is closed with a word, can be read, and takes nothing more; twice is as once."""
    resident = await api.resident()
    ended = await resident.ask("POST", "/close")
    assert (200, "closed") == (ended.status, ended.json["status"])
    assert ["Du har avslutat samtalet. Tack för att du hörde av dig!"] == [
        each["text"] for each in ended.json["messages"]
    ]
    assert 409 == (await resident.ask("POST", "/messages", json={"text": "hej"})).status
    again = await resident.ask("POST", "/close")
    assert (200, "closed", []) == (again.status, again.json["status"], again.json["messages"])
    assert 2 == len(await resident.transcript())


@pytest.mark.parametrize("claimed", [False, True], ids=["waiting", "with_operator"])
async def test_a_resident_ends_what_waits_or_is_with_an_operator(api, operator, claimed) -> None:
    """It leaves the queue or the operator's list, and the handoff has an end."""
    resident = await api.resident()
    await resident.want_person()
    if claimed:
        await operator.desk(resident.id, "claim")
    assert "closed" == (await resident.ask("POST", "/close")).json["status"]
    assert {"waiting": [], "own": []} == await operator.queue()
    assert 409 == (await operator.desk(resident.id, "messages", {"text": "hej"})).status
    async with api.client.app[DATABASE].reading() as session:
        (handoff,) = (await session.scalars(select(HandoffRow))).all()
    assert (True, None) == (handoff.resolved_at is not None, handoff.outcome)


async def test_a_line_added_to_a_rating_is_kept_masked(api) -> None:
    """What helps editors stays; a telephone number does not."""
    resident = await api.resident()
    body = {"message": 1, "helpful": False, "comment": " Priset är gammalt, ring 070-174 06 77 "}
    assert 204 == (await resident.ask("POST", "/feedback", json=body)).status
    async with api.client.app[DATABASE].reading() as session:
        (row,) = (await session.scalars(select(FeedbackRow))).all()
    assert (False, "Priset är gammalt, ring [telefonnummer]") == (row.helpful, row.comment)


async def test_a_line_of_more_than_500_signs_is_told(api) -> None:
    """The field is named, and the rating is not lost half."""
    resident = await api.resident()
    body = {"message": 1, "helpful": False, "comment": "x" * 501}
    answer = await resident.ask("POST", "/feedback", json=body)
    assert (422, [("comment", "too_long")]) == (answer.status, answer.codes)


async def test_one_address_begins_only_so_many_conversations(start_gateway, settings) -> None:
    """Over the limit it is told when to try again; what has begun goes on."""
    api = await start_gateway(settings.model_copy(update={"beginnings_per_address": 2}))
    resident, _ = await api.resident(), await api.resident()
    refused = await api.ask("POST", "/api/v1/conversations", json={"municipality": "ekhamn"})
    assert (429, [("", "too_many")]) == (refused.status, refused.codes)
    assert 590 < int(refused.headers["Retry-After"]) <= 600
    assert "with_bot" == (await resident.write("hej"))["status"]


def test_a_limit_forgets_with_time_and_keeps_no_name() -> None:
    """What is older than the span does not count, others count apart, 0 is no limit."""
    moment = 0.0
    limit = Limit(2, 10, clock=lambda: moment)
    for _ in range(2):
        limit.take("192.0.2.1")
    with pytest.raises(TooManyError) as refused:
        limit.take("192.0.2.1")
    assert 10 == refused.value.seconds
    limit.take("192.0.2.2")
    moment = 10.0
    limit.take("192.0.2.1")
    assert "192.0.2" not in repr(vars(limit))
    for _ in range(100):
        Limit(0, 10).take("192.0.2.1")


def test_a_subscriber_is_one_whatever_the_address() -> None:
    """All of an IPv6 network of 64 bits counts as one, an IPv4 address for itself."""
    assert ["192.0.2.1", "2001:db8:0:1::/64", "2001:db8:0:1::/64", ""] == [
        household(each) for each in ("192.0.2.1", "2001:db8:0:1::7", "2001:db8:0:1:9::1", "")
    ]
