"""Reading and writing JSON bodies, each fault named with its field."""

from __future__ import annotations

from typing import Any, TypeVar

import pydantic_core
from aiohttp import web
from pydantic import BaseModel, ValidationError

from gateway.errors import NotFoundError
from gateway.problems import Fault, FaultsError

LARGEST = 64 * 1024
LARGEST_ARTICLE = 1024 * 1024
LONGEST_NUMBER = 18
"""Digits of a row's number that every database can hold."""

Model = TypeVar("Model", bound=BaseModel)

_CODES = {
    "missing": "required",
    "string_too_short": "required",
    "string_too_long": "too_long",
    "enum": "unknown",
    "literal_error": "unknown",
}
_DETAILS = {
    "required": "It is missing or empty.",
    "too_long": "It is too long.",
    "unknown": "It is none of the known values.",
    "invalid": "It has the wrong form.",
}


async def read_json(request: web.Request, largest: int = LARGEST) -> Any:
    """Give the body of a request as plain values.

    Raises HTTPRequestEntityTooLarge over so many bytes, HTTPBadRequest when it is no JSON.
    """
    if request.content_length is not None and request.content_length > largest:
        raise web.HTTPRequestEntityTooLarge(largest, request.content_length)
    body = bytearray()
    async for piece in request.content.iter_any():
        body.extend(piece)
        if len(body) > largest:
            raise web.HTTPRequestEntityTooLarge(largest, len(body))
    try:
        return pydantic_core.from_json(bytes(body), allow_inf_nan=False)
    except ValueError:
        raise web.HTTPBadRequest(reason="The body is not valid JSON") from None


async def read_object(request: web.Request, largest: int = LARGEST) -> dict[str, Any]:
    """Give the body of a request as an object; HTTPBadRequest when it is another thing."""
    found = await read_json(request, largest)
    if not isinstance(found, dict):
        raise web.HTTPBadRequest(reason="The body is not a JSON object")
    return found


async def read_model(request: web.Request, model: type[Model], largest: int = LARGEST) -> Model:
    """Give the body of a request as a model.

    Raises FaultsError naming every field at fault, and what read_object raises.
    """
    return check(model, await read_object(request, largest))


def check(model: type[Model], found: dict[str, Any]) -> Model:
    """Give values as a model; raises FaultsError naming every field at fault."""
    try:
        return model.model_validate(found)
    except ValidationError as error:
        raise FaultsError([_fault(item["loc"], item["type"]) for item in error.errors()]) from None


def row_part(request: web.Request, name: str) -> int:
    """Give the part of the path that is a row's number; NotFoundError when it is none."""
    value = request.match_info[name]
    if not (value.isascii() and value.isdigit() and len(value) <= LONGEST_NUMBER):
        raise NotFoundError("There is no such thing here.")
    return int(value)


def model_response(model: BaseModel, status: int = 200) -> web.Response:
    """Give a model as an answer."""
    return web.Response(
        body=model.model_dump_json().encode(), status=status, content_type="application/json"
    )


def _fault(place: tuple[int | str, ...], kind: str) -> Fault:
    code = _CODES.get(kind, "invalid")
    return Fault(field=".".join(str(part) for part in place), code=code, detail=_DETAILS[code])
