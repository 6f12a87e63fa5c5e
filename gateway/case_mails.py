"""The mails about questions left as cases: to the resident, and to the department that answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.letters import Letter
from gateway.metrics import Metrics
from gateway.municipalities import Municipality
from gateway.settings import Settings
from gateway.spoken_hours import spoken_hours
from gateway.tables import CaseAddressRow, CaseEntryRow, CaseMailRow, QuestionCaseRow
from gateway.texts import Texts
from gateway.types import CaseMail

TO_RESIDENT = (CaseMail.CONFIRMATION, CaseMail.REPLY, CaseMail.CLOSED, CaseMail.ATTACHMENTS)
GIVE_UP = timedelta(days=3)
"""How long a resident's address is tried; a department's is tried for ever."""
LONGEST_CHAIN = 20


@dataclass(frozen=True, slots=True)
class CaseLetter:
    """What one mail is made of; `chain` are the mails before it, by what they are called."""

    mail: CaseMailRow
    case: QuestionCaseRow
    entry: CaseEntryRow | None
    email: str
    chain: tuple[str, ...]
    tenant: Municipality | None
    texts: Texts
    settings: Settings

    @property
    def id(self) -> int:
        """The mail's id."""
        return self.mail.id

    @property
    def name(self) -> str:
        """What the log may call it."""
        return f"case {self.case.reference} ({self.mail.kind})"

    def compose(self) -> EmailMessage:
        """Give the mail.

        Raises LookupError when the municipality or a text of it is gone.
        """
        if self.tenant is None:
            raise LookupError("no such municipality")
        kind = CaseMail(self.mail.kind)
        message = EmailMessage(policy=SMTP)
        sender = Address(
            display_name=self.tenant.name,
            addr_spec=self.settings.mail_from or self.tenant.email,
        )
        message["From"] = sender
        message["Date"] = format_datetime(self.mail.created_at)
        message["Message-ID"] = self._called(self.mail.id, sender.domain)
        if kind is not CaseMail.REPLY:
            message["Auto-Submitted"] = "auto-generated"
        if kind in TO_RESIDENT:
            message["To"] = Address(addr_spec=self.email)
            if reply_to := reply_address(self.settings):
                message["Reply-To"] = reply_to
            message["Subject"] = self._say("case.subject")
            if chain := [each.format(domain=sender.domain) for each in self.chain]:
                message["In-Reply-To"] = chain[-1]
                message["References"] = " ".join(chain)
        else:
            message["To"] = self.tenant.address_of(self.case.department)
            message["Subject"] = self._say(f"case.{kind}.subject")
        message.set_content(self._say(f"case.{kind}.body"), cte="base64")
        return message

    def _called(self, mail: int, domain: str) -> str:
        return f"<{self.case.reference}.{mail}@{domain}>"

    def _say(self, key: str) -> str:
        tenant, case, entry = self.tenant, self.case, self.entry
        assert tenant is not None, "compose has looked"
        own = CaseMail(self.mail.kind) in TO_RESIDENT
        language = case.language if own else tenant.default_language
        opening = tenant.opening_of(case.department)
        return self.texts.say(
            language,
            key,
            municipality=tenant.name,
            reference=case.reference,
            deadline=self.texts.say_date(language, case.deadline),
            question=case.question,
            text="" if entry is None else entry.text,
            note="–" if entry is None or not entry.text else entry.text,
            names="" if entry is None else ", ".join(entry.attachments),
            operator="" if entry is None else entry.name,
            marker=self.texts.say(language, "case.marker"),
            phone=tenant.phone,
            hours=spoken_hours(opening, language, opening.today(self.mail.created_at)),
            days=self.settings.case_address_days,
            desk=f"{self.settings.public_origin}/desk#case={case.reference}",
        )


