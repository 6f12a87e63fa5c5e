"""What operators do at the desk."""

from __future__ import annotations

from aiohttp import web

from gateway.desk.models import (
    ActiveConversations,
    Colleagues,
    Departments,
    DeskState,
    OperatorMessage,
    PresenceChoice,
    Resolution,
    ResolvedConversations,
    TransferTo,
)
from gateway.events import Event, desk_topic
from gateway.guards import require_json, with_session
from gateway.http_json import model_response, read_model
from gateway.keys import (
    CLAIMS,
    ERASURES,
    HUB,
    MUNICIPALITIES,
    PRESENCE,
    SIGNED_IN,
    TAKEOVERS,
    TRANSFERS,
)
from gateway.masking import mask
from gateway.resident.models import Messages
from gateway.transcripts import Appended
from gateway.waiting import DESK_ROLES

reading = with_session(DESK_ROLES)
changing = with_session(DESK_ROLES, changes=True)


@reading
async def queue(request: web.Request) -> web.Response:
    """Give the waiting conversations and one's own."""
    return model_response(await request.app[CLAIMS].queue(request[SIGNED_IN].staff))


@reading
async def conversation(request: web.Request) -> web.Response:
    """Give a conversation with its messages."""
    return model_response(
        await request.app[CLAIMS].view(request[SIGNED_IN].staff, request.match_info["conversation"])
    )


@reading
async def operators(request: web.Request) -> web.Response:
    """Give the colleagues."""
    found = await request.app[TRANSFERS].colleagues(request[SIGNED_IN].staff)
    return model_response(Colleagues(operators=found))


@reading
async def departments(request: web.Request) -> web.Response:
    """Give the departments that conversations wait for."""
    staff = request[SIGNED_IN].staff
    return model_response(
        Departments(
            departments=await request.app[TRANSFERS].departments(staff),
            own=await request.app[TRANSFERS].own_departments(staff),
        )
    )


@reading
async def desk_state(request: web.Request) -> web.Response:
    """Give what one has chosen to be, what is allowed here, and the colleagues."""
    return model_response(await state_of(request))


@changing
async def choose_presence(request: web.Request) -> web.Response:
    """Choose to be available, busy or away, in every window of one's own."""
    require_json(request)
    chosen = await read_model(request, PresenceChoice)
    signed_in = request[SIGNED_IN]
    await request.app[PRESENCE].choose(signed_in, chosen.state)
    await request.app[HUB].publish(desk_topic(signed_in.staff.municipality), Event("presence"))
    return model_response(await state_of(request))


async def state_of(request: web.Request) -> DeskState:
    """Read the same for whoever is signed in."""
    signed_in = request[SIGNED_IN]
    tenant = request.app[MUNICIPALITIES][signed_in.staff.municipality]
    return DeskState(
        state=await request.app[PRESENCE].chosen(signed_in),
        conversations_at_once=tenant.conversations_at_once,
        may_pull=tenant.desk_may_pull,
        operators=await request.app[TRANSFERS].colleagues(signed_in.staff),
    )


@reading
async def active(request: web.Request) -> web.Response:
    """Give the conversations with the bot, where the municipality allows it."""
    staff = request[SIGNED_IN].staff
    found = await request.app[TAKEOVERS].active(staff)
    may_pull = request.app[MUNICIPALITIES][staff.municipality].desk_may_pull
    return model_response(ActiveConversations(may_pull=may_pull, conversations=found))


@reading
async def resolved(request: web.Request) -> web.Response:
    """Give what one may reopen."""
    found = await request.app[TAKEOVERS].resolved(request[SIGNED_IN].staff)
    return model_response(ResolvedConversations(conversations=found))


@changing
async def pull(request: web.Request) -> web.Response:
    """Join a conversation with the bot."""
    return model_response(
        await request.app[TAKEOVERS].pull(
            request[SIGNED_IN].staff, request.match_info["conversation"]
        )
    )


@changing
async def reopen(request: web.Request) -> web.Response:
    """Take up again what one has resolved."""
    return model_response(
        await request.app[TAKEOVERS].reopen(
            request[SIGNED_IN].staff, request.match_info["conversation"]
        )
    )


@changing
async def claim(request: web.Request) -> web.Response:
    """Take a waiting conversation."""
    return model_response(
        await request.app[CLAIMS].claim(
            request[SIGNED_IN].staff, request.match_info["conversation"]
        )
    )


@changing
async def write(request: web.Request) -> web.Response:
    """Write in a conversation one has; identity numbers are masked here too."""
    require_json(request)
    message = await read_model(request, OperatorMessage)
    written = await request.app[CLAIMS].write(
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
        await request.app[TRANSFERS].transfer(
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
    resolved = await request.app[CLAIMS].resolve(
        request[SIGNED_IN].staff, conversation, resolution.outcome
    )
    await request.app[ERASURES].attempt(conversation)
    return _messages(resolved)


def _messages(changed: Appended) -> web.Response:
    return model_response(Messages(status=changed.conversation.status, messages=changed.messages))
