"""What forms of the page do; each does it through the same services as the API, then redirects.

A form that can't be done shows the page again with what was typed, and says what is wrong.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from gateway.errors import (
    ConflictError,
    FieldError,
    ForbiddenError,
    GatewayError,
    NotFoundError,
    TooManyError,
)
from gateway.guards import is_same_origin
from gateway.http_json import check
from gateway.keys import (
    CONVERSATIONS,
    ERASURES,
    FORMS,
    HANDOFFS,
    SETTINGS,
    TEXTS,
    TURNS,
)
from gateway.municipalities import Municipality
from gateway.named_choices import is_yes, named_action
from gateway.problems import FaultsError, log_failure
from gateway.resident.models import LONGEST_TEXT, Feedback, MailAddress, NewCase, NewMessage
from gateway.site import services
from gateway.site.page import Fault, render, show
from gateway.site.statement import ASSESSED, AUTHORITIES, SHORTCOMINGS, UPDATED
from gateway.site.visit import (
    KEPT,
    Visit,
    browser_language,
    keep,
    municipality_of,
    open_for,
    read_visit,
    refuse_other_sites,
)
from gateway.types import Action, Author, Conversation, Message, Status

FORM = "application/x-www-form-urlencoded"
DONE = {"erased": "widget.erased", "mailed": "site.done.mailed", "lost": "site.done.lost"}
"""What an address may say was just done."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A form: who sent it and its fields, line breaks as everywhere else."""

    request: web.Request
    visit: Visit
    fields: Mapping[str, str]

    def text(self, key: str, **values: object) -> str:
        """Give a text in the resident's language."""
        return self.request.app[TEXTS].say(self.visit.language, key, **values)

    async def again(self, status: int, *faults: Fault, visit: Visit | None = None) -> web.Response:
        """Show the page with what is at fault and what was typed."""
        return await show(
            self.request, visit or self.visit, status=status, faults=faults, typed=self.fields
        )

    def redirect(self, address: str, visit: Visit | None = None) -> web.Response:
        """Send the browser on with GET, so that loading the page again sends nothing again."""
        answer = web.Response(status=303, headers={"Location": address})
        keep(self.request, answer, visit or self.visit)
        return answer


FormHandler = Callable[[Sent], Awaitable[web.Response]]


def shown(handler: Handler) -> Handler:
    """Say on a page of its own that something went wrong."""

    @functools.wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        tenant = municipality_of(request)
        try:
            return await handler(request)
        except web.HTTPException:
            raise
        except Exception as error:
            log_failure(request, error)
            return _failed(Sent(request, Visit(tenant, _language(tenant, request.query)), {}))

    return guarded


@shown
async def conversation(request: web.Request) -> web.Response:
    """Show the conversation, or the place to begin one."""
    visit = await read_visit(request)
    return await show(
        request,
        visit,
        after=_number(request.query.get("after")),
        rated=_number(request.query.get("rated")),
        done=DONE.get(request.query.get("done", "")),
    )


async def without_slash(request: web.Request) -> web.Response:
    """Send `/ekhamn/` to the page."""
    raise web.HTTPMovedPermanently(f"/{municipality_of(request).id}")


async def back(request: web.Request) -> web.Response:
    """Send somebody who asks for a form's address, by reloading perhaps, to the page."""
    raise web.HTTPSeeOther((await read_visit(request)).address())


@shown
async def erase_question(request: web.Request) -> web.Response:
    """Ask whether the conversation is really to be erased."""
    visit = await read_visit(request)
    if visit.conversation is None:
        raise web.HTTPSeeOther(visit.address())
    return render(request, visit, "site_erase.html")


@shown
async def accessibility(request: web.Request) -> web.Response:
    """Give the accessibility statement."""
    visit = await read_visit(request)
    return render(
        request,
        visit,
        "site_accessibility.html",
        authority=AUTHORITIES[visit.municipality.country],
        shortcomings=SHORTCOMINGS,
        assessed=ASSESSED,
        updated=UPDATED,
    )


@shown
async def privacy(request: web.Request) -> web.Response:
    """Say what is stored, how long, and how it is erased."""
    visit = await read_visit(request)
    settings = request.app[SETTINGS]
    return render(
        request,
        visit,
        "site_privacy.html",
        days=settings.retention_days,
        case_days=settings.case_retention_days,
        cookie_days=KEPT.days,
    )


def not_found(request: web.Request, tenant: Municipality) -> web.Response:
    """Say below a municipality's page that there is nothing at an address."""
    visit = Visit(tenant, browser_language(request, tenant))
    return render(request, visit, "site_not_found.html", status=404, keeps=False)


