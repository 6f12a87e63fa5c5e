"""Texts in, embeddings out: the bot's featurizer and the search share one encoder."""

from __future__ import annotations

import asyncio

from aiohttp import web

from knowledge.errors import FieldError, InvalidFieldsError
from knowledge.routes.representations import json_response
from knowledge.routes.requests import core, json_object

routes = web.RouteTableDef()

TEXTS = 512
TEXT_LENGTH = 10_000


@routes.post("/v1/embeddings")
async def create_embeddings(request: web.Request) -> web.Response:
    """One unit vector for each text, in their order."""
    loaded = core(request)
    fields = await json_object(request)
    texts = _texts(fields.get("texts"))
    kind = fields.get("kind", "query")
    if kind == "query":
        embeddings = await loaded.queries.embed(texts)
    elif kind == "passage":
        embeddings = await asyncio.to_thread(loaded.encoder.encode_passages, texts)
    else:
        detail = "kind is query or passage."
        raise InvalidFieldsError(FieldError("kind", "unknown", detail))
    return json_response(
        {
            "encoder": loaded.encoder.name,
            "dimension": loaded.encoder.dimension,
            "embeddings": [made.vector.tolist() for made in embeddings],
        }
    )


def _texts(value: object) -> list[str]:
    if value is None:
        raise InvalidFieldsError(FieldError("texts", "required", "texts is missing."))
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise InvalidFieldsError(FieldError("texts", "invalid", "texts is a list of texts."))
    if len(value) > TEXTS:
        raise InvalidFieldsError(FieldError("texts", "too_long", f"At most {TEXTS} texts."))
    if any(len(text) > TEXT_LENGTH for text in value):
        detail = f"A text has at most {TEXT_LENGTH} characters."
        raise InvalidFieldsError(FieldError("texts", "too_long", detail))
    return [text.strip() for text in value]
