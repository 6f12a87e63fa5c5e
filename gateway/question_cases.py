"""Questions left as cases while nobody was there: promised a date, answered by e-mail.

A resident's address stands in a table of its own and nowhere else: neither in the transcript nor
in the case's thread, in no log and not with the bot. It is forgotten some days after the case is
closed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.cases import LENGTH, SIGNS, make_reference
from gateway.changes import holding
from gateway.conversations import announce
from gateway.database import Database
from gateway.errors import ConflictError, FieldError, NotFoundError, TooManyError
from gateway.events import Hub
from gateway.masking import mask
from gateway.metrics import Metrics
from gateway.municipalities import Municipality
from gateway.tables import (
    CaseAddressRow,
    CaseEntryRow,
    CaseMailRow,
    CaseRow,
    ConversationRow,
    HandoffRow,
    QuestionCaseRow,
)
from gateway.texts import Texts
from gateway.transcripts import Appended, append, now
from gateway.types import (
    Author,
    CaseMail,
    CaseStatus,
    Conversation,
    Draft,
    EntryKind,
    Frozen,
    Moment,
    Staff,
    Status,
)

REFERENCE = re.compile(rf"\b[A-Z][A-Z0-9-]?-\d\d-[{SIGNS}]{{{LENGTH}}}\b")
MOST_A_CONVERSATION = 5
MOST_AN_ADDRESS = 5
"""How many cases a day one conversation may leave, and one address be given for.

Each sends a mail to an address that nobody has proved to be theirs.
"""
MOST_MAILS = 50
"""How many mails a day one case takes: more is a machine that answers itself."""
LONGEST_MAIL = 10_000
CLOSED_SHOWN = 100
A_DAY = timedelta(days=1)
AS_IT_IS = {"synchronize_session": False, "populate_existing": True}
FROM_RESIDENT = (EntryKind.QUESTION, EntryKind.RESIDENT)


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


class CaseEntry(Frozen):
    """One item of a case's thread.

    `name` says who, or for `handed` to which department; `mail` how the mail to the resident
    fares; `other_sender` that it came from another address than the case's.
    """

    number: int
    kind: EntryKind
    name: str
    text: str
    attachments: tuple[str, ...]
    other_sender: bool
    mail: Literal["waiting", "sent", "failed"] | None
    created_at: Moment


class CaseItem(Frozen):
    """A case as a line of the list; `answer_due`: the resident wrote last."""

    reference: str
    status: CaseStatus
    language: str
    department: str | None
    question: str
    deadline: date
    overdue: bool
    answer_due: bool
    created_at: Moment


class CaseView(CaseItem):
    """A case with its thread; `answerable`: the resident's address is still kept."""

    summary: str | None
    answerable: bool
    entries: tuple[CaseEntry, ...]


class CaseDepartment(Frozen):
    """A department that a case can be handed to."""

    id: str
    name: str


class CaseList(Frozen):
    """The open cases by deadline, then the last closed ones, and the departments."""

    cases: tuple[CaseItem, ...]
    departments: tuple[CaseDepartment, ...]


@dataclass(frozen=True, slots=True)
class LeftCase:
    """What a resident is told of the case they left."""

    reference: str
    deadline: date
    changed: Appended


