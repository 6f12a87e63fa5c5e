"""Nobody waits for ever and nothing ends without a word: what happens when nobody does anything.

Each sweep looks for rows whose time is up and changes each by one conditional UPDATE together
with what is said about it, in one transaction. So of several gateways exactly one says it, and
what is due after a restart is found in the database. Only who is connected is known to each
gateway alone: it notes for the others when it last saw each operator's desk open.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.case_offer import CaseOffer
from gateway.conversations import announce, read_conversation
from gateway.database import Database
from gateway.events import Hub
from gateway.municipalities import Municipality
from gateway.opening import OpeningHours
from gateway.spoken_hours import spoken_closing
from gateway.tables import ConversationRow, HandoffRow, StaffRow, TransferRow
from gateway.texts import Texts
from gateway.transcripts import append, now
from gateway.types import Author, Choice, Conversation, Draft, Outcome, ReturnReason, Status
from gateway.waiting import Lines

EVERY_SECONDS = 5.0
SEEN_EVERY_SECONDS = 15.0
AT_ONCE = 100

log = logging.getLogger(__name__)

LEFT: Mapping[str, object] = {
    "operator_id": None,
    "held_since": None,
    "awaits": None,
    "awaits_since": None,
    "asked_at": None,
}
"""What is no longer so when nobody has a conversation."""

HELD_SINCE = func.coalesce(ConversationRow.held_since, ConversationRow.waiting_since)


class OpenDesks:
    """Whose desk is open in this gateway, whatever they say they are."""

    def __init__(self) -> None:
        self._open: Counter[int] = Counter()

    @contextmanager
    def join(self, staff_id: int) -> Iterator[None]:
        """Count a connection until the context is left."""
        self._open[staff_id] += 1
        try:
            yield
        finally:
            self._open[staff_id] -= 1
            if not self._open[staff_id]:
                del self._open[staff_id]

    @property
    def open(self) -> tuple[int, ...]:
        """The staff ids."""
        return tuple(self._open)


class Timeouts:
    """Sees to what is overdue in the queue and at the desk."""

    def __init__(
        self,
        database: Database,
        hub: Hub,
        desks: OpenDesks,
        lines: Lines,
        municipalities: Mapping[str, Municipality],
        texts: Texts,
        offer: CaseOffer,
        forget: Callable[[str], Awaitable[object]],
        *,
        every_seconds: float = EVERY_SECONDS,
        clock: Callable[[], datetime] = now,
    ) -> None:
        """`forget` lets the bot begin anew in a conversation that people have left."""
        self._database = database
        self._hub = hub
        self._desks = desks
        self._lines = lines
        self._municipalities = municipalities
        self._texts = texts
        self._offer = offer
        self._forget = forget
        self._every = every_seconds
        self._clock = clock
        self._began = clock()
        self._seen_at: datetime | None = None

    async def run(self) -> None:
        """Sweep at each interval, until cancelled."""
        while True:
            try:
                await self.sweep()
            except Exception as error:
                # A chore that ended here would leave people waiting for ever.
                log.error("what is overdue can't be seen to: %s", type(error).__name__)
            await asyncio.sleep(self._every)

    async def sweep(self) -> None:
        """Do everything that is due now."""
        await self._note_open_desks()
        for tenant in self._municipalities.values():
            # Who lost their operator goes first: then it stands in the queue like the others.
            await self._operators_gone(tenant)
            await self._operators_silent(tenant)
            await self._residents_gone(tenant)
            await self._residents_silent(tenant)
            await self._given_up(tenant)
            await self._closing(tenant)
            await self._unclaimed(tenant)

    async def _note_open_desks(self) -> None:
        moment = self._clock()
        # A clock that was put back must not make open desks look closed.
        due = (
            self._seen_at is None
            or moment < self._seen_at
            or moment - self._seen_at >= timedelta(seconds=SEEN_EVERY_SECONDS)
        )
        if not due or not self._desks.open:
            return
        async with self._database.writing() as session:
            await session.execute(
                update(StaffRow)
                .where(StaffRow.id.in_(self._desks.open))
                .values(desk_seen_at=moment)
                .execution_options(synchronize_session=False)
            )
        self._seen_at = moment

    async def _operators_gone(self, tenant: Municipality) -> None:
        moment = self._clock()
        allowed = timedelta(seconds=tenant.handoff.operator_gone_seconds)
        if moment - self._began < allowed:
            # After a start of this gateway desks need a while to connect again.
            return
        seen = select(StaffRow.desk_seen_at).where(StaffRow.id == ConversationRow.operator_id)
        seen_at = func.coalesce(seen.scalar_subquery(), HELD_SINCE)
        gone = and_(
            ConversationRow.status == Status.WITH_OPERATOR,
            moment - allowed >= HELD_SINCE,
            seen_at <= moment - allowed,
        )
        await self._return(tenant, gone, ReturnReason.OPERATOR_GONE)

    async def _operators_silent(self, tenant: Municipality) -> None:
        allowed = timedelta(minutes=tenant.handoff.operator_silent_minutes)
        since = func.coalesce(ConversationRow.awaits_since, HELD_SINCE)
        silent = and_(
            ConversationRow.status == Status.WITH_OPERATOR,
            or_(ConversationRow.awaits.is_(None), ConversationRow.awaits == Author.OPERATOR),
            since <= self._clock() - allowed,
        )
        await self._return(tenant, silent, ReturnReason.OPERATOR_SILENT)

    async def _return(
        self, tenant: Municipality, overdue: ColumnElement[bool], reason: ReturnReason
    ) -> None:
        key = {
            ReturnReason.OPERATOR_GONE: "desk.returned.operator_gone",
            ReturnReason.OPERATOR_SILENT: "desk.returned.operator_silent",
        }[reason]

        async def pass_on(session: AsyncSession, before: ConversationRow) -> None:
            handoff = await session.scalar(
                select(HandoffRow.id).where(
                    HandoffRow.conversation_id == before.id, HandoffRow.resolved_at.is_(None)
                )
            )
            name = await session.scalar(
                select(StaffRow.name).where(StaffRow.id == before.operator_id)
            )
            if handoff is not None:
                session.add(
                    TransferRow(
                        municipality=tenant.id,
                        handoff_id=handoff,
                        sender=name or "",
                        receiver=None,
                        note=self._texts.say(tenant.default_language, key),
                        created_at=now(),
                        reason=reason,
                    )
                )
                await session.flush()

        moment = self._clock()
        values = {
            **LEFT,
            "status": Status.WAITING,
            "priority": 1,
            "entered_at": moment,
            "told_at": None,
            "told_closed_at": None,
        }
        for row in await self._overdue(tenant, overdue):
            await self._step(
                row,
                overdue,
                values,
                lambda language: (self._say(language, "system.returned"), ()),
                pass_on,
            )

    async def _residents_silent(self, tenant: Municipality) -> None:
        allowed = timedelta(minutes=tenant.handoff.resident_silent_minutes)
        moment = self._clock()
        silent = and_(
            ConversationRow.status == Status.WITH_OPERATOR,
            ConversationRow.awaits == Author.RESIDENT,
            ConversationRow.awaits_since <= moment - allowed,
            ConversationRow.asked_at.is_(None),
        )
        minutes = f"{tenant.handoff.resident_gone_minutes:g}"
        for row in await self._overdue(tenant, silent):
            await self._step(
                row,
                silent,
                {"asked_at": moment},
                lambda language: (self._say(language, "system.still_there", minutes=minutes), ()),
            )

    async def _residents_gone(self, tenant: Municipality) -> None:
        allowed = timedelta(minutes=tenant.handoff.resident_gone_minutes)
        gone = and_(
            ConversationRow.status == Status.WITH_OPERATOR,
            ConversationRow.asked_at <= self._clock() - allowed,
        )
        values = {**LEFT, "status": Status.CLOSED, "waiting_since": None}
        for row in await self._overdue(tenant, gone):
            closed = await self._step(
                row,
                gone,
                values,
                lambda language: (self._say(language, "system.closed_silent"), ()),
                _resolve(Outcome.CLOSED),
            )
            if closed:
                await self._forget(row.id)

    async def _given_up(self, tenant: Municipality) -> None:
        allowed = timedelta(hours=tenant.handoff.give_up_hours)
        tired = and_(
            ConversationRow.status == Status.WAITING,
            ConversationRow.waiting_since <= self._clock() - allowed,
        )
        values = {**LEFT, "status": Status.WITH_BOT, "waiting_since": None, "priority": 0}
        for row in await self._overdue(tenant, tired):
            returned = await self._step(
                row,
                tired,
                values,
                self._offering(tenant, row, "system.given_up", phone=tenant.phone),
                _resolve(Outcome.UNANSWERED),
            )
            if returned:
                await self._forget(row.id)

    async def _closing(self, tenant: Municipality) -> None:
        moment = self._clock()
        waiting = ConversationRow.status == Status.WAITING
        for department in (None, *tenant.departments):
            opening = tenant.opening_of(department)
            same = ConversationRow.department.is_not_distinct_from(department)
            if opening.is_open(moment):
                # Told again when it closes the next time.
                await self._reopen(tenant, same)
                continue
            untold = and_(waiting, same, ConversationRow.told_closed_at.is_(None))
            rows = await self._overdue(tenant, untold)
            # Whoever is there takes them after hours, too; told once the last one has left.
            if not rows or (await self._lines.read(tenant.id)).people_for(department):
                continue
            for row in rows:

                def closed(
                    language: str,
                    opening: OpeningHours = opening,
                    department: str | None = department,
                ) -> _Said:
                    text = spoken_closing(self._texts, "system.closing", language, opening, moment)
                    return self._offer.add(text, language, tenant, department)

                await self._step(row, untold, {"told_closed_at": moment, "told_at": moment}, closed)

    async def _reopen(self, tenant: Municipality, same: ColumnElement[bool]) -> None:
        told = and_(
            ConversationRow.municipality == tenant.id,
            ConversationRow.status == Status.WAITING,
            same,
            ConversationRow.told_closed_at.is_not(None),
        )
        async with self._database.reading() as session:
            if await session.scalar(select(ConversationRow.id).where(told).limit(1)) is None:
                return
        async with self._database.writing() as session:
            await session.execute(
                update(ConversationRow)
                .where(told)
                .values(told_closed_at=None)
                .execution_options(synchronize_session=False)
            )

    async def _unclaimed(self, tenant: Municipality) -> None:
        moment = self._clock()
        overdue = and_(
            ConversationRow.status == Status.WAITING,
            ConversationRow.entered_at
            <= moment - timedelta(minutes=tenant.handoff.unclaimed_minutes),
            ConversationRow.told_at.is_(None),
        )
        for row in await self._overdue(tenant, overdue):
            await self._step(
                row,
                overdue,
                {"told_at": moment},
                self._offering(tenant, row, "system.unclaimed"),
            )

    async def _overdue(
        self, tenant: Municipality, overdue: ColumnElement[bool]
    ) -> list[ConversationRow]:
        async with self._database.reading() as session:
            rows = await session.scalars(
                select(ConversationRow)
                .where(ConversationRow.municipality == tenant.id, overdue)
                .order_by(ConversationRow.waiting_since)
                .limit(AT_ONCE)
            )
            return list(rows)

    async def _step(
        self,
        row: ConversationRow,
        overdue: ColumnElement[bool],
        values: Mapping[str, object],
        say: Callable[[str], _Said],
        also: Callable[[AsyncSession, ConversationRow], Awaitable[None]] | None = None,
    ) -> bool:
        """Change one conversation if it is still overdue, and say so; tell whether it was."""
        async with self._database.writing() as session:
            changed = await session.scalar(
                update(ConversationRow)
                .where(ConversationRow.id == row.id, overdue)
                .values(**values)
                .returning(ConversationRow.id)
                .execution_options(synchronize_session=False)
            )
            if changed is None:
                return False
            current = await read_conversation(session, row.id)
            if also is not None:
                await also(session, row)
            text, choices = say(current.language)
            told = await append(session, row.id, [_system(current, text, choices)])
            assert told is not None, "it was changed in the same transaction"
        await announce(self._hub, told.conversation)
        return True

    def _offering(
        self, tenant: Municipality, row: ConversationRow, key: str, **values: str
    ) -> Callable[[str], _Said]:
        return lambda language: self._offer.add(
            self._say(language, key, **values), language, tenant, row.department
        )

    def _say(self, language: str, key: str, **values: str) -> str:
        return self._texts.say(language, key, **values)


_Said = tuple[str, tuple[Choice, ...]]


def _system(conversation: Conversation, text: str, choices: tuple[Choice, ...]) -> Draft:
    return Draft(author=Author.SYSTEM, text=text, language=conversation.language, choices=choices)


def _resolve(outcome: Outcome) -> Callable[[AsyncSession, ConversationRow], Awaitable[None]]:
    async def resolve(session: AsyncSession, before: ConversationRow) -> None:
        await session.execute(
            update(HandoffRow)
            .where(HandoffRow.conversation_id == before.id, HandoffRow.resolved_at.is_(None))
            .values(resolved_at=now(), outcome=outcome)
            .execution_options(synchronize_session=False)
        )

    return resolve
