"""What leaves the page: a question answered by e-mail, and the conversation as a mail or a file."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from gateway.errors import ConflictError, GatewayError, NotFoundError, TooManyError
from gateway.http_json import check
from gateway.keys import CONVERSATIONS
from gateway.named_choices import is_yes, named_action
from gateway.problems import FaultsError
from gateway.resident.models import MailAddress, NewCase
from gateway.site import services
from gateway.site.forms import Sent, existing, fault_of_text, news, posted
from gateway.site.page import Fault, render
from gateway.site.showing import shown
from gateway.site.visit import Visit, read_visit
from gateway.types import Author, Message, Status


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
    current = existing(sent)
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
        return sent.redirect(news(sent.visit, messages))
    return render(
        sent.request, sent.visit, "site_case.html", status=status, faults=faults, typed=sent.fields
    )


@shown
async def transcript(request: web.Request) -> web.Response:
    """Give a copy of the conversation as a file."""
    visit = await read_visit(request)
    if visit.conversation is None:
        raise web.HTTPSeeOther(visit.address())
    current, messages = await request.app[CONVERSATIONS].read(visit.conversation.id, 0)
    name, text = services.transcript(request, current, messages)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
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
    current = existing(sent)
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
        return Fault(sent.text("widget.ask.text"), "text") if missing else fault_of_text(sent, code)
    key = "site.email.error.required" if missing else "site.email.error.invalid"
    return Fault(sent.text(key), "email")
