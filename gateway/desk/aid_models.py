"""The bodies of requests and answers for what stands beside a conversation."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StrictInt, StringConstraints

from gateway.desk.aids import CannedReply
from gateway.resident.models import Written
from gateway.types import Frozen, Source

LONGEST_TITLE = 80
MOST_SOURCES = 8


def _leads_to_a_page(source: Source) -> Source:
    """Refuse what is no address of a page: editors follow these links."""
    if not source.url.startswith(("/", "https://", "http://")):
        raise ValueError("no address of a page")
    return source


class NewNote(Frozen):
    """What an operator notes."""

    text: Written


class NewReply(Frozen):
    """A canned reply as an operator writes it."""

    title: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TITLE),
    ]
    text: Written


class Replies(Frozen):
    """The municipality's canned replies."""

    replies: tuple[CannedReply, ...]


class ToEditors(Frozen):
    """The seq of an operator's message, and the pages it was taken from, if any."""

    message: Annotated[StrictInt, Field(ge=1, le=2**31 - 1)]
    sources: Annotated[
        tuple[Annotated[Source, AfterValidator(_leads_to_a_page)], ...],
        Field(max_length=MOST_SOURCES),
    ] = ()
