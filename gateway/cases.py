"""Reports of something broken: each becomes a case with a reference that people can read aloud.

A resident may say how to be reached. That never stands in the transcript, in a log or with the
bot: it is taken out of the message that answers the question and kept in a table of its own.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database import Database
from gateway.municipalities import Municipality
from gateway.tables import CaseRow, ContactRow, MessageRow
from gateway.transcripts import now
from gateway.types import Asks, Author, CaseRequest, Conversation

SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Neither 0 and O nor 1, I and L: a reference is read aloud and written down by hand."""
LENGTH = 5
REFERENCE = re.compile(rf"\b[A-Z][A-Z0-9-]?-\d\d-[{SIGNS}]{{{LENGTH}}}\b")
CONTACT_HOURS = 24
"""How long a contact is kept at most, mailed or not."""


class Cases:
    """Keeps contacts aside, makes cases and lets them go when they are old."""

    def __init__(self, database: Database, municipalities: Mapping[str, Municipality]) -> None:
        self._database = database
        self._municipalities = municipalities

    async def note(
        self,
        session: AsyncSession,
        conversation: Conversation,
        asks: Asks,
        seq: int,
        *,
        asked_by: int | None = None,
    ) -> None:
        """Remember that the message with this seq asks for a contact, or that none is needed.

        `asked_by` is the operator who asks; without one it is the bot.
        """
        waiting = (ContactRow.conversation_id == conversation.id, ContactRow.case_id.is_(None))
        await session.execute(delete(ContactRow).where(*waiting))
        if asks is Asks.CONTACT:
            session.add(
                ContactRow(
                    municipality=conversation.municipality,
                    conversation_id=conversation.id,
                    case_id=None,
                    asked_seq=seq,
                    contact=None,
                    created_at=now(),
                    asked_by=asked_by,
                )
            )

    async def keep(
        self,
        session: AsyncSession,
        conversation: str,
        seq: int,
        contacts: tuple[str, ...],
        *,
        operator: bool = False,
    ) -> bool:
        """Keep what the message with this seq says, if it is the first after the question.

        With `operator` only an operator's question counts, without one only the bot's: what the
        bot asked for is not meant for an operator who has come in since.
        """
        asked = ContactRow.asked_by.is_not(None) if operator else ContactRow.asked_by.is_(None)
        between = exists().where(
            MessageRow.conversation_id == conversation,
            MessageRow.author == Author.RESIDENT,
            MessageRow.seq > ContactRow.asked_seq,
            MessageRow.seq < seq,
        )
        kept = await session.execute(
            update(ContactRow)
            .where(
                ContactRow.conversation_id == conversation,
                ContactRow.case_id.is_(None),
                asked,
                ~between,
            )
            .values(contact=", ".join(contacts), created_at=now())
            .returning(ContactRow.id)
            .execution_options(synchronize_session=False)
        )
        return kept.first() is not None

    async def make(
        self, session: AsyncSession, conversation: Conversation, wanted: CaseRequest
    ) -> str:
        """Store a case that is to be mailed at once; give its reference."""
        tenant = self._municipalities[conversation.municipality]
        moment = now()
        row = CaseRow(
            municipality=tenant.id,
            conversation_id=conversation.id,
            reference=await self._free_reference(session, tenant, moment),
            language=conversation.language,
            kind=wanted.kind,
            title=wanted.title,
            place=wanted.place,
            description=wanted.description,
            department=tenant.department_of(wanted.kind),
            created_at=moment,
            due_at=moment,
            mailed_at=None,
            attempts=0,
        )
        session.add(row)
        await session.flush()
        waiting = (
            ContactRow.conversation_id == conversation.id,
            ContactRow.case_id.is_(None),
            ContactRow.asked_by.is_(None),
        )
        if wanted.contact:
            await session.execute(
                update(ContactRow)
                .where(*waiting, ContactRow.contact.is_not(None))
                .values(case_id=row.id)
                .execution_options(synchronize_session=False)
            )
        # What was asked for and not given, or given and taken back.
        await session.execute(delete(ContactRow).where(*waiting))
        return row.reference

    async def erase_outdated(self, before: datetime) -> int:
        """Erase the cases made before a moment; give how many there were."""
        async with self._database.writing() as session:
            await session.execute(
                delete(ContactRow).where(
                    ContactRow.case_id.in_(select(CaseRow.id).where(CaseRow.created_at < before))
                )
            )
            erased = await session.scalars(
                delete(CaseRow).where(CaseRow.created_at < before).returning(CaseRow.id)
            )
            return len(erased.all())

    async def forget_contacts(self, moment: datetime) -> int:
        """Erase the contacts that are older than CONTACT_HOURS; give how many there were."""
        before = moment - timedelta(hours=CONTACT_HOURS)
        async with self._database.writing() as session:
            erased = await session.scalars(
                delete(ContactRow).where(ContactRow.created_at < before).returning(ContactRow.id)
            )
            found = len(erased.all())
        if found:
            await self._database.empty_log()
        return found

    async def _free_reference(
        self, session: AsyncSession, tenant: Municipality, moment: datetime
    ) -> str:
        while True:
            reference = make_reference(tenant.id, moment)
            taken = await session.scalar(
                select(CaseRow.id).where(CaseRow.reference == reference).limit(1)
            )
            if taken is None:
                return reference


async def unlink_conversation(session: AsyncSession, conversation: str) -> None:
    """Erase what cases hold of a conversation: its name, the resident's words, the contact.

    What is broken and where stays, so that it can still be mended.
    """
    await session.execute(delete(ContactRow).where(ContactRow.conversation_id == conversation))
    await session.execute(
        update(CaseRow)
        .where(CaseRow.conversation_id == conversation)
        .values(conversation_id=None, description="")
        .execution_options(synchronize_session=False)
    )


def make_reference(municipality: str, moment: datetime) -> str:
    """Give a new reference such as EK-26-4F7KD: whose, from which year, and a random part."""
    random = "".join(secrets.choice(SIGNS) for _ in range(LENGTH))
    return f"{municipality[:2].upper()}-{moment:%y}-{random}"
