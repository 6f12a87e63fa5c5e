"""What the page can do only where the gateway has the service for it.

Each service is looked up by its name, so that a gateway without it offers less and works.
"""

from __future__ import annotations

import importlib
import inspect
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import web
from pydantic import BaseModel

from gateway import keys
from gateway.keys import CONVERSATIONS, ERASURES, HANDOFFS, SETTINGS
from gateway.proxies import client_address
from gateway.resident import models
from gateway.transcripts import Appended
from gateway.types import Conversation, Message


class Place(Protocol):
    """Where a waiting conversation stands in the queue."""

    position: int
    of_department: str | None
    wait_minutes: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the template may offer; `mail`: mails can be sent at all."""

    case: bool
    close: bool
    comment: bool
    transcript: bool
    mail: bool


def abilities(request: web.Request) -> Abilities:
    """Give what this gateway's services can do."""
    mail = bool(request.app[SETTINGS].smtp_host)
    return Abilities(
        case=mail and _service(request, "QUESTIONS") is not None,
        close=hasattr(request.app[HANDOFFS], "end"),
        comment="comment" in inspect.signature(request.app[CONVERSATIONS].rate).parameters,
        transcript=_service(request, "COPIES") is not None,
        mail=mail and _service(request, "COPIES") is not None,
    )


async def rate(request: web.Request, conversation: Conversation, feedback: models.Feedback) -> None:
    """Keep whether a message helped, with a line of words where the service takes one."""
    comment = getattr(feedback, "comment", None)
    words: dict[str, Any] = {"comment": comment} if comment and abilities(request).comment else {}
    await request.app[CONVERSATIONS].rate(conversation, feedback.message, feedback.helpful, **words)


async def close(request: web.Request, conversation: Conversation) -> Appended:
    """End a conversation without erasing it."""
    handoffs: Any = request.app[HANDOFFS]
    ended: Appended = await handoffs.end(conversation)
    return ended


async def leave_case(
    request: web.Request, conversation: Conversation, email: str, text: str
) -> tuple[Message, ...]:
    """Make a case of a question; the bot then begins anew."""
    left = await _service(request, "QUESTIONS").leave(conversation, email, text)
    await request.app[ERASURES].attempt(conversation.id)
    messages: tuple[Message, ...] = left.changed.messages
    return messages


def model(name: str) -> type[BaseModel]:
    """Give the model that the API holds the same fields against."""
    found: type[BaseModel] = getattr(models, name)
    return found


def transcript(
    request: web.Request, conversation: Conversation, messages: tuple[Message, ...]
) -> tuple[str, str]:
    """Give the name and the text of a copy to keep."""
    copies = _service(request, "COPIES")
    return f"{copies.name(conversation)}.txt", str(copies.text(conversation, messages))


async def mail_transcript(
    request: web.Request, conversation: Conversation, messages: tuple[Message, ...], email: str
) -> None:
    """Mail a copy to an address that is kept nowhere."""
    await _service(request, "COPIES").mail(conversation, messages, email, _household(request))


async def place(request: web.Request, conversation: Conversation) -> Place | None:
    """Give where a waiting conversation stands; None when nobody counts."""
    lines: Any = getattr(request.app[HANDOFFS], "lines", None)
    found: Place | None = None if lines is None else await lines.place(conversation)
    return found


def take_beginning(request: web.Request) -> None:
    """Count a conversation that is begun; raises TooManyError when there were too many."""
    limit = _service(request, "BEGINNINGS")
    if limit is not None:
        limit.take(_household(request))


def _household(request: web.Request) -> str:
    address = client_address(request, request.app[SETTINGS].proxy_networks)
    household = importlib.import_module("gateway.limits").household
    return str(household(address))


def _service(request: web.Request, name: str) -> Any:
    key = getattr(keys, name, None)
    return None if key is None else request.app.get(key)
