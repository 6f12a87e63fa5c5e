"""A resident's own copy of a conversation: as a text file, and by e-mail.

The address for the mail is used once, while the resident waits, and stands nowhere afterwards:
no table, no log, no outbox. So a mail that is refused is not tried again behind their back.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

import aiosmtplib

from gateway.errors import MailError
from gateway.limits import Limit
from gateway.mail_errors import describe
from gateway.municipalities import Municipality
from gateway.settings import Settings
from gateway.smtp import deliver
from gateway.texts import Texts
from gateway.transcripts import now
from gateway.types import Conversation, Message, Source

MAILS_OF_CONVERSATION = 3
MAILS_OF_ADDRESS = 10
HOUR = 3600.0
MAILS_TO_ONE = 5
"""How many a day go to one receiver, who has not proved to be the resident."""
A_DAY = 24 * HOUR

log = logging.getLogger(__name__)


class Copies:
    """Writes conversations out, and mails them."""

    def __init__(
        self, municipalities: Mapping[str, Municipality], texts: Texts, settings: Settings
    ) -> None:
        self._municipalities = municipalities
        self._texts = texts
        self._settings = settings
        self._of_conversation = Limit(MAILS_OF_CONVERSATION, HOUR)
        self._of_address = Limit(MAILS_OF_ADDRESS, HOUR)
        self._to_one = Limit(MAILS_TO_ONE, A_DAY)

    def text(self, conversation: Conversation, messages: Sequence[Message]) -> str:
        """Give a conversation as plain text in its language, with the municipality's time."""
        tenant = self._municipalities[conversation.municipality]
        zone = ZoneInfo(tenant.timezone)
        parts = [
            self._say(
                conversation, "copy.title", municipality=tenant.name, when=_moment(now(), zone)
            )
        ]
        for message in messages:
            author = self._say(
                conversation, f"copy.author.{message.author}", municipality=tenant.name
            )
            lines = [f"{author}, {_moment(message.created_at, zone)}", message.text]
            if message.answer is not None:
                lines += [note.text for note in message.answer.notes]
                lines += [self._source(conversation, tenant, s) for s in message.answer.sources]
                for other in message.answer.also:
                    lines += ["", other.text, self._source(conversation, tenant, other.source)]
            parts.append("\n".join(lines))
        return "\n\n".join(parts) + "\n"

    def name(self, conversation: Conversation) -> str:
        """Give what the file may be called, without its ending."""
        day = now().astimezone(ZoneInfo(self._municipalities[conversation.municipality].timezone))
        return f"svar-{conversation.municipality}-{day:%Y-%m-%d}"

    async def mail(
        self,
        conversation: Conversation,
        messages: Sequence[Message],
        email: str,
        household: str,
    ) -> None:
        """Mail a conversation to an address.

        Raises TooManyError over the limits, MailError when no mail server takes it.
        """
        if not self._settings.smtp_host:
            raise MailError("This installation can't send e-mail.")
        self._of_conversation.take(conversation.id)
        self._of_address.take(household)
        self._to_one.take(email.casefold())
        try:
            await deliver(self._settings, self._compose(conversation, messages, email))
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            log.warning("a conversation could not be mailed: %s", describe(error))
            raise MailError("The mail server did not take the mail.") from None

    def _compose(
        self, conversation: Conversation, messages: Sequence[Message], email: str
    ) -> EmailMessage:
        tenant = self._municipalities[conversation.municipality]
        mail = EmailMessage(policy=SMTP)
        mail["From"] = self._settings.mail_from or tenant.email
        mail["To"] = email
        mail["Subject"] = self._say(conversation, "copy.mail.subject", municipality=tenant.name)
        mail["Date"] = format_datetime(now())
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(
            self._say(
                conversation,
                "copy.mail.body",
                municipality=tenant.name,
                conversation=self.text(conversation, messages),
            ),
            cte="base64",
        )
        return mail

    def _source(self, conversation: Conversation, tenant: Municipality, source: Source) -> str:
        website = urljoin(f"{self._settings.public_origin}/", tenant.website)
        return self._say(
            conversation,
            "copy.source",
            title=source.title,
            address=urljoin(website, source.url),
            date=source.updated.isoformat(),
        )

    def _say(self, spoken: Conversation, key: str, **values: object) -> str:
        return self._texts.say(spoken.language, key, **values)


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
