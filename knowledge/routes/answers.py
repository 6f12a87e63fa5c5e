"""A question in, the decision and the source's own words out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from aiohttp import web

from knowledge.answering.answer import Answered, UnknownChunkError, answer_question
from knowledge.errors import FieldError, InvalidFieldsError
from knowledge.finding.confidence import ConfidenceModel
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
        embedding = (await loaded.queries.embed([text]))[0]
        found = await _answer(loaded, model, index, text, language, intent, embedding=embedding)
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
    )


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
