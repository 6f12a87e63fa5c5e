"""Taking a conversation that does not wait: from the bot, or one that was resolved.

What residents say to the bot is not for staff. So a municipality must have chosen that its desk
sees them at all, what the desk then sees is little, and a resident is told at once when an
operator comes in. Each change is one conditional UPDATE, as in changes.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from gateway.changes import check_limit, holding, lock_staff, status_of, topic_of
from gateway.conversations import announce, read_conversation
from gateway.database import Database
from gateway.errors import ConflictError, ForbiddenError
from gateway.events import Hub
from gateway.extraction import asked, extract, tried
from gateway.municipalities import Municipality
from gateway.queue import ConversationView, read_view
from gateway.tables import ConversationRow, HandoffRow, MessageRow
from gateway.texts import Texts
from gateway.transcripts import NEWEST, append, messages_before, now
from gateway.types import (
    Answer,
    Author,
    Draft,
    Frozen,
    HandoffReason,
    HandoffRequest,
    Moment,
    Outcome,
    Staff,
    Status,
)

LIVE = timedelta(minutes=10)
"""How long after its last message a conversation with the bot counts as one that goes on."""
REOPEN = timedelta(days=1)
MOST = 50


class ActiveConversation(Frozen):
    """A conversation with the bot: what it is about, by the page that was found, and its last line.

    Never the transcript. `last_text` is the resident's, masked like everything that is stored.
    """

    id: str
    language: str
    topic: str | None
    last_text: str
    last_at: Moment


class ResolvedConversation(Frozen):
    """A conversation one has resolved; `status` says whether the bot has it or it is closed."""

    id: str
    language: str
    status: Status
    topic: str | None
    outcome: Outcome | None
    resolved_at: Moment


class Takeovers:
    """What operators take without being asked to by the queue."""

    def __init__(
        self,
        database: Database,
        hub: Hub,
        municipalities: Mapping[str, Municipality],
        texts: Texts,
    ) -> None:
        self._database = database
        self._hub = hub
        self._municipalities = municipalities
        self._texts = texts

    async def active(self, staff: Staff) -> tuple[ActiveConversation, ...]:
        """Give the conversations with the bot that go on now; none unless that is allowed here."""
        if not self._municipalities[staff.municipality].desk_may_pull:
            return ()
        async with self._database.reading(snapshot=True) as session:
            rows = (
                await session.scalars(
                    select(ConversationRow)
                    .where(_with_bot(staff))
                    .order_by(ConversationRow.updated_at.desc())
                    .limit(MOST)
                )
            ).all()
            topics = await _topics(session, [row.id for row in rows])
        return tuple(
            ActiveConversation(
                id=row.id,
                language=row.language,
                topic=topics.get(row.id),
                last_text=row.last_text,
                last_at=row.updated_at,
            )
            for row in rows
        )

    async def resolved(self, staff: Staff) -> tuple[ResolvedConversation, ...]:
        """Give what this operator resolved within a day and nobody has had since."""
        async with self._database.reading() as session:
            rows = await session.execute(
                select(ConversationRow, HandoffRow)
                .join(HandoffRow, HandoffRow.conversation_id == ConversationRow.id)
                .where(
                    ConversationRow.municipality == staff.municipality,
                    ConversationRow.status.in_((Status.WITH_BOT, Status.CLOSED)),
                    _resolved_by(staff, HandoffRow),
                )
                .order_by(HandoffRow.resolved_at.desc())
                .limit(MOST)
            )
            return tuple(
                ResolvedConversation(
                    id=row.id,
                    language=row.language,
                    status=Status(row.status),
                    topic=handoff.topic,
                    outcome=None if handoff.outcome is None else Outcome(handoff.outcome),
                    resolved_at=handoff.resolved_at,
                )
                for row, handoff in rows.all()
                if handoff.resolved_at is not None
            )

    async def pull(self, staff: Staff, conversation: str) -> ConversationView:
        """Take a conversation from the bot.

        Raises NotFoundError for another municipality's, ForbiddenError where the municipality has
        not allowed it, ConflictError when it is not (any more) one that goes on with the bot or
        the operator has too many.
        """
        async with self._database.reading() as session:
            await status_of(session, staff, conversation)
        if not self._municipalities[staff.municipality].desk_may_pull:
            raise ForbiddenError("The municipality has not allowed this.")
        return await self._take(
            staff, conversation, _with_bot(staff), HandoffReason.OPERATOR_PULLED, "system.pulled"
        )

    async def reopen(self, staff: Staff, conversation: str) -> ConversationView:
        """Take up again what this operator resolved within a day.

        Raises ConflictError when it is not so, somebody has had it since, or the operator has
        too many; NotFoundError for another municipality's.
        """
        starts_from = and_(
            ConversationRow.municipality == staff.municipality,
            ConversationRow.status.in_((Status.WITH_BOT, Status.CLOSED)),
            exists().where(
                HandoffRow.conversation_id == ConversationRow.id, _resolved_by(staff, HandoffRow)
            ),
        )
        return await self._take(
            staff, conversation, starts_from, HandoffReason.REOPENED, "system.reopened"
        )

    async def _take(
        self,
        staff: Staff,
        conversation: str,
        starts_from: ColumnElement[bool],
        reason: HandoffReason,
        key: str,
    ) -> ConversationView:
        moment = now()
        async with self._database.writing() as session:
            status = await status_of(session, staff, conversation)
            await lock_staff(session, staff.id)
            changed = await session.scalar(
                update(ConversationRow)
                .where(ConversationRow.id == conversation, starts_from)
                .values(
                    status=Status.WITH_OPERATOR,
                    operator_id=staff.id,
                    waiting_since=moment,
                    **holding(),
                )
                .returning(ConversationRow.id)
                .execution_options(synchronize_session=False)
            )
            if changed is None:
                raise ConflictError(
                    "The conversation waits; claim it."
                    if status is Status.WAITING
                    else "The conversation can't be taken any more."
                )
            await check_limit(session, self._municipalities[staff.municipality], staff)
            current = await read_conversation(session, conversation)
            earlier = await messages_before(session, conversation, NEWEST)
            intent = await topic_of(session, conversation)
            known = extract(HandoffRequest(reason=reason, intent=intent), earlier)
            session.add(
                HandoffRow(
                    municipality=staff.municipality,
                    conversation_id=conversation,
                    reason=reason,
                    topic=known.topic,
                    confidence=known.confidence,
                    sources=[source.model_dump(mode="json") for source in known.sources],
                    summary=known.summary,
                    requested_at=moment,
                    claimed_at=moment,
                    intent=known.intent,
                    department=self._municipalities[staff.municipality].department_for_topic(
                        known.intent
                    ),
                    asked=list(asked(earlier)),
                    tried=[each.model_dump(mode="json") for each in tried(earlier)],
                )
            )
            text = self._texts.say(current.language, key, operator=staff.name)
            told = await append(session, conversation, [Draft(author=Author.SYSTEM, text=text)])
            assert told is not None, "the conversation was changed in the same transaction"
            view = await read_view(session, staff, conversation)
        await announce(self._hub, told.conversation)
        return view


def _with_bot(staff: Staff) -> ColumnElement[bool]:
    return and_(
        ConversationRow.municipality == staff.municipality,
        ConversationRow.status == Status.WITH_BOT,
        ConversationRow.updated_at > now() - LIVE,
        # Whoever has only been greeted has asked nothing yet.
        ConversationRow.last_text != "",
    )


def _resolved_by(staff: Staff, handoff: type[HandoffRow]) -> ColumnElement[bool]:
    """Tell that a handoff is its conversation's last one, and was resolved by this operator."""
    later = aliased(HandoffRow)
    return and_(
        handoff.resolved_by == staff.id,
        handoff.resolved_at > now() - REOPEN,
        ~exists().where(later.conversation_id == handoff.conversation_id, later.id > handoff.id),
    )


async def _topics(session: AsyncSession, conversations: list[str]) -> dict[str, str]:
    """Give the title of the page that the bot answered from last, of each conversation."""
    if not conversations:
        return {}
    newest = (
        select(func.max(MessageRow.id))
        .where(MessageRow.conversation_id.in_(conversations), MessageRow.answer.is_not(None))
        .group_by(MessageRow.conversation_id)
    )
    rows = await session.execute(
        select(MessageRow.conversation_id, MessageRow.answer).where(MessageRow.id.in_(newest))
    )
    answers = {id_: Answer.model_validate(answer) for id_, answer in rows.all()}
    return {id_: answer.sources[0].title for id_, answer in answers.items() if answer.sources}
