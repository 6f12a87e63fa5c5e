"""What residents' pages ask; each view reads a request, lets the right part do it, answers."""

from __future__ import annotations

from aiohttp import web

from gateway.cors import require_origin
from gateway.errors import ConflictError, FieldError, NotFoundError
from gateway.guards import with_token
from gateway.http_json import model_response, read_model
from gateway.keys import (
    BEGINNINGS,
    CONVERSATION,
    CONVERSATIONS,
    COPIES,
    ERASURES,
    HANDOFFS,
    MUNICIPALITIES,
    NOTICES,
    QUESTIONS,
    SETTINGS,
    TEXTS,
    TURNS,
)
from gateway.limits import household
from gateway.problems import dumps
from gateway.proxies import client_address
from gateway.resident.models import (
    BegunConversation,
    Feedback,
    MadeCase,
    MailAddress,
    Messages,
    NewCase,
    NewConversation,
    NewMessage,
    PublicMunicipality,
    PublicNotice,
    Replies,
    Transcript,
    WishForPerson,
)
from gateway.types import Message, Place, Status

KEEP_SECONDS = 300
NOTICE_KEEP_SECONDS = 60


async def begin(request: web.Request) -> web.Response:
    """Begin a conversation."""
    wanted = await read_model(request, NewConversation)
    require_origin(request, wanted.municipality)
    request.app[BEGINNINGS].take(_household(request))
    conversation, token, messages = await request.app[CONVERSATIONS].begin(
        wanted.municipality, wanted.language
    )
    return model_response(
        BegunConversation(
            id=conversation.id, token=token, status=conversation.status, messages=messages
        ),
        status=201,
    )


@with_token
async def write(request: web.Request) -> web.Response:
    """Take a message and give what comes back."""
    conversation = request[CONVERSATION]
    require_origin(request, conversation.municipality)
    message = await read_model(request, NewMessage)
    result = await request.app[TURNS].submit(conversation, message.text, message.client_id)
    return model_response(
        Replies(
            status=result.status,
            messages=result.messages,
            queue=await _place(request, result.status),
            opens=result.opens,
        )
    )


@with_token
async def read(request: web.Request) -> web.Response:
    """Give the messages after a seq."""
    conversation = request[CONVERSATION]
    require_origin(request, conversation.municipality)
    current, messages = await request.app[CONVERSATIONS].read(
        conversation.id, after_parameter(request)
    )
    return await _messages(request, current.status, messages)


@with_token
async def ask_for_person(request: web.Request) -> web.Response:
    """Put the conversation into the queue."""
    conversation = request[CONVERSATION]
    require_origin(request, conversation.municipality)
    await read_model(request, WishForPerson)
    requested = await request.app[HANDOFFS].request(conversation)
    return await _messages(request, requested.conversation.status, requested.messages)


async def _messages(
    request: web.Request, status: Status, messages: tuple[Message, ...]
) -> web.Response:
    """Answer with messages and, while the conversation waits, where it stands."""
    place = await _place(request, status)
    return model_response(Messages(status=status, messages=messages, queue=place))


async def _place(request: web.Request, status: Status) -> Place | None:
    conversation = request[CONVERSATION].model_copy(update={"status": status})
    return await request.app[HANDOFFS].lines.place(conversation)


@with_token
async def leave_case(request: web.Request) -> web.Response:
    """Make a case of a question; the bot then begins anew."""
    conversation = request[CONVERSATION]
    require_origin(request, conversation.municipality)
    wanted = await read_model(request, NewCase)
    if not request.app[SETTINGS].smtp_host:
        raise ConflictError("No mail can be sent here, so nothing could be answered.")
    left = await request.app[QUESTIONS].leave(
        conversation, wanted.email, wanted.text, _household(request)
    )
    await request.app[ERASURES].attempt(conversation.id)
    return model_response(
        MadeCase(
            reference=left.reference,
            deadline=left.deadline,
            status=left.changed.conversation.status,
            messages=left.changed.messages,
        ),
        status=201,
    )


