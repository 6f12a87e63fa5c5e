"""Letting go of cases: first their residents' addresses, later all that is kept of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update

from gateway.database import Database
from gateway.tables import CaseAddressRow, CaseEntryRow, QuestionCaseRow


class CaseErasures:
    """Erases what is kept of cases when its time has come."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def forget_addresses(self, moment: datetime) -> int:
        """Erase the addresses whose time has come; give how many there were."""
        due = select(CaseAddressRow.case_id).where(CaseAddressRow.forget_at <= moment)
        async with self._database.writing() as session:
            found = (await session.scalars(due)).all()
            if found:
                await session.execute(
                    update(CaseEntryRow)
                    .where(CaseEntryRow.case_id.in_(found))
                    .values(message_id=None)
                    .execution_options(synchronize_session=False)
                )
                await session.execute(
                    delete(CaseAddressRow).where(CaseAddressRow.case_id.in_(found))
                )
        if found:
            await self._database.empty_log()
        return len(found)

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
