"""Giving a mail to the mail server of the installation."""

from __future__ import annotations

from email.message import EmailMessage

import aiosmtplib

from gateway.settings import Settings

SECONDS = 20.0


async def deliver(settings: Settings, mail: EmailMessage) -> None:
    """Hand a mail over.

    Raises aiosmtplib.SMTPException, OSError or TimeoutError when the server has not taken it.
    """
    await aiosmtplib.send(
        mail,
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_user or None,
        password=settings.smtp_password.get_secret_value() or None,
        use_tls=settings.smtp_tls == "tls",
        start_tls=settings.smtp_tls == "starttls",
        timeout=SECONDS,
    )
