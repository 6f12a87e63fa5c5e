"""Errors as problem details (RFC 9457); the only place where one becomes HTTP."""

from __future__ import annotations

import http
import json
import logging
from collections.abc import Mapping, Sequence

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.errors import (
    ConflictError,
    FieldError,
    ForbiddenError,
    GatewayError,
    KnowledgeError,
    MailError,
    NotFoundError,
    NotSignedInError,
    TooManyError,
)
from gateway.types import Frozen

log = logging.getLogger(__name__)


class Fault(Frozen):
    """One field at fault; `detail` is English, pages localise by `code`."""

    field: str
    code: str
    detail: str


class Problem(Frozen):
    """What every error of the API looks like."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[Fault, ...] = ()


class FaultsError(GatewayError):
    """Several fields of a request are at fault."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(fault.detail for fault in faults))
        self.faults = tuple(faults)


STATUSES: Mapping[type[GatewayError], int] = {
    NotFoundError: 404,
    ConflictError: 409,
    FieldError: 422,
    FaultsError: 422,
    NotSignedInError: 401,
    ForbiddenError: 403,
    TooManyError: 429,
    KnowledgeError: 503,
    MailError: 503,
}


def problem_response(
    status: int,
    detail: str,
    faults: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """Give an error as an answer."""
    problem = Problem(
        type="about:blank",
        title=http.HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        errors=tuple(faults),
    )
    return web.Response(
        status=status,
        body=problem.model_dump_json().encode(),
        content_type="application/problem+json",
        headers=headers,
    )


def as_response(error: GatewayError) -> web.Response:
    """Give a domain error as an answer."""
    status = STATUSES[type(error)]
    match error:
        case FieldError():
            return problem_response(
                status,
                error.detail,
                [Fault(field=error.field, code=error.code, detail=error.detail)],
            )
        case FaultsError():
            return problem_response(status, error.detail, error.faults)
        case TooManyError():
            fault = Fault(field="", code="too_many", detail=error.detail)
            return problem_response(
                status, error.detail, [fault], {"Retry-After": str(error.seconds)}
            )
        case ConflictError():
            fault = Fault(field="", code=error.code, detail=error.detail)
            return problem_response(status, error.detail, [fault])
        case NotSignedInError():
            return problem_response(status, error.detail, headers={"WWW-Authenticate": "Bearer"})
        case MailError():
            fault = Fault(field="", code="no_mail", detail=error.detail)
            return problem_response(status, error.detail, [fault])
        case KnowledgeError():
            return problem_response(status, error.detail, headers={"Retry-After": "5"})
        case _:
            return problem_response(status, error.detail)


def is_api(request: web.Request) -> bool:
    """Tell whether an answer is for a program; pages have their own words for errors."""
    return request.path.startswith("/api/")


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what API handlers raise into problem details."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if not is_api(request) or error.status < 400:
            raise
        headers = {name: error.headers[name] for name in ("Allow",) if name in error.headers}
        return problem_response(error.status, f"{error.reason}.", headers=headers)
    except GatewayError as error:
        return as_response(error)
    except Exception as error:
        # The last resort: the asker gets a clear answer. Neither message nor path is logged,
        # for they may hold what a person wrote; where it happened is enough to find it.
        log_failure(request, error)
        return problem_response(500, "Something went wrong here; it has been logged.")


def log_failure(request: web.Request, error: BaseException) -> None:
    """Log where an unexpected error came from, without the values that it may quote."""
    places: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename}:{trace.tb_lineno} in {code.co_name}")
        trace = trace.tb_next
    log.error(
        "%s %s failed: %s at %s",
        request.method,
        route_name(request),
        type(error).__name__,
        " < ".join(reversed(places[-8:])),
    )


def route_name(request: web.Request) -> str:
    """Give the route's pattern, which has no ids in it."""
    resource = request.match_info.route.resource
    return "none" if resource is None else resource.canonical


def dumps(value: object) -> str:
    """Give JSON with its letters as they are."""
    return json.dumps(value, ensure_ascii=False)
