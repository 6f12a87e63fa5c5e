"""Errors of the domain as problem details (RFC 9457); the only place that knows both."""

from __future__ import annotations

import http
import json
import logging
from collections.abc import Mapping

from aiohttp import web
from aiohttp.typedefs import Handler

from knowledge.errors import (
    FieldError,
    InvalidFieldsError,
    KnowledgeError,
    NotFoundError,
    PublicationError,
    RevisionConflictError,
)
from knowledge.routes.representations import draft_json, revision_json
from knowledge.routes.requests import MalformedBodyError, NotReadyError

log = logging.getLogger(__name__)


def problem(
    status: int,
    detail: str,
    *,
    errors: tuple[FieldError, ...] = (),
    extra: Mapping[str, object] | None = None,
    headers: dict[str, str] | None = None,
) -> web.Response:
    """A problem details response."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": [
            {"field": error.field, "code": error.code, "detail": error.detail} for error in errors
        ],
        **(extra or {}),
    }
    return web.Response(
        status=status,
        text=json.dumps(body, ensure_ascii=False),
        content_type="application/problem+json",
        headers=headers,
    )


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what handlers raise into problem details."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        headers = {name: error.headers[name] for name in ("Allow",) if name in error.headers}
        return problem(error.status, f"{error.reason}.", headers=headers)
    except KnowledgeError as error:
        return _refusal(error)
    except Exception:
        # The last resort: whatever it is, the asker gets a clear answer and the log the cause.
        log.exception("%s %s failed", request.method, request.path)
        return problem(500, "Something went wrong here; it has been logged.")


def _refusal(error: KnowledgeError) -> web.Response:
    match error:
        case InvalidFieldsError():
            return problem(422, str(error), errors=error.errors)
        case NotFoundError():
            return problem(404, str(error))
        case RevisionConflictError():
            conflict = FieldError("base_revision", "conflict", str(error))
            texts = {"yours": draft_json(error.yours), "theirs": revision_json(error.theirs)}
            return problem(409, str(error), errors=(conflict,), extra=texts)
        case MalformedBodyError():
            return problem(400, str(error))
        case NotReadyError() | PublicationError():
            return problem(503, str(error), headers={"Retry-After": "5"})
        case _:
            raise error
