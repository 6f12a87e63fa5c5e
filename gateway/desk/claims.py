"""What operators do with conversations of the queue: claim one, write in it, resolve it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import and_, func
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.changes import (
    change,
    check_limit,
    held_by,
    holding,
    lock_staff,
    note_handoff,
    refusal,
    seen_at_desk,
    tell,
)
from gateway.conversations import announce, read_conversation
from gateway.database import Database
from gateway.events import Hub
from gateway.municipalities import Municipality
from gateway.queue import ConversationView, Queue, read_queue, read_view
from gateway.tables import ConversationRow, HandoffRow
from gateway.texts import Texts
from gateway.transcripts import Appended, append, now
from gateway.types import Author, Draft, Outcome, Staff, Status


class Claims:
    """The queue, and the conversations that operators have of it."""

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

    async def claim(self, staff: Staff, conversation: str) -> ConversationView:
        """Take a waiting conversation.

        Raises ConflictError when it does not wait (any more), with the code "limit" when the
        operator has as many conversations as one may have.
        """
        async with self._database.writing() as session:
            await lock_staff(session, staff.id)
            changed = await change(
                session,
                conversation,
                and_(
                    ConversationRow.municipality == staff.municipality,
                    ConversationRow.status == Status.WAITING,
                ),
                status=Status.WITH_OPERATOR,
                operator_id=staff.id,
                **holding(),
            )
            if not changed:
                raise await refusal(session, staff, conversation)
            await check_limit(session, self._municipalities[staff.municipality], staff)
            await note_handoff(
                session, conversation, claimed_at=func.coalesce(HandoffRow.claimed_at, now())
            )
            await seen_at_desk(session, staff)
            joined = await self._say(
                session,
                conversation,
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
                only_if=held_by(staff),
            )
            if written is None:
                raise await refusal(session, staff, conversation)
            await seen_at_desk(session, staff)
        await announce(self._hub, written.conversation)
        return written

    async def resolve(self, staff: Staff, conversation: str, outcome: Outcome) -> Appended:
        """Finish a conversation one holds: it goes back to the bot, or is closed.

        Raises ConflictError when another has it or nobody.
        """
        closes = outcome is Outcome.CLOSED
        async with self._database.writing() as session:
            changed = await change(
                session,
                conversation,
                held_by(staff),
                status=Status.CLOSED if closes else Status.WITH_BOT,
                operator_id=None,
                waiting_since=None,
                **holding(False),
            )
            if not changed:
                raise await refusal(session, staff, conversation)
            await note_handoff(
                session, conversation, resolved_at=now(), outcome=outcome, resolved_by=staff.id
            )
            told = await self._say(
                session,
                conversation,
                "system.closed" if closes else "system.resolved",
            )
        await announce(self._hub, told.conversation)
        return told

    async def _say(
        self, session: AsyncSession, conversation: str, key: str, **values: str
    ) -> Appended:
        current = await read_conversation(session, conversation)
        return await tell(session, current, self._texts.say(current.language, key, **values))
