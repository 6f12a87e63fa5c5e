"""What the outbox sends: each kind of mail has a table of its own, and a post that reads it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.metrics import Metrics
from gateway.municipalities import Municipality
from gateway.settings import Settings
from gateway.tables import CaseMailRow, CaseRow
from gateway.texts import Texts

Row = TypeVar("Row", CaseRow, CaseMailRow)


class Letter(Protocol):
    """A mail whose turn has come; `name` is what the log may call it."""

    @property
    def id(self) -> int: ...

    @property
    def name(self) -> str: ...

    def compose(self) -> EmailMessage:
        """Give the mail; whatever it raises holds up no other mail."""
        ...


class Post(ABC, Generic[Row]):
    """A kind of mail: which are due, taking one, and what came of it."""

    table: type[Row]

    def __init__(
        self,
        municipalities: Mapping[str, Municipality],
        texts: Texts,
        metrics: Metrics,
        settings: Settings,
    ) -> None:
        self._municipalities = municipalities
        self._texts = texts
        self._metrics = metrics
        self._settings = settings

    async def due(
        self, session: AsyncSession, moment: datetime, limit: int
    ) -> Sequence[tuple[int, int]]:
        """Give the ids and attempts of the mails whose turn has come, the longest due first."""
        table = self.table
        found = await session.execute(
            select(table.id, table.attempts)
            .where(*self._undecided(), table.due_at <= moment)
            .order_by(table.due_at, table.id)
            .limit(limit)
        )
        return [(id_, attempts) for id_, attempts in found]

    async def claim(
        self, session: AsyncSession, id_: int, attempts: int, next_due: datetime
    ) -> Letter | None:
        """Take a mail whose attempts nobody has raised meanwhile, until its next turn."""
        row = await session.scalar(
            update(self.table)
            .where(self.table.id == id_, self.table.attempts == attempts, *self._undecided())
            .values(attempts=attempts + 1, due_at=next_due)
            .returning(self.table),
            execution_options={"synchronize_session": False, "populate_existing": True},
        )
        return None if row is None else await self._letter(session, row)

    async def accepted(self, session: AsyncSession, letter: Letter, moment: datetime) -> None:
        """Note that the mail server has it."""
        await self._set(session, letter, mailed_at=moment)

    async def refused(
        self, session: AsyncSession, letter: Letter, moment: datetime, *, for_good: bool
    ) -> None:
        """Note that it has not; `for_good`: it never will. Unless said, it is tried for ever."""

    async def waiting(self, session: AsyncSession) -> int:
        """Give how many are not accepted yet."""
        wanted = select(func.count()).select_from(self.table).where(*self._undecided())
        return await session.scalar(wanted) or 0

    @abstractmethod
    async def settled(self, letter: Letter, event: str) -> None:
        """Count a mail as mailed or failed, once that is stored."""

    @abstractmethod
    async def _letter(self, session: AsyncSession, row: Row) -> Letter | None:
        """Give what a mail is made of; None when it can't be sent any more."""

    def _undecided(self) -> tuple[ColumnElement[bool], ...]:
        return (self.table.mailed_at.is_(None),)

    async def _set(self, session: AsyncSession, letter: Letter, **values: datetime) -> None:
        await session.execute(
            update(self.table)
            .where(self.table.id == letter.id)
            .values(**values)
            .execution_options(synchronize_session=False)
        )


AnyPost = Post[Any]


def write_mail(
    sender: Address,
    to: Address | str,
    subject: str,
    text: str,
    *,
    moment: datetime,
    called: str,
    automatic: bool = True,
) -> EmailMessage:
    """Give a mail; `called` is its name at the sender's domain, the same whenever it is sent."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = format_datetime(moment)
    mail["Message-ID"] = f"<{called}@{sender.domain}>"
    if automatic:
        # So that no machine answers it.
        mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text, cte="base64")
    return mail
