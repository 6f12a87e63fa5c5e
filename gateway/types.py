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
    CASE = "case"


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


class HandoffReason(StrEnum):
    """Why a conversation came to a person; REOPENED: its operator took it up again."""

    ASKED = "asked"
    UNSURE_TWICE = "unsure_twice"
    COMPLAINT = "complaint"
    CRISIS = "crisis"
    FORM = "form"
    OPERATOR_PULLED = "operator_pulled"
    REOPENED = "reopened"


class ReturnReason(StrEnum):
    """Why a conversation went back into the queue by itself."""

    OPERATOR_SILENT = "operator_silent"
    OPERATOR_GONE = "operator_gone"


class Choice(Frozen):
    """A button: its title, what it writes as the resident's message, and what that leads to.

    `reason` stands only on the offer of a person that has a special one, such as "crisis".
    """

    title: str
    text: str
    chunk: str | None = None
    action: Action | None = None
    reason: HandoffReason | None = Field(default=None, exclude_if=lambda reason: reason is None)


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
    """What a bot's reply says when a person is to take over.

    `intent` is the topic of what was asked, by the bot's name for it.
    """

    reason: HandoffReason
    intent: Annotated[str, Field(max_length=60)] | None = None
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


class CaseStatus(StrEnum):
    """Whether somebody still has to see to a case."""

    OPEN = "open"
    CLOSED = "closed"


class EntryKind(StrEnum):
    """What an item of a case's thread is.

    NOTE: a mail from a department, which the resident never sees.
    """

    QUESTION = "question"
    REPLY = "reply"
    RESIDENT = "resident"
    NOTE = "note"
    HANDED = "handed"
    CLOSED = "closed"
    REOPENED = "reopened"


class CaseMail(StrEnum):
    """What a mail about a case says, and so to whom it goes."""

    CONFIRMATION = "confirmation"
    NOTICE = "notice"
    REPLY = "reply"
    NEWS = "news"
    CLOSED = "closed"
    ATTACHMENTS = "attachments"


class Transfer(Frozen):
    """A conversation passed on: by whom, to whom (None: the queue), with what note.

    `reason` stands only where nobody passed it on: it came back into the queue by itself.
    """

    sender: str
    receiver: str | None
    note: str
    created_at: Moment
    reason: ReturnReason | None = None


class Tried(Frozen):
    """What the bot answered: the message with this seq, as it was decided then."""

    seq: int
    text: str
    status: AnswerStatus
    confidence: Share
    sources: tuple[Source, ...] = ()


class Handoff(HandoffRequest):
    """A stored handoff, with the notes that went along since.

    `asked` are the resident's own last words as they are stored, `tried` what the bot answered;
    both oldest first, both taken from the transcript as they stand there.
    """

    requested_at: Moment
    department: str | None = None
    asked: tuple[str, ...] = ()
    tried: tuple[Tried, ...] = ()
    transfers: tuple[Transfer, ...] = ()


class Place(Frozen):
    """Where a waiting conversation stands: 1 is next.

    `of_department` names the department whose line it is, None: everybody's. `wait_minutes` is
    the span in which most such waits have ended lately; None when too few are known of or nobody
    is there.
    """

    position: int
    of_department: str | None
    wait_minutes: tuple[int, int] | None


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
