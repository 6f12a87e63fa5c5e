"""Between rows and records: the queries and steps that the store's transactions are made of."""

from __future__ import annotations

import datetime
import itertools

from sqlalchemy import ColumnElement, Select, and_, delete, select, update
from sqlalchemy.orm import Session, load_only

from knowledge.articles.records import (
    ArticleRecord,
    ArticleSummary,
    Draft,
    Origin,
    Revision,
    RevisionNote,
)
from knowledge.articles.tables import AddressRow, ArticleRow, RevisionRow
from knowledge.errors import FieldError, InvalidFieldsError, NotFoundError
from knowledge.indexing.naming import SLUG_LENGTH, fold, slug
from knowledge.types import Article


def now() -> datetime.datetime:
    """The moment, in UTC."""
    return datetime.datetime.now(datetime.UTC)


def same_article() -> ColumnElement[bool]:
    """Joins revisions to their article."""
    return and_(
        RevisionRow.municipality == ArticleRow.municipality, RevisionRow.article == ArticleRow.id
    )


def summaries(municipality: str) -> Select[ArticleRow, RevisionRow]:
    """Articles with their revisions, without the long columns."""
    return (
        select(ArticleRow, RevisionRow)
        .join(RevisionRow, same_article())
        .where(ArticleRow.municipality == municipality)
        .options(
            load_only(
                RevisionRow.title,
                RevisionRow.language,
                RevisionRow.url,
                RevisionRow.category,
                RevisionRow.updated,
                raiseload=True,
            )
        )
    )


def published_revisions(municipality: str) -> Select[RevisionRow]:
    """The published revisions, ordered by article."""
    return (
        select(RevisionRow)
        .join(ArticleRow, same_article())
        .where(
            ArticleRow.municipality == municipality,
            ArticleRow.published_revision == RevisionRow.number,
        )
        .order_by(RevisionRow.article)
    )


def article(session: Session, municipality: str, name: str) -> ArticleRow:
    """Raises NotFoundError."""
    row = session.get(ArticleRow, (municipality, name))
    if row is None:
        raise NotFoundError("There is no such article.")
    return row


def revision_row(session: Session, municipality: str, name: str, number: int) -> RevisionRow:
    """Raises NotFoundError."""
    row = session.get(RevisionRow, (municipality, name, number))
    if row is None:
        raise NotFoundError("There is no such revision.")
    return row


def advance(session: Session, municipality: str, name: str, base_revision: int) -> bool:
    """Take the next revision number; False unless `base_revision` is the newest.

    One conditional update, so that of two editors who began alike exactly one succeeds.
    """
    taken = session.execute(
        update(ArticleRow)
        .where(
            ArticleRow.municipality == municipality,
            ArticleRow.id == name,
            ArticleRow.newest_revision == base_revision,
        )
        .values(newest_revision=base_revision + 1)
        .returning(ArticleRow.id)
    )
    return taken.first() is not None


def free_id(session: Session, municipality: str, title: str) -> str:
    """An id from the title that no article of the municipality has."""
    stem = slug(title) or "article"
    alike = select(ArticleRow.id).where(
        ArticleRow.municipality == municipality,
        ArticleRow.id.startswith(stem[: SLUG_LENGTH - 6], autoescape=True),
    )
    used = set(session.scalars(alike))
    numbered = (f"{stem[: SLUG_LENGTH - 6].rstrip('-')}-{count}" for count in itertools.count(2))
    return next(name for name in itertools.chain([stem], numbered) if name not in used)


def add_revision(
    session: Session,
    row: ArticleRow,
    draft: Draft,
    author: str,
    origin: Origin,
    updated: datetime.date | None,
) -> None:
    """Add the draft as the article's newest revision, whose number the article has already."""
    category, questions = draft.category, draft.questions
    if category is None or questions is None:
        before = session.get(RevisionRow, (row.municipality, row.id, row.newest_revision - 1))
        if category is None:
            category = before.category if before else ""
        if questions is None:
            questions = tuple(before.questions) if before else ()
    moment = now()
    session.add(
        RevisionRow(
            municipality=row.municipality,
            article=row.id,
            number=row.newest_revision,
            title=draft.title,
            text=draft.text,
            language=draft.language,
            url=draft.url,
            category=category,
            questions=list(questions),
            folded=fold(f"{row.id}\n{draft.title}\n{draft.text}"),
            updated=updated or moment.date(),
            author=author,
            origin=origin,
            created_at=moment,
        )
    )
    session.flush()


def hold_addresses(session: Session, row: ArticleRow) -> None:
    """Give the article the addresses of its newest and its published revision, and no others.

    Raises InvalidFieldsError when another article has one of them.
    """
    numbers = {row.newest_revision, row.published_revision} - {None}
    wanted = set(
        session.scalars(
            select(RevisionRow.url).where(
                RevisionRow.municipality == row.municipality,
                RevisionRow.article == row.id,
                RevisionRow.number.in_(numbers),
            )
        )
    )
    held = select(AddressRow.url, AddressRow.article).where(
        AddressRow.municipality == row.municipality, AddressRow.url.in_(wanted)
    )
    holders: dict[str, str] = {}
    for url, holder in session.execute(held):
        holders[url] = holder
        if holder != row.id:
            detail = f"The article {holder} has the address {url}."
            raise InvalidFieldsError(FieldError("url", "taken", detail))
    session.execute(
        delete(AddressRow).where(
            AddressRow.municipality == row.municipality,
            AddressRow.article == row.id,
            AddressRow.url.not_in(wanted),
        )
    )
    session.add_all(
        AddressRow(municipality=row.municipality, url=url, article=row.id)
        for url in wanted - holders.keys()
    )
    session.flush()


def indexed(row: RevisionRow) -> Article:
    """The revision as the index takes it."""
    return Article(
        municipality=row.municipality,
        id=row.article,
        language=row.language,
        title=row.title,
        text=row.text,
        url=row.url,
        updated=row.updated,
        questions=tuple(row.questions),
    )


def revision(row: RevisionRow) -> Revision:
    """The row as a record."""
    return Revision(
        municipality=row.municipality,
        article=row.article,
        number=row.number,
        title=row.title,
        text=row.text,
        language=row.language,
        url=row.url,
        category=row.category,
        questions=tuple(row.questions),
        updated=row.updated,
        author=row.author,
        origin="seed" if row.origin == "seed" else "editor",
        created_at=row.created_at,
        published_at=row.published_at,
        published_by=row.published_by,
    )


def summary(row: ArticleRow, shown: RevisionRow) -> ArticleSummary:
    """A line of a list."""
    return ArticleSummary(
        id=row.id,
        title=shown.title,
        language=shown.language,
        url=shown.url,
        category=shown.category,
        updated=shown.updated,
        newest_revision=row.newest_revision,
        published_revision=row.published_revision,
    )


def record(session: Session, row: ArticleRow, *, published: bool) -> ArticleRecord:
    """The article with one revision's text; raises NotFoundError when it was never published."""
    number = row.published_revision if published else row.newest_revision
    if number is None:
        raise NotFoundError("The article is not published.")
    shown = revision_row(session, row.municipality, row.id, number)
    notes = session.execute(
        select(
            RevisionRow.number,
            RevisionRow.title,
            RevisionRow.author,
            RevisionRow.created_at,
            RevisionRow.published_at,
        )
        .where(RevisionRow.municipality == row.municipality, RevisionRow.article == row.id)
        .order_by(RevisionRow.number.desc())
    )
    return ArticleRecord(
        summary=summary(row, shown),
        shown=revision(shown),
        revisions=tuple(RevisionNote(*note) for note in notes),
    )
