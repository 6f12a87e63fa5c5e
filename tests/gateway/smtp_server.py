"""A real SMTP server for the tests, on a port of its own."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller


@dataclasses.dataclass
class Server:
    """A mail server; `answers` are given first, one a mail, then it accepts.

    `receivers` are its answers to the next receivers, before it accepts; `unknown` those it
    refuses for good.
    """

    mails: list[EmailMessage] = dataclasses.field(default_factory=list)
    answers: list[str] = dataclasses.field(default_factory=list)
    unknown: set[str] = dataclasses.field(default_factory=set)
    receivers: list[str] = dataclasses.field(default_factory=list)
    tries: int = 0
    port: int = 0

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.unknown:
            return "550 no such mailbox"
        if self.receivers:
            return self.receivers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.tries += 1
        if self.answers:
            return self.answers.pop(0)
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        assert [mail["To"]] == envelope.rcpt_tos
        self.mails.append(mail)
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        """Give the mails that somebody got."""
        return [mail for mail in self.mails if mail["To"] == address]


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@asynccontextmanager
async def smtp_server(**options: Any) -> AsyncIterator[Server]:
    """Start the server, with aiosmtpd's own options; it is gone afterwards."""
    made = Server()
    made.port = free_port()
    controller = Controller(made, hostname="127.0.0.1", port=made.port, **options)
    await asyncio.to_thread(controller.start)
    try:
        yield made
    finally:
        await asyncio.to_thread(controller.stop)
