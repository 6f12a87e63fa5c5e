"""What a municipality tells every resident for a while: water is cut off, the roads are icy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update

from gateway.database import Database
from gateway.errors import FieldError, NotFoundError
from gateway.municipalities import Municipality
from gateway.tables import NoticeRow
from gateway.transcripts import now
from gateway.types import Frozen, Moment, Staff


class Notice(Frozen):
    """A text in some languages, always in the municipality's default, shown from and until."""

    id: int
    texts: dict[str, str]
    starts_at: Moment
    ends_at: Moment
    author: str
    updated_at: Moment
    default_language: str

    def language(self, wanted: str) -> str:
        """Give the language it is shown in to somebody who wants one."""
        return wanted if wanted in self.texts else self.default_language

    def text(self, wanted: str) -> str:
        """Give its text in the language wanted, or else in the municipality's default."""
        return self.texts[self.language(wanted)]


class Notices:
    """Keeps the notices of all municipalities, each reached only by its own."""

    def __init__(self, database: Database, municipalities: Mapping[str, Municipality]) -> None:
        self._database = database
        self._municipalities = municipalities

    async def current(self, municipality: str, at: datetime | None = None) -> tuple[Notice, ...]:
        """Give what is shown at a moment, now without one; what began last comes first."""
        moment = at or now()
        return await self._read(
            municipality, NoticeRow.starts_at <= moment, NoticeRow.ends_at > moment
        )

    async def unfinished(self, municipality: str) -> tuple[Notice, ...]:
        """Give what is shown now and what will be."""
        return await self._read(municipality, NoticeRow.ends_at > now())

    async def add(
        self, staff: Staff, texts: Mapping[str, str], starts_at: datetime, ends_at: datetime
    ) -> Notice:
        """Keep a new notice; raises FieldError naming what is wrong with it."""
        values = self._checked(staff, texts, starts_at, ends_at)
        async with self._database.writing() as session:
            row = NoticeRow(municipality=staff.municipality, **values)
            session.add(row)
            await session.flush()
        return self._as_notice(row)

    async def change(
        self,
        staff: Staff,
        notice: int,
        texts: Mapping[str, str],
        starts_at: datetime,
        ends_at: datetime,
    ) -> Notice:
        """Change a notice; raises FieldError, or NotFoundError when there is none here."""
        values = self._checked(staff, texts, starts_at, ends_at)
        async with self._database.writing() as session:
            row = await session.scalar(
                update(NoticeRow)
                .where(NoticeRow.id == notice, NoticeRow.municipality == staff.municipality)
                .values(**values)
                .returning(NoticeRow)
                .execution_options(synchronize_session=False, populate_existing=True)
            )
            if row is None:
                raise NotFoundError("There is no such notice.")
            return self._as_notice(row)

    async def remove(self, staff: Staff, notice: int) -> None:
        """Take a notice away; raises NotFoundError when there is none here."""
        async with self._database.writing() as session:
            found = await session.scalar(
                delete(NoticeRow)
                .where(NoticeRow.id == notice, NoticeRow.municipality == staff.municipality)
                .returning(NoticeRow.id)
            )
        if found is None:
            raise NotFoundError("There is no such notice.")

    def _checked(
        self, staff: Staff, texts: Mapping[str, str], starts_at: datetime, ends_at: datetime
    ) -> dict[str, object]:
        tenant = self._municipalities[staff.municipality]
        for language in texts:
            if language not in tenant.languages:
                raise FieldError(f"texts.{language}", "unknown", "No language of yours.")
        kept = {language: text for language, text in texts.items() if text}
        if tenant.default_language not in kept:
            field = f"texts.{tenant.default_language}"
            raise FieldError(field, "required", "It is missing or empty.")
        if ends_at <= starts_at:
            raise FieldError("ends_at", "invalid", "It must end after it begins.")
        if ends_at <= now():
            raise FieldError("ends_at", "invalid", "It must end in the future.")
        return {
            "texts": kept,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "author": staff.name,
            "updated_at": now(),
        }

    async def _read(
        self, municipality: str, *conditions: ColumnElement[bool]
    ) -> tuple[Notice, ...]:
        async with self._database.reading() as session:
            rows = await session.scalars(
                select(NoticeRow)
                .where(NoticeRow.municipality == municipality, *conditions)
                .order_by(NoticeRow.starts_at.desc(), NoticeRow.id.desc())
            )
            return tuple(self._as_notice(row) for row in rows)

    def _as_notice(self, row: NoticeRow) -> Notice:
        return Notice(
            id=row.id,
            texts=row.texts,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            author=row.author,
            updated_at=row.updated_at,
            default_language=self._municipalities[row.municipality].default_language,
        )
