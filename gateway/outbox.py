"""Mailing cases to the departments that mend what is broken, until each mail is accepted.

The outbox is the table of cases itself, so that nothing is lost when the gateway stops. A case is
claimed before it is mailed: of several gateways one sends it. If that one stops in between, the
mail is tried again when the claim has run out; a department may then get it twice, with the same
Message-ID, but never not at all.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import aiosmtplib
from sqlalchemy import delete, func, select, update

from gateway.cases import Cases
from gateway.database import Database
from gateway.metrics import Metrics
from gateway.municipalities import Municipality
from gateway.settings import Settings
from gateway.tables import CaseRow, ContactRow
from gateway.texts import Texts
from gateway.transcripts import now

EVERY_SECONDS = 15.0
AT_ONCE = 20
SMTP_SECONDS = 20.0
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
SUBJECT_PLACE = 60

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Mail:
    """What one mail is made of."""

    case: CaseRow
    contact: str | None


class Outbox:
    """Sends what is due, again after a growing pause when the mail server refuses."""

    def __init__(
        self,
        database: Database,
        cases: Cases,
        municipalities: Mapping[str, Municipality],
        texts: Texts,
        metrics: Metrics,
        settings: Settings,
        *,
        every_seconds: float = EVERY_SECONDS,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._cases = cases
        self._municipalities = municipalities
        self._texts = texts
        self._metrics = metrics
        self._settings = settings
        self._every = every_seconds
        self._clock = clock
        self._wake = asyncio.Event()
        self._complained = False
        self._stopping = False

    def wake(self) -> None:
        """Look at once: there is a new case."""
        self._wake.set()

    def stop(self) -> None:
        """Let `run` come to its end after the case it is at."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Send what is due and forget old contacts, until stopped."""
        while not self._stopping:
            self._wake.clear()
            try:
                await self._cases.forget_contacts(self._clock())
                await self.send_due()
            except Exception as error:
                # Whatever is wrong may be right a while later; a task that ended here would
                # leave every later report unsent.
                log.error("the outbox can't be seen to: %s", type(error).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(0 if self._stopping else self._every):
                    await self._wake.wait()

    async def send_due(self) -> int:
        """Mail the cases whose turn has come; give how many were accepted."""
        if not self._settings.smtp_host:
            await self._complain()
            return 0
        async with self._database.reading() as session:
            due = await session.execute(
                select(CaseRow.id, CaseRow.attempts)
                .where(CaseRow.mailed_at.is_(None), CaseRow.due_at <= self._clock())
                .order_by(CaseRow.due_at)
                .limit(AT_ONCE)
            )
            found = due.all()
        accepted = 0
        for case, attempts in found:
            if self._stopping:
                break
            accepted += await self._send(case, attempts)
        return accepted

    async def _send(self, case: int, attempts: int) -> bool:
        mail = await self._claim(case, attempts)
        if mail is None:
            return False
        try:
            await self._deliver(self._compose(mail))
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            # Neither addresses nor the server's words: it may quote what it was given.
            code = getattr(error, "code", "")
            log.warning(
                "case %s could not be mailed yet: %s %s",
                mail.case.reference,
                type(error).__name__,
                code,
            )
            self._metrics.cases.labels("failed").inc()
            return False
        async with self._database.writing() as session:
            await session.execute(
                update(CaseRow)
                .where(CaseRow.id == case)
                .values(mailed_at=self._clock())
                .execution_options(synchronize_session=False)
            )
            await session.execute(delete(ContactRow).where(ContactRow.case_id == case))
        if mail.contact is not None:
            await self._database.empty_log()
        self._metrics.cases.labels("mailed").inc()
        log.info("case %s is mailed", mail.case.reference)
        return True

    async def _claim(self, case: int, attempts: int) -> Mail | None:
        """Take a case whose attempts nobody has raised meanwhile, until its next turn."""
        async with self._database.writing() as session:
            found = await session.scalar(
                update(CaseRow)
                .where(
                    CaseRow.id == case, CaseRow.attempts == attempts, CaseRow.mailed_at.is_(None)
                )
                .values(attempts=attempts + 1, due_at=self._clock() + pause_after(attempts))
                .returning(CaseRow),
                execution_options={"synchronize_session": False, "populate_existing": True},
            )
            if found is None:
                return None
            contact = await session.scalar(
                select(ContactRow.contact).where(ContactRow.case_id == case)
            )
            return Mail(found, contact)

    def _compose(self, mail: Mail) -> EmailMessage:
        case = mail.case
        tenant = self._municipalities[case.municipality]
        language = case.language
        nothing = self._texts.say(language, "case.mail.nothing")
        message = EmailMessage(policy=SMTP)
        message["From"] = self._settings.mail_from or tenant.email
        message["To"] = tenant.address_of(case.department)
        message["Subject"] = self._texts.say(
            language,
            "case.mail.subject",
            reference=case.reference,
            kind=case.title,
            place=" ".join(case.place.split())[:SUBJECT_PLACE],
        )
        message["Date"] = format_datetime(case.created_at)
        domain = message["From"].addresses[0].domain
        message["Message-ID"] = f"<{case.reference}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(
            self._texts.say(
                language,
                "case.mail.body",
                municipality=tenant.name,
                reference=case.reference,
                kind=case.title,
                place=case.place,
                description=case.description or nothing,
                contact=mail.contact or nothing,
            ),
            cte="base64",
        )
        return message

    async def _deliver(self, message: EmailMessage) -> None:
        settings = self._settings
        await aiosmtplib.send(
            message,
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_user or None,
            password=settings.smtp_password.get_secret_value() or None,
            use_tls=settings.smtp_tls == "tls",
            start_tls=settings.smtp_tls == "starttls",
            timeout=SMTP_SECONDS,
        )

    async def _complain(self) -> None:
        """Say once that cases wait which nobody will get."""
        if self._complained:
            return
        async with self._database.reading() as session:
            waiting = await session.scalar(
                select(func.count()).select_from(CaseRow).where(CaseRow.mailed_at.is_(None))
            )
        if waiting:
            self._complained = True
            log.error(
                "SVAR_SMTP_HOST is not set: reports of something broken stay in the outbox "
                "(%d now) and reach no department",
                waiting,
            )


def pause_after(attempts: int) -> timedelta:
    """How long to wait before the next try, after so many that came before this one."""
    pause: timedelta = FIRST_PAUSE * 2 ** min(attempts, 10)
    return min(pause, LONGEST_PAUSE)
