"""Articles and their revisions, by municipality.

Synchronous: every method is one short transaction, to be called in an executor. Each row has its
municipality in its key, so nothing of one can be reached through another.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import sessionmaker

from knowledge.articles import rows
from knowledge.articles.database import writing
from knowledge.articles.drafts import plain_url
from knowledge.articles.records import ArticleRecord, ArticleSummary, Draft, Origin, Revision
from knowledge.articles.tables import ArticleRow, RevisionRow
from knowledge.errors import FieldError, InvalidFieldsError, NotFoundError, RevisionConflictError
from knowledge.indexing.naming import alphabetical, fold
from knowledge.types import Article


class ArticleStore:
    """Reads and writes articles; safe to call from several threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._read = sessionmaker(engine, expire_on_commit=False)
        self._write = sessionmaker(writing(engine), expire_on_commit=False)

    def municipalities(self) -> list[str]:
        """Those that have an article, published or not."""
        with self._read.begin() as session:
            names = select(ArticleRow.municipality).distinct().order_by(ArticleRow.municipality)
            return list(session.scalars(names))

    def list_articles(
        self, municipality: str, query: str = "", limit: int = 100
    ) -> list[ArticleSummary]:
        """Articles whose newest revision has every word of the query in its id, title or text.

        Those with the words in id or title come first, then alphabetically by title.
        """
        words = fold(query).split()
        wanted = rows.summaries(municipality).where(
            ArticleRow.newest_revision == RevisionRow.number,
            *(RevisionRow.folded.contains(word, autoescape=True) for word in words),
        )
        with self._read.begin() as session:
            found = [
                rows.summary(article, revision) for article, revision in session.execute(wanted)
            ]

        def order(article: ArticleSummary) -> tuple[bool, str, str]:
            name = fold(f"{article.id}\n{article.title}")
            elsewhere = not all(word in name for word in words)
            return (elsewhere, alphabetical(article.title, article.language), article.id)

        return sorted(found, key=order)[:limit]

    def list_published(self, municipality: str) -> list[ArticleSummary]:
        """All published articles as they are published, alphabetically by title."""
        wanted = rows.summaries(municipality).where(
            ArticleRow.published_revision == RevisionRow.number
        )
        with self._read.begin() as session:
            found = [
                rows.summary(article, revision) for article, revision in session.execute(wanted)
            ]
        return sorted(found, key=lambda one: (alphabetical(one.title, one.language), one.id))

    def article(self, municipality: str, article: str, *, published: bool = False) -> ArticleRecord:
        """One article with its newest revision's fields, or the published one's.

        Raises NotFoundError when there is none, or it was never published and that is asked for.
        """
        with self._read.begin() as session:
            row = rows.article(session, municipality, article)
            return rows.record(session, row, published=published)

    def published_at(self, municipality: str, url: str) -> ArticleRecord:
        """The published article at an address; raises NotFoundError."""
        with self._read.begin() as session:
            row = session.scalar(
                select(ArticleRow)
                .join(RevisionRow, rows.same_article())
                .where(
                    ArticleRow.municipality == municipality,
                    ArticleRow.published_revision == RevisionRow.number,
                    RevisionRow.url == plain_url(url),
                )
            )
            if row is None:
                raise NotFoundError("No article is published at this address.")
            return rows.record(session, row, published=True)

    def revision(self, municipality: str, article: str, number: int) -> Revision:
        """One revision; raises NotFoundError."""
        with self._read.begin() as session:
            return rows.revision(rows.revision_row(session, municipality, article, number))

    def published_articles(self, municipality: str) -> list[Article]:
        """What the index of the municipality is made of, ordered by id."""
        with self._read.begin() as session:
            revisions = session.scalars(rows.published_revisions(municipality))
            return [rows.indexed(row) for row in revisions]

    def articles_if_published(
        self, municipality: str, article: str, number: int | None
    ) -> tuple[int, list[Article]]:
        """What would be published if this revision (None: the newest) were, and its number.

        Raises NotFoundError.
        """
        with self._read.begin() as session:
            if number is None:
                number = rows.article(session, municipality, article).newest_revision
            candidate = rows.indexed(rows.revision_row(session, municipality, article, number))
            revisions = session.scalars(rows.published_revisions(municipality))
            others = [rows.indexed(row) for row in revisions if row.article != article]
            return number, sorted([*others, candidate], key=lambda one: one.id)

    def create(
        self,
        municipality: str,
        draft: Draft,
        author: str,
        *,
        article: str | None = None,
        origin: Origin = "editor",
        updated: datetime.date | None = None,
    ) -> ArticleRecord:
        """Keep a new article; its id is made from the title when none is given.

        Raises InvalidFieldsError when the id or the address is taken.
        """
        try:
            with self._write.begin() as session:
                name = article or rows.free_id(session, municipality, draft.title)
                if session.get(ArticleRow, (municipality, name)) is not None:
                    raise _taken("id")
                row = ArticleRow(municipality=municipality, id=name, newest_revision=1)
                session.add(row)
                session.flush()
                rows.add_revision(session, row, draft, author, origin, updated)
                rows.hold_addresses(session, row)
                return rows.record(session, row, published=False)
        except IntegrityError:
            # Another process took the id or the address between our look and our write.
            raise _taken("url") from None

    def revise(
        self,
        municipality: str,
        article: str,
        draft: Draft,
        author: str,
        base_revision: int,
        *,
        origin: Origin = "editor",
        updated: datetime.date | None = None,
    ) -> ArticleRecord:
        """Keep a new revision, made from `base_revision`.

        Raises NotFoundError, RevisionConflictError when `base_revision` isn't the newest any
        more, InvalidFieldsError when the address is taken.
        """
        try:
            with self._write.begin() as session:
                if not rows.advance(session, municipality, article, base_revision):
                    row = rows.article(session, municipality, article)
                    newest = rows.revision_row(session, municipality, article, row.newest_revision)
                    raise RevisionConflictError(draft, rows.revision(newest))
                row = rows.article(session, municipality, article)
                rows.add_revision(session, row, draft, author, origin, updated)
                rows.hold_addresses(session, row)
                return rows.record(session, row, published=False)
        except IntegrityError:
            raise _taken("url") from None

    def publish(
        self, municipality: str, article: str, number: int, published_by: str
    ) -> ArticleRecord:
        """Make a revision the published one.

        Raises NotFoundError, or InvalidFieldsError when its address has been taken since.
        """
        try:
            with self._write.begin() as session:
                row = rows.article(session, municipality, article)
                revision = rows.revision_row(session, municipality, article, number)
                row.published_revision = number
                revision.published_at = rows.now()
                revision.published_by = published_by
                session.flush()
                rows.hold_addresses(session, row)
                return rows.record(session, row, published=False)
        except IntegrityError:
            raise _taken("url") from None

    def origins(self, municipality: str) -> Mapping[str, set[str]]:
        """For each article, where its revisions came from."""
        wanted = select(RevisionRow.article, RevisionRow.origin).where(
            RevisionRow.municipality == municipality
        )
        found: dict[str, set[str]] = {}
        with self._read.begin() as session:
            for article, origin in session.execute(wanted.distinct()):
                found.setdefault(article, set()).add(origin)
        return found


def _taken(field: str) -> InvalidFieldsError:
    return InvalidFieldsError(FieldError(field, "taken", f"Another article has this {field}."))
