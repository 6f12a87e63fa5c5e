"""What the page asks the gateway's services to do, and what it can't offer without mail."""

from __future__ import annotations

from aiohttp import web

from gateway.keys import (
    BEGINNINGS,
    CONVERSATIONS,
    COPIES,
    ERASURES,
    HANDOFFS,
    QUESTIONS,
    SETTINGS,
)
from gateway.limits import household
from gateway.proxies import client_address
from gateway.resident.models import Feedback
from gateway.transcripts import Appended
from gateway.types import Conversation, Message, Place


def sends_mail(request: web.Request) -> bool:
    """Tell whether mails can be sent at all: without, there are no cases and no mailed copies."""
    return bool(request.app[SETTINGS].smtp_host)


async def rate(request: web.Request, conversation: Conversation, feedback: Feedback) -> None:
    """Keep whether a message helped, and the line of words that came with it."""
    await request.app[CONVERSATIONS].rate(
        conversation, feedback.message, feedback.helpful, feedback.comment
    )


async def close(request: web.Request, conversation: Conversation) -> Appended:
    """End a conversation without erasing it."""
    return await request.app[HANDOFFS].end(conversation)


async def leave_case(
    request: web.Request, conversation: Conversation, email: str, text: str
) -> tuple[Message, ...]:
    """Make a case of a question; the bot then begins anew."""
    left = await request.app[QUESTIONS].leave(conversation, email, text, _household(request))
    await request.app[ERASURES].attempt(conversation.id)
    return left.changed.messages


def transcript(
    request: web.Request, conversation: Conversation, messages: tuple[Message, ...]
) -> tuple[str, str]:
    """Give the name and the text of a copy to keep."""
    copies = request.app[COPIES]
    return f"{copies.name(conversation)}.txt", copies.text(conversation, messages)


async def mail_transcript(
    request: web.Request, conversation: Conversation, messages: tuple[Message, ...], email: str
) -> None:
    """Mail a copy to an address that is kept nowhere."""
    await request.app[COPIES].mail(conversation, messages, email, _household(request))


async def place(request: web.Request, conversation: Conversation) -> Place | None:
    """Give where a waiting conversation stands; None when nobody counts."""
    return await request.app[HANDOFFS].lines.place(conversation)


def take_beginning(request: web.Request) -> None:
    """Count a conversation that is begun; raises TooManyError when there were too many."""
    request.app[BEGINNINGS].take(_household(request))


def _household(request: web.Request) -> str:
    return household(client_address(request, request.app[SETTINGS].proxy_networks))
