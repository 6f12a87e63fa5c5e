"""Questions left as cases while nobody was there, with a reference and the day of the answer.

A resident's address stands in a table of its own and nowhere else: neither in the transcript nor
in the case's thread, in no log and not with the bot. It is forgotten some days after the case is
closed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.case_news import CaseNews
from gateway.case_thread import add_entry, deadline_of, post_mail
from gateway.cases import make_reference
from gateway.changes import holding
from gateway.conversations import announce
from gateway.database import Database
from gateway.errors import ConflictError, NotFoundError, TooManyError
from gateway.events import Hub
from gateway.limits import Limit
from gateway.masking import mask
from gateway.metrics import Metrics
from gateway.municipalities import Municipality
from gateway.tables import (
    CaseAddressRow,
    CaseRow,
    ConversationRow,
    HandoffRow,
    QuestionCaseRow,
)
from gateway.texts import Texts
from gateway.transcripts import Appended, append, now
from gateway.types import Author, CaseMail, CaseStatus, Conversation, Draft, EntryKind, Status

MOST_A_CONVERSATION = 5
MOST_AN_ADDRESS = 5
"""How many cases a day one conversation may leave, and one address be given for.

Each sends a mail to an address that nobody has proved to be theirs.
"""
MOST_A_HOUSEHOLD = 30
"""How many cases an hour one network address may leave, whatever it names itself."""
A_DAY = timedelta(days=1)
HOUR = 3600.0
AS_IT_IS = {"synchronize_session": False, "populate_existing": True}


@dataclass(frozen=True, slots=True)
class LeftCase:
    """What a resident is told of the case they left."""

    reference: str
    deadline: date
    changed: Appended


class QuestionCases:
    """Makes cases of what residents ask."""

    def __init__(
        self,
        database: Database,
        hub: Hub,
        municipalities: Mapping[str, Municipality],
        texts: Texts,
        metrics: Metrics,
        news: CaseNews,
        *,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._hub = hub
        self._municipalities = municipalities
        self._texts = texts
        self._metrics = metrics
        self._news = news
        self._clock = clock
        self._of_household = Limit(MOST_A_HOUSEHOLD, HOUR)

    async def leave(
        self, conversation: Conversation, email: str, text: str, household: str
    ) -> LeftCase:
        """Make a case of a resident's question; the conversation leaves the queue.

        The same words once more give the same case. `household` is where it is asked from. Raises
        ConflictError when the conversation is with an operator or closed, TooManyError when it,
        the address or the household has too many cases.
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
                self._of_household.take(household)
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
        await self._news.tell(case)
        await announce(self._hub, told.conversation)
        return LeftCase(case.reference, case.deadline, told)

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
            deadline=deadline_of(tenant, department, moment),
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
        await add_entry(session, case, EntryKind.QUESTION, moment, text=question)
        post_mail(session, case, CaseMail.CONFIRMATION, moment)
        post_mail(session, case, CaseMail.NOTICE, moment)
        self._metrics.questions.labels("made").inc()
        return case

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
            .where(
                func.lower(CaseAddressRow.email) == email.lower(),
                CaseAddressRow.created_at > since,
            )
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
