"""Staff signing in and out: argon2 passwords, hashed session ids, expiry, limits on guessing."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import and_, delete, func, or_, select, update

from gateway.conversations import hash_secret
from gateway.database import Database
from gateway.errors import NotSignedInError, TooManyError
from gateway.tables import SessionRow, SignInFailureRow, StaffRow
from gateway.transcripts import now
from gateway.types import Role, Staff

SESSION_BYTES = 32
IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)

WINDOW = timedelta(minutes=15)
FAILURES_PER_EMAIL_AND_ADDRESS = 5
FAILURES_PER_EMAIL = 20
FAILURES_PER_ADDRESS = 50


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person with the secret of their session; only the browser keeps that."""

    staff: Staff
    token: str

    @property
    def csrf(self) -> str:
        """What requests that change something carry; another website can't know it."""
        return hmac.new(self.token.encode(), b"csrf", hashlib.sha256).hexdigest()

    @property
    def session(self) -> str:
        """The session's name inside the gateway."""
        return hash_secret(self.token)


class Passwords:
    """Argon2, off the event loop and at most two at a time: each takes 64 MB for a moment."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._places = asyncio.Semaphore(2)

    async def hash(self, password: str) -> str:
        """Give what is stored of a password."""
        async with self._places:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Tell whether it is the password; takes as long when there is no such account."""
        async with self._places:
            return await asyncio.to_thread(self._verify, stored, password)

    @functools.cached_property
    def _nobody(self) -> str:
        return self._hasher.hash(secrets.token_urlsafe())

    def _verify(self, stored: str | None, password: str) -> bool:
        try:
            self._hasher.verify(stored or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None


class Sessions:
    """Who is signed in."""

    def __init__(
        self, database: Database, passwords: Passwords, clock: Callable[[], datetime] = now
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._clock = clock

    async def sign_in(self, email: str, password: str, address: str) -> SignedIn:
        """Begin a session.

        Raises NotSignedInError when the e-mail address and the password don't belong
        together, TooManyError after too many such attempts.
        """
        email = email.strip().casefold()
        attempt = await self._count_attempt(hash_secret(email), hash_secret(address))
        async with self._database.reading() as session:
            row = await session.scalar(select(StaffRow).where(StaffRow.email == email))
        right = await self._passwords.verify(None if row is None else row.password_hash, password)
        if row is None or not right:
            raise NotSignedInError("The e-mail address and the password don't belong together.")
        token = secrets.token_urlsafe(SESSION_BYTES)
        moment = self._clock()
        async with self._database.writing() as session:
            await session.execute(
                delete(SignInFailureRow).where(
                    SignInFailureRow.email_hash == attempt.email_hash,
                    SignInFailureRow.address_hash == attempt.address_hash,
                )
            )
            await session.execute(
                delete(SessionRow).where(
                    or_(
                        SessionRow.seen_at <= moment - IDLE,
                        SessionRow.created_at <= moment - LONGEST,
                    )
                )
            )
            session.add(
                SessionRow(
                    id_hash=hash_secret(token),
                    staff_id=row.id,
                    municipality=row.municipality,
                    created_at=moment,
                    seen_at=moment,
                )
            )
        return SignedIn(_as_staff(row), token)

    async def read(self, token: str | None) -> SignedIn | None:
        """Give who a session's secret belongs to, or None when it is unknown or has expired."""
        if not token:
            return None
        moment = self._clock()
        async with self._database.reading() as session:
            found = (
                await session.execute(
                    select(StaffRow, SessionRow.seen_at)
                    .join(SessionRow, SessionRow.staff_id == StaffRow.id)
                    .where(
                        SessionRow.id_hash == hash_secret(token),
                        SessionRow.seen_at > moment - IDLE,
                        SessionRow.created_at > moment - LONGEST,
                    )
                )
            ).one_or_none()
        if found is None:
            return None
        row, seen_at = found
        if moment - seen_at > SEEN_EVERY:
            async with self._database.writing() as session:
                await session.execute(
                    update(SessionRow)
                    .where(SessionRow.id_hash == hash_secret(token))
                    .values(seen_at=moment)
                )
        return SignedIn(_as_staff(row), token)

    async def sign_out(self, signed_in: SignedIn) -> None:
        """End a session."""
        async with self._database.writing() as session:
            await session.execute(delete(SessionRow).where(SessionRow.id_hash == signed_in.session))

    async def _count_attempt(self, email_hash: str, address_hash: str) -> SignInFailureRow:
        """Count an attempt as failed until it succeeds, so that many at once can't slip by."""
        moment = self._clock()
        same_email = SignInFailureRow.email_hash == email_hash
        same_address = SignInFailureRow.address_hash == address_hash
        async with self._database.writing() as session:
            await session.execute(
                delete(SignInFailureRow).where(SignInFailureRow.at <= moment - WINDOW)
            )
            for condition, limit in (
                (and_(same_email, same_address), FAILURES_PER_EMAIL_AND_ADDRESS),
                (same_email, FAILURES_PER_EMAIL),
                (same_address, FAILURES_PER_ADDRESS),
            ):
                counted = await session.execute(
                    select(func.count(), func.min(SignInFailureRow.at)).where(condition)
                )
                count, first = counted.one()
                if count >= limit:
                    seconds = max(1, round((first + WINDOW - moment).total_seconds()))
                    raise TooManyError("Too many attempts to sign in; wait a while.", seconds)
            attempt = SignInFailureRow(email_hash=email_hash, address_hash=address_hash, at=moment)
            session.add(attempt)
        return attempt


def _as_staff(row: StaffRow) -> Staff:
    return Staff(
        id=row.id,
        municipality=row.municipality,
        email=row.email,
        name=row.name,
        role=Role(row.role),
    )
