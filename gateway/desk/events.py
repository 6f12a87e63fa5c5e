"""The desk's WebSocket: the queue at each change, and the messages of one's own conversations.

A live connection here is what "an operator is there" means.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web
from pydantic import ValidationError

from gateway.desk.models import (
    CaseFrame,
    DeskState,
    MessageFrame,
    PresenceFrame,
    QueueFrame,
    TypingFrame,
)
from gateway.desk.views import state_of
from gateway.errors import NotFoundError
from gateway.events import TYPING, Event, LaggedError, conversation_topic, desk_topic
from gateway.guards import require_same_origin, with_session
from gateway.handoff import DESK_ROLES
from gateway.keys import CONVERSATIONS, DESKS, HANDOFFS, HUB, PRESENCE, SESSIONS, SIGNED_IN
from gateway.queue import Queue
from gateway.sessions import SignedIn
from gateway.sockets import IDLE_SECONDS, LAGGED, SIGNED_OUT, live_socket
from gateway.types import Staff


@with_session(DESK_ROLES)
async def events(request: web.Request) -> web.StreamResponse:
    """Tell an operator what happens until they, their session or the gateway goes away."""
    require_same_origin(request)
    signed_in = request[SIGNED_IN]
    staff = signed_in.staff
    teller: _Teller | None = None

    async def hear(text: str) -> None:
        if teller is not None:
            await teller.hear(text)

    clock = asyncio.get_running_loop().time
    with request.app[HUB].subscribe(desk_topic(staff.municipality)) as subscription:
        async with (
            live_socket(request, "desk", subscription, hear) as socket,
            _at_the_desk(request, staff),
        ):
            teller = _Teller(request, socket, signed_in)
            await teller.tell_queue()
            look_at = clock() + IDLE_SECONDS
            while not socket.closed:
                try:
                    news = await subscription.take(look_at - clock())
                except LaggedError:
                    await socket.close(code=LAGGED, message=b"read again")
                    break
                if socket.closed:
                    break
                await teller.tell_typing(news)
                if news and all(event.kind == TYPING for event in news):
                    # Nothing has changed, so that nothing has to be read.
                    continue
                look_at = clock() + IDLE_SECONDS
                signed_out = any(event.session == signed_in.session for event in news)
                if signed_out or await request.app[SESSIONS].read(signed_in.token) is None:
                    await socket.close(code=SIGNED_OUT, message=b"signed out")
                    break
                if news:
                    await teller.tell(news)
    return socket


@asynccontextmanager
async def _at_the_desk(request: web.Request, staff: Staff) -> AsyncIterator[None]:
    """Count the connection, and tell the colleagues that somebody came or went."""
    topic, hub = desk_topic(staff.municipality), request.app[HUB]
    try:
        with (
            request.app[PRESENCE].join(staff.municipality, staff.id),
            request.app[DESKS].join(staff.id),
        ):
            await hub.publish(topic, Event("presence"))
            yield
    finally:
        await hub.publish(topic, Event("presence"))


class _Teller:
    """What one connection has been told so far: of each own conversation, up to which seq."""

    def __init__(
        self, request: web.Request, socket: web.WebSocketResponse, signed_in: SignedIn
    ) -> None:
        self._request = request
        self._app = request.app
        self._socket = socket
        self._staff = signed_in.staff
        self._told: dict[str, int] = {}
        self._queue: Queue | None = None
        self._presence: DeskState | None = None

    async def tell_queue(self) -> None:
        """Send the queue as it is now, unless it is what was sent last."""
        queue = await self._app[HANDOFFS].queue(self._staff)
        if queue == self._queue:
            return
        first = self._queue is None
        self._queue = queue
        own = {item.id for item in queue.own}
        self._told = {id_: seq for id_, seq in self._told.items() if id_ in own}
        if first:
            # The page reads what is there; from here on it is told what is new.
            self._told = {item.id: item.last_seq for item in queue.own}
            # Nor is it told who is there, until that changes.
            self._presence = await state_of(self._request)
        await self._socket.send_str(QueueFrame(queue=queue).model_dump_json())

    async def _tell_presence(self) -> None:
        presence = await state_of(self._request)
        if presence == self._presence:
            return
        self._presence = presence
        await self._socket.send_str(PresenceFrame(presence=presence).model_dump_json())

    async def tell(self, news: Sequence[Event]) -> None:
        """Send the queue, and what is new in own conversations among these events.

        Words come before the queue: a long one takes a while to read, and somebody waits for them.
        """
        before = self._own()
        await self._tell_messages(news, before)
        await self.tell_queue()
        if any(event.kind == "presence" for event in news):
            await self._tell_presence()
        await self._tell_messages(news, self._own() - before)
        for reference in dict.fromkeys(event.case for event in news if event.case is not None):
            await self._socket.send_str(CaseFrame(reference=reference).model_dump_json())

    async def tell_typing(self, news: Sequence[Event]) -> None:
        """Say of which own conversations the residents are writing."""
        writing = {event.conversation for event in news if event.kind == TYPING}
        for id_ in self._own() & writing:
            frame = TypingFrame(type=TYPING, conversation=id_)
            await self._socket.send_str(frame.model_dump_json())

    async def hear(self, text: str) -> None:
        """Tell a resident that the operator writes, if the conversation is theirs."""
        try:
            said = TypingFrame.model_validate_json(text)
        except ValidationError:
            return
        if said.conversation in self._own():
            event = Event(TYPING, said.conversation)
            await self._app[HUB].publish(conversation_topic(said.conversation), event)

    def _own(self) -> set[str]:
        return {item.id for item in self._queue.own} if self._queue else set()

    async def _tell_messages(self, news: Sequence[Event], own: set[str]) -> None:
        for event in news:
            if event.conversation is None or event.conversation not in own or event.seq is None:
                continue
            after = self._told.get(event.conversation, event.seq - 1)
            try:
                current, messages = await self._app[CONVERSATIONS].read(event.conversation, after)
            except NotFoundError:
                continue
            if current.operator_id != self._staff.id:
                # It was passed on since the queue was read.
                continue
            for message in messages:
                frame = MessageFrame(
                    conversation=current.id, status=current.status, message=message
                )
                await self._socket.send_str(frame.model_dump_json())
            # Not the conversation's own last seq: it may be ahead of the messages just read.
            self._told[event.conversation] = messages[-1].seq if messages else after
