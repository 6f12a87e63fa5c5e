"""Who is on the page: the municipality, the language, and the conversation of the cookie.

The cookie holds the conversation's id and token, is sent to this municipality's page alone and
can't be read by scripts. Forms carry a word made of the token, so that neither another website
nor a form of an earlier conversation can do anything in this one.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import timedelta

from aiohttp import hdrs, web

from gateway.errors import ForbiddenError, NotFoundError, NotSignedInError
from gateway.guards import is_same_origin
from gateway.keys import CONVERSATIONS, MUNICIPALITIES, SETTINGS
from gateway.municipalities import Municipality
from gateway.pages import preferred_language
from gateway.types import Conversation, Status

COOKIE = "svar_conversation"
KEPT = timedelta(days=7)
"""How long after the last thing done the browser finds back to the conversation."""
LONGEST_COOKIE = 200


@dataclass(frozen=True, slots=True)
class Visit:
    """A resident on the page; `token` is empty when there is no conversation."""

    municipality: Municipality
    language: str
    conversation: Conversation | None = None
    token: str = ""

    @property
    def form_token(self) -> str:
        """What this conversation's forms carry; empty before there is one."""
        if not self.token:
            return ""
        return hmac.new(self.token.encode(), b"form", hashlib.sha256).hexdigest()

    @property
    def closed(self) -> bool:
        """Say whether there is a conversation that is over."""
        return self.conversation is not None and self.conversation.status is Status.CLOSED

    def within(self, conversation: Conversation, token: str) -> Visit:
        """Give the visit as it is in another conversation."""
        return replace(self, conversation=conversation, token=token)

    def address(self, part: str = "", query: str = "", place: str = "") -> str:
        """Give an address below the page, which goes on in the same language."""
        path = f"/{self.municipality.id}" + (f"/{part}" if part else "")
        wanted = f"language={self.language}" if len(self.municipality.languages) > 1 else ""
        queries = "&".join(each for each in (wanted, query) if each)
        return path + (f"?{queries}" if queries else "") + (f"#{place}" if place else "")


async def read_visit(request: web.Request, wanted: str | None = None) -> Visit:
    """Give who is there; a cookie that opens nothing any more counts as none.

    `wanted` is a form's language. Raises HTTPNotFound when there is no such municipality.
    """
    tenant = municipality_of(request)
    conversation, token = await _opened(request, tenant)
    language = wanted or request.query.get("language", "")
    if language not in tenant.languages:
        language = (
            browser_language(request, tenant) if conversation is None else conversation.language
        )
    return Visit(tenant, language, conversation, token)


def browser_language(request: web.Request, tenant: Municipality) -> str:
    """Give the language of the address or that the browser asks for, else the municipality's."""
    wanted = request.query.get("language", "")
    if wanted in tenant.languages:
        return wanted
    return preferred_language(
        request.headers.get(hdrs.ACCEPT_LANGUAGE, ""), (tenant.default_language, *tenant.languages)
    )


def municipality_of(request: web.Request) -> Municipality:
    """Give the municipality of the path; raises HTTPNotFound when there is none."""
    tenant = request.app[MUNICIPALITIES].get(request.match_info["municipality"])
    if tenant is None:
        raise web.HTTPNotFound
    return tenant


async def open_for(
    request: web.Request, tenant: Municipality, conversation: str, token: str
) -> Conversation | None:
    """Give the municipality's conversation that a token opens; None when it opens none."""
    try:
        found = await request.app[CONVERSATIONS].open(conversation, token)
    except (NotFoundError, NotSignedInError):
        return None
    return found if found.municipality == tenant.id else None


def refuse_other_sites(request: web.Request) -> None:
    """Raise ForbiddenError for a form that another website sent."""
    origin = request.headers.get(hdrs.ORIGIN)
    # Browsers send "null" where a page may not say where it is; then their other word counts.
    if origin == "null" and request.headers.get("Sec-Fetch-Site") == "same-origin":
        return
    if origin is not None and not is_same_origin(request, origin):
        raise ForbiddenError("Another website may not write here.")


def keep(request: web.Request, answer: web.Response, visit: Visit) -> None:
    """Let the browser keep the visit's conversation, or forget the one it kept."""
    path = f"/{visit.municipality.id}"
    if visit.conversation is None:
        if COOKIE in request.cookies:
            answer.del_cookie(COOKIE, path=path)
        return
    answer.set_cookie(
        COOKIE,
        f"{visit.conversation.id}.{visit.token}",
        max_age=int(KEPT.total_seconds()),
        path=path,
        httponly=True,
        samesite="Lax",
        secure=request.app[SETTINGS].public_origin.startswith("https:"),
    )


async def _opened(request: web.Request, tenant: Municipality) -> tuple[Conversation | None, str]:
    value = request.cookies.get(COOKIE, "")
    conversation, _, token = value.partition(".")
    if not token or len(value) > LONGEST_COOKIE:
        return None, ""
    found = await open_for(request, tenant, conversation, token)
    return (None, "") if found is None else (found, token)
