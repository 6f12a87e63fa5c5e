"""Articles that contradict each other: met by questions, and looked for when one is published."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from knowledge.answering.contradictions import Contradiction, contradictions_of
from knowledge.articles.contradiction_store import ContradictionStore
from knowledge.indexing.index import MunicipalityIndex
from knowledge.keys import CONTRADICTIONS
from knowledge.routes.representations import contradiction_json, json_response
from knowledge.routes.requests import core, municipality_part

log = logging.getLogger(__name__)
routes = web.RouteTableDef()

PATH = "/v1/municipalities/{municipality}/contradictions"


@routes.get(PATH)
async def list_contradictions(request: web.Request) -> web.Response:
    """Those that stand, the ones that residents met most often first."""
    return await _listed(request, municipality_part(request))


@routes.post(PATH)
async def check_contradictions(request: web.Request) -> web.Response:
    """Look through all published articles anew, then list what was found."""
    municipality = municipality_part(request)
    index = core(request).indexes.index(municipality)
    found: list[Contradiction] = []
    for article in index.articles:
        # One at a time, so that a large municipality holds up nobody.
        found += await asyncio.to_thread(contradictions_of, index, article)
    await asyncio.to_thread(request.app[CONTRADICTIONS].checked, municipality, None, found)
    return await _listed(request, municipality)


async def check_article(request: web.Request, municipality: str, article: str) -> None:
    """Look for what contradicts an article that was just published; failing is no failure of it."""
    index = core(request).indexes.index(municipality)
    try:
        await asyncio.to_thread(_check, request.app[CONTRADICTIONS], index, municipality, article)
    except SQLAlchemyError:
        log.exception("contradictions of %s/%s could not be kept", municipality, article)


def note_met(request: web.Request, found: Sequence[Contradiction]) -> None:
    """Count contradictions that an answer shows; the resident doesn't wait for it."""
    store = request.app[CONTRADICTIONS]
    asyncio.get_running_loop().run_in_executor(None, _note, store, found)


async def _listed(request: web.Request, municipality: str) -> web.Response:
    found = await asyncio.to_thread(request.app[CONTRADICTIONS].unresolved, municipality)
    return json_response({"contradictions": [contradiction_json(one) for one in found]})


def _check(
    store: ContradictionStore, index: MunicipalityIndex, municipality: str, article: str
) -> None:
    store.checked(municipality, article, contradictions_of(index, article))


def _note(store: ContradictionStore, found: Sequence[Contradiction]) -> None:
    try:
        store.met(found)
    except SQLAlchemyError:
        log.exception("a contradiction could not be counted")
