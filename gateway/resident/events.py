"""The conversation's WebSocket: every message after a seq, as it comes, each once.

The one thing that a page says on it is that the resident is writing.
"""

from __future__ import annotations

from aiohttp import web
from pydantic import ValidationError

from gateway.cors import require_origin
from gateway.errors import NotFoundError
from gateway.events import TYPING, Event, LaggedError, conversation_topic, desk_topic
from gateway.guards import with_token
from gateway.keys import CONVERSATION, CONVERSATIONS, HANDOFFS, HUB
from gateway.resident.models import LiveMessage, LivePlace, LiveTyping
from gateway.resident.views import after_parameter
from gateway.sockets import ERASED, IDLE_SECONDS, LAGGED, live_socket
from gateway.types import Place, Status

PLACE_SECONDS = 3.0
"""How often it is looked whether somebody who waits has moved up in the queue."""


@with_token
async def events(request: web.Request) -> web.StreamResponse:
    """Send the conversation's messages until the page or the gateway goes away.

    An event only wakes the connection; what is sent is read from the transcript after the
    last message sent, so that nothing is missed or doubled.
    """
    current = conversation = request[CONVERSATION]
    require_origin(request, conversation.municipality)
    last = after_parameter(request)
    topic = conversation_topic(conversation.id)
    told: Place | None = None

    async def hear(text: str) -> None:
        if current.status is Status.WITH_OPERATOR and _says_typing(text):
            event = Event(TYPING, conversation.id)
            await request.app[HUB].publish(desk_topic(conversation.municipality), event)

    with request.app[HUB].subscribe(topic) as subscription:
        async with live_socket(request, "conversation", subscription, hear) as socket:
            while not socket.closed:
                try:
                    current, messages = await request.app[CONVERSATIONS].read(conversation.id, last)
                    place = await request.app[HANDOFFS].lines.place(current)
                    for message in messages:
                        frame = LiveMessage(**dict(message), status=current.status, queue=place)
                        await socket.send_str(frame.model_dump_json())
                        last = message.seq
                    if place is not None and place != told and not messages:
                        moved = LivePlace(status=current.status, queue=place)
                        await socket.send_str(moved.model_dump_json())
                    told = place
                    # Who waits moves up without a word being said in their own conversation.
                    seconds = IDLE_SECONDS if place is None else PLACE_SECONDS
                    while not socket.closed:
                        news = await subscription.take(seconds)
                        if any(event.kind != TYPING for event in news):
                            break
                        if news and current.status is Status.WITH_OPERATOR:
                            await socket.send_str(LiveTyping(type=TYPING).model_dump_json())
                        elif place is not None:
                            break
                except NotFoundError:
                    await socket.close(code=ERASED, message=b"erased")
                except LaggedError:
                    await socket.close(code=LAGGED, message=b"read again")
    return socket


def _says_typing(text: str) -> bool:
    """Tell whether it is the one frame that pages send."""
    try:
        LiveTyping.model_validate_json(text)
    except ValidationError:
        return False
    return True
