"""What is wrong with a mail server, for the log of the person who runs the installation."""

from __future__ import annotations

import ssl

import aiosmtplib
from imap_tools import MailboxLoginError


def describe(error: BaseException) -> str:
    """Give a line without the server's own words: these may quote addresses and mails."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({cause.verify_message})"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, MailboxLoginError | aiosmtplib.SMTPAuthenticationError):
        return "it refuses the name or the password"
    return f"{type(error).__name__} {getattr(error, 'code', '')}".strip()
