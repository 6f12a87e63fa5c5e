"""What operators do with cases: read them, answer, hand over, close."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.case_news import CaseNews
from gateway.case_thread import add_entry, post_mail, today_of
from gateway.database import Database
from gateway.desk.case_models import CaseDepartment, CaseEntry, CaseItem, CaseList, CaseView
from gateway.errors import ConflictError, FieldError, NotFoundError
from gateway.municipalities import Municipality
from gateway.tables import CaseAddressRow, CaseEntryRow, CaseMailRow, QuestionCaseRow
from gateway.transcripts import now
from gateway.types import CaseMail, CaseStatus, EntryKind, Staff

CLOSED_SHOWN = 100
FROM_RESIDENT = (EntryKind.QUESTION, EntryKind.RESIDENT)
SHOWN_MAILS = (CaseMail.CONFIRMATION, CaseMail.REPLY, CaseMail.CLOSED)
"""The mails to the resident whose fate is shown."""


class DeskCases:
    """The municipality's cases, as its operators have them."""

    def __init__(
        self,
        database: Database,
        municipalities: Mapping[str, Municipality],
        news: CaseNews,
        *,
        address_days: int = 30,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._municipalities = municipalities
        self._news = news
        self._address_kept = timedelta(days=address_days)
        self._clock = clock

    async def list(self, staff: Staff) -> CaseList:
        """Give the municipality's cases, those to be answered first at the top."""
        tenant = self._municipalities[staff.municipality]
        mine = QuestionCaseRow.municipality == staff.municipality
        async with self._database.reading(snapshot=True) as session:
            opened = await session.scalars(
                select(QuestionCaseRow)
                .where(mine, QuestionCaseRow.status == CaseStatus.OPEN)
                .order_by(QuestionCaseRow.deadline, QuestionCaseRow.id)
            )
            closed = await session.scalars(
                select(QuestionCaseRow)
                .where(mine, QuestionCaseRow.status == CaseStatus.CLOSED)
                .order_by(QuestionCaseRow.closed_at.desc(), QuestionCaseRow.id.desc())
                .limit(CLOSED_SHOWN)
            )
            rows = [*opened, *closed]
            last = await self._last_words(session, rows)
            undelivered = await self._undelivered(session, rows)
        today = today_of(tenant, self._clock())
        return CaseList(
            cases=tuple(
                _as_item(row, last.get(row.id), row.id in undelivered, today) for row in rows
            ),
            departments=tuple(
                CaseDepartment(id=id_, name=each.name[tenant.default_language])
                for id_, each in tenant.departments.items()
            ),
        )

    async def view(self, staff: Staff, reference: str) -> CaseView:
        """Give a case with its thread.

        Raises NotFoundError for an unknown one and for other municipalities'.
        """
        async with self._database.reading(snapshot=True) as session:
            return await self._view(session, await self._find(session, staff, reference))

    async def reply(
        self, staff: Staff, reference: str, text: str, *, close: bool, seen: int | None
    ) -> CaseView:
        """Answer the resident by e-mail, and close the case if wished.

        `seen` is the number of the last entry the operator has read. Raises ConflictError when
        somebody has written since, when the case is closed, or when its address is forgotten.
        """
        async with self._database.writing() as session:
            case = await self._find(session, staff, reference, lock=True)
            self._require_open(case)
            address = await session.get(CaseAddressRow, case.id)
            if address is None:
                raise ConflictError("The resident's address is no longer kept.")
            if seen is not None and await self._newer(session, case, seen):
                raise ConflictError("Somebody has written in this case since you read it.")
            entry = await add_entry(
                session, case, EntryKind.REPLY, self._clock(), name=staff.name, text=text
            )
            post_mail(session, case, CaseMail.REPLY, self._clock(), entry)
            if close:
                await self._close(session, case, staff)
            view = await self._view(session, case)
        await self._news.tell(case)
        return view

    async def hand_over(
        self, staff: Staff, reference: str, department: str | None, note: str
    ) -> CaseView:
        """Give a case to a department, None: the municipality itself, which is told by mail.

        Raises FieldError without such a department, ConflictError when the case is closed.
        """
        tenant = self._municipalities[staff.municipality]
        if department is not None and department not in tenant.departments:
            raise FieldError("department", "unknown", "There is no such department here.")
        async with self._database.writing() as session:
            case = await self._find(session, staff, reference, lock=True)
            self._require_open(case)
            case.department = department
            # A notice that is not sent yet would go to the new department as well.
            await session.execute(
                delete(CaseMailRow).where(
                    CaseMailRow.case_id == case.id,
                    CaseMailRow.kind == CaseMail.NOTICE,
                    CaseMailRow.attempts == 0,
                )
            )
            entry = await add_entry(
                session, case, EntryKind.HANDED, self._clock(), name=department or "", text=note
            )
            post_mail(session, case, CaseMail.NOTICE, self._clock(), entry)
            view = await self._view(session, case)
        await self._news.tell(case)
        return view

    async def close(self, staff: Staff, reference: str) -> CaseView:
        """Close a case; its resident is told by mail and may write back.

        Raises ConflictError when it is closed already.
        """
        async with self._database.writing() as session:
            case = await self._find(session, staff, reference, lock=True)
            self._require_open(case)
            entry = await self._close(session, case, staff)
            post_mail(session, case, CaseMail.CLOSED, self._clock(), entry)
            view = await self._view(session, case)
        await self._news.tell(case)
        return view

    async def _close(
        self, session: AsyncSession, case: QuestionCaseRow, staff: Staff
    ) -> CaseEntryRow:
        moment = self._clock()
        case.status, case.closed_at = CaseStatus.CLOSED, moment
        await session.execute(
            update(CaseAddressRow)
            .where(CaseAddressRow.case_id == case.id)
            .values(forget_at=moment + self._address_kept)
            .execution_options(synchronize_session=False)
        )
        return await add_entry(session, case, EntryKind.CLOSED, moment, name=staff.name)

    async def _find(
        self, session: AsyncSession, staff: Staff, reference: str, *, lock: bool = False
    ) -> QuestionCaseRow:
        wanted = select(QuestionCaseRow).where(
            QuestionCaseRow.reference == reference,
            QuestionCaseRow.municipality == staff.municipality,
        )
        case = await session.scalar(wanted.with_for_update() if lock else wanted)
        if case is None:
            raise NotFoundError("There is no such case.")
        return case

    async def _view(self, session: AsyncSession, case: QuestionCaseRow) -> CaseView:
        entries = (
            await session.scalars(
                select(CaseEntryRow)
                .where(CaseEntryRow.case_id == case.id)
                .order_by(CaseEntryRow.id)
            )
        ).all()
        mails = await session.scalars(
            select(CaseMailRow)
            .where(
                CaseMailRow.case_id == case.id,
                CaseMailRow.kind.in_(SHOWN_MAILS),
            )
            .execution_options(populate_existing=True)
        )
        fates: dict[int | None, CaseMailRow] = {mail.entry_id: mail for mail in mails}
        spoken = [entry.kind for entry in entries if entry.kind in (*FROM_RESIDENT, "reply")]
        item = _as_item(
            case,
            spoken[-1] if spoken else None,
            case.id in await self._undelivered(session, [case]),
            today_of(self._municipalities[case.municipality], self._clock()),
        )
        return CaseView(
            **dict(item),
            summary=case.summary,
            answerable=await session.get(CaseAddressRow, case.id) is not None,
            entries=tuple(
                # The mail without an entry is the confirmation of the question.
                _as_entry(entry, fates.get(None if entry.kind == EntryKind.QUESTION else entry.id))
                for entry in entries
            ),
        )

    async def _last_words(
        self, session: AsyncSession, rows: Sequence[QuestionCaseRow]
    ) -> dict[int, str]:
        if not rows:
            return {}
        newest = (
            select(func.max(CaseEntryRow.id))
            .where(
                CaseEntryRow.case_id.in_([row.id for row in rows]),
                CaseEntryRow.kind.in_((*FROM_RESIDENT, EntryKind.REPLY)),
            )
            .group_by(CaseEntryRow.case_id)
        )
        found = await session.execute(
            select(CaseEntryRow.case_id, CaseEntryRow.kind).where(CaseEntryRow.id.in_(newest))
        )
        return dict(found.all())

    async def _undelivered(
        self, session: AsyncSession, rows: Sequence[QuestionCaseRow]
    ) -> frozenset[int]:
        """Give the cases whose last mail to the resident is given up."""
        newest = (
            select(func.max(CaseMailRow.id))
            .where(
                CaseMailRow.case_id.in_([row.id for row in rows]),
                CaseMailRow.kind.in_(SHOWN_MAILS),
            )
            .group_by(CaseMailRow.case_id)
        )
        found = await session.scalars(
            select(CaseMailRow.case_id).where(
                CaseMailRow.id.in_(newest), CaseMailRow.failed_at.is_not(None)
            )
        )
        return frozenset(found)

    async def _newer(self, session: AsyncSession, case: QuestionCaseRow, seen: int) -> bool:
        found = await session.scalar(
            select(CaseEntryRow.id)
            .where(
                CaseEntryRow.case_id == case.id,
                CaseEntryRow.id > seen,
                CaseEntryRow.kind.in_((EntryKind.REPLY, EntryKind.RESIDENT)),
            )
            .limit(1)
        )
        return found is not None

    def _require_open(self, case: QuestionCaseRow) -> None:
        if case.status != CaseStatus.OPEN:
            raise ConflictError("The case is closed.")


def _as_item(row: QuestionCaseRow, last: str | None, undelivered: bool, today: date) -> CaseItem:
    is_open = row.status == CaseStatus.OPEN
    return CaseItem(
        reference=row.reference,
        status=CaseStatus(row.status),
        language=row.language,
        department=row.department,
        question=row.question,
        deadline=row.deadline,
        overdue=is_open and row.deadline < today,
        answer_due=is_open and last in FROM_RESIDENT,
        undelivered=undelivered,
        created_at=row.created_at,
    )


def _as_entry(row: CaseEntryRow, mail: CaseMailRow | None) -> CaseEntry:
    fate: Literal["waiting", "sent", "failed"] | None = None
    if mail is not None:
        fate = "failed" if mail.failed_at else "sent" if mail.mailed_at else "waiting"
    return CaseEntry(
        number=row.id,
        kind=EntryKind(row.kind),
        name=row.name,
        text=row.text,
        attachments=tuple(row.attachments),
        other_sender=row.other_sender,
        mail=fate,
        created_at=row.created_at,
    )
