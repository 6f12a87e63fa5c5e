"""What operators do at the desk."""

from __future__ import annotations

from aiohttp import web

from gateway.desk.models import (
    Colleagues,
    Departments,
    DepartmentView,
    OperatorMessage,
    Resolution,
    TransferTo,
)
from gateway.guards import require_json, with_session
from gateway.handoff import DESK_ROLES
from gateway.http_json import model_response, read_model
from gateway.keys import ERASURES, HANDOFFS, MUNICIPALITIES, SIGNED_IN
from gateway.masking import mask
from gateway.resident.models import Messages
from gateway.transcripts import Appended

reading = with_session(DESK_ROLES)
changing = with_session(DESK_ROLES, changes=True)


@reading
async def queue(request: web.Request) -> web.Response:
    """Give the waiting conversations and one's own."""
    return model_response(await request.app[HANDOFFS].queue(request[SIGNED_IN].staff))


@reading
async def conversation(request: web.Request) -> web.Response:
    """Give a conversation with its messages."""
    return model_response(
        await request.app[HANDOFFS].view(
            request[SIGNED_IN].staff, request.match_info["conversation"]
        )
    )


@reading
async def operators(request: web.Request) -> web.Response:
    """Give the colleagues."""
    found = await request.app[HANDOFFS].colleagues(request[SIGNED_IN].staff)
    return model_response(Colleagues(operators=found))


@reading
async def departments(request: web.Request) -> web.Response:
    """Give the departments that conversations wait for."""
    staff = request[SIGNED_IN].staff
    tenant = request.app[MUNICIPALITIES][staff.municipality]
    return model_response(
        Departments(
            departments=tuple(
                DepartmentView(id=id_, name=each.name) for id_, each in tenant.departments.items()
            ),
            own=await request.app[HANDOFFS].departments(staff),
        )
    )


@changing
async def claim(request: web.Request) -> web.Response:
    """Take a waiting conversation."""
    return model_response(
        await request.app[HANDOFFS].claim(
            request[SIGNED_IN].staff, request.match_info["conversation"]
        )
    )


@changing
async def write(request: web.Request) -> web.Response:
    """Write in a conversation one has; identity numbers are masked here too."""
    require_json(request)
    message = await read_model(request, OperatorMessage)
    written = await request.app[HANDOFFS].write(
        request[SIGNED_IN].staff,
        request.match_info["conversation"],
        mask(message.text, contacts=False).text,
    )
    return _messages(written)


@changing
async def transfer(request: web.Request) -> web.Response:
    """Pass a conversation on."""
    require_json(request)
    wanted = await read_model(request, TransferTo)
    return model_response(
        await request.app[HANDOFFS].transfer(
            request[SIGNED_IN].staff,
            request.match_info["conversation"],
            wanted.to,
            mask(wanted.note, contacts=False).text,
            wanted.department,
        )
    )


@changing
async def resolve(request: web.Request) -> web.Response:
    """Finish a conversation; the bot then begins anew, without a form half filled in."""
    require_json(request)
    resolution = await read_model(request, Resolution)
    conversation = request.match_info["conversation"]
    resolved = await request.app[HANDOFFS].resolve(
        request[SIGNED_IN].staff, conversation, resolution.outcome
    )
    await request.app[ERASURES].attempt(conversation)
    return _messages(resolved)


def _messages(changed: Appended) -> web.Response:
    return model_response(Messages(status=changed.conversation.status, messages=changed.messages))
