"""Articles: reading, writing and publishing them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from aiohttp import web

from knowledge.articles.drafts import read_author, read_draft, read_id
from knowledge.articles.records import Draft
from knowledge.errors import FieldError, InvalidFieldsError
from knowledge.keys import STORE
from knowledge.routes.contradictions import check_article
from knowledge.routes.representations import (
    article_json,
    json_response,
    published_json,
    revision_json,
    summary_json,
)
from knowledge.routes.requests import (
    core,
    json_object,
    limit_parameter,
    municipality_part,
    text_field,
    whole_number,
)

routes = web.RouteTableDef()

LISTED = 100
MOST_LISTED = 1_000
QUERY_LENGTH = 200
BASE = "/v1/municipalities/{municipality}"
ARTICLE = BASE + "/articles/{article}"


@routes.get(BASE + "/articles")
async def list_articles(request: web.Request) -> web.Response:
    """The editor's list: drafts, published and changed articles."""
    municipality = municipality_part(request)
    query = text_field(request.query, "query", QUERY_LENGTH, required=False)
    limit = limit_parameter(request, LISTED, MOST_LISTED)
    found = await asyncio.to_thread(request.app[STORE].list_articles, municipality, query, limit)
    return json_response({"articles": [summary_json(summary) for summary in found]})


@routes.get(BASE + "/published")
async def list_published(request: web.Request) -> web.Response:
    """One published article by its address, or the list of them all."""
    store, municipality = request.app[STORE], municipality_part(request)
    url = request.query.get("url")
    if url is not None:
        record = await asyncio.to_thread(store.published_at, municipality, url)
        return json_response(article_json(record))
    found = await asyncio.to_thread(store.list_published, municipality)
    return json_response({"articles": [published_json(summary) for summary in found]})


@routes.get(ARTICLE)
async def show_article(request: web.Request) -> web.Response:
    """The newest revision's text, or with ?published=1 the published one's."""
    record = await asyncio.to_thread(
        request.app[STORE].article,
        municipality_part(request),
        request.match_info["article"],
        published=request.query.get("published") == "1",
    )
    return json_response(article_json(record))


@routes.get(ARTICLE + "/revisions/{number:[0-9]{1,9}}")
async def show_revision(request: web.Request) -> web.Response:
    """One revision."""
    revision = await asyncio.to_thread(
        request.app[STORE].revision,
        municipality_part(request),
        request.match_info["article"],
        int(request.match_info["number"]),
    )
    return json_response(revision_json(revision))


@routes.post(BASE + "/articles")
async def create_article(request: web.Request) -> web.Response:
    """Keep a new draft."""
    municipality = municipality_part(request)
    fields = await json_object(request)
    draft, author = _read_change(fields)
    name = read_id(fields)
    record = await asyncio.to_thread(
        request.app[STORE].create, municipality, draft, author, article=name
    )
    location = f"/v1/municipalities/{municipality}/articles/{record.summary.id}"
    return json_response(article_json(record), status=201, headers={"Location": location})


@routes.put(ARTICLE)
async def revise_article(request: web.Request) -> web.Response:
    """Keep a new revision as a draft."""
    municipality = municipality_part(request)
    fields = await json_object(request)
    draft, author = _read_change(fields)
    if fields.get("base_revision") is None:
        detail = "base_revision is missing."
        raise InvalidFieldsError(FieldError("base_revision", "required", detail))
    base = whole_number(fields["base_revision"], "base_revision", 1)
    record = await asyncio.to_thread(
        request.app[STORE].revise, municipality, request.match_info["article"], draft, author, base
    )
    return json_response(article_json(record))


@routes.post(ARTICLE + "/publish")
async def publish_article(request: web.Request) -> web.Response:
    """Publish a revision; the next answer sees it."""
    loaded = core(request)
    municipality = municipality_part(request)
    fields = await json_object(request)
    author = read_author(fields)
    number = fields.get("revision")
    if number is not None:
        number = whole_number(number, "revision", 1)
    article = request.match_info["article"]
    record = await loaded.indexes.publish(municipality, article, number, author)
    await check_article(request, municipality, article)
    return json_response(article_json(record))


def _read_change(fields: Mapping[str, object]) -> tuple[Draft, str]:
    """The draft and who sent it, with the faults of both named at once."""
    errors: list[FieldError] = []
    draft, author = None, ""
    try:
        draft = read_draft(fields)
    except InvalidFieldsError as error:
        errors += error.errors
    try:
        author = read_author(fields)
    except InvalidFieldsError as error:
        errors += error.errors
    if draft is None or errors:
        raise InvalidFieldsError(*errors)
    return draft, author
