"""Letting go of cases: first their residents' addresses, later all that is kept of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update

from gateway.database import Database
from gateway.tables import CaseAddressRow, CaseEntryRow, CaseMailRow, QuestionCaseRow


class CaseErasures:
    """Erases what is kept of cases when its time has come."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def forget_addresses(self, moment: datetime) -> int:
        """Erase the addresses whose time has come, and what their mails were called.

        Gives how many addresses there were.
        """
        due = select(CaseAddressRow.case_id).where(CaseAddressRow.forget_at <= moment)
        async with self._database.writing() as session:
            found = (await session.scalars(due)).all()
            if found:
                await session.execute(
                    update(CaseEntryRow)
                    .where(CaseEntryRow.case_id.in_(found))
                    # It takes no mail any more, so none has to be known again.
                    .values(message_id=None, mail_key=None)
                    .execution_options(synchronize_session=False)
                )
                await session.execute(
                    delete(CaseAddressRow).where(CaseAddressRow.case_id.in_(found))
                )
        if found:
            await self._database.empty_log()
        return len(found)

    async def erase_mails(self, before: datetime) -> int:
        """Erase what is known of the mails about cases closed before a moment.

        An open case keeps it: operators see there what came through and what did not.
        """
        closed = select(QuestionCaseRow.id).where(QuestionCaseRow.closed_at < before)
        async with self._database.writing() as session:
            erased = await session.scalars(
                delete(CaseMailRow).where(CaseMailRow.case_id.in_(closed)).returning(CaseMailRow.id)
            )
            return len(erased.all())

    async def erase_outdated(self, before: datetime) -> int:
        """Erase the cases closed before a moment with all that belongs to them."""
        async with self._database.writing() as session:
            found = await session.scalars(
                delete(QuestionCaseRow)
                .where(QuestionCaseRow.closed_at < before)
                .returning(QuestionCaseRow.id)
            )
            erased = len(found.all())
        if erased:
            await self._database.empty_log()
        return erased
