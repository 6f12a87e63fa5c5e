"""The bodies of the editor's requests and answers; the articles' own rules are knowledge's."""

from __future__ import annotations

from datetime import date

from pydantic import ConfigDict

from gateway.types import Frozen, Moment


class FromKnowledge(Frozen):
    """Something that knowledge sent: passed on whole, more keys included."""

    model_config = ConfigDict(frozen=True, extra="allow")


class ArticleDraft(Frozen):
    """What an editor writes; which fields must be there is told by the errors."""

    title: str | None = None
    text: str | None = None
    language: str | None = None
    url: str | None = None
    category: str | None = None
    questions: list[str] | None = None


class NewArticle(ArticleDraft):
    """A new article; the id is made of the title without one."""

    id: str | None = None


class ChangedArticle(ArticleDraft):
    """A change to the revision that the editor began with."""

    base_revision: int | None = None


class Publication(Frozen):
    """The revision to publish; the newest without one."""

    revision: int | None = None


class ArticleSummary(FromKnowledge):
    """A line of the list: draft, published, or changed since."""

    id: str
    title: str
    language: str
    url: str
    status: str
    updated: date
    revision: int
    published_revision: int | None


class Articles(FromKnowledge):
    """The municipality's articles."""

    articles: tuple[ArticleSummary, ...]


class RevisionNote(FromKnowledge):
    """A line of an article's history."""

    revision: int
    title: str
    author: str
    created_at: Moment
    published_at: Moment | None


class Article(ArticleSummary):
    """An article with its newest text and its history."""

    text: str
    questions: tuple[str, ...]
    revisions: tuple[RevisionNote, ...]


class Revision(FromKnowledge):
    """One saved version, whole."""

    revision: int
    title: str
    text: str
    language: str
    url: str
    author: str
    created_at: Moment
    published_at: Moment | None


class Side(FromKnowledge):
    """What one of two articles says, word for word."""

    article: str
    title: str
    url: str
    text: str


class Contradiction(FromKnowledge):
    """Two published articles that differ in a figure; `asked`: how often it was shown."""

    kind: str
    sides: tuple[Side, Side]
    asked: int
    first_seen: Moment
    last_seen: Moment


class Contradictions(FromKnowledge):
    """Those that stand, the ones that residents met most often first."""

    contradictions: tuple[Contradiction, ...]


class PreviewText(Frozen):
    """Markdown as it is being written."""

    text: str


class Preview(Frozen):
    """The same as safe HTML."""

    html: str
