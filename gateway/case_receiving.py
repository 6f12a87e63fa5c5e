"""Received mails, put into the cases they belong to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.case_news import CaseNews
from gateway.case_thread import add_entry, deadline_of, post_mail
from gateway.database import Database
from gateway.masking import mask
from gateway.metrics import Metrics
from gateway.municipalities import Municipality
from gateway.tables import CaseAddressRow, CaseEntryRow, QuestionCaseRow
from gateway.transcripts import now
from gateway.types import CaseMail, CaseStatus, EntryKind

MOST_MAILS = 50
"""How many mails a day one case takes: more is a machine that answers itself."""
LONGEST_MAIL = 10_000
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A received mail, with what was quoted in it cut off; `references`: the cases it names.

    `key` is the same whenever the same mail is read.
    """

    references: tuple[str, ...]
    sender: str
    message_id: str | None
    text: str
    attachments: tuple[str, ...]
    key: str


class Taken(Enum):
    """What became of a received mail; one of nobody is left for people to look at."""

    STORED = "stored"
    ALREADY = "already"
    NOBODYS = "nobodys"
    TOO_MANY = "too_many"


class ReceivedMails:
    """Takes mails into cases, each once."""

    def __init__(
        self,
        database: Database,
        municipalities: Mapping[str, Municipality],
        metrics: Metrics,
        news: CaseNews,
        *,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._municipalities = municipalities
        self._metrics = metrics
        self._news = news
        self._clock = clock

    async def take(self, mail: Incoming) -> Taken:
        """Put a received mail into its case's thread, once, and tell the department.

        A closed case is open again.
        """
        try:
            taken, case = await self._take(mail)
        except IntegrityError:
            # Another gateway took the same mail at the same moment.
            return Taken.ALREADY
        if taken is Taken.STORED and case is not None:
            self._metrics.questions.labels("received").inc()
            await self._news.tell(case)
        return taken

    async def _take(self, mail: Incoming) -> tuple[Taken, QuestionCaseRow | None]:
        async with self._database.writing() as session:
            known = select(CaseEntryRow.id).where(CaseEntryRow.mail_key == mail.key)
            if await session.scalar(known) is not None:
                return Taken.ALREADY, None
            case, address = await self._case_of(session, mail)
            if case is None or address is None:
                return Taken.NOBODYS, case
            moment = self._clock()
            received = await session.scalar(
                select(func.count())
                .select_from(CaseEntryRow)
                .where(
                    CaseEntryRow.case_id == case.id,
                    CaseEntryRow.mail_key.is_not(None),
                    CaseEntryRow.created_at > moment - A_DAY,
                )
            )
            if (received or 0) >= MOST_MAILS:
                return Taken.TOO_MANY, case
            tenant = self._municipalities[case.municipality]
            staff = _department_with(tenant, mail.sender)
            entry = await add_entry(
                session,
                case,
                EntryKind.RESIDENT if staff is None else EntryKind.NOTE,
                moment,
                name=staff or "",
                text=mask(mail.text[:LONGEST_MAIL]).text,
                attachments=[mask(name).text for name in mail.attachments],
                other_sender=staff is None and not _is_from(mail, address),
                message_id=mail.message_id if staff is None else None,
                mail_key=mail.key,
            )
            if staff is not None:
                return Taken.STORED, case
            if case.status == CaseStatus.CLOSED:
                case.status, case.closed_at, address.forget_at = CaseStatus.OPEN, None, None
                case.deadline = deadline_of(tenant, case.department, moment)
                await add_entry(session, case, EntryKind.REOPENED, moment)
            post_mail(session, case, CaseMail.NEWS, moment, entry)
            if mail.attachments and not entry.other_sender:
                post_mail(session, case, CaseMail.ATTACHMENTS, moment, entry)
        return Taken.STORED, case

    async def _case_of(
        self, session: AsyncSession, mail: Incoming
    ) -> tuple[QuestionCaseRow | None, CaseAddressRow | None]:
        """Find whose mail it is: of the cases it names the first of its sender's, else the first.

        One whose address is forgotten takes no mail any more.
        """
        rows = await session.execute(
            select(QuestionCaseRow, CaseAddressRow)
            .join(CaseAddressRow, CaseAddressRow.case_id == QuestionCaseRow.id)
            .where(QuestionCaseRow.reference.in_(mail.references))
            .with_for_update()
        )
        found = sorted(
            [(case, address) for case, address in rows],
            key=lambda pair: (
                not _is_from(mail, pair[1]),
                mail.references.index(pair[0].reference),
            ),
        )
        return found[0] if found else (None, None)


def _is_from(mail: Incoming, address: CaseAddressRow) -> bool:
    return mail.sender.casefold() == address.email.casefold()


def _department_with(tenant: Municipality, address: str) -> str | None:
    """Give the name of the department that a mail came from; None: a resident's."""
    sender = address.casefold()
    if sender == tenant.email.casefold():
        return tenant.name
    for each in tenant.departments.values():
        if sender == each.email.casefold():
            return each.name[tenant.default_language]
    return None
