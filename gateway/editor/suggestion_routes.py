"""What operators have suggested, on the editors' page."""

from __future__ import annotations

from aiohttp import web

from gateway.editor.views import changing, reading
from gateway.endpoints import Endpoint, Guard
from gateway.http_json import model_response, row_part
from gateway.keys import DATABASE, SIGNED_IN
from gateway.suggestions import Suggestion, finish_suggestion, list_suggestions
from gateway.types import Frozen


class Suggestions(Frozen):
    """Those that are not done, the newest first."""

    suggestions: tuple[Suggestion, ...]


@reading
async def show_suggestions(request: web.Request) -> web.Response:
    """Give what is not done yet."""
    found = await list_suggestions(request.app[DATABASE], request[SIGNED_IN].staff)
    return model_response(Suggestions(suggestions=found))


@changing
async def mark_done(request: web.Request) -> web.Response:
    """Mark one as done."""
    number = row_part(request, "suggestion")
    return model_response(
        await finish_suggestion(request.app[DATABASE], request[SIGNED_IN].staff, number)
    )


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/v1/editor/suggestions",
        show_suggestions,
        "What operators answered that the pages could say, the newest first",
        "editor",
        Guard.SESSION,
        {200: Suggestions},
    ),
    Endpoint(
        "POST",
        "/api/v1/editor/suggestions/{suggestion}/done",
        mark_done,
        "Take a suggestion off the list",
        "editor",
        Guard.CHANGE,
        {200: Suggestion},
        problems=(404,),
    ),
)