class QuestionCases:
    """What residents, operators and the mailbox do with cases."""

    def __init__(
        self,
        database: Database,
        hub: Hub,
        municipalities: Mapping[str, Municipality],
        texts: Texts,
        metrics: Metrics,
        wake: Callable[[], None],
        *,
        address_days: int = 30,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._hub = hub
        self._municipalities = municipalities
        self._texts = texts
        self._metrics = metrics
        self._wake = wake
        self._address_kept = timedelta(days=address_days)
        self._clock = clock

    async def leave(self, conversation: Conversation, email: str, text: str) -> LeftCase:
        """Make a case of a resident's question; the conversation leaves the queue.

        The same words once more give the same case. Raises ConflictError when the conversation
        is with an operator or closed, TooManyError when it or the address has too many cases.
        """
        question = mask(text).text
        moment = self._clock()
        tenant = self._municipalities[conversation.municipality]
        async with self._database.writing() as session:
            row = await session.scalar(
                update(ConversationRow)
                .where(
                    ConversationRow.id == conversation.id,
                    ConversationRow.status.in_((Status.WITH_BOT, Status.WAITING)),
                )
                .values(
                    status=Status.WITH_BOT,
                    waiting_since=None,
                    operator_id=None,
                    **holding(False),
                )
                .returning(ConversationRow),
                execution_options=AS_IT_IS,
            )
            if row is None:
                raise await self._refusal(session, conversation)
            case = await self._same(session, conversation, question, moment)
            if case is None:
                await self._check_limits(session, conversation, email, moment)
                case = await self._make(session, row, tenant, email, question, moment)
            told = await append(
                session,
                conversation.id,
                [
                    Draft(
                        author=Author.SYSTEM,
                        text=self._texts.say(
                            conversation.language,
                            "system.case_made",
                            reference=case.reference,
                            deadline=self._texts.say_date(conversation.language, case.deadline),
                        ),
                    )
                ],
            )
            assert told is not None, "the conversation was changed in the same transaction"
        self._wake()
        await announce(self._hub, told.conversation)
        return LeftCase(case.reference, case.deadline, told)

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
        today = self._today(tenant)
        return CaseList(
            cases=tuple(_as_item(row, last.get(row.id), today) for row in rows),
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
            entry = await self._add(session, case, EntryKind.REPLY, staff.name, text)
            self._post(session, case, CaseMail.REPLY, entry)
            if close:
                await self._close(session, case, staff)
            view = await self._view(session, case)
        self._wake()
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
            entry = await self._add(session, case, EntryKind.HANDED, department or "", note)
            self._post(session, case, CaseMail.NOTICE, entry)
            view = await self._view(session, case)
        self._wake()
        return view

    async def close(self, staff: Staff, reference: str) -> CaseView:
        """Close a case; its resident is told by mail and may write back.

        Raises ConflictError when it is closed already.
        """
        async with self._database.writing() as session:
            case = await self._find(session, staff, reference, lock=True)
            self._require_open(case)
            entry = await self._close(session, case, staff)
            self._post(session, case, CaseMail.CLOSED, entry)
            view = await self._view(session, case)
        self._wake()
        return view

    async def take(self, mail: Incoming) -> Taken:
        """Put a received mail into its case's thread, once, and tell the department.

        A closed case is open again. One whose address is forgotten takes no mail any more.
        """
        try:
            taken = await self._take(mail)
        except IntegrityError:
            # Another gateway took the same mail at the same moment.
            return Taken.ALREADY
        if taken is Taken.STORED:
            self._metrics.questions.labels("received").inc()
            self._wake()
        return taken

    async def forget_addresses(self, moment: datetime) -> int:
        """Erase the addresses whose time has come; give how many there were."""
        due = select(CaseAddressRow.case_id).where(CaseAddressRow.forget_at <= moment)
        async with self._database.writing() as session:
            found = (await session.scalars(due)).all()
            if found:
                await session.execute(
                    update(CaseEntryRow)
                    .where(CaseEntryRow.case_id.in_(found))
                    .values(message_id=None)
                    .execution_options(synchronize_session=False)
                )
                await session.execute(
                    delete(CaseAddressRow).where(CaseAddressRow.case_id.in_(found))
                )
        if found:
            await self._database.empty_log()
        return len(found)

    async def erase_outdated(self, before: datetime) -> int:
        """Erase the cases closed before a moment with all that belongs to them."""
        async with self._database.writing() as session:
            found = await session.scalars(
                delete(QuestionCaseRow)
                .where(QuestionCaseRow.closed_at < before)
                .returning(QuestionCaseRow.id)
            )
            erased = len(found.all())
        if erased:
            await self._database.empty_log()
        return erased

    async def _take(self, mail: Incoming) -> Taken:
        async with self._database.writing() as session:
            known = select(CaseEntryRow.id).where(CaseEntryRow.mail_key == mail.key)
            if await session.scalar(known) is not None:
                return Taken.ALREADY
            case = await session.scalar(
                select(QuestionCaseRow)
                .where(QuestionCaseRow.reference.in_(mail.references))
                .order_by(QuestionCaseRow.id.desc())
                .limit(1)
                .with_for_update()
            )
            address = None if case is None else await session.get(CaseAddressRow, case.id)
            if case is None or address is None:
                return Taken.NOBODYS
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
                return Taken.TOO_MANY
            tenant = self._municipalities[case.municipality]
            staff = _department_with(tenant, mail.sender)
            entry = await self._add(
                session,
                case,
                EntryKind.RESIDENT if staff is None else EntryKind.NOTE,
                staff or "",
                mask(mail.text[:LONGEST_MAIL]).text,
                attachments=[mask(name).text for name in mail.attachments],
                other_sender=staff is None and mail.sender.casefold() != address.email.casefold(),
                message_id=mail.message_id if staff is None else None,
                mail_key=mail.key,
            )
            if staff is not None:
                return Taken.STORED
            if case.status == CaseStatus.CLOSED:
                case.status, case.closed_at, address.forget_at = CaseStatus.OPEN, None, None
                case.deadline = self._deadline(tenant, case.department)
                await self._add(session, case, EntryKind.REOPENED, "", "")
            self._post(session, case, CaseMail.NEWS, entry)
            if mail.attachments and not entry.other_sender:
                self._post(session, case, CaseMail.ATTACHMENTS, entry)
        return Taken.STORED

    async def _make(
        self,
        session: AsyncSession,
        conversation: ConversationRow,
        tenant: Municipality,
        email: str,
        question: str,
        moment: datetime,
    ) -> QuestionCaseRow:
        handoff = await session.scalar(
            select(HandoffRow).where(
                HandoffRow.conversation_id == conversation.id, HandoffRow.resolved_at.is_(None)
            )
        )
        if handoff is not None:
            handoff.resolved_at, handoff.outcome = moment, "case"
        department = conversation.department
        case = QuestionCaseRow(
            municipality=tenant.id,
            conversation_id=conversation.id,
            reference=await self._free_reference(session, tenant, moment),
            language=conversation.language,
            department=department,
            question=question,
            summary=None if handoff is None else handoff.summary,
            status=CaseStatus.OPEN,
            deadline=self._deadline(tenant, department),
            created_at=moment,
            closed_at=None,
        )
        session.add(case)
        await session.flush()
        session.add(
            CaseAddressRow(
                case_id=case.id,
                municipality=tenant.id,
                email=email,
                created_at=moment,
                forget_at=None,
            )
        )
        await self._add(session, case, EntryKind.QUESTION, "", question)
        self._post(session, case, CaseMail.CONFIRMATION, None)
        self._post(session, case, CaseMail.NOTICE, None)
        self._metrics.questions.labels("made").inc()
        return case

    async def _add(
        self,
        session: AsyncSession,
        case: QuestionCaseRow,
        kind: EntryKind,
        name: str,
        text: str,
        *,
        attachments: Sequence[str] = (),
        other_sender: bool = False,
        message_id: str | None = None,
        mail_key: str | None = None,
    ) -> CaseEntryRow:
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
            created_at=self._clock(),
        )
        session.add(entry)
        await session.flush()
        return entry

    def _post(
        self,
        session: AsyncSession,
        case: QuestionCaseRow,
        kind: CaseMail,
        entry: CaseEntryRow | None,
    ) -> None:
        moment = self._clock()
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
        return await self._add(session, case, EntryKind.CLOSED, staff.name, "")

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
                CaseMailRow.kind.in_((CaseMail.REPLY, CaseMail.CLOSED, CaseMail.CONFIRMATION)),
            )
            .execution_options(populate_existing=True)
        )
        fates: dict[int | None, CaseMailRow] = {mail.entry_id: mail for mail in mails}
        spoken = [entry.kind for entry in entries if entry.kind in (*FROM_RESIDENT, "reply")]
        item = _as_item(
            case,
            spoken[-1] if spoken else None,
            self._today(self._municipalities[case.municipality]),
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

    async def _same(
        self, session: AsyncSession, conversation: Conversation, question: str, moment: datetime
    ) -> QuestionCaseRow | None:
        found: QuestionCaseRow | None = await session.scalar(
            select(QuestionCaseRow)
            .where(
                QuestionCaseRow.conversation_id == conversation.id,
                QuestionCaseRow.status == CaseStatus.OPEN,
                QuestionCaseRow.question == question,
                QuestionCaseRow.created_at > moment - A_DAY,
            )
            .order_by(QuestionCaseRow.id.desc())
            .limit(1)
        )
        return found

    async def _check_limits(
        self, session: AsyncSession, conversation: Conversation, email: str, moment: datetime
    ) -> None:
        since = moment - A_DAY
        left = await session.scalar(
            select(func.count())
            .select_from(QuestionCaseRow)
            .where(
                QuestionCaseRow.conversation_id == conversation.id,
                QuestionCaseRow.created_at > since,
            )
        )
        given = await session.scalar(
            select(func.count())
            .select_from(CaseAddressRow)
            .where(CaseAddressRow.email == email, CaseAddressRow.created_at > since)
        )
        if (left or 0) >= MOST_A_CONVERSATION or (given or 0) >= MOST_AN_ADDRESS:
            raise TooManyError("Too many cases were left today.", int(A_DAY.total_seconds()))

    async def _free_reference(
        self, session: AsyncSession, tenant: Municipality, moment: datetime
    ) -> str:
        while True:
            reference = make_reference(tenant.id, moment)
            taken = [
                await session.scalar(select(row.id).where(row.reference == reference).limit(1))
                for row in (CaseRow, QuestionCaseRow)
            ]
            if taken == [None, None]:
                return reference

    def _deadline(self, tenant: Municipality, department: str | None) -> date:
        hours = tenant.opening_of(department)
        return hours.working_day_after(self._today(tenant), tenant.case_days)

    def _today(self, tenant: Municipality) -> date:
        return self._clock().astimezone(ZoneInfo(tenant.timezone)).date()

    def _require_open(self, case: QuestionCaseRow) -> None:
        if case.status != CaseStatus.OPEN:
            raise ConflictError("The case is closed.")

    async def _refusal(
        self, session: AsyncSession, conversation: Conversation
    ) -> NotFoundError | ConflictError:
        status = await session.scalar(
            select(ConversationRow.status).where(ConversationRow.id == conversation.id)
        )
        if status is None:
            return NotFoundError("There is no such conversation.")
        if status == Status.CLOSED:
            return ConflictError("The conversation is closed; begin a new one.")
        return ConflictError("An operator has the conversation; ask there.")


def _department_with(tenant: Municipality, address: str) -> str | None:
    """Give the name of the department that a mail came from; None: a resident's."""
    sender = address.casefold()
    if sender == tenant.email.casefold():
        return tenant.name
    for each in tenant.departments.values():
        if sender == each.email.casefold():
            return each.name[tenant.default_language]
    return None


def _as_item(row: QuestionCaseRow, last: str | None, today: date) -> CaseItem:
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
