"""What the WebSockets share: they are counted, kept alive, closed on shutdown and forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from aiohttp import ClientConnectionResetError, WSCloseCode, WSMsgType, web

from gateway.events import Event, Subscription
from gateway.guards import SUBPROTOCOL
from gateway.keys import METRICS, SOCKETS

HEARTBEAT_SECONDS = 20
IDLE_SECONDS = 60
LARGEST_FRAME = 4096
HEAR_SECONDS = 1.0
"""How often a page is listened to at most; what it says in between is dropped."""
ERASED = 4404
SIGNED_OUT = 4401
LAGGED = WSCloseCode.TRY_AGAIN_LATER


@asynccontextmanager
async def live_socket(
    request: web.Request,
    page: str,
    subscription: Subscription,
    hear: Callable[[str], Awaitable[None]],
) -> AsyncIterator[web.WebSocketResponse]:
    """Give an open WebSocket to send by; the little that a page says on it goes to `hear`.

    When the other side goes away the subscription is woken, so that whoever waits on it finds
    the socket closed.
    """
    socket = web.WebSocketResponse(
        protocols=(SUBPROTOCOL,), heartbeat=HEARTBEAT_SECONDS, max_msg_size=LARGEST_FRAME
    )
    await socket.prepare(request)

    async def listen() -> None:
        clock = asyncio.get_running_loop().time
        next_time = clock()
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT and clock() >= next_time:
                    next_time = clock() + HEAR_SECONDS
                    await hear(frame.data)
        finally:
            subscription.offer(Event("gone"))

    request.app[SOCKETS].add(socket)
    request.app[METRICS].sockets.labels(page).inc()
    listener = asyncio.create_task(listen())
    try:
        # Whoever went away while something was being sent has had what they wanted.
        with suppress(ClientConnectionResetError):
            yield socket
            await socket.close()
    finally:
        listener.cancel()
        request.app[SOCKETS].discard(socket)
        request.app[METRICS].sockets.labels(page).dec()


async def close_sockets(app: web.Application) -> None:
    """Close every WebSocket when the gateway stops, so that nothing waits for them."""
    open_sockets: set[web.WebSocketResponse] = app[SOCKETS]
    await asyncio.gather(
        *(
            socket.close(code=WSCloseCode.GOING_AWAY, message=b"the gateway stops")
            for socket in tuple(open_sockets)
        ),
        return_exceptions=True,
    )
