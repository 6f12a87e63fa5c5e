"""The words of the gateway as types; imports nothing else of ours.

The same models read what the bot says, fill JSON columns, answer requests and make up the
OpenAPI document, so that none of them can drift away from the others.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema


class Status(StrEnum):
    """Who answers in a conversation right now."""

    WITH_BOT = "with_bot"
    WAITING = "waiting"
    WITH_OPERATOR = "with_operator"
    CLOSED = "closed"


class Author(StrEnum):
    """Who wrote a message."""

    RESIDENT = "resident"
    BOT = "bot"
    OPERATOR = "operator"
    SYSTEM = "system"


class Role(StrEnum):
    """What a member of staff may do."""

    OPERATOR = "operator"
    EDITOR = "editor"
    ADMINISTRATOR = "administrator"


class Availability(StrEnum):
    """What an operator with an open desk has chosen to be; only AVAILABLE counts as there."""

    AVAILABLE = "available"
    BUSY = "busy"
    AWAY = "away"


class AnswerStatus(StrEnum):
    """How the decision about an answer ended."""

    ANSWERED = "answered"
    CLARIFICATION = "clarification"
    UNANSWERABLE = "unanswerable"
    OUT_OF_SCOPE = "out_of_scope"
    ERROR = "error"


class Action(StrEnum):
    """What taking a choice does, beyond saying its text."""

    HANDOFF = "handoff"


class Asks(StrEnum):
    """What a bot's message asks for that must not be stored with the conversation.

    NOTHING: what was asked for earlier is not needed any more.
    """

    CONTACT = "contact"
    NOTHING = "nothing"


class Outcome(StrEnum):
    """How an operator finished a conversation."""

    ANSWERED = "answered"
    REFERRED = "referred"
    UNANSWERED = "unanswered"
    CLOSED = "closed"


def _utc_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _must_know_its_zone(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment


Moment = Annotated[
    datetime,
    AfterValidator(_must_know_its_zone),
    PlainSerializer(_utc_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A moment; ISO 8601 in UTC with milliseconds when written as JSON."""

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Frozen(BaseModel):
    """A value: compared by content, never changed."""

    model_config = ConfigDict(frozen=True)


class Source(Frozen):
    """A published chunk that an answer stands on."""

    article: str
    title: str
    heading: str
    url: str
    updated: date


class Excerpt(Frozen):
    """Words of a page, verbatim, and where they stand."""

    text: str
    source: Source


class Note(Frozen):
    """What the service itself says about an answer; never part of a page's words."""

    text: str
    language: str


class Answer(Frozen):
    """What was decided about a question, beside the words themselves.

    `also` is what another page says that contradicts the words in a figure. `page_language` is
    the language of the words; `question_language`, as ISO 639 has it, that of a question in none
    of the languages articles have. Then `notes` say in which language the page is.
    """

    status: AnswerStatus
    confidence: Share
    sources: tuple[Source, ...] = ()
    also: tuple[Excerpt, ...] = ()
    page_language: str | None = None
    question_language: str | None = None
    notes: tuple[Note, ...] = ()


Reason = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z_]+$")]
"""Why a conversation is handed over."""


class Choice(Frozen):
    """A button: its title, what it writes as the resident's message, and what that leads to.

    `reason` stands only on the offer of a person that has a special one, such as "crisis".
    """

    title: str
    text: str
    chunk: str | None = None
    action: Action | None = None
    reason: Reason | None = Field(default=None, exclude_if=lambda reason: reason is None)


class Message(Frozen):
    """One stored item of a conversation; `seq` counts from 1 without gaps."""

    seq: int
    author: Author
    text: str
    language: str
    created_at: Moment
    choices: tuple[Choice, ...] = ()
    answer: Answer | None = None
    client_id: str | None = None


class HandoffRequest(Frozen):
    """What a bot's reply says when a person is to take over."""

    reason: Reason
    topic: str | None = None
    confidence: Share | None = None
    sources: tuple[Source, ...] = ()
    summary: str | None = None


class CaseRequest(Frozen):
    """A fault that the bot's reply reports; `contact`: the resident gave one when asked."""

    kind: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z_]+$")]
    title: Annotated[str, Field(min_length=1, max_length=200)]
    place: Annotated[str, Field(min_length=1, max_length=2000)]
    description: str = ""
    contact: bool = False


class Transfer(Frozen):
    """A conversation passed on: by whom, to whom (None: the queue), with what note."""

    sender: str
    receiver: str | None
    note: str
    created_at: Moment


class Handoff(HandoffRequest):
    """A stored handoff, with the notes that went along since."""

    requested_at: Moment
    transfers: tuple[Transfer, ...] = ()


class Draft(Frozen):
    """A message that is not stored yet; in the conversation's language unless it says one."""

    author: Author
    text: str
    language: str | None = None
    choices: tuple[Choice, ...] = ()
    answer: Answer | None = None


class Conversation(Frozen):
    """A thread of messages as the rest of the gateway sees it."""

    id: str
    municipality: str
    language: str
    status: Status
    operator_id: int | None
    waiting_since: Moment | None
    last_text: str
    last_seq: int


class Staff(Frozen):
    """A person who is signed in; everything they may reach is of their municipality."""

    id: int
    municipality: str
    email: str
    name: str
    role: Role