def posted(handler: FormHandler) -> Handler:
    """Let in a form of this page and of this conversation; whatever fails, what was typed stays."""

    @functools.wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        tenant = municipality_of(request)
        refuse_other_sites(request)
        try:
            fields = await _fields(request)
        except web.HTTPRequestEntityTooLarge:
            unread = Sent(request, await read_visit(request), {})
            return await unread.again(413, Fault(unread.text("site.error.too_big"), "text"))
        sent = Sent(request, Visit(tenant, _language(tenant, fields)), fields)
        try:
            sent = replace(sent, visit=await read_visit(request, fields.get("language")))
            if fields.get("form", "") != sent.visit.form_token:
                return await _of_another_conversation(sent)
            return await handler(sent)
        except GatewayError as error:
            return await _refused(sent, error)
        except web.HTTPException:
            raise
        except Exception as error:
            log_failure(request, error)
            return _failed(sent)

    return guarded


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
    return sent.redirect(_news(visit, result.messages), visit)


@posted
async def ask_for_person(sent: Sent) -> web.Response:
    """Put the conversation into the queue."""
    visit = await _in_conversation(sent, begins=False)
    assert visit.conversation is not None
    if visit.conversation.status is Status.WAITING:  # a second click
        return sent.redirect(visit.address(query=f"after={visit.conversation.last_seq - 1}"), visit)
    requested = await sent.request.app[HANDOFFS].request(visit.conversation)
    return sent.redirect(_news(visit, requested.messages), visit)


@posted
async def rate(sent: Sent) -> web.Response:
    """Keep whether a message helped, and one line about it."""
    current = _existing(sent)
    seq = _number(sent.fields.get("message"))
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
    current = _existing(sent)
    await sent.request.app[CONVERSATIONS].erase(current)
    await sent.request.app[ERASURES].attempt(current.id)
    nobody = Visit(sent.visit.municipality, sent.visit.language)
    return sent.redirect(nobody.address(query="done=erased", place="done"), nobody)


@shown
async def case_form(request: web.Request) -> web.Response:
    """Show the form of a question that is answered by e-mail."""
    visit = await read_visit(request)
    if not _may_leave_case(request, visit) or visit.conversation is None:
        raise web.HTTPSeeOther(visit.address())
    _, messages = await request.app[CONVERSATIONS].read(visit.conversation.id, 0)
    return render(
        request, visit, "site_case.html", faults=(), typed={"text": _question_of(messages)}
    )


@posted
async def leave_case(sent: Sent) -> web.Response:
    """Make a case of a question."""
    current = _existing(sent)
    if not _may_leave_case(sent.request, sent.visit):
        raise ConflictError("No case can be left here.")
    faults: tuple[Fault, ...]
    try:
        wanted = check(
            NewCase,
            {"email": sent.fields.get("email", "").strip(), "text": sent.fields.get("text", "")},
        )
        spoken = await sent.request.app[CONVERSATIONS].speak(current, sent.visit.language)
        messages = await services.leave_case(sent.request, spoken, wanted.email, wanted.text)
    except FaultsError as error:
        status, faults = (
            422,
            # In the order of the fields on the page.
            tuple(
                _mail_fault(sent, each.field, each.code)
                for each in sorted(error.faults, key=lambda each: each.field != "text")
            ),
        )
    except TooManyError:
        status, faults = 429, (Fault(sent.text("widget.error.too_many")),)
    else:
        return sent.redirect(_news(sent.visit, messages))
    return render(
        sent.request, sent.visit, "site_case.html", status=status, faults=faults, typed=sent.fields
    )


@posted
async def close(sent: Sent) -> web.Response:
    """End the conversation; it can be read and kept until it is erased."""
    ended = await services.close(sent.request, _existing(sent))
    return sent.redirect(_news(sent.visit, ended.messages))


@shown
async def transcript(request: web.Request) -> web.Response:
    """Give a copy of the conversation as a file."""
    visit = await read_visit(request)
    if visit.conversation is None:
        raise web.HTTPSeeOther(visit.address())
    current, messages = await request.app[CONVERSATIONS].read(visit.conversation.id, 0)
    name, text = services.transcript(request, current, messages)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return web.Response(text=text, content_type="text/plain", headers=headers)


@shown
async def copy_form(request: web.Request) -> web.Response:
    """Show the form that mails a copy of the conversation."""
    visit = await read_visit(request)
    if visit.conversation is None or not services.sends_mail(request):
        raise web.HTTPSeeOther(visit.address())
    return render(request, visit, "site_copy.html", faults=(), typed={})


@posted
async def mail_copy(sent: Sent) -> web.Response:
    """Mail a copy of the conversation to an address that is kept nowhere."""
    current = _existing(sent)
    if not services.sends_mail(sent.request):
        raise ConflictError("No mail can be sent here.")
    faults: tuple[Fault, ...]
    try:
        wanted = check(MailAddress, {"email": sent.fields.get("email", "").strip()})
        current, messages = await sent.request.app[CONVERSATIONS].read(current.id, 0)
        await services.mail_transcript(sent.request, current, messages, wanted.email)
    except FaultsError as error:
        status, faults = (
            422,
            tuple(_mail_fault(sent, each.field, each.code) for each in error.faults),
        )
    except TooManyError:
        status, faults = 429, (Fault(sent.text("site.copy.error.too_many")),)
    except (NotFoundError, ConflictError):
        raise
    except GatewayError:  # no mail server takes it
        status, faults = 503, (Fault(sent.text("site.copy.error.mail")),)
    else:
        return sent.redirect(sent.visit.address(query="done=mailed", place="done"))
    return render(
        sent.request, sent.visit, "site_copy.html", status=status, faults=faults, typed=sent.fields
    )


