"""What forms do in a conversation; each through the same services as the API, then redirects."""

from __future__ import annotations

from aiohttp import hdrs, web

from gateway.errors import FieldError, TooManyError
from gateway.guards import is_same_origin
from gateway.http_json import check
from gateway.keys import CONVERSATIONS, ERASURES, FORMS, HANDOFFS, TURNS
from gateway.problems import FaultsError
from gateway.resident.models import Feedback, NewMessage
from gateway.site import services
from gateway.site.forms import Sent, existing, fields_of, news, number, posted
from gateway.site.page import Fault, show
from gateway.site.visit import Visit, municipality_of, open_for, read_visit
from gateway.types import Action, Conversation, Status


@posted
async def write(sent: Sent) -> web.Response:
    """Take a message or a choice."""
    message = check(
        NewMessage,
        {"text": sent.fields.get("text", ""), "client_id": sent.fields.get("client_id") or None},
    )
    begins = sent.visit.closed and sent.fields.get("fresh") == "yes"
    visit = await _in_conversation(sent, begins=begins)
    assert visit.conversation is not None
    try:
        result = await sent.request.app[TURNS].submit(
            visit.conversation, message.text, message.client_id
        )
    except TooManyError:
        # In the conversation that may have begun with this form.
        return await sent.again(429, Fault(sent.text("widget.error.too_many"), "text"), visit=visit)
    if result.opens is Action.CASE:
        return sent.redirect(visit.address("case"), visit)
    return sent.redirect(news(visit, result.messages), visit)


@posted
async def ask_for_person(sent: Sent) -> web.Response:
    """Put the conversation into the queue."""
    visit = await _in_conversation(sent, begins=False)
    assert visit.conversation is not None
    if visit.conversation.status is Status.WAITING:  # a second click
        return sent.redirect(visit.address(query=f"after={visit.conversation.last_seq - 1}"), visit)
    requested = await sent.request.app[HANDOFFS].request(visit.conversation)
    return sent.redirect(news(visit, requested.messages), visit)


@posted
async def rate(sent: Sent) -> web.Response:
    """Keep whether a message helped, and one line about it."""
    current = existing(sent)
    seq = number(sent.fields.get("message"))
    helpful = {"yes": True, "no": False}.get(sent.fields.get("helpful", ""))
    if seq is None or helpful is None:
        raise FieldError("message", "unknown", "The bot wrote no message with this seq.")
    try:
        comment = sent.fields.get("comment", "")
        wanted = check(Feedback, {"message": seq, "helpful": helpful, "comment": comment})
    except FaultsError:
        fault = Fault(sent.text("site.feedback.too_long"), "comment")
        return await show(
            sent.request, sent.visit, status=422, faults=(fault,), typed=sent.fields, rated=seq
        )
    await services.rate(sent.request, current, wanted)
    thanked = "" if "comment" in sent.fields else f"rated={seq}"
    return sent.redirect(sent.visit.address(query=thanked, place=f"feedback-{seq}"))


@posted
async def erase(sent: Sent) -> web.Response:
    """End the conversation and erase it."""
    current = existing(sent)
    await sent.request.app[CONVERSATIONS].erase(current)
    await sent.request.app[ERASURES].attempt(current.id)
    nobody = Visit(sent.visit.municipality, sent.visit.language)
    return sent.redirect(nobody.address(query="done=erased", place="done"), nobody)


@posted
async def close(sent: Sent) -> web.Response:
    """End the conversation; it can be read and kept until it is erased."""
    ended = await services.close(sent.request, existing(sent))
    return sent.redirect(news(sent.visit, ended.messages))


async def carry_over(request: web.Request) -> web.Response:
    """Take up the conversation of the chat on the municipality's website, by a form from there.

    Only from a website that may carry the chat: elsewhere somebody could be led into a
    conversation that another person reads.
    """
    tenant = municipality_of(request)
    fields = await fields_of(request)
    visit = await read_visit(request, fields.get("language"))
    origin = request.headers.get(hdrs.ORIGIN, "")
    carried = None
    if origin in tenant.allowed_origins or is_same_origin(request, origin):
        token = fields.get("token", "")
        carried = await open_for(request, tenant, fields.get("conversation", ""), token)
        if carried is not None:
            language = visit.language if "language" in fields else carried.language
            visit = Visit(tenant, language, carried, token)
    sent = Sent(request, visit, fields)
    if carried is None:
        return sent.redirect(visit.address(query="done=lost", place="done"))
    return sent.redirect(visit.address(place=f"m{carried.last_seq}"))


async def _in_conversation(sent: Sent, *, begins: bool) -> Visit:
    """Give the visit in its conversation, begun if need be, which speaks the page's language."""
    visit, conversations = sent.visit, sent.request.app[CONVERSATIONS]
    if visit.conversation is not None and not begins:
        spoken = await conversations.speak(visit.conversation, visit.language)
        return visit.within(spoken, visit.token)

    async def begin() -> tuple[Conversation, str]:
        services.take_beginning(sent.request)
        begun, token, _ = await conversations.begin(visit.municipality.id, visit.language)
        return begun, token

    name = sent.fields.get("client_id", "")
    begun, token = (
        await sent.request.app[FORMS].once(visit.municipality.id, name, begin)
        if name
        else await begin()
    )
    return visit.within(begun, token)
