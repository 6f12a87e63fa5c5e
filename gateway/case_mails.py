"""The mails about questions left as cases: to the resident, and to the department that answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.case_news import tell_desks
from gateway.events import Hub
from gateway.letters import Letter, Post, write_mail
from gateway.metrics import Metrics
from gateway.municipalities import Municipality
from gateway.settings import Settings
from gateway.spoken_hours import spoken_hours
from gateway.tables import CaseAddressRow, CaseEntryRow, CaseMailRow, QuestionCaseRow
from gateway.texts import Texts
from gateway.types import CaseMail

TO_RESIDENT = (CaseMail.CONFIRMATION, CaseMail.REPLY, CaseMail.CLOSED, CaseMail.ATTACHMENTS)
GIVE_UP = timedelta(days=3)
"""How long a resident's address is tried; a department's is tried for ever."""
LONGEST_CHAIN = 20


@dataclass(frozen=True, slots=True)
class CaseLetter:
    """What one mail is made of; `chain` are the mails before it, by what they are called."""

    mail: CaseMailRow
    case: QuestionCaseRow
    entry: CaseEntryRow | None
    email: str
    chain: tuple[str, ...]
    tenant: Municipality | None
    texts: Texts
    settings: Settings

    @property
    def id(self) -> int:
        """The mail's id."""
        return self.mail.id

    @property
    def name(self) -> str:
        """What the log may call it."""
        return f"case {self.case.reference} ({self.mail.kind})"

    def compose(self) -> EmailMessage:
        """Give the mail.

        Raises LookupError when the municipality or a text of it is gone.
        """
        if self.tenant is None:
            raise LookupError("no such municipality")
        kind = CaseMail(self.mail.kind)
        own = kind in TO_RESIDENT
        sender = Address(
            display_name=self.tenant.name,
            addr_spec=self.settings.mail_from or self.tenant.email,
        )
        message = write_mail(
            sender,
            Address(addr_spec=self.email) if own else self.tenant.address_of(self.case.department),
            self._say("case.subject" if own else f"case.{kind}.subject"),
            self._say(f"case.{kind}.body"),
            moment=self.mail.created_at,
            called=f"{self.case.reference}.{self.mail.id}",
            automatic=kind is not CaseMail.REPLY,
        )
        if own:
            if reply_to := reply_address(self.settings):
                message["Reply-To"] = reply_to
            if chain := [each.format(domain=sender.domain) for each in self.chain]:
                message["In-Reply-To"] = chain[-1]
                message["References"] = " ".join(chain)
        return message

    def _say(self, key: str) -> str:
        tenant, case, entry = self.tenant, self.case, self.entry
        assert tenant is not None, "compose has looked"
        own = CaseMail(self.mail.kind) in TO_RESIDENT
        language = case.language if own else tenant.default_language
        opening = tenant.opening_of(case.department)
        return self.texts.say(
            language,
            key,
            municipality=tenant.name,
            reference=case.reference,
            deadline=self.texts.say_date(language, case.deadline),
            question=case.question,
            text="" if entry is None else entry.text,
            note="–" if entry is None or not entry.text else entry.text,
            names="" if entry is None else ", ".join(entry.attachments),
            operator="" if entry is None else entry.name,
            marker=self.texts.say(language, "case.marker"),
            phone=tenant.phone,
            hours=spoken_hours(opening, language, opening.today(self.mail.created_at)),
            days=self.settings.case_address_days,
            desk=f"{self.settings.public_origin}/desk#case={case.reference}",
        )


class CasePost(Post[CaseMailRow]):
    """The table of mails about cases."""

    table = CaseMailRow

    def __init__(
        self,
        municipalities: Mapping[str, Municipality],
        texts: Texts,
        metrics: Metrics,
        settings: Settings,
        hub: Hub,
    ) -> None:
        super().__init__(municipalities, texts, metrics, settings)
        self._hub = hub

    async def refused(
        self, session: AsyncSession, letter: Letter, moment: datetime, *, for_good: bool
    ) -> None:
        """Give up an address that does not exist, and any resident's after some days."""
        assert isinstance(letter, CaseLetter), "it came from here"
        old = letter.mail.created_at < moment - GIVE_UP
        if letter.mail.kind in TO_RESIDENT and (for_good or old):
            await self._set(session, letter, failed_at=moment)

    async def settled(self, letter: Letter, event: str) -> None:
        """Count a mail as mailed or failed, and tell the desks."""
        assert isinstance(letter, CaseLetter), "it came from here"
        self._metrics.questions.labels(event).inc()
        await tell_desks(self._hub, letter.case)

    async def _letter(self, session: AsyncSession, row: CaseMailRow) -> CaseLetter | None:
        """Give a mail; one to a resident whose address is forgotten is given up."""
        case = await session.get_one(QuestionCaseRow, row.case_id)
        address = await session.get(CaseAddressRow, row.case_id)
        if address is None and row.kind in TO_RESIDENT:
            row.failed_at = row.created_at
            return None
        return CaseLetter(
            row,
            case,
            None if row.entry_id is None else await session.get(CaseEntryRow, row.entry_id),
            "" if address is None else address.email,
            await self._chain(session, row, case),
            self._municipalities.get(case.municipality),
            self._texts,
            self._settings,
        )

    def _undecided(self) -> tuple[ColumnElement[bool], ...]:
        return (*super()._undecided(), CaseMailRow.failed_at.is_(None))

    async def _chain(
        self, session: AsyncSession, mail: CaseMailRow, case: QuestionCaseRow
    ) -> tuple[str, ...]:
        """Give what the mails to and from the resident before this one are called, in order."""
        sent = await session.execute(
            select(CaseMailRow.created_at, CaseMailRow.id).where(
                CaseMailRow.case_id == case.id,
                CaseMailRow.kind.in_(TO_RESIDENT),
                CaseMailRow.mailed_at.is_not(None),
                CaseMailRow.id < mail.id,
            )
        )
        received = await session.execute(
            select(CaseEntryRow.created_at, CaseEntryRow.message_id).where(
                CaseEntryRow.case_id == case.id,
                CaseEntryRow.message_id.is_not(None),
                CaseEntryRow.created_at <= mail.created_at,
            )
        )
        chain = [(at, f"<{case.reference}.{id_}@{{domain}}>") for at, id_ in sent]
        chain += [(at, name.replace("{", "{{").replace("}", "}}")) for at, name in received if name]
        return tuple(name for _, name in sorted(chain))[-LONGEST_CHAIN:]


def reply_address(settings: Settings) -> str:
    """Give the address whose mailbox is read; empty when none is."""
    if not settings.imap_host:
        return ""
    return settings.imap_address or (settings.imap_user if "@" in settings.imap_user else "")
