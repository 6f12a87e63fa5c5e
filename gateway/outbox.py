"""Sending mails until each is accepted, whatever they are about.

The outbox is the tables of what is to be sent (letters.py), so that nothing is lost when the
gateway stops. A mail is claimed before it is sent: of several gateways one sends it. If that one
stops in between, it is tried again when the claim has run out; somebody may then get it twice,
with the same Message-ID, but never not at all. One that can't be composed holds up no other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import aiosmtplib

from gateway.cases import Cases
from gateway.database import Database
from gateway.fault_mails import FaultPost
from gateway.letters import AnyPost, Letter
from gateway.mail_errors import describe
from gateway.metrics import Metrics
from gateway.municipalities import Municipality
from gateway.settings import Settings
from gateway.smtp import deliver
from gateway.texts import Texts
from gateway.transcripts import now

EVERY_SECONDS = 15.0
AT_ONCE = 20
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)

log = logging.getLogger(__name__)


class Outbox:
    """Sends what is due, again after a growing pause when the mail server refuses."""

    def __init__(
        self,
        database: Database,
        cases: Cases,
        municipalities: Mapping[str, Municipality],
        texts: Texts,
        metrics: Metrics,
        settings: Settings,
        *,
        posts: Sequence[AnyPost] = (),
        every_seconds: float = EVERY_SECONDS,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._cases = cases
        self._posts: tuple[AnyPost, ...] = (
            FaultPost(municipalities, texts, metrics, settings),
            *posts,
        )
        self._settings = settings
        self._every = every_seconds
        self._clock = clock
        self._wake = asyncio.Event()
        self._complained = False
        self._stopping = False

    def wake(self) -> None:
        """Look at once: there is something new."""
        self._wake.set()

    def stop(self) -> None:
        """Let `run` come to its end after the mail it is at."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Send what is due and forget old contacts, until stopped."""
        while not self._stopping:
            self._wake.clear()
            try:
                await self._cases.forget_contacts(self._clock())
                await self.send_due()
            except Exception as error:
                # Whatever is wrong may be right a while later; a task that ended here would
                # leave every later mail unsent.
                log.error("the outbox can't be seen to: %s", type(error).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(0 if self._stopping else self._every):
                    await self._wake.wait()

    async def send_due(self) -> int:
        """Send the mails whose turn has come; give how many were accepted."""
        if not self._settings.smtp_host:
            await self._complain()
            return 0
        accepted = 0
        for post in self._posts:
            async with self._database.reading() as session:
                found = await post.due(session, self._clock(), AT_ONCE)
            for id_, attempts in found:
                if self._stopping:
                    return accepted
                accepted += await self._send(post, id_, attempts)
        return accepted

    async def _send(self, post: AnyPost, id_: int, attempts: int) -> bool:
        async with self._database.writing() as session:
            next_due = self._clock() + pause_after(attempts)
            letter = await post.claim(session, id_, attempts, next_due)
        if letter is None:
            return False
        try:
            mail = letter.compose()
        except Exception as error:
            # Its municipality or its text may be gone, or an address be none. The others wait
            # for nothing; what this one says is nobody's business.
            log.error("%s can't be composed: %s", letter.name, type(error).__name__)
            await post.settled(letter, "failed")
            return False
        try:
            await deliver(self._settings, mail)
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            await self._refused(post, letter, error)
            return False
        async with self._database.writing() as session:
            await post.accepted(session, letter, self._clock())
        await self._database.empty_log()
        await post.settled(letter, "mailed")
        log.info("%s is mailed", letter.name)
        return True

    async def _refused(self, post: AnyPost, letter: Letter, error: Exception) -> None:
        log.warning("%s could not be mailed yet: %s", letter.name, describe(error))
        async with self._database.writing() as session:
            await post.refused(session, letter, self._clock(), for_good=_is_for_good(error))
        await post.settled(letter, "failed")

    async def _complain(self) -> None:
        """Say once that mails wait which nobody will get."""
        if self._complained:
            return
        async with self._database.reading() as session:
            waiting = [await post.waiting(session) for post in self._posts]
        if any(waiting):
            self._complained = True
            log.error(
                "SVAR_SMTP_HOST is not set: what is to be mailed stays in the outbox "
                "(%d now) and reaches nobody",
                sum(waiting),
            )


def _is_for_good(error: Exception) -> bool:
    """Tell whether the mail server refused the receiver and always will."""
    if not isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return False
    return all(500 <= refusal.code < 600 for refusal in error.recipients)


def pause_after(attempts: int) -> timedelta:
    """How long to wait before the next try, after so many that came before this one."""
    pause: timedelta = FIRST_PAUSE * 2 ** min(attempts, 10)
    return min(pause, LONGEST_PAUSE)
