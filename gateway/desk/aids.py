"""What stands beside a conversation at the desk: notes, replies, passages, a shared contact.

Nothing here writes in the conversation but the question for a contact, which the resident must
see to answer it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from pydantic import ValidationError
from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.cases import Cases
from gateway.changes import held_by, refusal
from gateway.conversations import announce, read_conversation
from gateway.database import Database
from gateway.errors import FieldError, KnowledgeError, NotFoundError
from gateway.events import Event, Hub, desk_topic
from gateway.extraction import own_words
from gateway.knowledge_client import KnowledgeClient
from gateway.municipalities import Municipality
from gateway.queue import read_view
from gateway.suggestions import Suggestion, as_suggestion
from gateway.tables import (
    CannedReplyRow,
    CaseRow,
    ContactRow,
    ConversationRow,
    NoteRow,
    SuggestionRow,
)
from gateway.texts import Texts
from gateway.transcripts import Appended, append, now
from gateway.types import (
    Asks,
    Author,
    Draft,
    Excerpt,
    Frozen,
    Moment,
    Source,
    Staff,
)

PASSAGES = 4
PLACEHOLDERS = frozenset({"operator", "municipality", "reference"})
_PLACEHOLDER = re.compile(r"\{(\w*)\}")


class Note(Frozen):
    """What somebody at the desk noted, for staff only."""

    id: int
    author: str
    text: str
    created_at: Moment


class CannedReply(Frozen):
    """A reply to use again; its text may hold {operator}, {municipality} and {reference}."""

    id: int
    title: str
    text: str
    changed_by: str
    changed_at: Moment


class Contact(Frozen):
    """Whether a contact was asked for, and what the resident gave."""

    asked_at: Moment
    contact: str | None


class Aside(Frozen):
    """What stands beside a conversation; the contact only before who has the conversation."""

    notes: tuple[Note, ...]
    contact: Contact | None
    reference: str | None
    suggested: tuple[int, ...]


class Passages(Frozen):
    """What the pages say, the best first, and what they were searched for."""

    query: str
    passages: tuple[Excerpt, ...]


class _Hit(Frozen):
    """A search result as knowledge sends it."""

    article: str
    title: str
    heading: str
    url: str
    updated: date
    text: str


class _Results(Frozen):
    results: tuple[_Hit, ...]


class Aids:
    """What helps an operator to answer."""

    def __init__(
        self,
        database: Database,
        hub: Hub,
        cases: Cases,
        knowledge: KnowledgeClient,
        municipalities: Mapping[str, Municipality],
        texts: Texts,
    ) -> None:
        self._database = database
        self._hub = hub
        self._cases = cases
        self._knowledge = knowledge
        self._municipalities = municipalities
        self._texts = texts

    async def aside(self, staff: Staff, conversation: str) -> Aside:
        """Give what stands beside a conversation that waits or is with an operator.

        Raises NotFoundError for any other.
        """
        async with self._database.reading(snapshot=True) as session:
            await read_view(session, staff, conversation)
            notes = await session.scalars(
                select(NoteRow)
                .where(
                    NoteRow.conversation_id == conversation,
                    NoteRow.municipality == staff.municipality,
                )
                .order_by(NoteRow.id)
            )
            contact = await session.scalar(
                select(ContactRow)
                .join(ConversationRow, ConversationRow.id == ContactRow.conversation_id)
                .where(
                    ContactRow.conversation_id == conversation,
                    ContactRow.asked_by.is_not(None),
                    held_by(staff),
                )
                .order_by(ContactRow.id.desc())
                .limit(1)
            )
            reference = await session.scalar(
                select(CaseRow.reference)
                .where(
                    CaseRow.conversation_id == conversation,
                    CaseRow.municipality == staff.municipality,
                )
                .order_by(CaseRow.id.desc())
                .limit(1)
            )
            suggested = await session.scalars(
                select(SuggestionRow.seq).where(
                    SuggestionRow.conversation_id == conversation,
                    SuggestionRow.municipality == staff.municipality,
                )
            )
            return Aside(
                notes=tuple(_as_note(row) for row in notes),
                contact=None
                if contact is None
                else Contact(asked_at=contact.created_at, contact=contact.contact),
                reference=reference,
                suggested=tuple(suggested),
            )

    async def add_note(self, staff: Staff, conversation: str, text: str) -> Note:
        """Keep a note beside a conversation that waits or is with an operator."""
        async with self._database.writing() as session:
            await read_view(session, staff, conversation)
            row = NoteRow(
                municipality=staff.municipality,
                conversation_id=conversation,
                author=staff.name,
                text=text,
                created_at=now(),
            )
            session.add(row)
            await session.flush()
        await self._hub.publish(desk_topic(staff.municipality), Event("note", conversation))
        return _as_note(row)

    async def ask_contact(self, staff: Staff, conversation: str) -> Appended:
        """Ask the resident for a telephone number or an e-mail address, in a message they see.

        Their next message may hold one. Raises ConflictError when the operator does not have the
        conversation, NotFoundError for another municipality's.
        """
        async with self._database.writing() as session:
            await _must_hold(session, staff, conversation)
            current = await read_conversation(session, conversation)
            text = self._texts.say(current.language, "system.contact_asked", operator=staff.name)
            asked = await append(session, conversation, [Draft(author=Author.SYSTEM, text=text)])
            assert asked is not None, "the conversation was read in the same transaction"
            seq = asked.messages[-1].seq
            await self._cases.note(session, current, Asks.CONTACT, seq, asked_by=staff.id)
        await announce(self._hub, asked.conversation)
        return asked

    async def passages(self, staff: Staff, conversation: str) -> Passages:
        """Give the pages' best passages for what the resident asked last.

        Raises KnowledgeError when the articles can't be searched.
        """
        async with self._database.reading(snapshot=True) as session:
            view = await read_view(session, staff, conversation)
        question = next(reversed(own_words(view.messages)), None)
        if question is None:
            return Passages(query="", passages=())
        return await self.search(staff, question.text, question.language)

    async def search(self, staff: Staff, query: str, language: str | None = None) -> Passages:
        """Search the municipality's articles, as the bot does."""
        wanted = {"q": query, "limit": str(PASSAGES)}
        tenant = self._municipalities[staff.municipality]
        if language in tenant.languages:
            wanted["language"] = language
        reply = await self._knowledge.ask("GET", staff.municipality, "search", query=wanted)
        if reply.status != 200:
            raise KnowledgeError("The articles can't be searched right now.")
        try:
            found = _Results.model_validate(reply.body)
        except ValidationError:
            raise KnowledgeError("The articles can't be read right now.") from None
        return Passages(
            query=query,
            passages=tuple(
                Excerpt(
                    text=hit.text,
                    source=Source(
                        article=hit.article,
                        title=hit.title,
                        heading=hit.heading,
                        url=hit.url,
                        updated=hit.updated,
                    ),
                )
                for hit in found.results
            ),
        )

    async def suggest(
        self, staff: Staff, conversation: str, seq: int, sources: tuple[Source, ...]
    ) -> Suggestion:
        """Suggest an operator's message of a conversation to the editors; twice is once.

        Raises FieldError when no operator wrote a message with this seq.
        """
        async with self._database.reading(snapshot=True) as session:
            view = await read_view(session, staff, conversation)
        upto = [message for message in view.messages if message.seq <= seq]
        if not upto or upto[-1].seq != seq or upto[-1].author is not Author.OPERATOR:
            raise FieldError("message", "unknown", "No operator wrote a message with this seq.")
        question = next(reversed(own_words(upto)), None)
        row = SuggestionRow(
            municipality=staff.municipality,
            conversation_id=conversation,
            seq=seq,
            question="" if question is None else question.text,
            answer=upto[-1].text,
            sources=[source.model_dump(mode="json") for source in sources],
            language=view.language,
            suggested_by=staff.name,
            created_at=now(),
        )
        try:
            async with self._database.writing() as session:
                await read_view(session, staff, conversation)
                session.add(row)
        except IntegrityError:
            async with self._database.reading() as session:
                earlier = await session.scalar(
                    select(SuggestionRow).where(
                        SuggestionRow.conversation_id == conversation,
                        SuggestionRow.municipality == staff.municipality,
                        SuggestionRow.seq == seq,
                    )
                )
            if earlier is None:
                raise NotFoundError("There is no such conversation.") from None
            return as_suggestion(earlier)
        return as_suggestion(row)

    async def replies(self, staff: Staff) -> tuple[CannedReply, ...]:
        """Give the municipality's canned replies by their titles."""
        async with self._database.reading() as session:
            rows = await session.scalars(
                select(CannedReplyRow)
                .where(CannedReplyRow.municipality == staff.municipality)
                .order_by(CannedReplyRow.title, CannedReplyRow.id)
            )
            return tuple(_as_reply(row) for row in rows)

    async def add_reply(self, staff: Staff, title: str, text: str) -> CannedReply:
        """Keep a new canned reply.

        Raises FieldError for a placeholder that nothing fills.
        """
        _check_placeholders(text)
        row = CannedReplyRow(
            municipality=staff.municipality,
            title=title,
            text=text,
            changed_by=staff.name,
            changed_at=now(),
        )
        async with self._database.writing() as session:
            session.add(row)
        return _as_reply(row)

    async def change_reply(self, staff: Staff, reply: int, title: str, text: str) -> CannedReply:
        """Change a canned reply.

        Raises FieldError for a placeholder that nothing fills, NotFoundError without the reply.
        """
        _check_placeholders(text)
        async with self._database.writing() as session:
            row = await session.scalar(
                update(CannedReplyRow)
                .where(_own_reply(staff, reply))
                .values(title=title, text=text, changed_by=staff.name, changed_at=now())
                .returning(CannedReplyRow),
                execution_options={"synchronize_session": False, "populate_existing": True},
            )
            if row is None:
                raise NotFoundError("There is no such reply.")
            return _as_reply(row)

    async def remove_reply(self, staff: Staff, reply: int) -> None:
        """Take a canned reply away; raises NotFoundError without it."""
        async with self._database.writing() as session:
            removed = await session.scalar(
                delete(CannedReplyRow).where(_own_reply(staff, reply)).returning(CannedReplyRow.id)
            )
            if removed is None:
                raise NotFoundError("There is no such reply.")


def _check_placeholders(text: str) -> None:
    unknown = set(_PLACEHOLDER.findall(text)) - PLACEHOLDERS
    if unknown:
        raise FieldError(
            "text", "placeholder", f"Only {', '.join(sorted(PLACEHOLDERS))} can be filled in."
        )


async def _must_hold(session: AsyncSession, staff: Staff, conversation: str) -> None:
    held = await session.scalar(
        select(ConversationRow.id)
        .where(ConversationRow.id == conversation, held_by(staff))
        .with_for_update()
    )
    if held is None:
        raise await refusal(session, staff, conversation)


def _own_reply(staff: Staff, reply: int) -> ColumnElement[bool]:
    return and_(CannedReplyRow.id == reply, CannedReplyRow.municipality == staff.municipality)


def _as_note(row: NoteRow) -> Note:
    return Note(id=row.id, author=row.author, text=row.text, created_at=row.created_at)


def _as_reply(row: CannedReplyRow) -> CannedReply:
    return CannedReply(
        id=row.id,
        title=row.title,
        text=row.text,
        changed_by=row.changed_by,
        changed_at=row.changed_at,
    )
