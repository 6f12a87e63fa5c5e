"""The ranked places in a municipality's articles, without any decision."""

from __future__ import annotations

import asyncio

from aiohttp import web

from knowledge.articles.drafts import LANGUAGES
from knowledge.finding.search import search
from knowledge.routes.answers import TEXT_LENGTH
from knowledge.routes.representations import hit_json, json_response
from knowledge.routes.requests import (
    core,
    known_language,
    limit_parameter,
    municipality_part,
    text_field,
)

routes = web.RouteTableDef()

RESULTS = 10
MOST_RESULTS = 50


@routes.get("/v1/municipalities/{municipality}/search")
async def search_chunks(request: web.Request) -> web.Response:
    """Chunks for a query, the best first; its language unless given is the articles' own."""
    loaded = core(request)
    text = text_field(request.query, "q", TEXT_LENGTH)
    limit = limit_parameter(request, RESULTS, MOST_RESULTS)
    index = loaded.indexes.index(municipality_part(request))
    language = request.query.get("language")
    language = known_language(language) if language else (index.usual_language or LANGUAGES[0])
    embedding = (await loaded.queries.embed([text]))[0]
    hits = await asyncio.get_running_loop().run_in_executor(
        loaded.search_threads, search, index, text, language, embedding, limit
    )
    return json_response({"results": [hit_json(hit) for hit in hits]})
