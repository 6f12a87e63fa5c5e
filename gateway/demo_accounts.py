"""The demo municipalities' accounts, with passwords that are made up once."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import select

from gateway.database import Database
from gateway.municipalities import Municipality
from gateway.sessions import Passwords
from gateway.tables import StaffRow
from gateway.transcripts import now
from gateway.types import Role

NAMES: Mapping[Role, str] = {
    Role.OPERATOR: "operator",
    Role.EDITOR: "editor",
    Role.ADMINISTRATOR: "admin",
}


class DemoAccountsError(ValueError):
    """The file with the passwords can't be used; the text says why."""


def demo_emails(municipality: Municipality) -> Mapping[str, Role]:
    """Give the addresses of a municipality's demo accounts with their roles."""
    return {
        f"{name}@{municipality.id}.example": role
        for role, name in NAMES.items()
        if role in municipality.demo_staff
    }


async def make_demo_accounts(
    database: Database,
    passwords: Passwords,
    municipalities: Mapping[str, Municipality],
    path: Path,
) -> bool:
    """Make the accounts that are missing, in the file and in the database.

    The file is what people read, so it decides: an account that it does not name gets a new
    password, one that the database lacks is made with the file's. Gives whether the file
    changed. Raises DemoAccountsError when the file is there but can't be read.
    """
    wanted = {
        email: (municipality, role)
        for municipality in municipalities.values()
        for email, role in demo_emails(municipality).items()
    }
    if not wanted:
        return False
    known = _read(path)
    new = {email: secrets.token_urlsafe(12) for email in wanted if email not in known}
    async with database.reading() as session:
        rows = await session.execute(
            select(StaffRow.email, StaffRow.id).where(StaffRow.email.in_(wanted))
        )
        stored = dict(rows.all())
    hashes = {
        email: await passwords.hash(new.get(email) or known[email])
        for email in wanted
        if email in new or email not in stored
    }
    if new:
        # First the file: an account whose password nobody can read is of no use.
        _write(path, {**known, **new})
    async with database.writing() as session:
        for email, password_hash in hashes.items():
            municipality, role = wanted[email]
            row = await session.get(StaffRow, stored[email]) if email in stored else None
            if row is None:
                session.add(
                    StaffRow(
                        municipality=municipality.id,
                        email=email,
                        name=municipality.demo_staff[role],
                        role=role,
                        password_hash=password_hash,
                        created_at=now(),
                    )
                )
            else:
                row.password_hash = password_hash
    return bool(new)


def _read(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise DemoAccountsError(f"{path}: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise DemoAccountsError(f"{path}: it must be one object of e-mail to password")
    return found


def _write(path: Path, accounts: Mapping[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(accounts, file, ensure_ascii=False, indent=2)
        file.write("\n")
    beside.replace(path)
