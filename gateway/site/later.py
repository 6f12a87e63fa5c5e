"""What the page can do only where the gateway has the service for it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from gateway.keys import CONVERSATIONS
from gateway.types import Conversation


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the template may offer."""

    case: bool
    close: bool
    comment: bool
    transcript: bool


def abilities(request: web.Request) -> Abilities:
    """Give what this gateway's services can do."""
    conversations = request.app[CONVERSATIONS]
    return Abilities(
        case=False,
        close=False,
        transcript=False,
        comment="comment" in inspect.signature(conversations.rate).parameters,
    )


async def rate(
    request: web.Request, conversation: Conversation, seq: int, helpful: bool, comment: str
) -> None:
    """Keep whether a message helped, with a line of words where the service takes one."""
    words: dict[str, Any] = {"comment": comment} if comment and abilities(request).comment else {}
    await request.app[CONVERSATIONS].rate(conversation, seq, helpful, **words)
