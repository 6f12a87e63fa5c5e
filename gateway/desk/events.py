"""The desk's WebSocket: what changes in the queue, and the messages of one's own conversations.

A live connection here is what "an operator is there" means.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from aiohttp import web
from pydantic import ValidationError

from gateway.desk.board import Board
from gateway.desk.models import (
    CaseFrame,
    DeskState,
    LinesFrame,
    MessageFrame,
    NoteFrame,
    PresenceFrame,
    QueueFrame,
    TypingFrame,
)
from gateway.desk.views import state_of
from gateway.errors import NotFoundError
from gateway.events import TYPING, Event, LaggedError, conversation_topic, desk_topic
from gateway.guards import require_same_origin, with_session
from gateway.keys import BOARDS, CONVERSATIONS, DESKS, HUB, PRESENCE, SESSIONS, SIGNED_IN
from gateway.queue import Queue, QueueItem
from gateway.sessions import SignedIn
from gateway.sockets import IDLE_SECONDS, LAGGED, SIGNED_OUT, live_socket
from gateway.types import Frozen, Staff, Status
from gateway.waiting import DESK_ROLES

QUEUE_PAUSE_SECONDS = 0.1
"""Between two words about the queue; what happens meanwhile is in the second one."""
SESSION_SECONDS = 1.0
"""How often it is looked at most whether the session goes on."""


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

    with (
        request.app[HUB].subscribe(desk_topic(staff.municipality)) as subscription,
        request.app[BOARDS].open(staff.municipality) as board,
    ):
        async with (
            live_socket(request, "desk", subscription, hear) as socket,
            _at_the_desk(request, staff),
        ):
            teller = _Teller(request, socket, signed_in, board)
            await teller.begin()
            while not socket.closed:
                try:
                    news = await subscription.take(teller.patience())
                except LaggedError:
                    await socket.close(code=LAGGED, message=b"read again")
                    break
                if socket.closed:
                    break
                signed_out = any(event.session == signed_in.session for event in news)
                if signed_out or not await teller.may_listen():
                    await socket.close(code=SIGNED_OUT, message=b"signed out")
                    break
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
    """What one connection has been told so far: of each own conversation, up to which seq.

    Somebody waits for words: they go at once. The queue is only read when an event may have
    changed it, and what changes in quick succession is sent together.
    """

    def __init__(
        self,
        request: web.Request,
        socket: web.WebSocketResponse,
        signed_in: SignedIn,
        board: Board,
    ) -> None:
        self._request = request
        self._app = request.app
        self._socket = socket
        self._signed_in = signed_in
        self._staff = signed_in.staff
        self._board = board
        self._told: dict[str, int] = {}
        self._lines: Mapping[str, QueueItem] = {}
        self._order: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        # Ahead of the queue by what events say: who has just claimed begins to write at once.
        self._own: set[str] = set()
        self._presence: DeskState | None = None
        self._clock = asyncio.get_running_loop().time
        self._checked = self._clock()
        self._sent = -math.inf
        self._due: float | None = None

    async def begin(self) -> None:
        """Send the queue as it is now; from here on the page is told what is new."""
        queue = await self._board.read(self._staff)
        self._keep(queue)
        # The page reads the messages that are there, and who is there.
        self._told = {item.id: item.last_seq for item in queue.own}
        self._presence = await state_of(self._request)
        await self._send(QueueFrame(queue=queue))

    def patience(self) -> float:
        """Give for how many seconds there is nothing to do unless something happens."""
        return IDLE_SECONDS if self._due is None else max(0.0, self._due - self._clock())

    async def may_listen(self) -> bool:
        """Tell whether the session goes on; signing out itself comes as an event."""
        moment = self._clock()
        if moment - self._checked < SESSION_SECONDS:
            return True
        self._checked = moment
        return await self._app[SESSIONS].read(self._signed_in.token) is not None

    async def tell(self, news: Sequence[Event]) -> None:
        """Send what is new in own conversations among these events, then the queue if it is due."""
        await self._tell_messages(news)
        await self._tell_typing(news)
        await self._tell_notes(news)
        for reference in dict.fromkeys(event.case for event in news if event.case is not None):
            await self._send(CaseFrame(reference=reference))
        if any(event.kind == "presence" for event in news):
            await self._tell_presence()
        if self._due is None and any(self._may_change_queue(event) for event in news):
            self._due = self._sent + QUEUE_PAUSE_SECONDS
        if self._due is not None and self._due <= self._clock():
            self._due = None
            await self._tell_queue()

    def _may_change_queue(self, event: Event) -> bool:
        if event.kind not in ("message", "erased"):
            return False
        # What residents say to the bot, or to a colleague, is in nobody else's queue.
        return (
            event.conversation in self._lines
            or event.status is Status.WAITING
            or event.operator == self._staff.id
        )

    async def _tell_queue(self) -> None:
        queue = await self._board.read(self._staff)
        before, order = self._lines, self._order
        self._keep(queue)
        changed = tuple(item for id_, item in self._lines.items() if item is not before.get(id_))
        if not changed and order == self._order:
            return
        self._told = {id_: seq for id_, seq in self._told.items() if id_ in self._order[1]}
        self._sent = self._clock()
        waiting, own = self._order
        await self._send(LinesFrame(waiting=waiting, own=own, lines=changed))

    def _keep(self, queue: Queue) -> None:
        self._lines = {item.id: item for item in (*queue.waiting, *queue.own)}
        self._order = (
            tuple(item.id for item in queue.waiting),
            tuple(item.id for item in queue.own),
        )
        self._own = set(self._order[1])

    async def _tell_notes(self, news: Sequence[Event]) -> None:
        noted = {event.conversation for event in news if event.kind == "note"}
        for id_ in self._lines.keys() & noted:
            await self._send(NoteFrame(conversation=id_))

    async def _tell_presence(self) -> None:
        presence = await state_of(self._request)
        if presence == self._presence:
            return
        self._presence = presence
        await self._send(PresenceFrame(presence=presence))

    async def _tell_typing(self, news: Sequence[Event]) -> None:
        """Say of which own conversations the residents are writing."""
        writing = {event.conversation for event in news if event.kind == TYPING}
        for id_ in self._own:
            if id_ in writing:
                await self._send(TypingFrame(type=TYPING, conversation=id_))

    async def hear(self, text: str) -> None:
        """Tell a resident that the operator writes, if the conversation is theirs."""
        try:
            said = TypingFrame.model_validate_json(text)
        except ValidationError:
            return
        if said.conversation in self._own:
            event = Event(TYPING, said.conversation)
            await self._app[HUB].publish(conversation_topic(said.conversation), event)

    async def _tell_messages(self, news: Sequence[Event]) -> None:
        # The first event of each: what came since is read with it.
        fresh: dict[str, int] = {}
        for event in news:
            if event.conversation is None or event.seq is None:
                continue
            if event.operator == self._staff.id and event.status is Status.WITH_OPERATOR:
                fresh.setdefault(event.conversation, event.seq - 1)
                self._own.add(event.conversation)
            else:
                self._own.discard(event.conversation)
        for id_, before in fresh.items():
            await self._tell_conversation(id_, self._told.get(id_, before))

    async def _tell_conversation(self, conversation: str, after: int) -> None:
        try:
            current, messages = await self._app[CONVERSATIONS].read(conversation, after)
        except NotFoundError:
            return
        if current.operator_id != self._staff.id:
            # It was passed on meanwhile.
            return
        for message in messages:
            await self._send(
                MessageFrame(conversation=current.id, status=current.status, message=message)
            )
        # Not the conversation's own last seq: it may be ahead of the messages just read.
        self._told[conversation] = messages[-1].seq if messages else after

    async def _send(self, frame: Frozen) -> None:
        await self._socket.send_str(frame.model_dump_json())
