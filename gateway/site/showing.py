"""What the page shows: the conversation, what the law asks for, and that something is not there."""

from __future__ import annotations

import functools

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.keys import SETTINGS
from gateway.municipalities import Municipality
from gateway.problems import log_failure
from gateway.site.forms import Sent, failed, number, page_language
from gateway.site.page import render, show
from gateway.site.statement import ASSESSED, AUTHORITIES, SHORTCOMINGS, UPDATED
from gateway.site.visit import KEPT, Visit, browser_language, municipality_of, read_visit

DONE = {"erased": "widget.erased", "mailed": "site.done.mailed", "lost": "site.done.lost"}
"""What an address may say was just done."""


def shown(handler: Handler) -> Handler:
    """Say on a page of its own that something went wrong."""

    @functools.wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        tenant = municipality_of(request)
        try:
            return await handler(request)
        except web.HTTPException:
            raise
        except Exception as error:
            log_failure(request, error)
            return failed(Sent(request, Visit(tenant, page_language(tenant, request.query)), {}))

    return guarded


@shown
async def conversation(request: web.Request) -> web.Response:
    """Show the conversation, or the place to begin one."""
    visit = await read_visit(request)
    return await show(
        request,
        visit,
        after=number(request.query.get("after")),
        rated=number(request.query.get("rated")),
        done=DONE.get(request.query.get("done", "")),
    )


async def without_slash(request: web.Request) -> web.Response:
    """Send `/ekhamn/` to the page."""
    raise web.HTTPMovedPermanently(f"/{municipality_of(request).id}")


async def back(request: web.Request) -> web.Response:
    """Send somebody who asks for a form's address, by reloading perhaps, to the page."""
    raise web.HTTPSeeOther((await read_visit(request)).address())


@shown
async def erase_question(request: web.Request) -> web.Response:
    """Ask whether the conversation is really to be erased."""
    visit = await read_visit(request)
    if visit.conversation is None:
        raise web.HTTPSeeOther(visit.address())
    return render(request, visit, "site_erase.html")


@shown
async def accessibility(request: web.Request) -> web.Response:
    """Give the accessibility statement."""
    visit = await read_visit(request)
    return render(
        request,
        visit,
        "site_accessibility.html",
        authority=AUTHORITIES[visit.municipality.country],
        shortcomings=SHORTCOMINGS,
        assessed=ASSESSED,
        updated=UPDATED,
    )


@shown
async def privacy(request: web.Request) -> web.Response:
    """Say what is stored, how long, and how it is erased."""
    visit = await read_visit(request)
    settings = request.app[SETTINGS]
    return render(
        request,
        visit,
        "site_privacy.html",
        days=settings.retention_days,
        case_days=settings.case_retention_days,
        cookie_days=KEPT.days,
    )


def not_found(request: web.Request, tenant: Municipality) -> web.Response:
    """Say below a municipality's page that there is nothing at an address."""
    visit = Visit(tenant, browser_language(request, tenant))
    return render(request, visit, "site_not_found.html", status=404, keeps=False)
