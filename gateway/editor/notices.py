"""The notices' routes: editors and administrators say what residents are told for a while."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from aiohttp import web
from pydantic import StringConstraints

from gateway.editor.views import EDITOR_ROLES
from gateway.endpoints import Endpoint, Guard
from gateway.errors import NotFoundError
from gateway.guards import require_json, with_session
from gateway.http_json import model_response, read_model
from gateway.keys import NOTICES, SIGNED_IN
from gateway.notices import Notice
from gateway.types import Frozen, Moment

PATH = "/api/v1/editor/notices"
BODY = (400, 413, 415, 422)
LONGEST_NOTICE = 500


class NoticeView(Frozen):
    """A notice as staff see it; `texts` by language."""

    id: int
    texts: dict[str, str]
    starts_at: Moment
    ends_at: Moment
    author: str
    updated_at: Moment


class NoticeViews(Frozen):
    """The notices that are shown or will be, what begins last first."""

    notices: tuple[NoticeView, ...]


class NewNotice(Frozen):
    """A text in the municipality's default language and, if wished, its others; from and until."""

    texts: dict[
        str, Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_NOTICE)]
    ]
    starts_at: Moment
    ends_at: Moment

    @property
    def period(self) -> tuple[datetime, datetime]:
        """From and until."""
        return self.starts_at, self.ends_at


@with_session(EDITOR_ROLES)
async def list_notices(request: web.Request) -> web.Response:
    """Give the notices that are not over."""
    found = await request.app[NOTICES].unfinished(request[SIGNED_IN].staff.municipality)
    return model_response(NoticeViews(notices=tuple(_view(each) for each in found)))


@with_session(EDITOR_ROLES, changes=True)
async def add_notice(request: web.Request) -> web.Response:
    """Keep a new notice."""
    require_json(request)
    wanted = await read_model(request, NewNotice)
    staff = request[SIGNED_IN].staff
    made = await request.app[NOTICES].add(staff, wanted.texts, *wanted.period)
    return model_response(_view(made), status=201)


@with_session(EDITOR_ROLES, changes=True)
async def change_notice(request: web.Request) -> web.Response:
    """Change a notice."""
    require_json(request)
    wanted = await read_model(request, NewNotice)
    staff = request[SIGNED_IN].staff
    changed = await request.app[NOTICES].change(staff, _id(request), wanted.texts, *wanted.period)
    return model_response(_view(changed))


@with_session(EDITOR_ROLES, changes=True)
async def remove_notice(request: web.Request) -> web.Response:
    """Take a notice away at once."""
    await request.app[NOTICES].remove(request[SIGNED_IN].staff, _id(request))
    return web.Response(status=204)


def _id(request: web.Request) -> int:
    value = request.match_info["notice"]
    if not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise NotFoundError("There is no such notice.")
    return int(value)


def _view(notice: Notice) -> NoticeView:
    return NoticeView.model_validate(notice.model_dump(exclude={"default_language"}))


ENDPOINTS = (
    Endpoint(
        "GET",
        PATH,
        list_notices,
        "The notices that are shown or will be",
        "notice",
        Guard.SESSION,
        {200: NoticeViews},
    ),
    Endpoint(
        "POST",
        PATH,
        add_notice,
        "Tell every resident something from a moment until another",
        "notice",
        Guard.CHANGE,
        {201: NoticeView},
        body=NewNotice,
        problems=BODY,
    ),
    Endpoint(
        "PUT",
        f"{PATH}/{{notice}}",
        change_notice,
        "Change a notice",
        "notice",
        Guard.CHANGE,
        {200: NoticeView},
        body=NewNotice,
        problems=(404, *BODY),
    ),
    Endpoint(
        "DELETE",
        f"{PATH}/{{notice}}",
        remove_notice,
        "Take a notice away at once",
        "notice",
        Guard.CHANGE,
        {204: None},
        problems=(404,),
    ),
)
