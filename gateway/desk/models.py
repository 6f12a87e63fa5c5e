"""The bodies of the desk's requests and answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import RootModel, StringConstraints

from gateway.handoff import Colleague
from gateway.queue import Queue
from gateway.resident.models import LONGEST_TEXT, Written
from gateway.types import Frozen, Message, Outcome, Status


class OperatorMessage(Frozen):
    """What an operator writes."""

    text: Written


class TransferTo(Frozen):
    """The colleague's e-mail address, or null for the queue; the note goes to whoever is next."""

    to: Annotated[str, StringConstraints(max_length=254)] | None
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_TEXT)] = ""


class Resolution(Frozen):
    """How it ended; only `closed` closes the conversation, else the bot answers again."""

    outcome: Outcome


class Colleagues(Frozen):
    """The others at the municipality's desk."""

    operators: tuple[Colleague, ...]


class QueueFrame(Frozen):
    """A frame of the desk's events: the queue as it is now."""

    type: Literal["queue"] = "queue"
    queue: Queue


class MessageFrame(Frozen):
    """A frame of the desk's events: a message in a conversation the operator has."""

    type: Literal["message"] = "message"
    conversation: str
    status: Status
    message: Message


class DeskFrame(RootModel[QueueFrame | MessageFrame]):
    """A frame of the desk's events."""
