"""Routes of the API together with what is said about them in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel


class Guard(Enum):
    """What opens a route."""

    OPEN = "open"
    TOKEN = "token"
    SESSION = "session"
    CHANGE = "change"
    """A session, and its CSRF token as well."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query parameter; `kind` is integer or string."""

    name: str
    about: str
    kind: str = "string"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path; `answers` by status: a model, or None without a body."""

    method: str
    path: str
    handler: Handler
    summary: str
    tag: str
    guard: Guard
    answers: Mapping[int, type[BaseModel] | None]
    body: type[BaseModel] | None = None
    problems: tuple[int, ...] = ()
    queries: tuple[Query, ...] = field(default=())
    text: bool = False
    """The answer with a model may come as plain text instead, when the query says so."""


def add_endpoints(app: web.Application, endpoints: Iterable[Endpoint]) -> None:
    """Register routes."""
    for endpoint in endpoints:
        app.router.add_route(endpoint.method, endpoint.path, endpoint.handler)
