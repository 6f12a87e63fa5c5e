"""A question in, the decision and the source's own words out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from aiohttp import web

from knowledge.answering.answer import Answered, Earlier, UnknownChunkError, answer_question
from knowledge.errors import FieldError, InvalidFieldsError
from knowledge.finding.confidence import ConfidenceModel
from knowledge.finding.follow_up import Context, joined, stated
from knowledge.indexing.index import MunicipalityIndex
from knowledge.keys import METRICS, SETTINGS, Core
from knowledge.routes.contradictions import note_met
from knowledge.routes.representations import answer_json, json_response
from knowledge.routes.requests import (
    core,
    json_object,
    language_field,
    municipality_field,
    text_field,
)
from knowledge.types import Embedding, Intent

routes = web.RouteTableDef()

TEXT_LENGTH = 4_000
CHUNK_LENGTH = 400


@routes.post("/v1/answers")
async def create_answer(request: web.Request) -> web.Response:
    """Answer from the municipality's published articles."""
    loaded = core(request)
    fields = await json_object(request)
    municipality = municipality_field(fields)
    language = language_field(fields)
    chunk = text_field(fields, "chunk", CHUNK_LENGTH, required=False) or None
    text = text_field(fields, "text", TEXT_LENGTH, required=chunk is None)
    intent = _intent(fields.get("intent"))
    context = _context(fields.get("context"))
    index = loaded.indexes.index(municipality)
    model = loaded.confidence
    if municipality in request.app[SETTINGS].careful_municipalities:
        model = model.careful()
    found = None
    if chunk is not None:
        try:
            found = await _answer(loaded, model, index, text, language, intent, chunk=chunk)
        except UnknownChunkError:
            # The article changed after the choice was offered; the resident asked all the same.
            if not text:
                detail = "chunk names no published part of an article."
                raise InvalidFieldsError(FieldError("chunk", "unknown", detail)) from None
    if found is None:
        asked = text
        with_title = joined(index, context, text) if context else None
        if context and with_title:
            asked = stated(text)
            embedding, with_context = await loaded.queries.embed([asked, with_title])
            earlier = Earlier(context, text, with_title, with_context)
        else:
            (embedding,), earlier = await loaded.queries.embed([text]), None
        found = await _answer(
            loaded, model, index, asked, language, intent, embedding=embedding, earlier=earlier
        )
    request.app[METRICS].answers.labels(municipality, found.answer.status).inc()
    if found.contradictions:
        note_met(request, found.contradictions)
    return json_response(answer_json(found.answer))


async def _answer(
    loaded: Core,
    model: ConfidenceModel,
    index: MunicipalityIndex,
    text: str,
    language: str,
    intent: Intent | None,
    *,
    chunk: str | None = None,
    embedding: Embedding | None = None,
    earlier: Earlier | None = None,
) -> Answered:
    return await asyncio.get_running_loop().run_in_executor(
        loaded.search_threads,
        answer_question,
        index,
        text,
        language,
        intent,
        chunk,
        embedding,
        model,
        earlier,
    )


def _context(value: object) -> Context | None:
    if value is None:
        return None
    if isinstance(value, Mapping):
        article, question = value.get("article"), value.get("question", "")
        if (
            isinstance(article, str)
            and isinstance(question, str)
            and len(article) <= CHUNK_LENGTH
            and len(question) <= TEXT_LENGTH
        ):
            return Context(article, question)
    detail = 'context is {"article": text, "question": text} or null.'
    raise InvalidFieldsError(FieldError("context", "invalid", detail))


def _intent(value: object) -> Intent | None:
    if value is None:
        return None
    if isinstance(value, Mapping):
        name, confidence = value.get("name"), value.get("confidence")
        if (
            isinstance(name, str)
            and isinstance(confidence, int | float)
            and not isinstance(confidence, bool)
            and 0 <= confidence <= 1
        ):
            return Intent(name, float(confidence))
    detail = 'intent is {"name": text, "confidence": 0..1} or null.'
    raise InvalidFieldsError(FieldError("intent", "invalid", detail))
