"""The bodies of the desk's requests about cases, and of the answers."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StringConstraints

from gateway.resident.models import LONGEST_TEXT, printable
from gateway.types import CaseStatus, EntryKind, Frozen, Moment

LONGEST_REPLY = 10_000


class CaseReply(Frozen):
    """What an operator answers; `seen` is the number of the last entry they have read."""

    text: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_REPLY),
        AfterValidator(printable),
        Field(min_length=1),
    ]
    close: StrictBool = False
    seen: Annotated[StrictInt, Field(ge=0)] | None = None


class CaseHandOver(Frozen):
    """The department's id, or null for the municipality itself; the note goes along by mail."""

    department: Annotated[str, StringConstraints(max_length=40)] | None
    note: Annotated[
        str,
        StringConstraints(strip_whitespace=True, max_length=LONGEST_TEXT),
        AfterValidator(printable),
    ] = ""


class CaseEntry(Frozen):
    """One item of a case's thread.

    `name` says who, or for `handed` to which department; `mail` how the mail to the resident
    fares; `other_sender` that it came from another address than the case's.
    """

    number: int
    kind: EntryKind
    name: str
    text: str
    attachments: tuple[str, ...]
    other_sender: bool
    mail: Literal["waiting", "sent", "failed"] | None
    created_at: Moment


class CaseItem(Frozen):
    """A case as a line of the list; `answer_due`: the resident wrote last.

    `undelivered`: the last mail to the resident did not come through.
    """

    reference: str
    status: CaseStatus
    language: str
    department: str | None
    question: str
    deadline: date
    overdue: bool
    answer_due: bool
    undelivered: bool
    created_at: Moment


class CaseView(CaseItem):
    """A case with its thread; `answerable`: the resident's address is still kept."""

    summary: str | None
    answerable: bool
    entries: tuple[CaseEntry, ...]


class CaseDepartment(Frozen):
    """A department that a case can be handed to."""

    id: str
    name: str


class CaseList(Frozen):
    """The open cases by deadline, then the last closed ones, and the departments."""

    cases: tuple[CaseItem, ...]
    departments: tuple[CaseDepartment, ...]
