"""Staff's sessions over HTTP: signing in, who is signed in, signing out."""

from __future__ import annotations

from typing import Annotated

from aiohttp import web
from pydantic import StringConstraints

from gateway.endpoints import Endpoint, Guard
from gateway.errors import ForbiddenError
from gateway.events import Event, desk_topic
from gateway.guards import COOKIE, is_same_origin, require_json, with_session
from gateway.http_json import model_response, read_model
from gateway.keys import HUB, SESSIONS, SETTINGS, SIGNED_IN
from gateway.proxies import client_address
from gateway.sessions import LONGEST, SignedIn
from gateway.types import Frozen, Role


class Credentials(Frozen):
    """Who wants to sign in."""

    email: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=254)]
    password: Annotated[str, StringConstraints(min_length=1, max_length=1024)]


class SessionView(Frozen):
    """Who is signed in; `csrf` goes into the header X-CSRF-Token of every change."""

    name: str
    email: str
    role: Role
    municipality: str
    csrf: str


async def sign_in(request: web.Request) -> web.Response:
    """Begin a session."""
    origin = request.headers.get("Origin")
    if origin is not None and not is_same_origin(request, origin):
        raise ForbiddenError("Another website may not sign anyone in.")
    require_json(request)
    credentials = await read_model(request, Credentials)
    address = client_address(request, request.app[SETTINGS].proxy_networks)
    signed_in = await request.app[SESSIONS].sign_in(
        credentials.email, credentials.password, address
    )
    answer = model_response(_view(signed_in))
    answer.set_cookie(
        COOKIE,
        signed_in.token,
        max_age=int(LONGEST.total_seconds()),
        path="/",
        httponly=True,
        samesite="Lax",
        secure=request.app[SETTINGS].public_origin.startswith("https:"),
    )
    return answer


@with_session()
async def show_session(request: web.Request) -> web.Response:
    """Give who is signed in."""
    return model_response(_view(request[SIGNED_IN]))


@with_session(changes=True)
async def sign_out(request: web.Request) -> web.Response:
    """End the session, and the desk's connections that it opened."""
    signed_in = request[SIGNED_IN]
    await request.app[SESSIONS].sign_out(signed_in)
    await request.app[HUB].publish(
        desk_topic(signed_in.staff.municipality), Event("signed_out", session=signed_in.session)
    )
    answer = web.Response(status=204)
    answer.del_cookie(COOKIE, path="/")
    return answer


def _view(signed_in: SignedIn) -> SessionView:
    staff = signed_in.staff
    return SessionView(
        name=staff.name,
        email=staff.email,
        role=staff.role,
        municipality=staff.municipality,
        csrf=signed_in.csrf,
    )


ENDPOINTS = (
    Endpoint(
        "POST",
        "/api/v1/session",
        sign_in,
        "Sign in; sets the cookie svar_session",
        "session",
        Guard.OPEN,
        {200: SessionView},
        body=Credentials,
        problems=(400, 401, 403, 413, 415, 422, 429),
    ),
    Endpoint(
        "GET",
        "/api/v1/session",
        show_session,
        "Who is signed in",
        "session",
        Guard.SESSION,
        {200: SessionView},
    ),
    Endpoint(
        "DELETE",
        "/api/v1/session",
        sign_out,
        "Sign out",
        "session",
        Guard.CHANGE,
        {204: None},
    ),
)
