"""The ordered record of a conversation: messages numbered from 1 without gaps.

Numbers come from the conversation's own counter, raised in the same transaction that stores
the messages, so that two writers wait for each other and a failed one leaves no gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, literal, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.errors import ConflictError, NotFoundError
from gateway.tables import ConversationRow, MessageRow, UtcDateTime
from gateway.types import Answer, Author, Choice, Conversation, Draft, Message, Status

AS_IT_IS = {"synchronize_session": False, "populate_existing": True}
"""Rows that a statement gives back replace what the session knew of them."""

NEWEST = 2**31 - 1
"""A seq that no message reaches."""
LOOK_BACK = 20
"""How many messages are searched for the choice that a resident took."""


def now() -> datetime:
    """Give the present moment in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Appended:
    """Messages that were stored, and the conversation as it is with them."""

    conversation: Conversation
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """A resident's message; `handled`: no more will come of it; `fresh`: stored just now."""

    conversation: Conversation
    message: Message
    handled: bool
    fresh: bool


def as_conversation(row: ConversationRow) -> Conversation:
    """Give a row as the value that the rest of the gateway sees."""
    return Conversation(
        id=row.id,
        municipality=row.municipality,
        language=row.language,
        status=Status(row.status),
        operator_id=row.operator_id,
        waiting_since=row.waiting_since,
        last_text=row.last_text,
        last_seq=row.last_seq,
    )


def as_message(row: MessageRow) -> Message:
    """Give a row as the value that leaves the gateway."""
    return Message(
        seq=row.seq,
        author=Author(row.author),
        text=row.text,
        language=row.language,
        created_at=row.created_at,
        choices=tuple(Choice.model_validate(choice) for choice in row.choices),
        answer=None if row.answer is None else Answer.model_validate(row.answer),
        client_id=row.client_id,
    )


async def append(
    session: AsyncSession,
    conversation: str,
    drafts: Sequence[Draft],
    *,
    only_if: ColumnElement[bool] | None = None,
    turn: int | None = None,
) -> Appended | None:
    """Store messages at the end of a conversation.

    `only_if` is a condition on the conversation's row that must hold at this moment. `turn` is
    the seq of the resident's message they reply to. None when there is no such conversation or
    the condition does not hold; then nothing was stored.
    """
    moment = now()
    spoken: dict[str, object] = {}
    if any(draft.author is Author.OPERATOR for draft in drafts):
        spoken = {"awaits": Author.RESIDENT, "awaits_since": moment, "asked_at": None}
    reserve = (
        update(ConversationRow)
        .where(ConversationRow.id == conversation)
        .values(last_seq=ConversationRow.last_seq + len(drafts), updated_at=moment, **spoken)
        .returning(ConversationRow)
    )
    if only_if is not None:
        reserve = reserve.where(only_if)
    found = await session.scalar(reserve, execution_options=AS_IT_IS)
    if found is None:
        return None
    rows = [
        MessageRow(
            municipality=found.municipality,
            conversation_id=conversation,
            seq=found.last_seq - len(drafts) + number,
            author=draft.author,
            text=draft.text,
            language=draft.language or found.language,
            created_at=moment,
            choices=[choice.model_dump(mode="json") for choice in draft.choices],
            answer=None if draft.answer is None else draft.answer.model_dump(mode="json"),
            turn=turn,
            handled=True,
        )
        for number, draft in enumerate(drafts, start=1)
    ]
    session.add_all(rows)
    await session.flush()
    return Appended(as_conversation(found), tuple(as_message(row) for row in rows))


async def take(session: AsyncSession, conversation: str, text: str, client_id: str | None) -> Taken:
    """Store a resident's message, or find the one that was stored under the same client id.

    Raises NotFoundError without such a conversation, ConflictError when it is closed. Two
    transactions with one client id may both find it new on a server with many writers; then the
    later one fails with an IntegrityError, and finds it when it is begun again.
    """
    moment = now()
    same = exists().where(
        MessageRow.conversation_id == conversation, MessageRow.client_id == client_id
    )
    found = await session.scalar(
        update(ConversationRow)
        .where(
            ConversationRow.id == conversation,
            ConversationRow.status != Status.CLOSED,
            true() if client_id is None else ~same,
        )
        .values(
            last_seq=ConversationRow.last_seq + 1,
            last_text=text,
            updated_at=moment,
            asked_at=None,
            **_operator_is_awaited(moment),
        )
        .returning(ConversationRow),
        execution_options=AS_IT_IS,
    )
    if found is None:
        return await _taken_earlier(session, conversation, client_id)
    row = MessageRow(
        municipality=found.municipality,
        conversation_id=conversation,
        seq=found.last_seq,
        author=Author.RESIDENT,
        text=text,
        language=found.language,
        created_at=moment,
        choices=[],
        answer=None,
        client_id=client_id,
        turn=None,
        handled=False,
    )
    session.add(row)
    await session.flush()
    return Taken(as_conversation(found), as_message(row), handled=False, fresh=True)


