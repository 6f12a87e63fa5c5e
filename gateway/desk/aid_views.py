"""What operators do beside a conversation."""

from __future__ import annotations

from aiohttp import web

from gateway.desk.aid_models import NewNote, NewReply, Replies, ToEditors
from gateway.desk.views import changing, reading
from gateway.errors import FieldError
from gateway.guards import require_json
from gateway.http_json import model_response, read_model, row_part
from gateway.keys import AIDS, SIGNED_IN
from gateway.masking import mask
from gateway.resident.models import LONGEST_TEXT, Messages


@reading
async def aside(request: web.Request) -> web.Response:
    """Give notes, the shared contact and what belongs to them."""
    return model_response(
        await request.app[AIDS].aside(request[SIGNED_IN].staff, request.match_info["conversation"])
    )


@reading
async def passages(request: web.Request) -> web.Response:
    """Give the pages' best passages for the resident's last question."""
    return model_response(
        await request.app[AIDS].passages(
            request[SIGNED_IN].staff, request.match_info["conversation"]
        )
    )


@reading
async def search(request: web.Request) -> web.Response:
    """Search the municipality's pages."""
    query = request.query.get("query", "").strip()
    if not query:
        raise FieldError("query", "required", "It is missing or empty.")
    if len(query) > LONGEST_TEXT:
        raise FieldError("query", "too_long", "It is too long.")
    return model_response(
        await request.app[AIDS].search(
            request[SIGNED_IN].staff, query, request.query.get("language")
        )
    )


@changing
async def add_note(request: web.Request) -> web.Response:
    """Keep a note; personal data is masked in it as in a message."""
    require_json(request)
    note = await read_model(request, NewNote)
    return model_response(
        await request.app[AIDS].add_note(
            request[SIGNED_IN].staff, request.match_info["conversation"], mask(note.text).text
        ),
        status=201,
    )


@changing
async def ask_contact(request: web.Request) -> web.Response:
    """Ask the resident how to be reached."""
    asked = await request.app[AIDS].ask_contact(
        request[SIGNED_IN].staff, request.match_info["conversation"]
    )
    return model_response(Messages(status=asked.conversation.status, messages=asked.messages))


@changing
async def suggest(request: web.Request) -> web.Response:
    """Suggest an answer to the editors."""
    require_json(request)
    wanted = await read_model(request, ToEditors)
    return model_response(
        await request.app[AIDS].suggest(
            request[SIGNED_IN].staff,
            request.match_info["conversation"],
            wanted.message,
            wanted.sources,
        ),
        status=201,
    )


@reading
async def replies(request: web.Request) -> web.Response:
    """Give the canned replies."""
    return model_response(
        Replies(replies=await request.app[AIDS].replies(request[SIGNED_IN].staff))
    )


@changing
async def add_reply(request: web.Request) -> web.Response:
    """Keep a new canned reply."""
    require_json(request)
    wanted = await read_model(request, NewReply)
    text = mask(wanted.text, contacts=False).text
    return model_response(
        await request.app[AIDS].add_reply(request[SIGNED_IN].staff, wanted.title, text),
        status=201,
    )


@changing
async def change_reply(request: web.Request) -> web.Response:
    """Change a canned reply."""
    require_json(request)
    reply = row_part(request, "reply")
    wanted = await read_model(request, NewReply)
    text = mask(wanted.text, contacts=False).text
    return model_response(
        await request.app[AIDS].change_reply(request[SIGNED_IN].staff, reply, wanted.title, text)
    )


@changing
async def remove_reply(request: web.Request) -> web.Response:
    """Take a canned reply away."""
    await request.app[AIDS].remove_reply(request[SIGNED_IN].staff, row_part(request, "reply"))
    return web.Response(status=204)
