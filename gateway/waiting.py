"""Where waiting conversations stand, and how long that lately took.

A municipality whose operators all answer everything has one line. As soon as somebody answers
for particular departments only, each of these departments has a line of its own.
"""

from __future__ import annotations

import asyncio
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database import Database
from gateway.events import Presence
from gateway.municipalities import Municipality
from gateway.queue import IN_LINE
from gateway.tables import ConversationRow, HandoffRow, StaffRow
from gateway.transcripts import now
from gateway.types import Conversation, Place, Role, Status

DESK_ROLES = (Role.OPERATOR, Role.ADMINISTRATOR)
RECENT = timedelta(days=28)
CLAIMS = 50
"""How many of the last claims are looked at."""
FEWEST = 8
"""With fewer claims than this nothing is said about the wait."""
FRESH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conversation in the queue."""

    id: str
    department: str | None
    language: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A wait that has ended: how long it took from which place."""

    department: str | None
    position: int
    minutes: float


def serves(departments: Sequence[str], department: str | None) -> bool:
    """Tell whether someone who answers for these departments (none: all) answers for this one.

    What belongs to no department is everybody's.
    """
    return not departments or department is None or department in departments


def wait_minutes(position: int, claims: Sequence[Claim]) -> tuple[int, int] | None:
    """Give the span in which the middle three fifths of such waits have ended.

    Claims from about the same place count as they are; when these are too few, every claim
    counts by its time per place. None when even those are too few.
    """
    like = [claim.minutes for claim in claims if _like(claim.position, position)]
    if len(like) < FEWEST:
        like = [claim.minutes / claim.position * position for claim in claims]
    if len(like) < FEWEST:
        return None
    cuts = statistics.quantiles(like, n=5, method="inclusive")
    low = max(1, math.floor(cuts[0]))
    return low, max(low + 1, math.ceil(cuts[3]))


def _like(one: int, other: int) -> bool:
    return abs(one - other) <= max(1, other // 3)


@dataclass(frozen=True, slots=True)
class Line:
    """A municipality's queue at one moment, with what is known of its people and their pace."""

    tenant: Municipality
    waiting: tuple[Waiting, ...]
    staffed: tuple[tuple[str, ...], ...]
    there: Mapping[int, tuple[str, ...]]
    claims: tuple[Claim, ...]

    def people_for(self, department: str | None) -> frozenset[int]:
        """Give who is there of those who answer for a department."""
        return frozenset(id_ for id_, own in self.there.items() if serves(own, department))

    def place(self, conversation: str) -> Place | None:
        """Give the place of a conversation; None when it does not wait."""
        found = next((each for each in self.waiting if each.id == conversation), None)
        if found is None:
            return None
        own = self._own_line(found.department)
        line = [each.id for each in self.waiting if not own or each.department == found.department]
        position = line.index(conversation) + 1
        claims = [claim for claim in self.claims if not own or claim.department == found.department]
        return Place(
            position=position,
            of_department=(
                self.tenant.department_name(found.department, found.language) if own else None
            ),
            wait_minutes=(
                wait_minutes(position, claims) if self.people_for(found.department) else None
            ),
        )

    def _own_line(self, department: str | None) -> bool:
        return department is not None and any(department in each for each in self.staffed)


class Lines:
    """Reads municipalities' queues; many pages that ask at once share one reading."""

    def __init__(
        self,
        database: Database,
        presence: Presence,
        municipalities: Mapping[str, Municipality],
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._presence = presence
        self._municipalities = municipalities
        self._clock = clock
        self._read: dict[str, tuple[float, asyncio.Task[Line]]] = {}

    async def place(self, conversation: Conversation) -> Place | None:
        """Give the place of a conversation, at most FRESH_SECONDS old."""
        if conversation.status is not Status.WAITING:
            return None
        loop = asyncio.get_running_loop()
        began, task = self._read.get(conversation.municipality, (-FRESH_SECONDS, None))
        if task is None or loop.time() - began >= FRESH_SECONDS:
            task = asyncio.create_task(self.read(conversation.municipality))
            self._read[conversation.municipality] = (loop.time(), task)
        try:
            line = await asyncio.shield(task)
        except Exception:
            # Whatever was wrong then need not be now, also for those who come within the second.
            self._read.pop(conversation.municipality, None)
            raise
        # Whoever came in since that reading is in none of its lines.
        found = line.place(conversation.id)
        if found is None:
            line = await self.read(conversation.municipality)
            found = line.place(conversation.id)
        return found

    async def read(self, municipality: str) -> Line:
        """Give a municipality's queue as it is now."""
        there = await self._presence.there(municipality)
        async with self._database.reading() as session:
            return await self.read_within(session, municipality, there)

    async def read_within(
        self, session: AsyncSession, municipality: str, there: frozenset[int]
    ) -> Line:
        """Give it as a transaction sees it."""
        waiting = await session.execute(
            select(ConversationRow.id, ConversationRow.department, ConversationRow.language)
            .where(
                ConversationRow.municipality == municipality,
                ConversationRow.status == Status.WAITING,
            )
            .order_by(*IN_LINE)
        )
        staff = (
            await session.execute(
                select(StaffRow.id, StaffRow.departments).where(
                    StaffRow.municipality == municipality, StaffRow.role.in_(DESK_ROLES)
                )
            )
        ).all()
        claims = await session.execute(
            select(
                HandoffRow.department,
                HandoffRow.position,
                HandoffRow.requested_at,
                HandoffRow.claimed_at,
            )
            .where(
                HandoffRow.municipality == municipality,
                HandoffRow.position.is_not(None),
                HandoffRow.claimed_at > self._clock() - RECENT,
            )
            .order_by(HandoffRow.claimed_at.desc())
            .limit(CLAIMS)
        )
        return Line(
            tenant=self._municipalities[municipality],
            waiting=tuple(Waiting(*row) for row in waiting.all()),
            staffed=tuple(tuple(departments) for _, departments in staff),
            there={id_: tuple(departments) for id_, departments in staff if id_ in there},
            claims=tuple(
                Claim(department, position, (claimed - requested).total_seconds() / 60)
                for department, position, requested, claimed in claims.all()
                if position is not None and claimed is not None
            ),
        )
