"""Who is at the desk, and what they have chosen to be: available, busy or away.

That the desk is open is known by its live connection; what its operator has chosen is kept with
the session, so that neither a reload nor a restart makes someone available who is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager

from sqlalchemy import delete, select

from gateway.database import Database
from gateway.events import Presence
from gateway.sessions import SignedIn
from gateway.tables import DeskPresenceRow
from gateway.transcripts import now
from gateway.types import Availability


class DeskPresence:
    """Presence that knows what people have chosen, on top of one that knows who is connected."""

    def __init__(self, database: Database, connected: Presence) -> None:
        self._database = database
        self._connected = connected

    def join(self, municipality: str, staff_id: int) -> AbstractContextManager[None]:
        """Count a connection until the context is left."""
        return self._connected.join(municipality, staff_id)

    async def there(self, municipality: str) -> frozenset[int]:
        """Give the staff ids with an open desk who are available."""
        states = await self.states(municipality)
        return frozenset(id_ for id_, state in states.items() if state is Availability.AVAILABLE)

    async def states(self, municipality: str) -> Mapping[int, Availability]:
        """Give what everyone with an open desk is: available unless they chose something else."""
        connected = await self._connected.states(municipality)
        if not connected:
            return {}
        async with self._database.reading() as session:
            rows = await session.execute(
                select(DeskPresenceRow.staff_id, DeskPresenceRow.state)
                .where(
                    DeskPresenceRow.municipality == municipality,
                    DeskPresenceRow.staff_id.in_(connected),
                )
                .order_by(DeskPresenceRow.chosen_at)
            )
            # Of several sessions of one person the newest choice counts.
            chosen = {id_: Availability(state) for id_, state in rows.all()}
        return {**connected, **chosen}

    async def chosen(self, signed_in: SignedIn) -> Availability:
        """Give what someone has chosen to be, with an open desk or without."""
        async with self._database.reading() as session:
            state = await session.scalar(
                select(DeskPresenceRow.state)
                .where(
                    DeskPresenceRow.municipality == signed_in.staff.municipality,
                    DeskPresenceRow.staff_id == signed_in.staff.id,
                )
                .order_by(DeskPresenceRow.chosen_at.desc())
                .limit(1)
            )
        return Availability.AVAILABLE if state is None else Availability(state)

    async def choose(self, signed_in: SignedIn, state: Availability) -> None:
        """Keep what someone chose, for as long as their session."""
        async with self._database.writing() as session:
            await session.execute(
                delete(DeskPresenceRow).where(DeskPresenceRow.session_hash == signed_in.session)
            )
            session.add(
                DeskPresenceRow(
                    session_hash=signed_in.session,
                    municipality=signed_in.staff.municipality,
                    staff_id=signed_in.staff.id,
                    state=state,
                    chosen_at=now(),
                )
            )
