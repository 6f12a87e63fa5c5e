"""Conversations as Rasa needs them: slots, active form and the last few turns, in one row each.

Stock Rasa reads and replays every event a conversation ever had at each of its turns. Here turn
100 costs what turn 5 costs. The gateway keeps the transcript; nothing is lost.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Engine
from sqlalchemy.pool import QueuePool

TURNS = 3
"""Turns kept: what policies and actions look back on (the offer of a person, what to repeat)."""

_metadata = sa.MetaData()
_trackers = sa.Table(
    "trackers",
    _metadata,
    sa.Column("conversation", sa.String(255), primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("updated_at", sa.Float, nullable=False, index=True),
)


class BoundedTrackerStore(TrackerStore):
    """Keeps one JSON row per conversation, in SQLite under SVAR_VAR or SVAR_TRACKER_DATABASE_URL.

    The database is used from threads, never on the event loop. Rasa's lock on a conversation
    makes its reads and writes take turns.
    """

    def __init__(
        self,
        domain: Domain | None = None,
        event_broker: EventBroker | None = None,
        host: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(domain, event_broker)
        self._engine = _create_engine(host or _database_url())
        _metadata.create_all(self._engine)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Replace the conversation's row by its slots and last turns."""
        if not tracker.events:
            # Rasa saves every new tracker before its first event; there is nothing to keep yet.
            return
        await self.stream_events(tracker)
        state = json.dumps(_to_state(tracker), ensure_ascii=False)
        await asyncio.to_thread(self._write, tracker.sender_id, state)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The conversation's tracker, or None when there is none of that name."""
        state = await asyncio.to_thread(self._read, sender_id)
        if state is None:
            return None
        return _to_tracker(sender_id, json.loads(state), self.domain)

    async def keys(self) -> Iterable[str]:
        """The names of all conversations."""
        return await asyncio.to_thread(self._names)

    async def delete(self, sender_id: str) -> None:
        """Forget a conversation; one that is unknown is forgotten already."""
        await asyncio.to_thread(self._erase, sender_id)

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()

    def _write(self, conversation: str, state: str) -> None:
        values = {"state": state, "updated_at": time.time()}
        with self._engine.begin() as connection:
            updated = connection.execute(
                _trackers.update().where(_trackers.c.conversation == conversation).values(values)
            )
            if updated.rowcount == 0:
                connection.execute(_trackers.insert().values(conversation=conversation, **values))

    def _read(self, conversation: str) -> str | None:
        with self._engine.connect() as connection:
            state: str | None = connection.execute(
                sa.select(_trackers.c.state).where(_trackers.c.conversation == conversation)
            ).scalar()
            return state

    def _names(self) -> list[str]:
        with self._engine.connect() as connection:
            return list(connection.execute(sa.select(_trackers.c.conversation)).scalars())

    def _erase(self, conversation: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(_trackers.delete().where(_trackers.c.conversation == conversation))


def _to_state(tracker: DialogueStateTracker) -> dict[str, Any]:
    slots = {
        name: slot.value for name, slot in tracker.slots.items() if slot.value != slot.initial_value
    }
    kept = _last_turns(tracker)
    return {
        "slots": slots,
        "active_loop": _loop_before(tracker, len(kept)),
        "events": [event.as_dict() for event in kept],
    }


def _loop_before(tracker: DialogueStateTracker, kept: int) -> str | None:
    """The form that was active when the kept turns begin; they may have left or ended it."""
    name: str | None = None
    for event in list(tracker.events)[: len(tracker.events) - kept]:
        if isinstance(event, ActiveLoop):
            name = event.name
        elif isinstance(event, SessionStarted):
            name = None
    return name


def _last_turns(tracker: DialogueStateTracker) -> list[Event]:
    events = list(tracker.events)
    session = max(
        (index for index, event in enumerate(events) if isinstance(event, SessionStarted)),
        default=0,
    )
    turns = [
        index
        for index, event in enumerate(events)
        if index >= session and isinstance(event, UserUttered)
    ]
    return events[turns[-TURNS:][0] :] if turns else events[session:]


def _to_tracker(conversation: str, state: dict[str, Any], domain: Domain) -> DialogueStateTracker:
    """Replay the turns on top of the slots as they were saved.

    Setting the final values first is right: a slot that the kept turns set gets its value again
    from the last event that sets it, and the others keep the value of an event that is gone.
    """
    known = {slot.name for slot in domain.slots}
    slots = [SlotSet(name, value) for name, value in state["slots"].items() if name in known]
    loop = state.get("active_loop")
    loops = [ActiveLoop(loop)] if loop in domain.form_names else []
    # Every turn begins where the bot listens.
    start: list[Event] = [*slots, *loops, ActionExecuted(ACTION_LISTEN_NAME)]
    turns = [_event_class(event["event"])._from_parameters(event) for event in state["events"]]
    return DialogueStateTracker.from_events(
        conversation, list(itertools.chain(start, turns)), domain.slots
    )


@cache
def _event_class(type_name: str) -> type[Event]:
    # Rasa looks through all subclasses of Event for every single event.
    found: type[Event] | None = Event.resolve_by_type(type_name)
    if found is None:
        raise ValueError(f"Rasa has no event {type_name!r}.")
    return found


def _database_url() -> str:
    url = os.environ.get("SVAR_TRACKER_DATABASE_URL")
    if url:
        return url
    path = Path(os.environ.get("SVAR_VAR", "var")) / "trackers.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{path}"


def _create_engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True)
    # SQLAlchemy 1.4 would open the file anew for every statement.
    engine = sa.create_engine(
        url, poolclass=QueuePool, connect_args={"check_same_thread": False, "timeout": 2}
    )

    @sa.event.listens_for(engine, "connect")
    def use_write_ahead_log(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        # What a resident erases must not lie about in free pages.
        connection.execute("PRAGMA secure_delete=ON")
        # A power cut may cost the last turns' context, never the file.
        connection.execute("PRAGMA synchronous=NORMAL")

    return engine
