"""Real mail servers with TLS, logins and refusals: what is safe is used, what is not is told of."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from sqlalchemy import select, update

from gateway.keys import DATABASE, METRICS, RECEIVED_MAILS
from gateway.mailbox import Mailbox
from gateway.tables import CaseMailRow
from gateway.transcripts import now
from tests.gateway.certificates import Certificate, make_certificate
from tests.gateway.dovecot import PASSWORD, USER, MailServer, dovecot
from tests.gateway.smtp_server import Server, smtp_server

EMAIL = "anna.berg@exempel.example"
SECRET = "an-smtp-secret"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate that nobody trusts yet."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def trusted(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the certificate, as an installation trusts its own authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.certificate))


@pytest.fixture(scope="module")
def imap(certificate: Certificate) -> Iterator[MailServer]:
    """A real IMAP server with TLS."""
    with dovecot(certificate) as made:
        yield made


def _read(settings: Any, imap: MailServer, tls: str, password: str = PASSWORD) -> Any:
    return settings.model_copy(
        update={
            "imap_host": "127.0.0.1",
            "imap_port": imap.tls_port if tls == "tls" else imap.port,
            "imap_tls": tls,
            "imap_user": USER,
            "imap_password": type(settings.imap_password)(password),
        }
    )


def _mailbox(api: Any, settings: Any) -> Mailbox:
    app = api.client.app
    return Mailbox(app[RECEIVED_MAILS], app[METRICS], settings, [])


def _send(settings: Any, smtp: Server, tls: str, **changed: Any) -> Any:
    return settings.model_copy(
        update={"smtp_host": "127.0.0.1", "smtp_port": smtp.port, "smtp_tls": tls, **changed}
    )


async def _until(condition: Callable[[], bool]) -> None:
    deadline = asyncio.get_running_loop().time() + 20
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "it does not happen"
        await asyncio.sleep(0.02)


def _said(caplog: pytest.LogCaptureFixture, logger: str) -> list[str]:
    """Give what a logger of ours said; the tests' own mail servers log too."""
    return [record.getMessage() for record in caplog.records if record.name == logger]


async def _left(api: Any) -> str:
    resident = await api.resident()
    left = await resident.ask("POST", "/case", json={"email": EMAIL, "text": "Får man elda?"})
    return str(left.json["reference"])


def _figure(api: Any, name: str, **labels: str) -> float | None:
    found: float | None = api.client.app[METRICS].registry.get_sample_value(name, labels)
    return found


@pytest.mark.parametrize("tls", ["tls", "starttls"])
@pytest.mark.usefixtures("trusted")
async def test_the_mailbox_is_read_over_tls(
    api: Any, settings: Any, imap: MailServer, tls: str
) -> None:
    """From the first byte, and from STARTTLS on."""
    imap.empty()
    mail = EmailMessage()
    mail["From"], mail["Subject"] = EMAIL, "Angående EK-26-ZZZZZ"
    imap.deliver(mail.as_bytes())
    assert 0 == await _mailbox(api, _read(settings, imap, tls)).look()
    assert [("Angående EK-26-ZZZZZ", True)] == imap.left()