class CasePost:
    """The table of mails about cases."""

    def __init__(
        self,
        municipalities: Mapping[str, Municipality],
        texts: Texts,
        metrics: Metrics,
        settings: Settings,
    ) -> None:
        self._municipalities = municipalities
        self._texts = texts
        self._metrics = metrics
        self._settings = settings

    async def due(
        self, session: AsyncSession, moment: datetime, limit: int
    ) -> Sequence[tuple[int, int]]:
        """Give the mails whose turn has come."""
        found = await session.execute(
            select(CaseMailRow.id, CaseMailRow.attempts)
            .where(*_UNDECIDED, CaseMailRow.due_at <= moment)
            .order_by(CaseMailRow.due_at, CaseMailRow.id)
            .limit(limit)
        )
        return [(id_, attempts) for id_, attempts in found]

    async def claim(
        self, session: AsyncSession, id_: int, attempts: int, next_due: datetime
    ) -> CaseLetter | None:
        """Take a mail; one to a resident whose address is forgotten is given up."""
        mail = await session.scalar(
            update(CaseMailRow)
            .where(CaseMailRow.id == id_, CaseMailRow.attempts == attempts, *_UNDECIDED)
            .values(attempts=attempts + 1, due_at=next_due)
            .returning(CaseMailRow),
            execution_options={"synchronize_session": False, "populate_existing": True},
        )
        if mail is None:
            return None
        case = await session.get_one(QuestionCaseRow, mail.case_id)
        address = await session.get(CaseAddressRow, mail.case_id)
        if address is None and mail.kind in TO_RESIDENT:
            mail.failed_at = mail.created_at
            return None
        entry = None if mail.entry_id is None else await session.get(CaseEntryRow, mail.entry_id)
        return CaseLetter(
            mail,
            case,
            entry,
            "" if address is None else address.email,
            await self._chain(session, mail, case),
            self._municipalities.get(case.municipality),
            self._texts,
            self._settings,
        )

    async def accepted(self, session: AsyncSession, letter: Letter, moment: datetime) -> None:
        """Note that a mail is on its way."""
        await self._set(session, letter, mailed_at=moment)

    async def refused(
        self, session: AsyncSession, letter: Letter, moment: datetime, *, for_good: bool
    ) -> None:
        """Give up an address that does not exist, and any resident's after some days."""
        assert isinstance(letter, CaseLetter), "it came from here"
        old = letter.mail.created_at < moment - GIVE_UP
        if letter.mail.kind in TO_RESIDENT and (for_good or old):
            await self._set(session, letter, failed_at=moment)

    async def waiting(self, session: AsyncSession) -> int:
        """Give how many mails are not sent yet."""
        return (
            await session.scalar(select(func.count()).select_from(CaseMailRow).where(*_UNDECIDED))
            or 0
        )

    def count(self, event: str) -> None:
        """Count a mail as mailed or failed."""
        self._metrics.questions.labels(event).inc()

    async def _set(self, session: AsyncSession, letter: Letter, **values: datetime) -> None:
        await session.execute(
            update(CaseMailRow)
            .where(CaseMailRow.id == letter.id)
            .values(**values)
            .execution_options(synchronize_session=False)
        )

    async def _chain(
        self, session: AsyncSession, mail: CaseMailRow, case: QuestionCaseRow
    ) -> tuple[str, ...]:
        """Give what the mails to and from the resident before this one are called, in order."""
        sent = await session.execute(
            select(CaseMailRow.created_at, CaseMailRow.id).where(
                CaseMailRow.case_id == case.id,
                CaseMailRow.kind.in_(TO_RESIDENT),
                CaseMailRow.mailed_at.is_not(None),
                CaseMailRow.id < mail.id,
            )
        )
        received = await session.execute(
            select(CaseEntryRow.created_at, CaseEntryRow.message_id).where(
                CaseEntryRow.case_id == case.id,
                CaseEntryRow.message_id.is_not(None),
                CaseEntryRow.created_at <= mail.created_at,
            )
        )
        chain = [(at, f"<{case.reference}.{id_}@{{domain}}>") for at, id_ in sent]
        chain += [(at, name.replace("{", "{{").replace("}", "}}")) for at, name in received if name]
        return tuple(name for _, name in sorted(chain))[-LONGEST_CHAIN:]


_UNDECIDED = (CaseMailRow.mailed_at.is_(None), CaseMailRow.failed_at.is_(None))


def reply_address(settings: Settings) -> str:
    """Give the address whose mailbox is read; empty when none is."""
    if not settings.imap_host:
        return ""
    return settings.imap_address or (settings.imap_user if "@" in settings.imap_user else "")
