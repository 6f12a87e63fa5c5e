"""Telling open connections that something changed; inside one process for now.

Events say what changed, not what it became: whoever is told reads the database after the last
thing it has seen. So an event that is lost, doubled or late loses no message, and a
publish/subscribe server between several gateways can take the place of this module.

TYPING is the exception: that somebody writes is stored nowhere, so nothing is read for it.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.types import Availability, Status

QUEUE_LENGTH = 256
TYPING: Final = "typing"


@dataclass(frozen=True, slots=True)
class Event:
    """A change: `kind` is message, note, case, erased, presence, signed_out or typing.

    Typing is told to the other side only: on the desk's topic the resident writes, on the
    conversation's the operator does.
    """

    kind: str
    conversation: str | None = None
    seq: int | None = None
    operator: int | None = None
    session: str | None = None
    case: str | None = None
    status: Status | None = None


class LaggedError(Exception):
    """A subscriber was too slow and must read everything anew."""


class Subscription:
    """What one connection has not been told yet, at most QUEUE_LENGTH events."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[Event] = asyncio.Queue(QUEUE_LENGTH)
        self._lagged = False

    def offer(self, event: Event) -> None:
        """Add an event without waiting; one too many marks the subscriber as lagging."""
        try:
            self._events.put_nowait(event)
        except asyncio.QueueFull:
            # What passes in a few seconds is no reason to read everything anew.
            self._lagged = self._lagged or event.kind != TYPING

    async def take(self, seconds: float) -> list[Event]:
        """Give all events there are, waiting up to so many seconds for the first; [] if none.

        Raises LaggedError when events were lost.
        """
        found: list[Event] = []
        try:
            async with asyncio.timeout(seconds):
                found.append(await self._events.get())
        except TimeoutError:
            pass
        while not self._events.empty():
            found.append(self._events.get_nowait())
        if self._lagged:
            raise LaggedError
        return found


class Hub(Protocol):
    """Where changes are published and subscribed to, by topic."""

    async def publish(self, topic: str, event: Event) -> None:
        """Tell everyone who subscribed to the topic."""
        ...

    def subscribe(self, topic: str) -> AbstractContextManager[Subscription]:
        """Give what is published from now on, until the context is left."""
        ...


class LocalHub:
    """A hub for one process."""

    def __init__(self) -> None:
        self._topics: defaultdict[str, set[Subscription]] = defaultdict(set)

    async def publish(self, topic: str, event: Event) -> None:
        """Tell everyone who subscribed to the topic; never waits for a slow one."""
        for subscription in tuple(self._topics.get(topic, ())):
            subscription.offer(event)

    @contextmanager
    def subscribe(self, topic: str) -> Iterator[Subscription]:
        """Give what is published from now on, until the context is left."""
        subscription = Subscription()
        self._topics[topic].add(subscription)
        try:
            yield subscription
        finally:
            self._topics[topic].discard(subscription)
            if not self._topics[topic]:
                del self._topics[topic]


def conversation_topic(conversation: str) -> str:
    """Name the topic of one conversation."""
    return f"conversation:{conversation}"


def desk_topic(municipality: str) -> str:
    """Name the topic of one municipality's desk."""
    return f"desk:{municipality}"


class Presence(Protocol):
    """Who has the desk open, and what they have chosen to be."""

    async def there(self, municipality: str) -> frozenset[int]:
        """Give the staff ids with a live connection to the municipality's desk who are available.

        These alone count as there.
        """
        ...

    async def states(self, municipality: str) -> Mapping[int, Availability]:
        """Give what everyone with a live connection to the municipality's desk is."""
        ...

    def join(self, municipality: str, staff_id: int) -> AbstractContextManager[None]:
        """Count a connection until the context is left."""
        ...


class LocalPresence:
    """Presence within one process."""

    def __init__(self) -> None:
        self._open: defaultdict[str, Counter[int]] = defaultdict(Counter)

    async def there(self, municipality: str) -> frozenset[int]:
        """Give the staff ids with a live connection to the municipality's desk."""
        return frozenset(self._open.get(municipality, ()))

    async def states(self, municipality: str) -> Mapping[int, Availability]:
        """Give everyone with a live connection as available: nobody chooses anything here."""
        return dict.fromkeys(await self.there(municipality), Availability.AVAILABLE)

    @contextmanager
    def join(self, municipality: str, staff_id: int) -> Iterator[None]:
        """Count a connection until the context is left."""
        here = self._open[municipality]
        here[staff_id] += 1
        try:
            yield
        finally:
            here[staff_id] -= 1
            if not here[staff_id]:
                del here[staff_id]