def _operator_is_awaited(moment: datetime) -> dict[str, Any]:
    """Give whom a resident's message waits for: its operator, since the first unanswered one."""
    held = ConversationRow.status == Status.WITH_OPERATOR
    already = ConversationRow.awaits == Author.OPERATOR
    return {
        "awaits": case((held, Author.OPERATOR.value), else_=None),
        "awaits_since": case(
            (and_(held, already), ConversationRow.awaits_since),
            (held, literal(moment, UtcDateTime())),
            else_=None,
        ),
    }


async def _taken_earlier(session: AsyncSession, conversation: str, client_id: str | None) -> Taken:
    found = await session.get(ConversationRow, conversation)
    if found is None:
        raise NotFoundError("There is no such conversation.")
    row = await session.scalar(
        select(MessageRow).where(
            MessageRow.conversation_id == conversation,
            MessageRow.client_id.is_not(None),
            MessageRow.client_id == client_id,
        )
    )
    if row is None:
        raise ConflictError("The conversation is closed; begin a new one.")
    return Taken(as_conversation(found), as_message(row), handled=row.handled, fresh=False)


async def note_topic(session: AsyncSession, conversation: str, topic: str) -> None:
    """Remember what a conversation is about, by the bot's name for it."""
    await session.execute(
        update(ConversationRow)
        .where(ConversationRow.id == conversation)
        .values(topic=topic)
        .execution_options(synchronize_session=False)
    )


async def mark_handled(session: AsyncSession, conversation: str, seq: int, language: str) -> None:
    """Note that nothing more will come of a resident's message, and what language it is in."""
    await session.execute(
        update(MessageRow)
        .where(MessageRow.conversation_id == conversation, MessageRow.seq == seq)
        .values(handled=True, language=language)
        .execution_options(synchronize_session=False)
    )


async def messages_after(session: AsyncSession, conversation: str, seq: int) -> tuple[Message, ...]:
    """Give the messages with a greater seq, in order."""
    rows = await session.scalars(
        select(MessageRow)
        .where(MessageRow.conversation_id == conversation, MessageRow.seq > seq)
        .order_by(MessageRow.seq)
    )
    return tuple(as_message(row) for row in rows)


async def turn_of(session: AsyncSession, conversation: str, seq: int) -> tuple[Message, ...]:
    """Give the resident's message with this seq, then what came back on it."""
    rows = await session.scalars(
        select(MessageRow)
        .where(
            MessageRow.conversation_id == conversation,
            or_(MessageRow.seq == seq, MessageRow.turn == seq),
        )
        .order_by(MessageRow.seq)
    )
    return tuple(as_message(row) for row in rows)


async def messages_before(
    session: AsyncSession, conversation: str, seq: int
) -> tuple[Message, ...]:
    """Give up to LOOK_BACK messages with a smaller seq, newest first."""
    rows = await session.scalars(
        select(MessageRow)
        .where(MessageRow.conversation_id == conversation, MessageRow.seq < seq)
        .order_by(MessageRow.seq.desc())
        .limit(LOOK_BACK)
    )
    return tuple(as_message(row) for row in rows)


async def status_and_before(
    session: AsyncSession, conversation: str, seq: int
) -> tuple[Status | None, tuple[Message, ...]]:
    """Give the status at this moment and what stood before the message with this seq.

    Newest first, up to LOOK_BACK; no status when the conversation has been erased.
    """
    found = await session.execute(
        select(ConversationRow.status, MessageRow)
        .join(MessageRow, MessageRow.conversation_id == ConversationRow.id)
        .where(ConversationRow.id == conversation, MessageRow.seq <= seq)
        .order_by(MessageRow.seq.desc())
        .limit(LOOK_BACK + 1)
    )
    rows = found.all()
    if not rows:
        return None, ()
    return Status(rows[0][0]), tuple(as_message(row) for _, row in rows[1:])


async def noted(session: AsyncSession, conversation: str) -> bool:
    """Tell whether an answer of the conversation has come with notes."""
    answers = await session.scalars(
        select(MessageRow.answer).where(
            MessageRow.conversation_id == conversation, MessageRow.answer.is_not(None)
        )
    )
    return any(answer and answer.get("notes") for answer in answers)


def offered_choices(newest_first: Sequence[Message]) -> tuple[Choice, ...]:
    """Give the choices that stood last before the resident when they wrote.

    That is the newest unbroken run of messages which are not the resident's own.
    """
    choices: list[Choice] = []
    reached = False
    for message in newest_first:
        if message.author is Author.RESIDENT:
            if reached:
                break
            continue
        reached = True
        choices.extend(message.choices)
    return tuple(choices)
