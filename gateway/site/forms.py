"""A form of the page: who sent it, what stands in it, and what is said when it can't be done.

A form that can't be done shows the page again with what was typed, and says what is wrong.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.errors import ConflictError, ForbiddenError, GatewayError, NotFoundError, TooManyError
from gateway.keys import TEXTS
from gateway.municipalities import Municipality
from gateway.problems import FaultsError, log_failure
from gateway.resident.models import LONGEST_TEXT
from gateway.site.page import Fault, render, show
from gateway.site.visit import Visit, keep, municipality_of, read_visit, refuse_other_sites
from gateway.types import Author, Conversation, Message

FORM = "application/x-www-form-urlencoded"


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


def posted(handler: FormHandler) -> Handler:
    """Let in a form of this page and of this conversation; whatever fails, what was typed stays."""

    @functools.wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        tenant = municipality_of(request)
        refuse_other_sites(request)
        try:
            fields = await fields_of(request)
        except web.HTTPRequestEntityTooLarge:
            unread = Sent(request, await read_visit(request), {})
            return await unread.again(413, Fault(unread.text("site.error.too_big"), "text"))
        sent = Sent(request, Visit(tenant, page_language(tenant, fields)), fields)
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
            return failed(sent)

    return guarded


async def fields_of(request: web.Request) -> Mapping[str, str]:
    """Read a form's fields; raises an HTTPException when it is no form."""
    if request.content_type != FORM:
        raise web.HTTPUnsupportedMediaType
    try:
        found = await request.post()
    except (UnicodeDecodeError, LookupError, ValueError):
        raise web.HTTPBadRequest from None
    return {
        name: value.replace("\r\n", "\n") for name, value in found.items() if isinstance(value, str)
    }


def existing(sent: Sent) -> Conversation:
    """Give the form's conversation; raises NotFoundError when there is none."""
    if sent.visit.conversation is None:
        raise NotFoundError("There is no such conversation.")
    return sent.visit.conversation


def news(visit: Visit, messages: tuple[Message, ...]) -> str:
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
            return await sent.again(
                422, *(fault_of_text(sent, each.code) for each in error.faults[:1])
            )
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


def fault_of_text(sent: Sent, code: str) -> Fault:
    """Say what is wrong with what was written."""
    if code == "too_long":
        over = len(sent.fields.get("text", "")) - LONGEST_TEXT
        form = "one" if over == 1 else "many"
        return Fault(sent.text(f"widget.error.too_long.{form}", count=over), "text")
    key = "widget.error.required" if code == "required" else "widget.error.invalid"
    return Fault(sent.text(key), "text")


def page_language(tenant: Municipality, said: Mapping[str, str]) -> str:
    """Give the language that a form or an address says, else the municipality's."""
    wanted = said.get("language", "")
    return wanted if wanted in tenant.languages else tenant.default_language


def failed(sent: Sent) -> web.Response:
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


def number(value: str | None) -> int | None:
    """Read a seq; None when it is none."""
    if value is None or not (value.isascii() and value.isdigit() and len(value) <= 9):
        return None
    return int(value)
