"""Passing a conversation on: to a colleague who can take it, or back to the queue."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.changes import (
    change,
    entering,
    has_too_many,
    held_by,
    holding,
    lock_staff,
    note_handoff,
    refusal,
    tell,
)
from gateway.conversations import announce, read_conversation
from gateway.database import Database
from gateway.errors import FieldError
from gateway.events import Hub, Presence
from gateway.handoff import Handoffs
from gateway.municipalities import Municipality
from gateway.queue import ConversationView, read_view
from gateway.tables import ConversationRow, HandoffRow, StaffRow, TransferRow
from gateway.texts import Texts
from gateway.transcripts import now
from gateway.types import Availability, Frozen, Staff, Status
from gateway.waiting import DESK_ROLES

REFUSALS: Mapping[Availability | None, tuple[str, str]] = {
    None: ("absent", "They don't have the desk open."),
    Availability.AWAY: ("away", "They are away."),
    Availability.BUSY: ("busy", "They are busy."),
}


class Colleague(Frozen):
    """Someone a conversation can be transferred to.

    `state` is what they have chosen to be while the desk is open, None without one; `there`:
    the desk is open and they are available; `full`: they have as many conversations as one may
    have. Only who is there and not full can be given one.
    """

    email: str
    name: str
    there: bool
    state: Availability | None
    full: bool


class DepartmentView(Frozen):
    """A department, with its name in each of the municipality's languages.

    `there`: somebody else at the desk answers for it; `open`: these are its opening hours.
    """

    id: str
    name: dict[str, str]
    there: bool
    open: bool


class Transfers:
    """Who could take a conversation, and giving it to them."""

    def __init__(
        self,
        database: Database,
        hub: Hub,
        presence: Presence,
        handoffs: Handoffs,
        municipalities: Mapping[str, Municipality],
        texts: Texts,
    ) -> None:
        self._database = database
        self._hub = hub
        self._presence = presence
        self._handoffs = handoffs
        self._municipalities = municipalities
        self._texts = texts

    async def colleagues(self, staff: Staff) -> tuple[Colleague, ...]:
        """Give the others of the municipality who work at the desk."""
        states = await self._presence.states(staff.municipality)
        limit = self._municipalities[staff.municipality].conversations_at_once
        held = (
            select(func.count())
            .where(
                ConversationRow.municipality == staff.municipality,
                ConversationRow.status == Status.WITH_OPERATOR,
                ConversationRow.operator_id == StaffRow.id,
            )
            .scalar_subquery()
        )
        async with self._database.reading() as session:
            rows = await session.execute(
                select(StaffRow.id, StaffRow.email, StaffRow.name, held)
                .where(
                    StaffRow.municipality == staff.municipality,
                    StaffRow.role.in_(DESK_ROLES),
                    StaffRow.id != staff.id,
                )
                .order_by(StaffRow.name, StaffRow.email)
            )
            return tuple(
                Colleague(
                    email=email,
                    name=name,
                    there=states.get(id_) is Availability.AVAILABLE,
                    state=states.get(id_),
                    full=count >= limit,
                )
                for id_, email, name, count in rows.all()
            )

    async def departments(self, staff: Staff) -> tuple[DepartmentView, ...]:
        """Give the municipality's departments, and who of the others is there for each."""
        line = await self._handoffs.lines.read(staff.municipality)
        tenant = line.tenant
        moment = self._handoffs.clock()
        return tuple(
            DepartmentView(
                id=id_,
                name=each.name,
                there=bool(line.people_for(id_) - {staff.id}),
                open=tenant.opening_of(id_).is_open(moment),
            )
            for id_, each in tenant.departments.items()
        )

    async def own_departments(self, staff: Staff) -> tuple[str, ...]:
        """Give the ids of the departments that someone answers for; none: all."""
        async with self._database.reading() as session:
            own = await session.scalar(
                select(StaffRow.departments).where(
                    StaffRow.id == staff.id, StaffRow.municipality == staff.municipality
                )
            )
        return tuple(own or ())

    async def transfer(
        self,
        staff: Staff,
        conversation: str,
        receiver: str | None,
        note: str,
        department: str | None = None,
    ) -> ConversationView:
        """Pass a conversation to a colleague, or with None back to the queue at its old place.

        There it waits for a department if one is given, else for the one it was for. Raises
        ConflictError when it is not held, FieldError when there is no such department or
        colleague, or the colleague can't take it: "absent", "away", "busy" or "limit".
        """
        tenant = self._municipalities[staff.municipality]
        if department is not None and department not in tenant.departments:
            raise FieldError("department", "unknown", "There is no such department here.")
        if department is not None and receiver is not None:
            raise FieldError("department", "invalid", "Either a colleague or a department.")
        moved: dict[str, object] = {} if department is None else {"department": department}
        states = {} if receiver is None else await self._presence.states(staff.municipality)
        async with self._database.writing() as session:
            colleague = None if receiver is None else await self._find(session, staff, receiver)
            if colleague is not None:
                await lock_staff(session, colleague.id)
            changed = await change(
                session,
                conversation,
                held_by(staff),
                status=Status.WAITING if colleague is None else Status.WITH_OPERATOR,
                operator_id=None if colleague is None else colleague.id,
                **moved,
                **(entering(now()) if colleague is None else holding()),
                **({"told_at": None, "told_closed_at": None} if colleague is None else {}),
            )
            if not changed:
                raise await refusal(session, staff, conversation)
            if colleague is not None:
                await _check(session, tenant, colleague, states.get(colleague.id))
            handoff = await session.scalar(
                select(HandoffRow.id).where(
                    HandoffRow.conversation_id == conversation, HandoffRow.resolved_at.is_(None)
                )
            )
            if handoff is not None:
                session.add(
                    TransferRow(
                        municipality=staff.municipality,
                        handoff_id=handoff,
                        sender=staff.name,
                        receiver=(
                            tenant.department_name(department, tenant.default_language)
                            if colleague is None
                            else colleague.name
                        ),
                        note=note,
                        created_at=now(),
                    )
                )
                await session.flush()
            if department is not None:
                await note_handoff(session, conversation, department=department)
            current = await read_conversation(session, conversation)
            language = current.language
            if department is not None:
                name = tenant.departments[department].name[language]
                text = self._texts.say(language, "system.transferred_department", department=name)
            elif colleague is not None:
                text = self._texts.say(language, "system.transferred")
            else:
                text = self._texts.say(language, "system.returned_to_queue")
            told = await tell(session, current, text)
            view = await read_view(session, staff, conversation)
        await announce(self._hub, told.conversation)
        return view

    async def _find(self, session: AsyncSession, staff: Staff, email: str) -> StaffRow:
        if email.casefold() == staff.email:
            raise FieldError("to", "invalid", "You have this conversation already.")
        row = await session.scalar(
            select(StaffRow).where(
                StaffRow.municipality == staff.municipality,
                StaffRow.email == email.casefold(),
                StaffRow.role.in_(DESK_ROLES),
            )
        )
        if row is None:
            raise FieldError("to", "unknown", "No operator here has this e-mail address.")
        return row


async def _check(
    session: AsyncSession, tenant: Municipality, colleague: StaffRow, state: Availability | None
) -> None:
    """Refuse a colleague who can't take the conversation they were just given."""
    if state in REFUSALS:
        code, why = REFUSALS[state]
        raise FieldError("to", code, why)
    if await has_too_many(session, tenant, colleague.id):
        raise FieldError("to", "limit", "They have as many conversations as one may have.")
