"""The mails that bring reports of something broken to the departments that mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.letters import Letter, Post, write_mail
from gateway.municipalities import Municipality
from gateway.settings import Settings
from gateway.tables import CaseRow, ContactRow
from gateway.texts import Texts

SUBJECT_PLACE = 60


@dataclass(frozen=True, slots=True)
class FaultLetter:
    """What one mail is made of."""

    case: CaseRow
    contact: str | None
    municipalities: Mapping[str, Municipality]
    texts: Texts
    settings: Settings

    @property
    def id(self) -> int:
        """The case's id."""
        return self.case.id

    @property
    def name(self) -> str:
        """What the log may call it."""
        return f"case {self.case.reference}"

    def compose(self) -> EmailMessage:
        """Give the mail."""
        case = self.case
        tenant = self.municipalities[case.municipality]
        language = case.language
        nothing = self.texts.say(language, "case.mail.nothing")
        subject = self.texts.say(
            language,
            "case.mail.subject",
            reference=case.reference,
            kind=case.title,
            place=" ".join(case.place.split())[:SUBJECT_PLACE],
        )
        body = self.texts.say(
            language,
            "case.mail.body",
            municipality=tenant.name,
            reference=case.reference,
            kind=case.title,
            place=case.place,
            description=case.description or nothing,
            contact=self.contact or nothing,
        )
        return write_mail(
            Address(addr_spec=self.settings.mail_from or tenant.email),
            tenant.address_of(case.department),
            subject,
            body,
            moment=case.created_at,
            called=case.reference,
        )


class FaultPost(Post[CaseRow]):
    """Fault reports in the table of cases; a contact goes along once and is then erased.

    They are tried for ever: something broken is reported until somebody has read it.
    """

    table = CaseRow

    async def accepted(self, session: AsyncSession, letter: Letter, moment: datetime) -> None:
        """Note that a case is mailed, and erase its contact."""
        await super().accepted(session, letter, moment)
        await session.execute(delete(ContactRow).where(ContactRow.case_id == letter.id))

    async def settled(self, letter: Letter, event: str) -> None:
        """Count a report as mailed or failed."""
        self._metrics.cases.labels(event).inc()

    async def _letter(self, session: AsyncSession, row: CaseRow) -> FaultLetter:
        contact = await session.scalar(
            select(ContactRow.contact).where(ContactRow.case_id == row.id)
        )
        return FaultLetter(row, contact, self._municipalities, self._texts, self._settings)
