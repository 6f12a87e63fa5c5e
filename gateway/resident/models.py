"""The bodies of residents' requests and answers."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, RootModel, StrictBool, StrictInt, StringConstraints

from gateway.addresses import LONGEST, usable_address
from gateway.types import Action, Frozen, Message, Moment, Place, Status

LONGEST_TEXT = 2000


def printable(text: str) -> str:
    """Drop control characters: no keyboard writes them, and PostgreSQL refuses one of them."""
    return "".join(sign for sign in text if sign >= " " or sign in "\n\t").strip()


def _not_empty(text: str) -> str:
    if not text:
        raise ValueError("empty")
    return text


Written = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT),
    AfterValidator(printable),
    AfterValidator(_not_empty),
]
"""What a person wrote: at least one sign, at most LONGEST_TEXT."""


LONGEST_COMMENT = 500
Comment = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=LONGEST_COMMENT),
    AfterValidator(printable),
]
"""What a resident adds; empty is nothing."""

EmailAddress = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=254,
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
        r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}$",
    ),
]
"""An address that every mail server understands: nothing in it needs quoting."""


class NewConversation(Frozen):
    """Which municipality, and in which of its languages; its default without one."""

    municipality: str
    language: str | None = None


class BegunConversation(Frozen):
    """The token is given this once."""

    id: str
    token: str
    status: Status
    messages: tuple[Message, ...]


class NewMessage(Frozen):
    """`client_id` is the page's own name for the message: sent twice, it is stored once."""

    text: Written
    client_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,64}$")] | None = None


class Messages(Frozen):
    """The conversation's status and some of its messages, in order.

    `queue`: where it stands, while it waits.
    """

    status: Status
    messages: tuple[Message, ...]
    queue: Place | None = None


class Replies(Messages):
    """What came of a message; `opens`: its words took the offer of a case, whose form opens."""

    opens: Action | None = None


class LiveMessage(Message):
    """A frame of the events: a message with the conversation's status at that moment."""

    status: Status
    queue: Place | None = None


class LivePlace(Frozen):
    """A frame of the events without a message: the place in the queue has changed."""

    status: Status
    queue: Place


class LiveTyping(Frozen):
    """A frame of the events without a message: the operator is writing.

    The page sends the same when the resident is.
    """

    type: Literal["typing"]


class LiveFrame(RootModel[LiveMessage | LivePlace | LiveTyping]):
    """A frame of the events."""


class WishForPerson(Frozen):
    """A resident's wish to be handed over to a person."""

    reason: Literal["asked"]


class NewCase(Frozen):
    """A question to be answered by e-mail, and where."""

    email: Annotated[
        str, StringConstraints(min_length=1, max_length=LONGEST), AfterValidator(usable_address)
    ]
    text: Written


class MadeCase(Frozen):
    """What the question is called and when it is answered at the latest."""

    reference: str
    deadline: date
    status: Status
    messages: tuple[Message, ...]


class Feedback(Frozen):
    """Whether the bot's message with this seq helped, and what the resident adds to that."""

    message: Annotated[StrictInt, Field(ge=1, le=2**31 - 1)]
    helpful: StrictBool
    comment: Comment | None = None


class Transcript(Frozen):
    """A whole conversation to keep; who it was with, and every message."""

    municipality: str
    language: str
    status: Status
    messages: tuple[Message, ...]


class MailAddress(Frozen):
    """Where to mail something; used once and kept nowhere."""

    email: EmailAddress


class PublicNotice(Frozen):
    """What the municipality tells everybody right now, and since when."""

    text: str
    since: Moment


class PublicMunicipality(Frozen):
    """What a page may know of a municipality."""

    id: str
    name: str
    languages: tuple[str, ...]
    default_language: str
    phone: str
    email: str
    hours: dict[str, str]
    website: str
    notice: PublicNotice | None = None
