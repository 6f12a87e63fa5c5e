"""Staff's accounts: made, given a new password, removed; by whoever runs the installation."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database import Database
from gateway.demo_accounts import demo_emails
from gateway.municipalities import Municipality
from gateway.sessions import Passwords
from gateway.tables import ConversationRow, SessionRow, StaffRow
from gateway.transcripts import now
from gateway.types import Role, Status

PASSWORD_BYTES = 15
EMAIL_LENGTH = 254
NAME_LENGTH = 120
ALL = "all"


class AccountError(ValueError):
    """It can't be done; the text is one plain line for the person who asked for it."""


class Accounts:
    """The accounts of every municipality of this installation."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        municipalities: Mapping[str, Municipality],
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._municipalities = municipalities

    async def make(
        self, municipality: str, role: str, name: str, email: str, departments: str | None = None
    ) -> str:
        """Make an account and give its password, which is never known again.

        Raises AccountError when a value can't be used or the e-mail address has an account.
        """
        if municipality not in self._municipalities:
            known = ", ".join(self._municipalities)
            raise AccountError(f"--municipality {municipality!r} is none of {known}")
        if role not in list(Role):
            raise AccountError(f"--role {role!r} is none of {', '.join(Role)}")
        name = " ".join(name.split())
        if not name.isprintable() or not 0 < len(name) <= NAME_LENGTH:
            raise AccountError(f"--name {name!r} must have 1 to {NAME_LENGTH} characters")
        email = _as_stored(email)
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        row = StaffRow(
            municipality=municipality,
            email=email,
            name=name,
            role=Role(role),
            password_hash=await self._passwords.hash(password),
            created_at=now(),
            departments=self._departments(municipality, departments),
        )
        try:
            async with self._database.writing() as session:
                session.add(row)
        except IntegrityError:
            async with self._database.reading() as session:
                same = await session.scalar(
                    select(StaffRow.municipality).where(StaffRow.email == email)
                )
            if same == municipality:
                hint = "--new-password gives it a new password"
            else:
                hint = "in another municipality; an address can have one account only"
            raise AccountError(f"--email {email} has an account already: {hint}") from None
        return password

    async def set_departments(self, municipality: str, email: str, departments: str) -> None:
        """Let an account answer for these departments only, or for all.

        Raises AccountError when there is no such account or department.
        """
        if municipality not in self._municipalities:
            known = ", ".join(self._municipalities)
            raise AccountError(f"--municipality {municipality!r} is none of {known}")
        wanted = self._departments(municipality, departments)
        async with self._database.writing() as session:
            row = await _find(session, municipality, _as_stored(email))
            row.departments = wanted

    def _departments(self, municipality: str, departments: str | None) -> list[str]:
        if departments is None or departments.strip() == ALL:
            return []
        known = self._municipalities[municipality].departments
        wanted = list(dict.fromkeys(part.strip() for part in departments.split(",")))
        for department in wanted:
            if department not in known:
                raise AccountError(f"--departments {department!r} is none of {', '.join(known)}")
        return wanted

    async def renew_password(self, municipality: str, email: str) -> str:
        """Give an account a new password, which is never known again, and end its sessions.

        Raises AccountError when there is no such account or the demo's file decides about it.
        """
        email = _as_stored(email)
        self._refuse_demo(municipality, email)
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        password_hash = await self._passwords.hash(password)
        async with self._database.writing() as session:
            row = await _find(session, municipality, email)
            row.password_hash = password_hash
            await session.execute(delete(SessionRow).where(SessionRow.staff_id == row.id))
        return password

    async def remove(self, municipality: str, email: str) -> None:
        """Remove an account and end its sessions.

        Works also when the municipality's file is gone. Raises AccountError when there is no
        such account, when the next start would make it again, and while it has conversations:
        their residents were told that this person is there.
        """
        email = _as_stored(email)
        self._refuse_demo(municipality, email)
        async with self._database.writing() as session:
            row = await _find(session, municipality, email)
            held = await session.scalar(
                select(func.count()).where(
                    ConversationRow.operator_id == row.id,
                    ConversationRow.status == Status.WITH_OPERATOR,
                )
            )
            if held:
                raise AccountError(
                    f"--email {email} still has conversations at the desk ({held}): transfer or "
                    "resolve them there first; --new-password lets you in when the person is gone"
                )
            await session.execute(delete(SessionRow).where(SessionRow.staff_id == row.id))
            await session.delete(row)

    def _refuse_demo(self, municipality: str, email: str) -> None:
        tenant = self._municipalities.get(municipality)
        if tenant is not None and email in demo_emails(tenant):
            raise AccountError(
                f"--email {email} is a demo account, which the start makes with the password in "
                f"demo-accounts.json: take [demo_staff] out of the file of {municipality} first"
            )


async def _find(session: AsyncSession, municipality: str, email: str) -> StaffRow:
    # Locked, so that no conversation is claimed for an account that is being removed.
    row = await session.scalar(
        select(StaffRow)
        .where(StaffRow.municipality == municipality, StaffRow.email == email)
        .with_for_update()
    )
    if row is None:
        raise AccountError(f"--email {email} has no account in {municipality!r}")
    return row


def _as_stored(email: str) -> str:
    stored = email.strip().casefold()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", stored) or not stored.isprintable():
        raise AccountError(f"--email {email!r} is no e-mail address")
    if len(stored) > EMAIL_LENGTH:
        raise AccountError(f"--email must have at most {EMAIL_LENGTH} characters")
    return stored