@with_token
async def rate(request: web.Request) -> web.Response:
    """Keep whether a message helped."""
    conversation = request[CONVERSATION]
    require_origin(request, conversation.municipality)
    feedback = await read_model(request, Feedback)
    await request.app[CONVERSATIONS].rate(
        conversation, feedback.message, feedback.helpful, feedback.comment
    )
    return web.Response(status=204)


@with_token
async def close(request: web.Request) -> web.Response:
    """End the conversation; it can be read until it is erased."""
    conversation = request[CONVERSATION]
    require_origin(request, conversation.municipality)
    ended = await request.app[HANDOFFS].end(conversation)
    return model_response(Messages(status=ended.conversation.status, messages=ended.messages))


@with_token
async def transcript(request: web.Request) -> web.Response:
    """Give the whole conversation as a file to keep."""
    conversation = request[CONVERSATION]
    require_origin(request, conversation.municipality)
    wanted = request.query.get("format", "json")
    if wanted not in ("json", "text"):
        raise FieldError("format", "unknown", "It must be json or text.")
    current, messages = await request.app[CONVERSATIONS].read(conversation.id, 0)
    copies = request.app[COPIES]
    if wanted == "text":
        answer = web.Response(text=copies.text(current, messages), content_type="text/plain")
    else:
        answer = model_response(
            Transcript(
                municipality=request.app[MUNICIPALITIES][current.municipality].name,
                language=current.language,
                status=current.status,
                messages=messages,
            )
        )
    ending = {"json": "json", "text": "txt"}[wanted]
    answer.headers["Content-Disposition"] = (
        f'attachment; filename="{copies.name(current)}.{ending}"'
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@with_token
async def mail_transcript(request: web.Request) -> web.Response:
    """Mail the whole conversation to an address that is kept nowhere."""
    conversation = request[CONVERSATION]
    require_origin(request, conversation.municipality)
    wanted = await read_model(request, MailAddress)
    current, messages = await request.app[CONVERSATIONS].read(conversation.id, 0)
    await request.app[COPIES].mail(current, messages, wanted.email, _household(request))
    return web.Response(status=202)


@with_token
async def erase(request: web.Request) -> web.Response:
    """End the conversation and erase it."""
    conversation = request[CONVERSATION]
    require_origin(request, conversation.municipality)
    await request.app[CONVERSATIONS].erase(conversation)
    await request.app[ERASURES].attempt(conversation.id)
    return web.Response(status=204)


async def municipality(request: web.Request) -> web.Response:
    """Give what a page may know of a municipality."""
    found = request.app[MUNICIPALITIES].get(request.match_info["municipality"])
    if found is None:
        raise NotFoundError("There is no such municipality here.")
    language = request.query.get("language", found.default_language)
    notices = await request.app[NOTICES].current(found.id)
    public = PublicMunicipality.model_validate(found, from_attributes=True)
    if notices:
        text = "\n\n".join(each.text(language) for each in notices)
        notice = PublicNotice(text=text, since=max(each.starts_at for each in notices))
        public = public.model_copy(update={"notice": notice})
    answer = model_response(public)
    # A notice may be urgent: a burst main is news for a minute, not for five.
    answer.headers["Cache-Control"] = f"public, max-age={NOTICE_KEEP_SECONDS}"
    return answer


async def texts(request: web.Request) -> web.Response:
    """Give every text of a language."""
    language = request.match_info["language"]
    if language not in request.app[TEXTS].languages:
        raise NotFoundError("There are no texts in this language.")
    answer = web.json_response(request.app[TEXTS].all(language), dumps=dumps)
    answer.headers["Cache-Control"] = f"public, max-age={KEEP_SECONDS}"
    return answer


def _household(request: web.Request) -> str:
    """Give whom a limit counts: what one subscriber has of the network's addresses."""
    return household(client_address(request, request.app[SETTINGS].proxy_networks))


def after_parameter(request: web.Request) -> int:
    """Give the seq of ?after=, 0 without one; raises FieldError when it is no such number."""
    value = request.query.get("after", "0")
    if not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise FieldError("after", "invalid", "It must be a whole number from 0.")
    return int(value)
