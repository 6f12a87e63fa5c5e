"""What operators suggest to the editors: a question that came, and what was answered to it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database import Database
from gateway.errors import NotFoundError
from gateway.tables import SuggestionRow
from gateway.transcripts import now
from gateway.types import Frozen, Moment, Source, Staff

MOST = 200


class Suggestion(Frozen):
    """A question as its resident wrote it, masked, and what an operator answered.

    The question is empty when its conversation has been erased.
    """

    id: int
    question: str
    answer: str
    sources: tuple[Source, ...]
    language: str
    suggested_by: str
    created_at: Moment
    done_at: Moment | None


def as_suggestion(row: SuggestionRow) -> Suggestion:
    """Give a row as the value that leaves the gateway."""
    return Suggestion(
        id=row.id,
        question=row.question,
        answer=row.answer,
        sources=tuple(Source.model_validate(source) for source in row.sources),
        language=row.language,
        suggested_by=row.suggested_by,
        created_at=row.created_at,
        done_at=row.done_at,
    )


async def list_suggestions(database: Database, staff: Staff) -> tuple[Suggestion, ...]:
    """Give the municipality's suggestions that are not done, the newest first."""
    async with database.reading() as session:
        rows = await session.scalars(
            select(SuggestionRow)
            .where(
                SuggestionRow.municipality == staff.municipality, SuggestionRow.done_at.is_(None)
            )
            .order_by(SuggestionRow.id.desc())
            .limit(MOST)
        )
        return tuple(as_suggestion(row) for row in rows)


async def finish_suggestion(database: Database, staff: Staff, suggestion: int) -> Suggestion:
    """Mark a suggestion as done; one that is done already stays so.

    Raises NotFoundError without such a suggestion in the municipality.
    """
    async with database.writing() as session:
        row = await session.scalar(
            select(SuggestionRow).where(
                SuggestionRow.id == suggestion, SuggestionRow.municipality == staff.municipality
            )
        )
        if row is None:
            raise NotFoundError("There is no such suggestion.")
        row.done_at = row.done_at or now()
        await session.flush()
        return as_suggestion(row)


async def erase_done_suggestions(database: Database, before: datetime) -> int:
    """Erase the suggestions that editors were done with before a moment; give how many."""
    async with database.writing() as session:
        erased = await session.scalars(
            delete(SuggestionRow).where(SuggestionRow.done_at < before).returning(SuggestionRow.id)
        )
        found = len(erased.all())
    if found:
        await database.empty_log()
    return found


async def unlink_suggestions(session: AsyncSession, conversation: str) -> None:
    """Erase what suggestions hold of a conversation: which it was, and the resident's words."""
    await session.execute(
        update(SuggestionRow)
        .where(SuggestionRow.conversation_id == conversation)
        .values(conversation_id=None, question="")
        .execution_options(synchronize_session=False)
    )
