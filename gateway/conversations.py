"""Conversations: begun, opened with their token, read, rated, erased."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.cases import unlink_conversation
from gateway.database import Database
from gateway.errors import FieldError, NotFoundError, NotSignedInError
from gateway.events import Event, Hub, conversation_topic, desk_topic
from gateway.masking import mask
from gateway.municipalities import Municipality
from gateway.suggestions import unlink_suggestions
from gateway.tables import (
    ConversationRow,
    ErasureRow,
    FeedbackRow,
    HandoffRow,
    MessageRow,
    NoteRow,
    TransferRow,
)
from gateway.texts import Texts
from gateway.transcripts import append, as_conversation, messages_after, now
from gateway.types import Author, Conversation, Draft, Message, Status

TOKEN_BYTES = 32


def hash_secret(secret: str) -> str:
    """Give the only form in which a token or a session's id is stored: SHA-256, hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def announce(hub: Hub, conversation: Conversation) -> None:
    """Tell the resident's pages and the desk that a conversation has changed."""
    event = Event(
        "message",
        conversation.id,
        seq=conversation.last_seq,
        operator=conversation.operator_id,
        status=conversation.status,
    )
    await hub.publish(conversation_topic(conversation.id), event)
    await hub.publish(desk_topic(conversation.municipality), event)


async def read_conversation(session: AsyncSession, conversation: str) -> Conversation:
    """Give a conversation as it is now.

    Raises NotFoundError without such a conversation.
    """
    row = await session.get(ConversationRow, conversation, populate_existing=True)
    if row is None:
        raise NotFoundError("There is no such conversation.")
    return as_conversation(row)


