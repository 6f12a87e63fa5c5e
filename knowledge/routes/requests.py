"""Reading requests: JSON bodies, path parts and query parameters, each fault named."""

from __future__ import annotations

import json
from collections.abc import Mapping

from aiohttp import web

from knowledge.articles.drafts import LANGUAGES
from knowledge.errors import FieldError, InvalidFieldsError, KnowledgeError
from knowledge.indexing.naming import SLUG
from knowledge.keys import READINESS, Core

MUNICIPALITY_LENGTH = 64


class NotReadyError(KnowledgeError):
    """The process has not loaded yet what this request needs."""


class MalformedBodyError(KnowledgeError):
    """The body is no JSON object."""


def core(request: web.Request) -> Core:
    """The loaded core; raises NotReadyError while there is none."""
    readiness = request.app[READINESS]
    if readiness.core is None:
        raise NotReadyError(f"Not ready: {'; '.join(readiness.missing)}.")
    return readiness.core


async def json_object(request: web.Request) -> Mapping[str, object]:
    """The body's fields; raises MalformedBodyError."""
    try:
        body = json.loads(await request.read())
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise MalformedBodyError(f"The body is not valid JSON: {error}.") from None
    if not isinstance(body, dict):
        raise MalformedBodyError("The body is not a JSON object.")
    return body


def text_field(
    fields: Mapping[str, object], name: str, longest: int, *, required: bool = True
) -> str:
    """A text from the body, surrounding space removed; raises InvalidFieldsError."""
    value = fields.get(name)
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise InvalidFieldsError(FieldError(name, "invalid", f"{name} is a text."))
    text = value.strip()
    if required and not text:
        raise InvalidFieldsError(FieldError(name, "required", f"{name} is missing."))
    if len(text) > longest:
        detail = f"{name} has {len(text)} characters; at most {longest} are allowed."
        raise InvalidFieldsError(FieldError(name, "too_long", detail))
    return text


def language_field(fields: Mapping[str, object]) -> str:
    """One of our languages from the body; raises InvalidFieldsError."""
    return known_language(text_field(fields, "language", 8))


def known_language(language: str) -> str:
    """The language itself; raises InvalidFieldsError when it is none of ours."""
    if language not in LANGUAGES:
        detail = f"language is one of {', '.join(LANGUAGES)}."
        raise InvalidFieldsError(FieldError("language", "unknown", detail))
    return language


def municipality_field(fields: Mapping[str, object]) -> str:
    """A municipality's id from the body; raises InvalidFieldsError."""
    municipality = text_field(fields, "municipality", MUNICIPALITY_LENGTH)
    if not SLUG.fullmatch(municipality):
        detail = "municipality is made of a-z, 0-9 and single hyphens."
        raise InvalidFieldsError(FieldError("municipality", "invalid", detail))
    return municipality


def municipality_part(request: web.Request) -> str:
    """The municipality of the path; raises InvalidFieldsError."""
    return municipality_field({"municipality": request.match_info["municipality"]})


def whole_number(value: object, name: str, lowest: int, highest: int = 2**31 - 1) -> int:
    """A number from the body or the query; raises InvalidFieldsError."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        detail = f"{name} is a whole number from {lowest} to {highest}."
        raise InvalidFieldsError(FieldError(name, "invalid", detail))
    return value


def limit_parameter(request: web.Request, default: int, highest: int) -> int:
    """How many results are wanted; raises InvalidFieldsError."""
    return whole_number(request.query.get("limit", default), "limit", 1, highest)
