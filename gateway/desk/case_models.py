"""The bodies of the desk's requests about cases."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StringConstraints

from gateway.resident.models import LONGEST_TEXT, printable
from gateway.types import Frozen

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
