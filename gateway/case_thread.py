"""What happens to a case, written down: the items of its thread, the mails, the deadline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.municipalities import Municipality
from gateway.tables import CaseEntryRow, CaseMailRow, QuestionCaseRow
from gateway.types import CaseMail, EntryKind


async def add_entry(
    session: AsyncSession,
    case: QuestionCaseRow,
    kind: EntryKind,
    moment: datetime,
    *,
    name: str = "",
    text: str = "",
    attachments: Sequence[str] = (),
    other_sender: bool = False,
    message_id: str | None = None,
    mail_key: str | None = None,
) -> CaseEntryRow:
    """Put an item at the end of a case's thread; it has its number then."""
    entry = CaseEntryRow(
        municipality=case.municipality,
        case_id=case.id,
        kind=kind,
        name=name,
        text=text,
        attachments=list(attachments),
        other_sender=other_sender,
        message_id=message_id,
        mail_key=mail_key,
        created_at=moment,
    )
    session.add(entry)
    await session.flush()
    return entry


def post_mail(
    session: AsyncSession,
    case: QuestionCaseRow,
    kind: CaseMail,
    moment: datetime,
    entry: CaseEntryRow | None = None,
) -> None:
    """Put a mail about a case, or about an item of its thread, into the outbox."""
    session.add(
        CaseMailRow(
            municipality=case.municipality,
            case_id=case.id,
            entry_id=None if entry is None else entry.id,
            kind=kind,
            created_at=moment,
            due_at=moment,
            mailed_at=None,
            failed_at=None,
            attempts=0,
        )
    )


def deadline_of(tenant: Municipality, department: str | None, moment: datetime) -> date:
    """Give the day by which what is asked now is answered, counted in working days."""
    hours = tenant.opening_of(department)
    return hours.working_day_after(today_of(tenant, moment), tenant.case_days)


def today_of(tenant: Municipality, moment: datetime) -> date:
    """Give the day on the municipality's calendar."""
    return moment.astimezone(ZoneInfo(tenant.timezone)).date()
