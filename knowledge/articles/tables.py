"""The tables; nothing in them that only one database has."""

from __future__ import annotations

import datetime

from sqlalchemy import (
    JSON,
    Date,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    MetaData,
    String,
    Text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime.datetime]):
    """An aware moment; stored as UTC, since SQLite forgets the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime.datetime | None, dialect: Dialect
    ) -> datetime.datetime | None:
        return None if value is None else value.astimezone(datetime.UTC)

    def process_result_value(
        self, value: datetime.datetime | None, dialect: Dialect
    ) -> datetime.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            return value.replace(tzinfo=datetime.UTC)
        return value.astimezone(datetime.UTC)


class Table(DeclarativeBase):
    """Constraints have names, so that migrations can speak of them in any database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class ArticleRow(Table):
    """An article: its name and which of its revisions count."""

    __tablename__ = "articles"

    municipality: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    newest_revision: Mapped[int]
    published_revision: Mapped[int | None]


class RevisionRow(Table):
    """One version of an article; `folded` is id, title and text prepared for look-ups."""

    __tablename__ = "revisions"
    __table_args__ = (
        ForeignKeyConstraint(["municipality", "article"], ["articles.municipality", "articles.id"]),
    )

    municipality: Mapped[str] = mapped_column(String(64), primary_key=True)
    article: Mapped[str] = mapped_column(String(80), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8))
    url: Mapped[str] = mapped_column(String(500))
    category: Mapped[str] = mapped_column(String(100))
    questions: Mapped[list[str]] = mapped_column(JSON)
    folded: Mapped[str] = mapped_column(Text)
    updated: Mapped[datetime.date] = mapped_column(Date)
    author: Mapped[str] = mapped_column(String(100))
    origin: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime.datetime] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime.datetime | None] = mapped_column(UtcDateTime)
    published_by: Mapped[str | None] = mapped_column(String(100))


class AddressRow(Table):
    """The addresses that articles hold: those of their newest and their published revision.

    The primary key lets the database itself refuse a second article at one address.
    """

    __tablename__ = "addresses"
    __table_args__ = (
        ForeignKeyConstraint(["municipality", "article"], ["articles.municipality", "articles.id"]),
        Index(None, "municipality", "article"),
    )

    municipality: Mapped[str] = mapped_column(String(64), primary_key=True)
    url: Mapped[str] = mapped_column(String(500), primary_key=True)
    article: Mapped[str] = mapped_column(String(80))


class ContradictionRow(Table):
    """Two chunks of different articles that differ in a figure; `first_chunk` sorts first.

    `resolved_at` is set when either article changes, and taken away if they still differ.
    """

    __tablename__ = "contradictions"

    municipality: Mapped[str] = mapped_column(String(64), primary_key=True)
    first_chunk: Mapped[str] = mapped_column(String(200), primary_key=True)
    second_chunk: Mapped[str] = mapped_column(String(200), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    first_article: Mapped[str] = mapped_column(String(80))
    second_article: Mapped[str] = mapped_column(String(80))
    first_text: Mapped[str] = mapped_column(Text)
    second_text: Mapped[str] = mapped_column(Text)
    times_asked: Mapped[int]
    first_seen: Mapped[datetime.datetime] = mapped_column(UtcDateTime)
    last_seen: Mapped[datetime.datetime] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime.datetime | None] = mapped_column(UtcDateTime)
