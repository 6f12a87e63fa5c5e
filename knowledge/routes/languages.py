"""A text in, how likely it is to be in which language out."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from knowledge.errors import FieldError, InvalidFieldsError
from knowledge.language.identification import LANGUAGES, identify, prior_of
from knowledge.routes.answers import TEXT_LENGTH
from knowledge.routes.representations import json_response
from knowledge.routes.requests import json_object, text_field, whole_number

routes = web.RouteTableDef()

READ = 400
"""So many characters of a text are looked at; they tell its language, and take no time."""


@routes.post("/v1/languages")
async def identify_language(request: web.Request) -> web.Response:
    """The likeliest language of a text; what is likely beforehand may be told along with it."""
    fields = await json_object(request)
    text = text_field(fields, "text", TEXT_LENGTH)
    prior = prior_of(_languages(fields.get("languages")), _seen(fields.get("seen")))
    found = identify(text[:READ], prior)
    return json_response(
        {
            "language": found.language,
            "probability": found.probabilities[found.language],
            "probabilities": found.probabilities,
        }
    )


def _languages(value: object) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        detail = "languages is a list of languages."
        raise InvalidFieldsError(FieldError("languages", "invalid", detail))
    _known("languages", value)
    return value


def _seen(value: object) -> dict[str, int]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        detail = "seen is an object of language to number of texts."
        raise InvalidFieldsError(FieldError("seen", "invalid", detail))
    _known("seen", list(value))
    return {each: whole_number(count, f"seen.{each}", 0) for each, count in value.items()}


def _known(field: str, languages: list[str]) -> None:
    if not set(languages) <= set(LANGUAGES):
        detail = f"{field} names languages of {', '.join(LANGUAGES)}."
        raise InvalidFieldsError(FieldError(field, "unknown", detail))
