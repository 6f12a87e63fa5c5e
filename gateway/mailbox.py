"""The mailbox that residents' answers come to: looked at now and then, over IMAP.

A mail is put into its case first and taken out of the mailbox then; if the gateway is stopped in
between, the next look finds that it is in the case already. What belongs to no case, and what a
machine has written, is flagged and left for people to look at.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Collection
from typing import Literal

from imap_tools import (
    BaseMailBox,
    MailBox,
    MailBoxStartTls,
    MailBoxUnencrypted,
    MailMessageFlags,
)

from gateway.case_receiving import ReceivedMails, Taken
from gateway.mail_errors import describe
from gateway.metrics import Metrics
from gateway.received_mail import read_mail
from gateway.settings import Settings

IMAP_SECONDS = 20.0
AT_ONCE = 50
LARGEST = 256 * 1024
"""How much of a mail is read: words come first, attachments are not wanted anyway."""
UNSEEN_BY_US = "UNFLAGGED UNDELETED"
"""Not UNSEEN: a person who looks into the mailbox must not keep a mail from its case."""

log = logging.getLogger(__name__)

Fate = Literal["delete", "keep", "leave"]


class Mailbox:
    """Takes mails into their cases."""

    def __init__(
        self,
        received: ReceivedMails,
        metrics: Metrics,
        settings: Settings,
        markers: Collection[str],
    ) -> None:
        self._received = received
        self._metrics = metrics
        self._settings = settings
        self._markers = tuple(markers)

    async def run(self) -> None:
        """Look now and then at each interval, until cancelled."""
        while True:
            try:
                await self.look()
                self._metrics.mailbox.set(1)
            except Exception as error:
                # The server's, the database's or a mail's fault: a task that ended here would
                # leave every later answer unread.
                self._metrics.mailbox.set(0)
                log.error("the mailbox can't be read: %s", describe(error))
            await asyncio.sleep(self._settings.imap_seconds)

    async def look(self) -> int:
        """Take what is new; give how many mails were stored."""
        box = await asyncio.to_thread(self._open)
        stored = 0
        try:
            for uid in await asyncio.to_thread(_new, box):
                raw = await asyncio.to_thread(_fetch, box, uid)
                if raw is None:
                    continue
                taken = await self._take(raw)
                stored += taken is Taken.STORED
                await asyncio.to_thread(_settle, box, uid, self._fate(taken))
        finally:
            await asyncio.to_thread(_close, box)
        return stored

    async def _take(self, raw: bytes) -> Taken | None:
        try:
            received = await asyncio.to_thread(read_mail, raw, self._markers)
        except Exception as error:
            # No mail that anybody sends may keep the others from being read.
            log.error("a received mail can't be understood: %s", type(error).__name__)
            self._metrics.questions.labels("ignored").inc()
            return None
        taken = None if received.by_machine else await self._received.take(received.incoming)
        if taken not in (Taken.STORED, Taken.ALREADY):
            self._metrics.questions.labels("ignored").inc()
        return taken

    def _fate(self, taken: Taken | None) -> Fate:
        if taken not in (Taken.STORED, Taken.ALREADY):
            return "leave"
        return "keep" if self._settings.imap_keep else "delete"

    def _open(self) -> BaseMailBox:
        settings = self._settings
        host, port = settings.imap_host, settings.imap_port
        box: BaseMailBox
        if settings.imap_tls == "tls":
            context = ssl.create_default_context()
            box = MailBox(host, port, timeout=IMAP_SECONDS, ssl_context=context)
        elif settings.imap_tls == "starttls":
            context = ssl.create_default_context()
            box = MailBoxStartTls(host, port, timeout=IMAP_SECONDS, ssl_context=context)
        else:
            box = MailBoxUnencrypted(host, port, timeout=IMAP_SECONDS)
        password = settings.imap_password.get_secret_value()
        try:
            box.login(settings.imap_user, password, initial_folder=settings.imap_folder)
        except BaseException:
            _close(box)
            raise
        return box


def _new(box: BaseMailBox) -> list[str]:
    return box.uids(UNSEEN_BY_US)[:AT_ONCE]


def _fetch(box: BaseMailBox, uid: str) -> bytes | None:
    """Give the beginning of a mail without marking it as read; None when it is gone."""
    status, parts = box.client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LARGEST}>)")
    if status != "OK":
        return None
    return next((bytes(part[1]) for part in parts if isinstance(part, tuple)), None)


def _settle(box: BaseMailBox, uid: str, fate: Fate) -> None:
    if fate == "delete":
        box.delete(uid)
        return
    box.flag(uid, MailMessageFlags.FLAGGED, True)
    if fate == "keep":
        box.flag(uid, MailMessageFlags.SEEN, True)


def _close(box: BaseMailBox) -> None:
    try:
        box.logout()
    except Exception:
        # It is over either way; the server may have hung up first.
        log.debug("the mail server hung up first")
