"""Seeing to it that the bot forgets what a resident has erased, even if it is away right now.

The gateway's own rows go at once. What the bot remembers of the conversation is asked for
right away too, and once more a while later: a turn that was under way may have been written
down meanwhile. Only then is the debt struck out. The database's log is emptied once more too,
for somebody who was reading may have prevented it the first time.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.database import Database
from gateway.errors import BotError
from gateway.rasa_client import BotClient
from gateway.tables import ErasureRow
from gateway.transcripts import now

EVERY_SECONDS = 30.0
AT_ONCE = 100

log = logging.getLogger(__name__)


class Erasures:
    """The conversations that the bot has yet to forget for good."""

    def __init__(
        self, database: Database, bot: BotClient, every_seconds: float = EVERY_SECONDS
    ) -> None:
        self._database = database
        self._bot = bot
        self._every = every_seconds

    async def attempt(self, conversation: str) -> bool:
        """Ask the bot to forget a conversation; tell whether it has."""
        try:
            await self._bot.forget(conversation)
        except BotError as error:
            log.warning("the bot could not forget a conversation yet: %s", error)
            return False
        return True

    async def run(self) -> None:
        """Ask again for what is owed, until cancelled."""
        while True:
            await asyncio.sleep(self._every)
            try:
                await self.settle()
            except SQLAlchemyError as error:
                log.error("owed erasures can't be read: %s", type(error).__name__)

    async def settle(self) -> None:
        """Ask for everything that has been owed for a while; strike out what was done."""
        due = now() - timedelta(seconds=self._every)
        async with self._database.reading() as session:
            rows = await session.scalars(
                select(ErasureRow.conversation_id)
                .where(ErasureRow.created_at <= due)
                .order_by(ErasureRow.created_at)
                .limit(AT_ONCE)
            )
            owed = rows.all()
        if owed:
            await self._database.empty_log()
        for conversation in owed:
            if not await self.attempt(conversation):
                return  # the others would fare no better now
            async with self._database.writing() as session:
                await session.execute(
                    delete(ErasureRow).where(ErasureRow.conversation_id == conversation)
                )
