"""The contradictions that were met, for the editors: one row per pair of chunks and figure kind.

Synchronous, as the article store: every method is one short transaction, to be called in an
executor.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, or_, select, update
from sqlalchemy.orm import Session, sessionmaker

from knowledge.answering.contradictions import Contradiction
from knowledge.articles.database import writing
from knowledge.articles.rows import now
from knowledge.articles.tables import ArticleRow, ContradictionRow, RevisionRow


@dataclass(frozen=True, slots=True)
class Side:
    """What one of two articles says; `title` and `url` as it is published now."""

    article: str
    title: str
    url: str
    text: str


@dataclass(frozen=True, slots=True)
class OpenContradiction:
    """Two published articles that differ in a figure of a kind; `asked`: how often it was met."""

    kind: str
    sides: tuple[Side, Side]
    asked: int
    first_seen: datetime.datetime
    last_seen: datetime.datetime


class ContradictionStore:
    """Reads and writes contradictions; safe to call from several threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._read = sessionmaker(engine, expire_on_commit=False)
        self._write = sessionmaker(writing(engine), expire_on_commit=False)

    def met(self, found: Sequence[Contradiction]) -> None:
        """Count contradictions that a question brought up."""
        with self._write.begin() as session:
            for one in found:
                _keep(session, one, asked=1)

    def checked(
        self, municipality: str, article: str | None, found: Sequence[Contradiction]
    ) -> None:
        """Note all contradictions of an article, or of all (None); others are resolved."""
        open_ones = update(ContradictionRow).where(
            ContradictionRow.municipality == municipality, ContradictionRow.resolved_at.is_(None)
        )
        if article is not None:
            open_ones = open_ones.where(
                or_(
                    ContradictionRow.first_article == article,
                    ContradictionRow.second_article == article,
                )
            )
        with self._write.begin() as session:
            session.execute(open_ones.values(resolved_at=now()))
            for one in found:
                _keep(session, one, asked=0)

    def unresolved(self, municipality: str) -> list[OpenContradiction]:
        """Those that stand, the ones that residents met most often first."""
        with self._read.begin() as session:
            found = session.scalars(
                select(ContradictionRow)
                .where(
                    ContradictionRow.municipality == municipality,
                    ContradictionRow.resolved_at.is_(None),
                )
                .order_by(
                    ContradictionRow.times_asked.desc(),
                    ContradictionRow.last_seen.desc(),
                    ContradictionRow.first_chunk,
                    ContradictionRow.second_chunk,
                    ContradictionRow.kind,
                )
            ).all()
            pages = _published(session, municipality)
        return [
            OpenContradiction(
                row.kind,
                (
                    Side(row.first_article, *pages[row.first_article], row.first_text),
                    Side(row.second_article, *pages[row.second_article], row.second_text),
                ),
                row.times_asked,
                row.first_seen,
                row.last_seen,
            )
            for row in found
            if row.first_article in pages and row.second_article in pages
        ]


def _published(session: Session, municipality: str) -> dict[str, tuple[str, str]]:
    """Title and address of each published article."""
    wanted = (
        select(RevisionRow.article, RevisionRow.title, RevisionRow.url)
        .join(
            ArticleRow,
            (ArticleRow.municipality == RevisionRow.municipality)
            & (ArticleRow.id == RevisionRow.article)
            & (ArticleRow.published_revision == RevisionRow.number),
        )
        .where(RevisionRow.municipality == municipality)
    )
    return {article: (title, url) for article, title, url in session.execute(wanted)}


def _keep(session: Session, found: Contradiction, asked: int) -> None:
    sides = sorted(
        [
            (found.first.id, found.first.article, found.first_text),
            (found.second.id, found.second.article, found.second_text),
        ]
    )
    (first, first_article, first_text), (second, second_article, second_text) = sides
    moment = now()
    key = (found.first.municipality, first, second, found.kind)
    row = session.get(ContradictionRow, key)
    if row is None:
        row = ContradictionRow(
            municipality=found.first.municipality,
            first_chunk=first,
            second_chunk=second,
            kind=found.kind,
            first_article=first_article,
            second_article=second_article,
            times_asked=0,
            first_seen=moment,
        )
        session.add(row)
    row.first_text, row.second_text = first_text, second_text
    row.times_asked += asked
    row.last_seen = moment
    row.resolved_at = None
    session.flush()
