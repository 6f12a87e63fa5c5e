"""The pages' routes: the start page, the demo municipalities' websites, the desk, the editor."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.errors import KnowledgeError
from gateway.guards import COOKIE
from gateway.keys import KNOWLEDGE, MUNICIPALITIES, PAGES, SESSIONS, TEXTS
from gateway.markdown import render
from gateway.municipalities import Municipality
from gateway.pages import by_category, preferred_language
from gateway.problems import is_api
from gateway.site.showing import not_found

LONGEST_PATH = 300


async def start(request: web.Request) -> web.Response:
    """Name the demo sites."""
    demos = [each for each in request.app[MUNICIPALITIES].values() if each.demo_staff]
    return _page(request, "start.html", _reader_language(request), None, municipalities=demos)


async def demo_home(request: web.Request) -> web.Response:
    """Show a demo municipality's topics."""
    municipality = _demo(request)
    language = _site_language(request, municipality)
    try:
        reply = await request.app[KNOWLEDGE].ask("GET", municipality.id, "published")
    except KnowledgeError:
        return _unavailable(request, language, municipality)
    articles = by_category(reply.body.get("articles", []))
    return _page(request, "demo_home.html", language, municipality, articles=articles)


async def demo_article(request: web.Request) -> web.Response:
    """Show one published article at its address."""
    municipality = _demo(request)
    language = _site_language(request, municipality)
    path = request.path.rstrip("/")
    if len(path) > LONGEST_PATH:
        raise web.HTTPNotFound
    try:
        reply = await request.app[KNOWLEDGE].ask(
            "GET", municipality.id, "published", query={"url": path}
        )
    except KnowledgeError:
        return _unavailable(request, language, municipality)
    if reply.status != 200:
        raise web.HTTPNotFound
    article: Mapping[str, Any] = reply.body
    if "language" not in request.query and article["language"] in municipality.languages:
        language = article["language"]
    return _page(
        request,
        "demo_article.html",
        language,
        municipality,
        article=article,
        html=await asyncio.to_thread(render, article["text"]),
        updated=article["updated"],
    )


async def demo_without_slash(request: web.Request) -> web.Response:
    """Send `/demo/ekhamn` to the website's own first page."""
    raise web.HTTPMovedPermanently(f"/demo/{_demo(request).id}/")


async def desk(request: web.Request) -> web.Response:
    """Give the desk's shell; it signs in and fetches by itself."""
    return _page(request, "desk.html", await _staff_language(request), None)


async def editor(request: web.Request) -> web.Response:
    """Give the editor's shell; it signs in and fetches by itself."""
    return _page(request, "editor.html", await _staff_language(request), None)


@web.middleware
async def page_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Show a page that is not there as a page."""
    try:
        return await handler(request)
    except web.HTTPNotFound:
        if is_api(request) or request.path.startswith(("/static/", "/health/")):
            raise
        is_demo = request.path.startswith("/demo/")
        first = request.path.removeprefix("/demo" if is_demo else "").split("/")[1]
        municipality = request.app[MUNICIPALITIES].get(first)
        if municipality is not None and not is_demo:
            return not_found(request, municipality)
        language = (
            _reader_language(request)
            if municipality is None
            else _site_language(request, municipality)
        )
        return _page(request, "not_found.html", language, municipality, status=404)


def _page(
    request: web.Request,
    template: str,
    language: str,
    municipality: Municipality | None,
    *,
    status: int = 200,
    **values: object,
) -> web.Response:
    html = request.app[PAGES].render(template, language, municipality, **values)
    return web.Response(
        text=html,
        status=status,
        content_type="text/html",
        headers={"Cache-Control": "no-cache", "Content-Language": language},
    )


def _unavailable(request: web.Request, language: str, municipality: Municipality) -> web.Response:
    answer = _page(request, "demo_unavailable.html", language, municipality, status=503)
    answer.headers["Retry-After"] = "5"
    return answer


def _demo(request: web.Request) -> Municipality:
    found = request.app[MUNICIPALITIES].get(request.match_info["municipality"])
    if found is None or not found.demo_staff:
        raise web.HTTPNotFound
    return found


def _site_language(request: web.Request, municipality: Municipality) -> str:
    wanted = request.query.get("language", "")
    return wanted if wanted in municipality.languages else municipality.default_language


def _reader_language(request: web.Request) -> str:
    offered = request.app[TEXTS].languages
    wanted = request.query.get("language", "")
    if wanted in offered:
        return wanted
    return preferred_language(request.headers.get("Accept-Language", ""), offered)


async def _staff_language(request: web.Request) -> str:
    """Give the language of whoever is signed in already, else the browser's."""
    signed_in = await request.app[SESSIONS].read(request.cookies.get(COOKIE))
    if signed_in is None or "language" in request.query:
        return _reader_language(request)
    tenant = request.app[MUNICIPALITIES].get(signed_in.staff.municipality)
    return _reader_language(request) if tenant is None else tenant.default_language
