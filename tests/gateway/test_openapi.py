"""The OpenAPI document says what the gateway does: no more and no less."""

import json
import re

import jsonschema
import pytest

from gateway.app import ENDPOINTS, init_app
from gateway.openapi import document

UNDESCRIBED = {"/api/openapi.json"}


async def test_every_api_route_is_described_and_every_description_is_a_route(settings) -> None:
    """Routes and document, compared both ways; HEAD and preflights are no operations."""
    routed = {
        (route.method, route.resource.canonical)
        for route in init_app(settings).router.routes()
        if route.resource is not None
        and route.resource.canonical.startswith("/api/")
        and route.method not in ("HEAD", "OPTIONS")
        and route.resource.canonical not in UNDESCRIBED
    }
    described = {
        (method.upper(), path)
        for path, operations in document(ENDPOINTS)["paths"].items()
        for method in operations
    }
    assert described == routed
    contract = {
        ("POST", "/api/v1/conversations"),
        ("POST", "/api/v1/conversations/{conversation}/messages"),
        ("GET", "/api/v1/conversations/{conversation}/events"),
        ("DELETE", "/api/v1/conversations/{conversation}"),
        ("POST", "/api/v1/session"),
        ("GET", "/api/v1/desk/queue"),
        ("POST", "/api/v1/desk/conversations/{conversation}/claim"),
        ("PUT", "/api/v1/editor/articles/{article}"),
        ("POST", "/api/v1/editor/articles/{article}/publish"),
    }
    assert contract <= described


async def test_it_is_served(api) -> None:
    """At the address that the architecture names."""
    answer = await api.ask("GET", "/api/openapi.json")
    assert json.loads(json.dumps(document(ENDPOINTS))) == answer.json
    assert "3.1.0" == answer.json["openapi"]


def test_every_schema_is_valid_and_every_reference_leads_somewhere() -> None:
    """JSON Schema 2020-12 throughout, and nothing points into the void."""
    whole = document(ENDPOINTS)
    for schema in whole["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(whole)))
    assert references <= set(whole["components"]["schemas"])


def test_operations_are_named_and_secured() -> None:
    """Names are unique; staff routes ask for a session, changes for the CSRF token too."""
    operations = [
        (path, method, operation)
        for path, methods in document(ENDPOINTS)["paths"].items()
        for method, operation in methods.items()
    ]
    names = [operation["operationId"] for _, _, operation in operations]
    assert len(names) == len(set(names))
    for path, method, operation in operations:
        asked = {name for each in operation["security"] for name in each}
        if path.startswith(("/api/v1/desk", "/api/v1/editor")):
            assert ({"session"} if method == "get" else {"session", "csrf"}) == asked
        elif "{conversation}" in path:
            assert {"token"} == asked


@pytest.mark.parametrize("changed", ["seq", "status"])
def test_the_check_of_answers_would_notice(changed) -> None:
    """A frame with a wrong value does not pass the schema that real answers are held to."""
    whole = document(ENDPOINTS)
    schema = {
        "$ref": "#/components/schemas/LiveMessage",
        "components": whole["components"],
    }
    frame = {
        "seq": 1,
        "author": "bot",
        "text": "hej",
        "language": "sv",
        "created_at": "2026-05-01T12:00:00.000Z",
        "choices": [],
        "answer": None,
        "client_id": None,
        "status": "with_bot",
    }
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(frame)
    assert not validator.is_valid({**frame, changed: "ett"})
