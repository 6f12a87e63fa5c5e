"""What operators see: the queue and the conversations in it. Only reads.

Every statement here filters by the municipality of the person who asks.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.errors import NotFoundError
from gateway.tables import ConversationRow, HandoffRow, StaffRow, TransferRow
from gateway.transcripts import messages_after
from gateway.types import (
    Frozen,
    Handoff,
    HandoffReason,
    Message,
    Moment,
    ReturnReason,
    Source,
    Staff,
    Status,
    Transfer,
    Tried,
)

IN_LINE = (
    ConversationRow.priority.desc(),
    ConversationRow.waiting_since,
    ConversationRow.id,
)
"""The order of the queue: who lost their operator first, then who has waited longest."""


class QueueItem(Frozen):
    """A conversation as a line of the queue.

    `operator` is the name of who has it; `last_text` what the resident wrote last; `last_seq`
    tells a page whether it has seen every message.
    """

    id: str
    status: Status
    language: str
    waiting_since: Moment | None
    operator: str | None
    department: str | None = None
    handoff: Handoff | None
    last_text: str
    last_seq: int


class Queue(Frozen):
    """The waiting conversations, oldest first, and the operator's own."""

    waiting: tuple[QueueItem, ...]
    own: tuple[QueueItem, ...]


class ConversationView(QueueItem):
    """A line of the queue with its messages."""

    messages: tuple[Message, ...]


async def read_queue(session: AsyncSession, staff: Staff) -> Queue:
    """Give the waiting conversations of the municipality and those of this operator."""
    rows = (
        await session.scalars(
            select(ConversationRow)
            .where(
                ConversationRow.municipality == staff.municipality,
                or_(
                    ConversationRow.status == Status.WAITING,
                    and_(
                        ConversationRow.status == Status.WITH_OPERATOR,
                        ConversationRow.operator_id == staff.id,
                    ),
                ),
            )
            .order_by(*IN_LINE)
            .execution_options(populate_existing=True)
        )
    ).all()
    items = await _as_items(session, staff.municipality, rows)
    return Queue(
        waiting=tuple(item for item in items if item.status is Status.WAITING),
        own=tuple(item for item in items if item.status is Status.WITH_OPERATOR),
    )


async def read_items(
    session: AsyncSession, municipality: str, conversations: Sequence[str]
) -> dict[str, QueueItem]:
    """Give the lines of some of a municipality's conversations, by their ids."""
    if not conversations:
        return {}
    rows = await session.scalars(
        select(ConversationRow)
        .where(
            ConversationRow.municipality == municipality,
            ConversationRow.id.in_(conversations),
        )
        .execution_options(populate_existing=True)
    )
    return {item.id: item for item in await _as_items(session, municipality, rows.all())}


async def read_view(session: AsyncSession, staff: Staff, conversation: str) -> ConversationView:
    """Give a conversation that waits or is with an operator, with its messages.

    Raises NotFoundError for any other conversation and for other municipalities'.
    """
    row = await session.scalar(
        select(ConversationRow)
        .where(
            ConversationRow.id == conversation,
            ConversationRow.municipality == staff.municipality,
            ConversationRow.status.in_((Status.WAITING, Status.WITH_OPERATOR)),
        )
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFoundError("There is no such conversation.")
    (item,) = await _as_items(session, staff.municipality, [row])
    return ConversationView(**dict(item), messages=await messages_after(session, conversation, 0))


async def _as_items(
    session: AsyncSession, municipality: str, rows: Sequence[ConversationRow]
) -> list[QueueItem]:
    ids = [row.id for row in rows]
    operators = {row.operator_id for row in rows if row.operator_id is not None}
    names: dict[int, str] = {}
    if operators:
        found = await session.execute(
            select(StaffRow.id, StaffRow.name).where(
                StaffRow.id.in_(operators), StaffRow.municipality == municipality
            )
        )
        names = dict(found.all())
    handoffs = await _open_handoffs(session, municipality, ids) if ids else {}
    return [
        QueueItem(
            id=row.id,
            status=Status(row.status),
            language=row.language,
            waiting_since=row.waiting_since,
            operator=None if row.operator_id is None else names.get(row.operator_id),
            department=row.department,
            handoff=handoffs.get(row.id),
            last_text=row.last_text,
            last_seq=row.last_seq,
        )
        for row in rows
    ]


async def _open_handoffs(
    session: AsyncSession, municipality: str, conversations: Sequence[str]
) -> dict[str, Handoff]:
    rows = (
        await session.scalars(
            select(HandoffRow).where(
                HandoffRow.municipality == municipality,
                HandoffRow.conversation_id.in_(conversations),
                HandoffRow.resolved_at.is_(None),
            )
        )
    ).all()
    transfers: dict[int, list[Transfer]] = {row.id: [] for row in rows}
    for row in await session.scalars(
        select(TransferRow)
        .where(
            TransferRow.municipality == municipality,
            TransferRow.handoff_id.in_(transfers),
        )
        .order_by(TransferRow.id)
    ):
        transfers[row.handoff_id].append(
            Transfer(
                sender=row.sender,
                receiver=row.receiver,
                note=row.note,
                created_at=row.created_at,
                reason=None if row.reason is None else ReturnReason(row.reason),
            )
        )
    return {
        row.conversation_id: Handoff(
            reason=HandoffReason(row.reason),
            intent=row.intent,
            department=row.department,
            asked=tuple(row.asked),
            tried=tuple(Tried.model_validate(each) for each in row.tried),
            topic=row.topic,
            confidence=row.confidence,
            sources=tuple(Source.model_validate(source) for source in row.sources),
            summary=row.summary,
            requested_at=row.requested_at,
            transfers=tuple(transfers[row.id]),
        )
        for row in rows
    }
