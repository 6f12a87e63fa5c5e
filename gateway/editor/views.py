"""What editors do: passed on to knowledge, with the municipality and the author of the session."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from gateway.editor.models import (
    ChangedArticle,
    NewArticle,
    Preview,
    PreviewText,
    Publication,
)
from gateway.guards import require_json, with_session
from gateway.http_json import LARGEST_ARTICLE, model_response, read_model
from gateway.keys import KNOWLEDGE, SIGNED_IN
from gateway.knowledge_client import KnowledgeReply
from gateway.markdown import render
from gateway.problems import dumps
from gateway.types import Role

EDITOR_ROLES = (Role.EDITOR, Role.ADMINISTRATOR)
PASSED_QUERIES = ("query", "limit")

reading = with_session(EDITOR_ROLES)
changing = with_session(EDITOR_ROLES, changes=True)


@reading
async def list_articles(request: web.Request) -> web.Response:
    """Give the articles that a query finds."""
    query = {name: request.query[name] for name in PASSED_QUERIES if name in request.query}
    return await _pass_on(request, "GET", "articles", query=query)


@reading
async def show_article(request: web.Request) -> web.Response:
    """Give an article with its history."""
    return await _pass_on(request, "GET", "articles", request.match_info["article"])


@reading
async def show_revision(request: web.Request) -> web.Response:
    """Give one saved version."""
    return await _pass_on(
        request,
        "GET",
        "articles",
        request.match_info["article"],
        "revisions",
        request.match_info["revision"],
    )


@reading
async def list_contradictions(request: web.Request) -> web.Response:
    """Give the articles that contradict each other."""
    return await _pass_on(request, "GET", "contradictions")


@changing
async def create_article(request: web.Request) -> web.Response:
    """Keep a new draft."""
    return await _pass_on(request, "POST", "articles", body=await _body(request, NewArticle))


@changing
async def change_article(request: web.Request) -> web.Response:
    """Keep a new draft revision."""
    body = await _body(request, ChangedArticle)
    return await _pass_on(request, "PUT", "articles", request.match_info["article"], body=body)


@changing
async def publish_article(request: web.Request) -> web.Response:
    """Publish a revision."""
    # Publishing the newest revision needs no words.
    body = await _body(request, Publication) if request.can_read_body else _signed(request)
    return await _pass_on(
        request, "POST", "articles", request.match_info["article"], "publish", body=body
    )


@changing
async def preview(request: web.Request) -> web.Response:
    """Give Markdown as HTML."""
    require_json(request)
    wanted = await read_model(request, PreviewText, LARGEST_ARTICLE)
    return model_response(Preview(html=await asyncio.to_thread(render, wanted.text)))


async def _body(request: web.Request, model: type[BaseModel]) -> dict[str, Any]:
    require_json(request)
    wanted = await read_model(request, model, LARGEST_ARTICLE)
    return {**wanted.model_dump(mode="json", exclude_unset=True), **_signed(request)}


def _signed(request: web.Request) -> dict[str, Any]:
    return {"author": request[SIGNED_IN].staff.name}


async def _pass_on(
    request: web.Request,
    method: str,
    *path: str,
    query: dict[str, str] | None = None,
    body: dict[str, Any] | None = None,
) -> web.Response:
    if any(part in ("", ".", "..") for part in path):
        raise web.HTTPNotFound
    reply = await request.app[KNOWLEDGE].ask(
        method, request[SIGNED_IN].staff.municipality, *path, query=query, body=body
    )
    return _as_response(reply)


def _as_response(reply: KnowledgeReply) -> web.Response:
    kind = "application/json" if reply.status < 400 else "application/problem+json"
    return web.Response(text=dumps(reply.body), status=reply.status, content_type=kind)