@pytest.mark.parametrize("tls", ["tls", "starttls"])
async def test_a_mailbox_that_cannot_be_trusted_is_not_read(
    start_gateway: Any,
    settings: Any,
    imap: MailServer,
    tls: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No password is sent to it; log and figures say so, and the mail stays as it is."""
    imap.empty()
    imap.deliver(b"From: a@b.se\r\nSubject: Hej\r\n\r\nHej")
    with caplog.at_level(logging.ERROR, "gateway.mailbox"):
        api = await start_gateway(_read(settings, imap, tls))
        await _until(lambda: bool(_said(caplog, "gateway.mailbox")))
    assert (
        "the mailbox can't be read: its certificate is not trusted (self-signed certificate)"
        == _said(caplog, "gateway.mailbox")[0]
    )
    assert 0.0 == _figure(api, "svar_gateway_mailbox_read")
    assert [("Hej", False)] == imap.left()


@pytest.mark.usefixtures("trusted")
async def test_the_log_says_that_the_mailbox_refuses_the_password(
    start_gateway: Any, settings: Any, imap: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Without the password, and without the server's words."""
    with caplog.at_level(logging.ERROR, "gateway.mailbox"):
        await start_gateway(_read(settings, imap, "tls", "wrong-secret"))
        await _until(lambda: bool(_said(caplog, "gateway.mailbox")))
    assert (
        "the mailbox can't be read: it refuses the name or the password"
        == _said(caplog, "gateway.mailbox")[0]
    )


def _tls(certificate: Certificate, tls: str) -> dict[str, Any]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    if tls == "tls":
        return {"ssl_context": context}
    return {"tls_context": context, "require_starttls": True}


def _knows(*asked: Any) -> Any:
    given = asked[-1]
    known = (given.login, given.password) == (b"svar", SECRET.encode())
    return AuthResult(success=known, handled=known)


@pytest.mark.parametrize("tls", ["tls", "starttls"])
@pytest.mark.usefixtures("trusted")
async def test_mails_are_sent_over_tls_with_a_login(
    start_gateway: Any, settings: Any, certificate: Certificate, tls: str
) -> None:
    """From the first byte, and from STARTTLS on."""
    options = {"authenticator": _knows, "auth_required": True, "auth_require_tls": True}
    if tls == "tls":
        # This server counts only its own STARTTLS as TLS.
        options["auth_require_tls"] = False
    async with smtp_server(**_tls(certificate, tls), **options) as smtp:
        password = type(settings.smtp_password)(SECRET)
        sending = _send(settings, smtp, tls, smtp_user="svar", smtp_password=password)
        await _left(await start_gateway(sending))
        await _until(lambda: len(smtp.mails) == 2)


@pytest.mark.parametrize("tls", ["tls", "starttls"])
async def test_nothing_is_sent_to_a_server_that_cannot_be_trusted(
    start_gateway: Any,
    settings: Any,
    certificate: Certificate,
    tls: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It waits in the outbox, and the log says why."""
    async with smtp_server(**_tls(certificate, tls)) as smtp:
        with caplog.at_level(logging.WARNING, "gateway.outbox"):
            reference = await _left(await start_gateway(_send(settings, smtp, tls)))
            await _until(lambda: bool(_said(caplog, "gateway.outbox")))
        assert [] == smtp.mails
    assert (
        f"case {reference} (confirmation) could not be mailed yet: "
        "its certificate is not trusted (self-signed certificate)"
        == _said(caplog, "gateway.outbox")[0]
    )


async def test_nothing_is_sent_in_the_open_where_tls_is_asked_for(
    start_gateway: Any, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A server without STARTTLS, or somebody in between who hides that it has it."""
    async with smtp_server() as smtp:
        with caplog.at_level(logging.WARNING, "gateway.outbox"):
            await _left(await start_gateway(_send(settings, smtp, "starttls")))
            await _until(lambda: bool(_said(caplog, "gateway.outbox")))
        assert 0 == smtp.tries


async def test_a_refused_login_is_told_of_and_tried_again(
    start_gateway: Any, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Without the password in the log; the mail goes when the server knows it."""
    known = False

    def knows(*_: Any) -> Any:
        return AuthResult(success=known, handled=known)

    options = {"authenticator": knows, "auth_required": True, "auth_require_tls": False}
    async with smtp_server(**options) as smtp:
        password = type(settings.smtp_password)(SECRET)
        sending = _send(settings, smtp, "none", smtp_user="svar", smtp_password=password)
        with caplog.at_level(logging.WARNING, "gateway.outbox"):
            api = await start_gateway(sending)
            await _left(api)
            await _until(lambda: len(_said(caplog, "gateway.outbox")) == 2)
        assert [True] * 2 == [
            said.endswith("could not be mailed yet: it refuses the name or the password")
            for said in _said(caplog, "gateway.outbox")
        ]
        assert SECRET not in caplog.text
        await _until(
            lambda: _figure(api, "svar_gateway_question_cases_total", event="failed") == 2.0
        )
        known = True
        await _due_again(api)
        await _left(api)
        await _until(lambda: len(smtp.mails) == 4)


async def _due_again(api: Any) -> None:
    async with api.client.app[DATABASE].writing() as session:
        await session.execute(update(CaseMailRow).values(due_at=now()))


@pytest.mark.parametrize(
    "refusal", [{"receivers": ["452 mailbox full"] * 2}, {"answers": ["451 try later"] * 2}]
)
async def test_a_server_that_is_full_gets_the_mail_later(
    start_gateway: Any, settings: Any, refusal: dict[str, list[str]]
) -> None:
    """Refused for now, at the receiver or after the words: nothing is given up."""
    async with smtp_server() as smtp:
        for name, answers in refusal.items():
            setattr(smtp, name, list(answers))
        api = await start_gateway(_send(settings, smtp, "none"))
        await _left(api)
        failed = "svar_gateway_question_cases_total"
        await _until(lambda: _figure(api, failed, event="failed") == 2.0)
        assert [] == smtp.mails
        async with api.client.app[DATABASE].reading() as session:
            rows = list(await session.scalars(select(CaseMailRow)))
        assert [None, None] == [row.failed_at for row in rows]
        await _due_again(api)
        await _left(api)
        await _until(lambda: len(smtp.mails) == 4)
