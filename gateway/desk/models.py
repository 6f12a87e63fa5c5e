"""The bodies of the desk's requests and answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import RootModel, StringConstraints

from gateway.desk.takeovers import ActiveConversation, ResolvedConversation
from gateway.desk.transfers import Colleague, DepartmentView
from gateway.queue import Queue, QueueItem
from gateway.resident.models import LONGEST_TEXT, Written
from gateway.types import Availability, Frozen, Message, Outcome, Status


class OperatorMessage(Frozen):
    """What an operator writes."""

    text: Written


class TransferTo(Frozen):
    """The colleague's e-mail address, or null for the queue; the note goes to whoever is next.

    In the queue it waits for `department`, by its id, or for the one it was for.
    """

    to: Annotated[str, StringConstraints(max_length=254)] | None
    department: Annotated[str, StringConstraints(max_length=40)] | None = None
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_TEXT)] = ""


class Resolution(Frozen):
    """How it ended; only `closed` closes the conversation, else the bot answers again."""

    outcome: Outcome


class Departments(Frozen):
    """The municipality's departments, and the ids of one's own (none: all)."""

    departments: tuple[DepartmentView, ...]
    own: tuple[str, ...]


class Colleagues(Frozen):
    """The others at the municipality's desk."""

    operators: tuple[Colleague, ...]


class PresenceChoice(Frozen):
    """What an operator chooses to be."""

    state: Availability


class DeskState(Frozen):
    """What one has chosen to be, what the municipality allows, and the colleagues."""

    state: Availability
    conversations_at_once: int
    may_pull: bool
    operators: tuple[Colleague, ...]


class ActiveConversations(Frozen):
    """What goes on with the bot right now; always empty where `may_pull` is off."""

    may_pull: bool
    conversations: tuple[ActiveConversation, ...]


class ResolvedConversations(Frozen):
    """What one has resolved within a day and may reopen."""

    conversations: tuple[ResolvedConversation, ...]


class PresenceFrame(Frozen):
    """A frame of the desk's events: what one is, and the colleagues, when either has changed."""

    type: Literal["presence"] = "presence"
    presence: DeskState


class QueueFrame(Frozen):
    """The first frame of the desk's events: the queue as it is now."""

    type: Literal["queue"] = "queue"
    queue: Queue


class LinesFrame(Frozen):
    """A frame of the desk's events: the queue has changed since the last such frame.

    `waiting` and `own` are the ids of the whole queue in its order, `lines` only what is new in
    it or reads otherwise than before.
    """

    type: Literal["lines"] = "lines"
    waiting: tuple[str, ...]
    own: tuple[str, ...]
    lines: tuple[QueueItem, ...]


class MessageFrame(Frozen):
    """A frame of the desk's events: a message in a conversation the operator has."""

    type: Literal["message"] = "message"
    conversation: str
    status: Status
    message: Message


class TypingFrame(Frozen):
    """A frame of the desk's events: the resident of one's own conversation is writing.

    The page sends the same when the operator is.
    """

    type: Literal["typing"]
    conversation: str


class CaseFrame(Frozen):
    """A frame of the desk's events: a case that is new or has changed."""

    type: Literal["case"] = "case"
    reference: str


class NoteFrame(Frozen):
    """A frame of the desk's events: somebody noted something beside a conversation of the queue."""

    type: Literal["note"] = "note"
    conversation: str


class DeskFrame(
    RootModel[
        QueueFrame | LinesFrame | MessageFrame | NoteFrame | PresenceFrame | TypingFrame | CaseFrame
    ]
):
    """A frame of the desk's events."""
