"""What can go wrong inside the gateway, in its own words; problems.py turns it into HTTP."""

from __future__ import annotations


class GatewayError(Exception):
    """Something that the caller is told about."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class NotFoundError(GatewayError):
    """It does not exist, or not for this caller."""


class ConflictError(GatewayError):
    """The state of the thing does not allow it now; pages localise by `code`."""

    def __init__(self, detail: str, code: str = "conflict") -> None:
        super().__init__(detail)
        self.code = code


class FieldError(GatewayError):
    """One field of a request is at fault; `code` is one of the words that pages localise."""

    def __init__(self, field: str, code: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field
        self.code = code


class NotSignedInError(GatewayError):
    """Nobody is signed in, or with the wrong secret."""


class ForbiddenError(GatewayError):
    """Signed in, but not allowed."""


class TooManyError(GatewayError):
    """Too many requests at once or within a while; `seconds` until it is worth another try."""

    def __init__(self, detail: str, seconds: int) -> None:
        super().__init__(detail)
        self.seconds = seconds


class BotError(GatewayError):
    """The bot gave no usable reply in time."""


class MailError(GatewayError):
    """No mail server takes a mail."""


class KnowledgeError(GatewayError):
    """The articles can't be reached, or their server answered with nonsense."""
