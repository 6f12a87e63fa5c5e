"""What the store takes and gives: plain immutable values, free of the database."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Literal

ArticleStatus = Literal["draft", "published", "changed"]
Origin = Literal["editor", "seed"]


@dataclass(frozen=True, slots=True)
class Draft:
    """What an editor sends; None for category or questions keeps what the article has."""

    title: str
    text: str
    language: str
    url: str
    category: str | None = None
    questions: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """One saved version of an article; only `published_at` and `published_by` ever change."""

    municipality: str
    article: str
    number: int
    title: str
    text: str
    language: str
    url: str
    category: str
    questions: tuple[str, ...]
    updated: datetime.date
    author: str
    origin: Origin
    created_at: datetime.datetime
    published_at: datetime.datetime | None
    published_by: str | None


@dataclass(frozen=True, slots=True)
class RevisionNote:
    """A line in the list of an article's revisions."""

    number: int
    title: str
    author: str
    created_at: datetime.datetime
    published_at: datetime.datetime | None


@dataclass(frozen=True, slots=True)
class ArticleSummary:
    """A line in the list of articles, with the fields of its newest revision."""

    id: str
    title: str
    language: str
    url: str
    category: str
    updated: datetime.date
    newest_revision: int
    published_revision: int | None

    @property
    def status(self) -> ArticleStatus:
        """Never published, published as it is, or changed since."""
        if self.published_revision is None:
            return "draft"
        return "published" if self.published_revision == self.newest_revision else "changed"


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """An article as its editor sees it: one revision's text and the list of all revisions."""

    summary: ArticleSummary
    shown: Revision
    revisions: tuple[RevisionNote, ...]
