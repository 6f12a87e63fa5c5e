"""What the outbox sends: each kind of mail has a table of its own, and one of these to read it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession


class Letter(Protocol):
    """A mail whose turn has come; `name` is what the log may call it."""

    @property
    def id(self) -> int: ...

    @property
    def name(self) -> str: ...

    def compose(self) -> EmailMessage:
        """Give the mail; whatever it raises holds up no other mail."""
        ...


class Post(Protocol):
    """A kind of mail: which are due, taking one, and what came of it."""

    async def due(
        self, session: AsyncSession, moment: datetime, limit: int
    ) -> Sequence[tuple[int, int]]:
        """Give the ids and attempts of the mails whose turn has come, the longest due first."""
        ...

    async def claim(
        self, session: AsyncSession, id_: int, attempts: int, next_due: datetime
    ) -> Letter | None:
        """Take a mail whose attempts nobody has raised meanwhile, until its next turn."""
        ...

    async def accepted(self, session: AsyncSession, letter: Letter, moment: datetime) -> None:
        """Note that the mail server has it."""
        ...

    async def refused(
        self, session: AsyncSession, letter: Letter, moment: datetime, *, for_good: bool
    ) -> None:
        """Note that it has not; `for_good`: it never will."""
        ...

    async def waiting(self, session: AsyncSession) -> int:
        """Give how many are not accepted yet."""
        ...

    def count(self, event: str) -> None:
        """Count a mail as mailed or failed."""
        ...
