"""Who may: conversations by token, staff by session, role and CSRF token, pages by origin."""

from __future__ import annotations

import functools
import hmac
from collections.abc import Awaitable, Callable, Collection
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from gateway.errors import ForbiddenError, NotSignedInError
from gateway.keys import CONVERSATION, CONVERSATIONS, SESSIONS, SETTINGS, SIGNED_IN
from gateway.types import Role

COOKIE = "svar_session"
CSRF_HEADER = "X-CSRF-Token"
SUBPROTOCOL = "svar"
TOKEN_SUBPROTOCOL = "bearer."

Decorator = Callable[[Handler], Handler]


def bearer_token(request: web.Request) -> str | None:
    """Give the token of an Authorization header, or of a WebSocket's subprotocols."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.casefold() == "bearer" and token.strip():
        return token.strip()
    for offered in request.headers.get(hdrs.SEC_WEBSOCKET_PROTOCOL, "").split(","):
        if offered.strip().startswith(TOKEN_SUBPROTOCOL):
            return offered.strip().removeprefix(TOKEN_SUBPROTOCOL)
    return None


def with_token(handler: Handler) -> Handler:
    """Let in who has the token of the conversation in the path."""

    @functools.wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        request[CONVERSATION] = await request.app[CONVERSATIONS].open(
            request.match_info["conversation"], bearer_token(request)
        )
        return await handler(request)

    return guarded


def with_session(
    roles: Collection[Role] = tuple(Role), *, changes: bool = False
) -> Callable[[Callable[[web.Request], Awaitable[web.StreamResponse]]], Handler]:
    """Let in who is signed in with one of the roles; a change needs the CSRF token too."""

    def decorate(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> Handler:
        @functools.wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            signed_in = await request.app[SESSIONS].read(request.cookies.get(COOKIE))
            if signed_in is None:
                raise NotSignedInError("Sign in first.")
            if changes:
                given = request.headers.get(CSRF_HEADER, "")
                if not hmac.compare_digest(given.encode(), signed_in.csrf.encode()):
                    raise ForbiddenError(f"The header {CSRF_HEADER} is missing or wrong.")
            if signed_in.staff.role not in roles:
                raise ForbiddenError("Your role does not allow this.")
            request[SIGNED_IN] = signed_in
            return await handler(request)

        return guarded

    return decorate


def require_json(request: web.Request) -> None:
    """Refuse forms, which another website could send without being asked for permission."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(reason="The body must be application/json")


def is_same_origin(request: web.Request, origin: str) -> bool:
    """Tell whether an Origin header names this gateway, as residents' browsers see it."""
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return False
    return origin == request.app[SETTINGS].public_origin or parts.netloc == request.host


def require_same_origin(request: web.Request) -> None:
    """Refuse a WebSocket that another website opened; a browser always says which it is."""
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is not None and not is_same_origin(request, origin):
        raise ForbiddenError("This website may not open the desk.")
