"""Conversations are not kept for ever: what nobody has written in for long is erased."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from gateway.case_erasures import CaseErasures
from gateway.cases import Cases
from gateway.conversations import Conversations
from gateway.metrics import Metrics
from gateway.transcripts import now

EVERY_SECONDS = 3600.0
AT_ONCE = 50
PAUSE_SECONDS = 0.5
"""Between two batches, so that residents' messages never wait for long."""

log = logging.getLogger(__name__)


class Retention:
    """Erases outdated cases and conversations, these as if their residents had."""

    def __init__(
        self,
        conversations: Conversations,
        metrics: Metrics,
        days: int,
        cases: Cases | None = None,
        case_days: int = 365,
        *,
        questions: CaseErasures | None = None,
        also: Sequence[Callable[[datetime], Awaitable[int]]] = (),
        every_seconds: float = EVERY_SECONDS,
        at_once: int = AT_ONCE,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._conversations = conversations
        self._metrics = metrics
        self._kept = timedelta(days=days)
        self._cases = cases
        self._questions = questions
        self._also = tuple(also)
        self._cases_kept = timedelta(days=case_days)
        self._every = every_seconds
        self._at_once = at_once
        self._clock = clock

    async def run(self) -> None:
        """Erase now and then at each interval, until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            try:
                await self.erase_outdated()
            except Exception as error:
                # Whatever is wrong may be right an hour later; a task that ended here would
                # keep for ever what was promised to be erased.
                log.error("outdated conversations can't be erased: %s", type(error).__name__)
            # Neither drifts by the time a run takes nor makes up for runs that were missed.
            due = max(due + self._every, loop.time())
            await asyncio.sleep(due - loop.time())

    async def erase_outdated(self) -> None:
        """Erase every case and, batch by batch, every conversation that is too old.

        `also` what else is kept for as long as a conversation.
        """
        if self._cases is not None:
            await self._cases.erase_outdated(self._clock() - self._cases_kept)
        if self._questions is not None:
            await self._questions.forget_addresses(self._clock())
            await self._questions.erase_outdated(self._clock() - self._cases_kept)
        before = self._clock() - self._kept
        if self._questions is not None:
            await self._questions.erase_mails(before)
        for erase in self._also:
            await erase(before)
        while erased := await self._conversations.erase_idle(before, self._at_once):
            self._metrics.outdated.inc(erased)
            await asyncio.sleep(PAUSE_SECONDS)
