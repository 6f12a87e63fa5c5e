"""A municipality's queue as its open desks see it: read once for all of them, and only what moved.

A line is read in full when its conversation has changed since; that is told by few columns of
one row. Nothing is kept longer than a desk is open, for it holds what people wrote.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from gateway.database import Database
from gateway.queue import IN_LINE, Queue, QueueItem, read_items
from gateway.tables import ConversationRow
from gateway.types import Staff, Status


class _Version(NamedTuple):
    """What differs in a conversation's row whenever its line would read otherwise.

    Whatever else the line shows changes together with a message: claims, transfers and
    everything of a handoff.
    """

    id: str
    status: str
    operator_id: int | None
    department: str | None
    language: str
    waiting_since: datetime | None
    last_seq: int


class Board:
    """One municipality's lines."""

    def __init__(self, database: Database, municipality: str) -> None:
        self._database = database
        self._municipality = municipality
        self._lines: Mapping[str, tuple[_Version, QueueItem]] = {}
        self._lock = asyncio.Lock()
        self._asked = 0
        self._answered = 0

    async def read(self, staff: Staff) -> Queue:
        """Give what waits and what this operator has, as it is at this moment or later.

        Desks that ask while another is being answered share the next reading.
        """
        self._asked += 1
        mine = self._asked
        async with self._lock:
            if self._answered < mine:
                asked = self._asked
                await self._refresh()
                self._answered = asked
        lines = self._lines.values()
        return Queue(
            waiting=tuple(item for version, item in lines if version.status == Status.WAITING),
            own=tuple(item for version, item in lines if version.operator_id == staff.id),
        )

    async def _refresh(self) -> None:
        async with self._database.reading(snapshot=True) as session:
            found = await session.execute(
                select(
                    ConversationRow.id,
                    ConversationRow.status,
                    ConversationRow.operator_id,
                    ConversationRow.department,
                    ConversationRow.language,
                    ConversationRow.waiting_since,
                    ConversationRow.last_seq,
                )
                .where(
                    ConversationRow.municipality == self._municipality,
                    ConversationRow.status.in_((Status.WAITING, Status.WITH_OPERATOR)),
                )
                .order_by(*IN_LINE)
            )
            versions = {row.id: _Version(*row) for row in found.all()}
            moved = [
                id_
                for id_, version in versions.items()
                if id_ not in self._lines or self._lines[id_][0] != version
            ]
            items = await read_items(session, self._municipality, moved)
        self._lines = {
            id_: (version, items[id_] if id_ in items else self._lines[id_][1])
            for id_, version in versions.items()
        }


class Boards:
    """The boards of the municipalities with an open desk."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._boards: dict[str, Board] = {}
        self._open: Counter[str] = Counter()

    @contextmanager
    def open(self, municipality: str) -> Iterator[Board]:
        """Give a municipality's board, which is forgotten when the last desk is closed."""
        board = self._boards.setdefault(municipality, Board(self._database, municipality))
        self._open[municipality] += 1
        try:
            yield board
        finally:
            self._open[municipality] -= 1
            if not self._open[municipality]:
                del self._open[municipality], self._boards[municipality]
