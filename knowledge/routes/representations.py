"""Records as JSON values, in the words of the interface."""

from __future__ import annotations

import json
from functools import partial

from aiohttp import web

from knowledge.articles.contradiction_store import OpenContradiction
from knowledge.articles.records import ArticleRecord, ArticleSummary, Draft, Revision
from knowledge.types import Answer, Hit, Source

Json = dict[str, object]

json_response = partial(web.json_response, dumps=partial(json.dumps, ensure_ascii=False))


def summary_json(summary: ArticleSummary) -> Json:
    """A line of the editor's list."""
    return {
        "id": summary.id,
        "title": summary.title,
        "language": summary.language,
        "url": summary.url,
        "category": summary.category,
        "status": summary.status,
        "updated": summary.updated.isoformat(),
        "revision": summary.newest_revision,
        "published_revision": summary.published_revision,
    }


def published_json(summary: ArticleSummary) -> Json:
    """A line of the list of published pages."""
    return {
        "id": summary.id,
        "title": summary.title,
        "url": summary.url,
        "language": summary.language,
        "category": summary.category,
        "updated": summary.updated.isoformat(),
    }


def article_json(record: ArticleRecord) -> Json:
    """An article with the text of the revision that was asked for."""
    return {
        **summary_json(record.summary),
        "text": record.shown.text,
        "questions": list(record.shown.questions),
        "revisions": [
            {
                "revision": note.number,
                "title": note.title,
                "author": note.author,
                "created_at": note.created_at.isoformat(),
                "published_at": note.published_at and note.published_at.isoformat(),
            }
            for note in record.revisions
        ],
    }


def revision_json(revision: Revision) -> Json:
    """One revision, whole."""
    return {
        "id": revision.article,
        "revision": revision.number,
        "title": revision.title,
        "text": revision.text,
        "language": revision.language,
        "url": revision.url,
        "category": revision.category,
        "questions": list(revision.questions),
        "updated": revision.updated.isoformat(),
        "author": revision.author,
        "created_at": revision.created_at.isoformat(),
        "published_at": revision.published_at and revision.published_at.isoformat(),
        "published_by": revision.published_by,
    }


def draft_json(draft: Draft) -> Json:
    """What an editor sent, given back when it could not be kept."""
    return {
        "title": draft.title,
        "text": draft.text,
        "language": draft.language,
        "url": draft.url,
        "category": draft.category,
        "questions": None if draft.questions is None else list(draft.questions),
    }


def source_json(source: Source) -> Json:
    """Where an answer stands."""
    return {
        "article": source.article,
        "title": source.title,
        "heading": source.heading,
        "url": source.url,
        "updated": source.updated.isoformat(),
    }


def answer_json(answer: Answer) -> Json:
    """A decision with what is shown for it."""
    return {
        "status": answer.status,
        "confidence": round(answer.confidence, 4),
        "text": answer.text,
        "sources": [source_json(source) for source in answer.sources],
        "choices": [
            {"title": choice.title, "text": choice.text, "chunk": choice.chunk}
            for choice in answer.choices
        ],
        "nearest": [source_json(source) for source in answer.nearest],
        "also": [
            {"text": excerpt.text, "source": source_json(excerpt.source)} for excerpt in answer.also
        ],
        "page_language": answer.page_language,
        "question_language": answer.question_language,
    }


def contradiction_json(found: OpenContradiction) -> Json:
    """Two articles that differ in a figure."""
    return {
        "kind": found.kind,
        "sides": [
            {"article": side.article, "title": side.title, "url": side.url, "text": side.text}
            for side in found.sides
        ],
        "asked": found.asked,
        "first_seen": found.first_seen.isoformat(),
        "last_seen": found.last_seen.isoformat(),
    }


def hit_json(hit: Hit) -> Json:
    """A search result with the whole chunk."""
    chunk = hit.chunk
    return {
        "chunk": chunk.id,
        "article": chunk.article,
        "title": chunk.title,
        "heading": chunk.heading,
        "url": chunk.url,
        "updated": chunk.updated.isoformat(),
        "text": chunk.text,
        "score": round(hit.score, 6),
    }
