"""What operators do with cases."""

from __future__ import annotations

from aiohttp import web

from gateway.desk.case_models import CaseHandOver, CaseReply
from gateway.desk.views import changing, reading
from gateway.guards import require_json
from gateway.http_json import model_response, read_model
from gateway.keys import DESK_CASES, SIGNED_IN
from gateway.masking import mask


@reading
async def cases(request: web.Request) -> web.Response:
    """Give the municipality's cases."""
    return model_response(await request.app[DESK_CASES].list(request[SIGNED_IN].staff))


@reading
async def case(request: web.Request) -> web.Response:
    """Give a case with its thread."""
    return model_response(
        await request.app[DESK_CASES].view(
            request[SIGNED_IN].staff, request.match_info["reference"]
        )
    )


@changing
async def reply(request: web.Request) -> web.Response:
    """Answer by e-mail; identity numbers are masked here too."""
    require_json(request)
    wanted = await read_model(request, CaseReply)
    return model_response(
        await request.app[DESK_CASES].reply(
            request[SIGNED_IN].staff,
            request.match_info["reference"],
            mask(wanted.text, contacts=False).text,
            close=wanted.close,
            seen=wanted.seen,
        )
    )


@changing
async def hand_over(request: web.Request) -> web.Response:
    """Give a case to a department."""
    require_json(request)
    wanted = await read_model(request, CaseHandOver)
    return model_response(
        await request.app[DESK_CASES].hand_over(
            request[SIGNED_IN].staff,
            request.match_info["reference"],
            wanted.department,
            mask(wanted.note, contacts=False).text,
        )
    )


@changing
async def close(request: web.Request) -> web.Response:
    """Close a case."""
    return model_response(
        await request.app[DESK_CASES].close(
            request[SIGNED_IN].staff, request.match_info["reference"]
        )
    )
