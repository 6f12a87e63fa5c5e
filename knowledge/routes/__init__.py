"""The HTTP interface, one file for each kind of resource."""

from __future__ import annotations

from aiohttp import web

from knowledge.routes import (
    answers,
    articles,
    contradictions,
    embeddings,
    health,
    languages,
    search,
)


def add_routes(app: web.Application) -> None:
    """Register every route of the interface."""
    for part in (health, embeddings, languages, answers, search, articles, contradictions):
        app.add_routes(part.routes)


__all__ = ["add_routes"]
