"""Which websites' pages may talk to conversations: those that the municipality names."""

from __future__ import annotations

from aiohttp import hdrs, web

from gateway.errors import ForbiddenError
from gateway.guards import is_same_origin
from gateway.keys import MUNICIPALITIES

METHODS = "GET, POST, DELETE"
HEADERS = "Authorization, Content-Type"
KEEP_SECONDS = "600"
CONVERSATIONS_PATH = "/api/v1/conversations"
OPEN_PATHS = ("/api/v1/municipalities/", "/api/v1/texts/", "/static/", "/api/openapi.json")


def require_origin(request: web.Request, municipality: str) -> None:
    """Refuse a request from another website than the municipality's.

    A request without an Origin is no page's and is let through: the token guards it.
    """
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is None or is_same_origin(request, origin):
        return
    tenant = request.app[MUNICIPALITIES].get(municipality)
    if tenant is not None and origin not in tenant.allowed_origins:
        raise ForbiddenError("This website may not carry the municipality's chat.")


async def preflight(request: web.Request) -> web.Response:
    """Answer a browser that asks before it sends; which municipality it is about comes later."""
    return web.Response(status=204)


async def add_cors_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Let a page read what it was allowed to ask for; errors too, so that it can explain them."""
    if request.path.startswith(OPEN_PATHS):
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = "*"
        return
    if not request.path.startswith(CONVERSATIONS_PATH):
        return
    response.headers.add(hdrs.VARY, hdrs.ORIGIN)
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is None:
        return
    known = any(
        origin in municipality.allowed_origins
        for municipality in request.app[MUNICIPALITIES].values()
    )
    if known or is_same_origin(request, origin):
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = METHODS
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = HEADERS
        response.headers[hdrs.ACCESS_CONTROL_MAX_AGE] = KEEP_SECONDS