async def carry_over(request: web.Request) -> web.Response:
    """Take up the conversation of the chat on the municipality's website, by a form from there.

    Only from a website that may carry the chat: elsewhere somebody could be led into a
    conversation that another person reads.
    """
    tenant = municipality_of(request)
    fields = await _fields(request)
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


async def _fields(request: web.Request) -> Mapping[str, str]:
    if request.content_type != FORM:
        raise web.HTTPUnsupportedMediaType
    try:
        found = await request.post()
    except (UnicodeDecodeError, LookupError, ValueError):
        raise web.HTTPBadRequest from None
    return {
        name: value.replace("\r\n", "\n") for name, value in found.items() if isinstance(value, str)
    }


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


def _existing(sent: Sent) -> Conversation:
    if sent.visit.conversation is None:
        raise NotFoundError("There is no such conversation.")
    return sent.visit.conversation


def _news(visit: Visit, messages: tuple[Message, ...]) -> str:
    """Give the page's address at the first message that came back."""
    if not messages:
        return visit.address()
    reply = next((each for each in messages if each.author is not Author.RESIDENT), messages[-1])
    return visit.address(query=f"after={reply.seq - 1}", place=f"m{reply.seq}")


async def _of_another_conversation(sent: Sent) -> web.Response:
    """Say that the form belongs to a conversation that is over, or to none when there is one."""
    key = "site.error.gone" if sent.visit.conversation is None else "site.error.changed"
    return await sent.again(409, Fault(sent.text(key), "text"))


async def _refused(sent: Sent, error: GatewayError) -> web.Response:
    match error:
        case FaultsError():
            return await sent.again(422, *(_fault(sent, each.code) for each in error.faults[:1]))
        case ConflictError():
            visit = await read_visit(sent.request, sent.fields.get("language"))
            return await sent.again(409, Fault(sent.text("site.error.closed"), "text"), visit=visit)
        case NotFoundError():
            visit = Visit(sent.visit.municipality, sent.visit.language)
            return await sent.again(409, Fault(sent.text("site.error.gone"), "text"), visit=visit)
        case TooManyError():
            return await sent.again(429, Fault(sent.text("widget.error.too_many"), "text"))
        case ForbiddenError():
            raise error
        case _:
            return await sent.again(422, Fault(sent.text("site.error.refused")))


def _fault(sent: Sent, code: str) -> Fault:
    if code == "too_long":
        over = len(sent.fields.get("text", "")) - LONGEST_TEXT
        form = "one" if over == 1 else "many"
        return Fault(sent.text(f"widget.error.too_long.{form}", count=over), "text")
    key = "widget.error.required" if code == "required" else "widget.error.invalid"
    return Fault(sent.text(key), "text")


def _language(tenant: Municipality, said: Mapping[str, str]) -> str:
    wanted = said.get("language", "")
    return wanted if wanted in tenant.languages else tenant.default_language


def _failed(sent: Sent) -> web.Response:
    """Show what was typed, without asking anything of what may have failed."""
    posted = sent.request.method == "POST"
    return render(
        sent.request,
        sent.visit,
        "site_failed.html",
        status=500,
        keeps=False,
        faults=(Fault(sent.text("site.error.server" if posted else "site.error.broken")),),
        typed=sent.fields,
    )


def _may_leave_case(request: web.Request, visit: Visit) -> bool:
    return (
        visit.conversation is not None
        and visit.conversation.status in (Status.WITH_BOT, Status.WAITING)
        and services.sends_mail(request)
    )


def _question_of(messages: Sequence[Message]) -> str:
    """Give what the resident asked last that did not itself take an offer."""
    offered = [choice for each in messages for choice in each.choices]
    asked = (each.text for each in reversed(messages) if each.author is Author.RESIDENT)
    return next((text for text in asked if not (named_action(text, offered) or is_yes(text))), "")


def _mail_fault(sent: Sent, field: str, code: str) -> Fault:
    missing = code == "required"
    if field != "email":
        return Fault(sent.text("widget.ask.text"), "text") if missing else _fault(sent, code)
    key = "site.email.error.required" if missing else "site.email.error.invalid"
    return Fault(sent.text(key), "email")


def _number(value: str | None) -> int | None:
    if value is None or not (value.isascii() and value.isdigit() and len(value) <= 9):
        return None
    return int(value)