class Conversations:
    """What a resident does with a conversation, apart from writing in it."""

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

    async def begin(
        self, municipality: str, language: str | None
    ) -> tuple[Conversation, str, tuple[Message, ...]]:
        """Begin a conversation; give it, its token, which is never known again, and a greeting.

        Raises FieldError for an unknown municipality or a language it does not speak.
        """
        tenant = self._municipalities.get(municipality)
        if tenant is None:
            raise FieldError("municipality", "unknown", "There is no such municipality here.")
        if language is not None and language not in tenant.languages:
            raise FieldError(
                "language", "unknown", f"It must be one of {', '.join(tenant.languages)}."
            )
        token = secrets.token_urlsafe(TOKEN_BYTES)
        moment = now()
        row = ConversationRow(
            id=str(uuid.uuid4()),
            municipality=tenant.id,
            language=language or tenant.default_language,
            token_hash=hash_secret(token),
            status=Status.WITH_BOT,
            operator_id=None,
            waiting_since=None,
            last_text="",
            last_seq=0,
            created_at=moment,
            updated_at=moment,
        )
        greeting = Draft(
            author=Author.BOT,
            text=self._texts.say(row.language, "system.greeting", municipality=tenant.name),
        )
        async with self._database.writing() as session:
            session.add(row)
            await session.flush()
            begun = await append(session, row.id, [greeting])
        assert begun is not None, "the row was stored in the same transaction"
        return begun.conversation, token, begun.messages

    async def speak(self, conversation: Conversation, language: str) -> Conversation:
        """Let the system's messages come in a language from now on, that of the resident's page.

        Raises NotFoundError when the conversation has been erased.
        """
        if conversation.language == language:
            return conversation
        async with self._database.writing() as session:
            await session.execute(
                update(ConversationRow)
                .where(ConversationRow.id == conversation.id)
                .values(language=language)
                .execution_options(synchronize_session=False)
            )
            return await read_conversation(session, conversation.id)

    async def ratings(self, conversation: Conversation) -> Mapping[int, bool]:
        """Give by seq which of the bot's messages the resident found helpful, and which not."""
        async with self._database.reading() as session:
            found = await session.execute(
                select(FeedbackRow.seq, FeedbackRow.helpful).where(
                    FeedbackRow.conversation_id == conversation.id
                )
            )
            return {each.seq: each.helpful for each in found}

    async def open(self, conversation: str, token: str | None) -> Conversation:
        """Give the conversation that a token opens.

        Raises NotSignedInError without the right token, NotFoundError without such a
        conversation.
        """
        if not token:
            raise NotSignedInError("The conversation's token is missing.")
        async with self._database.reading() as session:
            row = await session.get(ConversationRow, conversation)
        if row is None:
            raise NotFoundError("There is no such conversation.")
        if not hmac.compare_digest(row.token_hash, hash_secret(token)):
            raise NotSignedInError("This token does not open the conversation.")
        return as_conversation(row)

    async def read(self, conversation: str, after: int) -> tuple[Conversation, tuple[Message, ...]]:
        """Give the conversation and its messages with a greater seq.

        Raises NotFoundError when it has been erased.
        """
        async with self._database.reading() as session:
            messages = await messages_after(session, conversation, after)
            return await read_conversation(session, conversation), messages

    async def rate(
        self, conversation: Conversation, seq: int, helpful: bool, comment: str | None = None
    ) -> None:
        """Keep whether one of the bot's messages helped; a later word replaces an earlier one.

        Personal data in the comment is masked.

        Raises FieldError when the bot wrote no message with this seq.
        """
        async with self._database.writing() as session:
            author = await session.scalar(
                select(MessageRow.author).where(
                    MessageRow.conversation_id == conversation.id, MessageRow.seq == seq
                )
            )
            if author != Author.BOT:
                raise FieldError("message", "unknown", "The bot wrote no message with this seq.")
            await session.execute(
                delete(FeedbackRow).where(
                    FeedbackRow.conversation_id == conversation.id, FeedbackRow.seq == seq
                )
            )
            session.add(
                FeedbackRow(
                    municipality=conversation.municipality,
                    conversation_id=conversation.id,
                    seq=seq,
                    helpful=helpful,
                    comment=mask(comment).text if comment else None,
                    created_at=now(),
                )
            )

    async def erase(self, conversation: Conversation) -> None:
        """Remove a conversation and everything that belongs to it, and owe the bot's part.

        Raises NotFoundError when it is gone already.
        """
        if not await self._remove(conversation.id, conversation.municipality, true()):
            raise NotFoundError("There is no such conversation.")
        await self._database.empty_log()

    async def erase_idle(self, before: datetime, limit: int) -> int:
        """Do the same to up to `limit` conversations without a message since a moment.

        One that waits or is with an operator is left alone. Gives how many were erased.
        """
        idle = and_(
            ConversationRow.updated_at < before,
            ConversationRow.status.in_((Status.WITH_BOT, Status.CLOSED)),
        )
        async with self._database.reading() as session:
            found = await session.execute(
                select(ConversationRow.id, ConversationRow.municipality)
                .where(idle)
                .order_by(ConversationRow.updated_at)
                .limit(limit)
            )
            oldest = found.all()
        erased = [await self._remove(id_, municipality, idle) for id_, municipality in oldest]
        if any(erased):
            await self._database.empty_log()
        return sum(erased)

    async def _remove(
        self, conversation: str, municipality: str, only_if: ColumnElement[bool]
    ) -> bool:
        """Remove a conversation whose row meets a condition at this moment; tell whether it did."""
        handoffs = select(HandoffRow.id).where(HandoffRow.conversation_id == conversation)
        same = ConversationRow.id == conversation
        async with self._database.writing() as session:
            # Locked, so that nobody writes in it or claims it from here on.
            found = await session.scalar(
                select(ConversationRow.id).where(same, only_if).with_for_update()
            )
            if found is None:
                return False
            await unlink_conversation(session, conversation)
            await session.execute(delete(TransferRow).where(TransferRow.handoff_id.in_(handoffs)))
            await unlink_suggestions(session, conversation)
            for table in (HandoffRow, NoteRow, FeedbackRow, MessageRow):
                await session.execute(delete(table).where(table.conversation_id == conversation))
            await session.execute(delete(ConversationRow).where(same))
            session.add(
                ErasureRow(
                    conversation_id=conversation, municipality=municipality, created_at=now()
                )
            )
        event = Event("erased", conversation)
        await self._hub.publish(conversation_topic(conversation), event)
        await self._hub.publish(desk_topic(municipality), event)
        return True
