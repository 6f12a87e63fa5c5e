"""The OpenAPI 3.1 document, made of the same endpoints and models that the gateway runs on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from pydantic.json_schema import JsonSchemaMode, models_json_schema

from gateway.endpoints import Endpoint, Guard
from gateway.guards import COOKIE, CSRF_HEADER
from gateway.problems import Problem

VERSION = "1.0.0"
REFERENCE = "#/components/schemas/{model}"

_SECURITY: dict[Guard, list[dict[str, list[str]]]] = {
    Guard.OPEN: [],
    Guard.TOKEN: [{"token": []}],
    Guard.SESSION: [{"session": []}],
    Guard.CHANGE: [{"session": [], "csrf": []}],
}
_PROBLEMS = {
    Guard.OPEN: (),
    Guard.TOKEN: (401, 404),
    Guard.SESSION: (401, 403),
    Guard.CHANGE: (401, 403),
}


def document(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """Give the document that describes exactly these endpoints."""
    endpoints = tuple(endpoints)
    schemas, named = _schemas(endpoints)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        operations = paths.setdefault(endpoint.path, {})
        operations[endpoint.method.lower()] = _operation(endpoint, named)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Svar",
            "version": VERSION,
            "description": "Conversations with residents, the operators' desk and the editor.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": [{"name": tag} for tag in dict.fromkeys(each.tag for each in endpoints)],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
                "csrf": {"type": "apiKey", "in": "header", "name": CSRF_HEADER},
            },
        },
    }


def _schemas(
    endpoints: Iterable[Endpoint],
) -> tuple[dict[str, Any], dict[tuple[type, JsonSchemaMode], dict[str, Any]]]:
    wanted: dict[tuple[type, JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for endpoint in endpoints:
        if endpoint.body is not None:
            wanted[endpoint.body, "validation"] = None
        for model in endpoint.answers.values():
            if model is not None:
                wanted[model, "serialization"] = None
    named, definitions = models_json_schema(list(wanted), ref_template=REFERENCE)
    return definitions["$defs"], dict(named)


def _operation(
    endpoint: Endpoint, named: dict[tuple[type, JsonSchemaMode], dict[str, Any]]
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{endpoint.tag}_{endpoint.handler.__name__}",
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "security": _SECURITY[endpoint.guard],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"\{(\w+)\}", endpoint.path)
        ]
        + [
            {
                "name": query.name,
                "in": "query",
                "description": query.about,
                "schema": {"type": query.kind},
            }
            for query in endpoint.queries
        ],
        "responses": {},
    }
    if endpoint.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": named[endpoint.body, "validation"]}},
        }
    for status, model in endpoint.answers.items():
        answer: dict[str, Any] = {"description": HTTPStatus(status).phrase}
        if model is not None:
            answer["content"] = {"application/json": {"schema": named[model, "serialization"]}}
            if endpoint.text:
                answer["content"]["text/plain"] = {"schema": {"type": "string"}}
        operation["responses"][str(status)] = answer
    for status in sorted({*_PROBLEMS[endpoint.guard], *endpoint.problems}):
        operation["responses"][str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {"application/problem+json": {"schema": named[Problem, "serialization"]}},
        }
    return operation
