"""The mails that bring reports of something broken to the departments that mend it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.letters import Letter
from gateway.metrics import Metrics
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
        message = EmailMessage(policy=SMTP)
        message["From"] = self.settings.mail_from or tenant.email
        message["To"] = tenant.address_of(case.department)
        message["Subject"] = self.texts.say(
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
            self.texts.say(
                language,
                "case.mail.body",
                municipality=tenant.name,
                reference=case.reference,
                kind=case.title,
                place=case.place,
                description=case.description or nothing,
                contact=self.contact or nothing,
            ),
            cte="base64",
        )
        return message


class FaultPost:
    """Fault reports in the table of cases; a contact goes along once and is then erased."""

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
        """Give the cases whose turn has come."""
        found = await session.execute(
            select(CaseRow.id, CaseRow.attempts)
            .where(CaseRow.mailed_at.is_(None), CaseRow.due_at <= moment)
            .order_by(CaseRow.due_at)
            .limit(limit)
        )
        return [(id_, attempts) for id_, attempts in found]

    async def claim(
        self, session: AsyncSession, id_: int, attempts: int, next_due: datetime
    ) -> FaultLetter | None:
        """Take a case, with the contact that was given for it."""
        found = await session.scalar(
            update(CaseRow)
            .where(CaseRow.id == id_, CaseRow.attempts == attempts, CaseRow.mailed_at.is_(None))
            .values(attempts=attempts + 1, due_at=next_due)
            .returning(CaseRow),
            execution_options={"synchronize_session": False, "populate_existing": True},
        )
        if found is None:
            return None
        contact = await session.scalar(select(ContactRow.contact).where(ContactRow.case_id == id_))
        return FaultLetter(found, contact, self._municipalities, self._texts, self._settings)

    async def accepted(self, session: AsyncSession, letter: Letter, moment: datetime) -> None:
        """Note that a case is mailed, and erase its contact."""
        await session.execute(
            update(CaseRow)
            .where(CaseRow.id == letter.id)
            .values(mailed_at=moment)
            .execution_options(synchronize_session=False)
        )
        await session.execute(delete(ContactRow).where(ContactRow.case_id == letter.id))

    async def refused(
        self, session: AsyncSession, letter: Letter, moment: datetime, *, for_good: bool
    ) -> None:
        """Leave it for its next turn: something broken is reported until somebody has read it."""

    async def waiting(self, session: AsyncSession) -> int:
        """Give how many reports are not mailed yet."""
        return (
            await session.scalar(
                select(func.count()).select_from(CaseRow).where(CaseRow.mailed_at.is_(None))
            )
            or 0
        )

    def count(self, event: str) -> None:
        """Count a report as mailed or failed."""
        self._metrics.cases.labels(event).inc()
