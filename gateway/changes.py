"""How a conversation changes hands, whoever wants it.

Each change is one conditional UPDATE that names the state it starts from, together with its
system message in one transaction. Of any number of operators, exactly one finds a row to change.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.errors import ConflictError, NotFoundError
from gateway.municipalities import Municipality
from gateway.tables import ConversationRow, HandoffRow, StaffRow
from gateway.transcripts import Appended, append, now
from gateway.types import Author, Choice, Conversation, Draft, Staff, Status


async def change(
    session: AsyncSession,
    conversation: str,
    starts_from: ColumnElement[bool],
    **values: object,
) -> bool:
    """Change a conversation's row if it is as wanted at this moment; tell whether it was."""
    changed = await session.execute(
        update(ConversationRow)
        .where(ConversationRow.id == conversation, starts_from)
        .values(**values)
        .returning(ConversationRow.id)
        .execution_options(synchronize_session=False)
    )
    return changed.one_or_none() is not None


async def note_handoff(session: AsyncSession, conversation: str, **values: object) -> None:
    """Write into the handoff of a conversation that is not resolved yet."""
    await session.execute(
        update(HandoffRow)
        .where(HandoffRow.conversation_id == conversation, HandoffRow.resolved_at.is_(None))
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def tell(
    session: AsyncSession,
    conversation: Conversation,
    text: str,
    *,
    turn: int | None = None,
    choices: tuple[Choice, ...] = (),
) -> Appended:
    """Store a message of the system in a conversation that was read in this transaction."""
    draft = Draft(author=Author.SYSTEM, text=text, language=conversation.language, choices=choices)
    told = await append(session, conversation.id, [draft], turn=turn)
    assert told is not None, "the conversation was read in the same transaction"
    return told


async def status_of(session: AsyncSession, staff: Staff, conversation: str) -> Status:
    """Read a conversation's state; raises NotFoundError for another municipality's."""
    status = await session.scalar(
        select(ConversationRow.status).where(
            ConversationRow.id == conversation,
            ConversationRow.municipality == staff.municipality,
        )
    )
    if status is None:
        raise NotFoundError("There is no such conversation.")
    return Status(status)


async def refusal(session: AsyncSession, staff: Staff, conversation: str) -> ConflictError:
    """Give why a conversation could not be changed; raises NotFoundError as status_of does."""
    status = await status_of(session, staff, conversation)
    return ConflictError(
        {
            Status.WITH_BOT: "The conversation is with the bot.",
            Status.WAITING: "The conversation waits; claim it first.",
            Status.WITH_OPERATOR: "An operator has the conversation.",
            Status.CLOSED: "The conversation is closed.",
        }[status]
    )


def held_by(staff: Staff) -> ColumnElement[bool]:
    """Give the condition that an operator has a conversation."""
    return and_(
        ConversationRow.municipality == staff.municipality,
        ConversationRow.status == Status.WITH_OPERATOR,
        ConversationRow.operator_id == staff.id,
    )


def entering(moment: datetime) -> dict[str, object]:
    """Give what changes when a conversation comes into the queue, again or for the first time."""
    return {
        "entered_at": moment,
        "held_since": None,
        "awaits": None,
        "awaits_since": None,
        "asked_at": None,
    }


def holding(held: bool = True) -> dict[str, object]:
    """Give what changes when an operator gets a conversation, or when nobody has it any more."""
    moment = now() if held else None
    return {
        "held_since": moment,
        "awaits": Author.OPERATOR if held else None,
        "awaits_since": moment,
        "asked_at": None,
        "priority": 0,
    }


async def topic_of(session: AsyncSession, conversation: str) -> str | None:
    return await session.scalar(
        select(ConversationRow.topic).where(ConversationRow.id == conversation)
    )


async def seen_at_desk(session: AsyncSession, staff: Staff) -> None:
    """Note that somebody just did something at the desk."""
    await session.execute(
        update(StaffRow)
        .where(StaffRow.id == staff.id)
        .values(desk_seen_at=now())
        .execution_options(synchronize_session=False)
    )


async def lock_staff(session: AsyncSession, staff_id: int) -> None:
    """Let an operator take one conversation at a time, so that none is left uncounted."""
    await session.execute(select(StaffRow.id).where(StaffRow.id == staff_id).with_for_update())


async def has_too_many(session: AsyncSession, tenant: Municipality, staff_id: int) -> bool:
    """Tell whether the conversation that somebody was just given was one too many.

    They must be locked: else two that come at once are each counted without the other.
    """
    held = await session.scalar(
        select(func.count())
        .select_from(ConversationRow)
        .where(
            ConversationRow.municipality == tenant.id,
            ConversationRow.status == Status.WITH_OPERATOR,
            ConversationRow.operator_id == staff_id,
        )
    )
    return held is not None and held > tenant.conversations_at_once


async def check_limit(session: AsyncSession, tenant: Municipality, staff: Staff) -> None:
    """Raise ConflictError when the conversation just taken was one too many.

    That undoes the transaction, and with it the taking.
    """
    if await has_too_many(session, tenant, staff.id):
        limit = tenant.conversations_at_once
        raise ConflictError(f"{limit} conversations at once is the limit here.", "limit")
