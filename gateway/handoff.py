"""From bot to person and back: the only place where a conversation changes hands.

Each change is one conditional UPDATE that names the state it starts from, together with its
system message in one transaction. Of any number of operators, exactly one finds a row to change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Select, and_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.conversations import announce, read_conversation
from gateway.database import Database
from gateway.errors import ConflictError, FieldError, NotFoundError
from gateway.events import Hub, Presence
from gateway.municipalities import Municipality
from gateway.queue import ConversationView, Queue, read_queue, read_view
from gateway.tables import ConversationRow, HandoffRow, StaffRow, TransferRow
from gateway.texts import Texts
from gateway.transcripts import Appended, append, messages_before, now
from gateway.types import (
    Action,
    AnswerStatus,
    Author,
    Conversation,
    Draft,
    Frozen,
    HandoffRequest,
    Message,
    Outcome,
    Role,
    Staff,
    Status,
)

DESK_ROLES = (Role.OPERATOR, Role.ADMINISTRATOR)
TOPIC_LENGTH = 200
SUMMARY_UTTERANCES = 3
END = 2**31 - 1
"""A seq that no message reaches."""


class Colleague(Frozen):
    """Someone a conversation can be transferred to; `there`: has the desk open now."""

    email: str
    name: str
    there: bool


def extract(wanted: HandoffRequest, newest_first: Sequence[Message]) -> HandoffRequest:
    """Fill what a handoff does not say from the transcript: only words that stand in it.

    The offer of a person may have said why one is needed: that outranks that it was asked for.
    The topic is the resident's last utterance that was not itself the wish for a person; the
    summary their last few; confidence and sources those of the bot's last answer.
    """
    wishes = {
        choice.text
        for message in newest_first
        for choice in message.choices
        if choice.action is Action.HANDOFF
    }
    utterances = [
        message.text
        for message in newest_first
        if message.author is Author.RESIDENT and message.text not in wishes
    ]
    answer = next(
        (
            message.answer
            for message in newest_first
            if message.answer and message.answer.status is not AnswerStatus.ERROR
        ),
        None,
    )
    return HandoffRequest(
        reason=_reason(wanted, newest_first),
        topic=wanted.topic or (utterances[0][:TOPIC_LENGTH] if utterances else None),
        confidence=(
            wanted.confidence
            if wanted.confidence is not None or answer is None
            else answer.confidence
        ),
        sources=wanted.sources or (answer.sources if answer else ()),
        summary=wanted.summary or "\n".join(reversed(utterances[:SUMMARY_UTTERANCES])) or None,
    )


def _reason(wanted: HandoffRequest, newest_first: Sequence[Message]) -> str:
    if wanted.reason != "asked":
        return wanted.reason
    offered = (choice.reason for message in newest_first for choice in message.choices)
    return next((reason for reason in offered if reason), wanted.reason)


class Handoffs:
    """What residents and operators do with the queue."""

    def __init__(
        self,
        database: Database,
        hub: Hub,
        presence: Presence,
        municipalities: Mapping[str, Municipality],
        texts: Texts,
    ) -> None:
        self._database = database
        self._hub = hub
        self._presence = presence
        self._municipalities = municipalities
        self._texts = texts

    async def request(self, conversation: Conversation) -> Appended:
        """Put a conversation into the queue because its resident asked for a person.

        Raises ConflictError when it is closed, NotFoundError when it has been erased.
        """
        somebody = await self.somebody_there(conversation)
        async with self._database.writing() as session:
            requested = await self.request_within(
                session, conversation, HandoffRequest(reason="asked"), somebody=somebody
            )
            if requested.conversation.status is Status.CLOSED:
                raise ConflictError("The conversation is closed; begin a new one.")
        await announce(self._hub, requested.conversation)
        return requested

    async def somebody_there(self, conversation: Conversation) -> bool:
        """Tell whether an operator of the municipality has the desk open."""
        return bool(await self._presence.there(conversation.municipality))

    async def request_within(
        self,
        session: AsyncSession,
        conversation: Conversation,
        wanted: HandoffRequest,
        *,
        somebody: bool,
        turn: int | None = None,
    ) -> Appended:
        """Do the same within a transaction, as part of a turn; give the system's messages.

        A conversation that waits already is only told so; one that an operator has or that is
        closed stays as it is.
        """
        moment = now()
        changed = await self._change(
            session,
            conversation.id,
            ConversationRow.status == Status.WITH_BOT,
            status=Status.WAITING,
            waiting_since=moment,
            operator_id=None,
        )
        if not changed:
            current = await read_conversation(session, conversation.id)
            if current.status is not Status.WAITING:
                return Appended(current, ())
            return await self._say(session, current, "system.already_waiting", turn=turn)
        before = END if turn is None else turn
        known = extract(wanted, await messages_before(session, conversation.id, before))
        session.add(
            HandoffRow(
                municipality=conversation.municipality,
                conversation_id=conversation.id,
                reason=known.reason,
                topic=known.topic,
                confidence=known.confidence,
                sources=[source.model_dump(mode="json") for source in known.sources],
                summary=known.summary,
                requested_at=moment,
            )
        )
        if somebody:
            return await self._say(
                session, conversation, "system.waiting_operator_there", turn=turn
            )
        tenant = self._municipalities[conversation.municipality]
        return await self._say(
            session,
            conversation,
            "system.waiting_nobody_there",
            turn=turn,
            phone=tenant.phone,
            hours=tenant.hours[conversation.language],
        )

    async def queue(self, staff: Staff) -> Queue:
        """Give the waiting conversations of the municipality and the operator's own."""
        async with self._database.reading(snapshot=True) as session:
            return await read_queue(session, staff)

    async def view(self, staff: Staff, conversation: str) -> ConversationView:
        """Give a conversation that waits or is with an operator, with its messages.

        Raises NotFoundError for any other: what a resident says to the bot is not for staff.
        """
        async with self._database.reading(snapshot=True) as session:
            return await read_view(session, staff, conversation)

    async def colleagues(self, staff: Staff) -> tuple[Colleague, ...]:
        """Give the others of the municipality who work at the desk."""
        there = await self._presence.there(staff.municipality)
        async with self._database.reading() as session:
            rows = await session.scalars(
                select(StaffRow)
                .where(
                    StaffRow.municipality == staff.municipality,
                    StaffRow.role.in_(DESK_ROLES),
                    StaffRow.id != staff.id,
                )
                .order_by(StaffRow.name, StaffRow.email)
            )
            return tuple(
                Colleague(email=row.email, name=row.name, there=row.id in there) for row in rows
            )

    async def claim(self, staff: Staff, conversation: str) -> ConversationView:
        """Take a waiting conversation.

        Raises ConflictError when it does not wait (any more).
        """
        async with self._database.writing() as session:
            changed = await self._change(
                session,
                conversation,
                and_(
                    ConversationRow.municipality == staff.municipality,
                    ConversationRow.status == Status.WAITING,
                ),
                status=Status.WITH_OPERATOR,
                operator_id=staff.id,
            )
            if not changed:
                raise await self._refusal(session, staff, conversation)
            await self._note(session, conversation, claimed_at=now())
            joined = await self._say(
                session,
                await read_conversation(session, conversation),
                "system.joined",
                operator=staff.name,
            )
            view = await read_view(session, staff, conversation)
        await announce(self._hub, joined.conversation)
        return view

    async def write(self, staff: Staff, conversation: str, text: str) -> Appended:
        """Store an operator's message in a conversation they hold.

        Raises ConflictError when another has it or nobody.
        """
        async with self._database.writing() as session:
            written = await append(
                session,
                conversation,
                [Draft(author=Author.OPERATOR, text=text)],
                only_if=_held_by(staff),
            )
            if written is None:
                raise await self._refusal(session, staff, conversation)
        await announce(self._hub, written.conversation)
        return written

    async def transfer(
        self, staff: Staff, conversation: str, receiver: str | None, note: str
    ) -> ConversationView:
        """Pass a conversation to a colleague, or with None back to the queue at its old place.

        Raises FieldError when there is no such colleague, ConflictError when it is not held.
        """
        async with self._database.writing() as session:
            colleague = None if receiver is None else await self._find(session, staff, receiver)
            changed = await self._change(
                session,
                conversation,
                _held_by(staff),
                status=Status.WAITING if colleague is None else Status.WITH_OPERATOR,
                operator_id=None if colleague is None else colleague.id,
            )
            if not changed:
                raise await self._refusal(session, staff, conversation)
            handoff = await session.scalar(_open_handoff(conversation))
            if handoff is not None:
                session.add(
                    TransferRow(
                        municipality=staff.municipality,
                        handoff_id=handoff,
                        sender=staff.name,
                        receiver=None if colleague is None else colleague.name,
                        note=note,
                        created_at=now(),
                    )
                )
                await session.flush()
            key = "system.returned_to_queue" if colleague is None else "system.transferred"
            told = await self._say(session, await read_conversation(session, conversation), key)
            view = await read_view(session, staff, conversation)
        await announce(self._hub, told.conversation)
        return view

    async def resolve(self, staff: Staff, conversation: str, outcome: Outcome) -> Appended:
        """Finish a conversation one holds: it goes back to the bot, or is closed.

        Raises ConflictError when another has it or nobody.
        """
        closes = outcome is Outcome.CLOSED
        async with self._database.writing() as session:
            changed = await self._change(
                session,
                conversation,
                _held_by(staff),
                status=Status.CLOSED if closes else Status.WITH_BOT,
                operator_id=None,
                waiting_since=None,
            )
            if not changed:
                raise await self._refusal(session, staff, conversation)
            await self._note(session, conversation, resolved_at=now(), outcome=outcome)
            told = await self._say(
                session,
                await read_conversation(session, conversation),
                "system.closed" if closes else "system.resolved",
            )
        await announce(self._hub, told.conversation)
        return told

    async def end(self, conversation: Conversation) -> Appended:
        """Close a conversation because its resident wants that, whoever has it.

        Closed already, it stays as it is. Raises NotFoundError when it has been erased.
        """
        async with self._database.writing() as session:
            changed = await self._change(
                session,
                conversation.id,
                ConversationRow.status != Status.CLOSED,
                status=Status.CLOSED,
                operator_id=None,
                waiting_since=None,
            )
            if not changed:
                return Appended(await read_conversation(session, conversation.id), ())
            # Without an outcome: it was not an operator who finished it.
            await self._note(session, conversation.id, resolved_at=now())
            told = await self._say(
                session, await read_conversation(session, conversation.id), "system.ended"
            )
        await announce(self._hub, told.conversation)
        return told

    async def _change(
        self,
        session: AsyncSession,
        conversation: str,
        starts_from: ColumnElement[bool],
        **values: object,
    ) -> bool:
        changed = await session.execute(
            update(ConversationRow)
            .where(ConversationRow.id == conversation, starts_from)
            .values(**values)
            .returning(ConversationRow.id)
            .execution_options(synchronize_session=False)
        )
        return changed.one_or_none() is not None

    async def _note(self, session: AsyncSession, conversation: str, **values: object) -> None:
        await session.execute(
            update(HandoffRow)
            .where(HandoffRow.conversation_id == conversation, HandoffRow.resolved_at.is_(None))
            .values(**values)
            .execution_options(synchronize_session=False)
        )

    async def _say(
        self,
        session: AsyncSession,
        conversation: Conversation,
        key: str,
        *,
        turn: int | None = None,
        **values: str,
    ) -> Appended:
        text = self._texts.say(conversation.language, key, **values)
        draft = Draft(author=Author.SYSTEM, text=text, language=conversation.language)
        told = await append(session, conversation.id, [draft], turn=turn)
        assert told is not None, "the conversation was read in the same transaction"
        return told

    async def _find(self, session: AsyncSession, staff: Staff, email: str) -> StaffRow:
        if email.casefold() == staff.email:
            raise FieldError("to", "invalid", "You have this conversation already.")
        row = await session.scalar(
            select(StaffRow).where(
                StaffRow.municipality == staff.municipality,
                StaffRow.email == email.casefold(),
                StaffRow.role.in_(DESK_ROLES),
            )
        )
        if row is None:
            raise FieldError("to", "unknown", "No operator here has this e-mail address.")
        return row

    async def _refusal(
        self, session: AsyncSession, staff: Staff, conversation: str
    ) -> NotFoundError | ConflictError:
        status = await session.scalar(
            select(ConversationRow.status).where(
                ConversationRow.id == conversation,
                ConversationRow.municipality == staff.municipality,
            )
        )
        if status is None:
            return NotFoundError("There is no such conversation.")
        return ConflictError(
            {
                Status.WITH_BOT: "The conversation is with the bot.",
                Status.WAITING: "The conversation waits; claim it first.",
                Status.WITH_OPERATOR: "An operator has the conversation.",
                Status.CLOSED: "The conversation is closed.",
            }[Status(status)]
        )


def _held_by(staff: Staff) -> ColumnElement[bool]:
    return and_(
        ConversationRow.municipality == staff.municipality,
        ConversationRow.status == Status.WITH_OPERATOR,
        ConversationRow.operator_id == staff.id,
    )


def _open_handoff(conversation: str) -> Select[int]:
    return select(HandoffRow.id).where(
        HandoffRow.conversation_id == conversation, HandoffRow.resolved_at.is_(None)
    )
