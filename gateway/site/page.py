"""The page as it stands: the conversation's messages made ready for the template."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from gateway.errors import NotFoundError
from gateway.keys import CONVERSATIONS, NOTICES, PAGES, TEXTS
from gateway.site import services
from gateway.site.visit import Visit, keep
from gateway.site.words import TableNames, Words, address, words
from gateway.transcripts import now
from gateway.types import Action, AnswerStatus, Author, Choice, Message, Source, Status

LONGEST_TEXT_SHOWN = "2\u00a0000"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, in the resident's language; `field` is the id of the field it is about."""

    text: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """Words of a page with where they stand."""

    words: Words
    source: Source


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as the template shows it; `day` is empty for today."""

    message: Message
    words: Words
    also: tuple[Said, ...]
    choices: tuple[Choice, ...]
    time: str
    day: str
    language: str
    fresh: bool
    helpful: bool | None
    rateable: bool

    @property
    def answered(self) -> bool:
        """Say whether the words are a page's own."""
        answer = self.message.answer
        return answer is not None and answer.status is AnswerStatus.ANSWERED


async def show(
    request: web.Request,
    visit: Visit,
    *,
    status: int = 200,
    faults: Sequence[Fault] = (),
    typed: Mapping[str, str] | None = None,
    after: int | None = None,
    done: str | None = None,
    rated: int | None = None,
) -> web.Response:
    """Give the page with the conversation.

    `after` is the seq of the last message seen before; `done` the key of a text that says what
    was just done; `rated` the message whose feedback may get a line of words; `typed` what
    stood in the fields when something was at fault.
    """
    messages: tuple[Message, ...] = ()
    ratings: Mapping[int, bool] = {}
    if visit.conversation is not None:
        try:
            current, messages = await request.app[CONVERSATIONS].read(visit.conversation.id, 0)
            ratings = await request.app[CONVERSATIONS].ratings(current)
            visit = visit.within(current, visit.token)
        except NotFoundError:  # erased a moment ago, in another window
            visit = Visit(visit.municipality, visit.language)
    shown = _shown(request, visit, messages, ratings, after)
    place = (
        None if visit.conversation is None else await services.place(request, visit.conversation)
    )
    last = messages[-1] if messages else None
    return render(
        request,
        visit,
        "site_conversation.html",
        status=status,
        faults=faults,
        typed=typed or {},
        shown=shown,
        place=place,
        last=0 if last is None else last.seq,
        news=None if after is None else sum(each.fresh for each in shown),
        checked=_local(visit).strftime("%H:%M"),
        pending=last is not None
        and last.author is Author.RESIDENT
        and visit.conversation is not None
        and visit.conversation.status is Status.WITH_BOT,
        offers_person=any(
            choice.action is Action.HANDOFF
            for each in shown
            if each.message.choices and _is_open(each.message, messages)
            for choice in each.message.choices
        ),
        day_of=lambda moment: moment.astimezone(ZoneInfo(visit.municipality.timezone)).date(),
        notices=await request.app[NOTICES].current(visit.municipality.id),
        client_id=str(uuid.uuid4()),
        done=done,
        rated=rated,
        longest=LONGEST_TEXT_SHOWN,
    )


def render(
    request: web.Request,
    visit: Visit,
    template: str,
    *,
    status: int = 200,
    keeps: bool = True,
    **values: object,
) -> web.Response:
    """Give one of the municipality's pages; what stands in a conversation is kept by nobody.

    With `keeps` the browser's cookie becomes that of the visit.
    """
    html = request.app[PAGES].render(
        template,
        visit.language,
        visit.municipality,
        visit=visit,
        sends_mail=services.sends_mail(request),
        page_address=lambda url: address(visit.municipality.website, url),
        **values,
    )
    answer = web.Response(
        text=html,
        status=status,
        content_type="text/html",
        headers={"Cache-Control": "no-store", "Content-Language": visit.language},
    )
    if keeps:
        keep(request, answer, visit)
    return answer


def _shown(
    request: web.Request,
    visit: Visit,
    messages: Sequence[Message],
    ratings: Mapping[int, bool],
    after: int | None,
) -> list[Shown]:
    zone = ZoneInfo(visit.municipality.timezone)
    today = _local(visit).date()
    texts = request.app[TEXTS]
    tables = TableNames(
        texts.say(visit.language, "widget.table"), texts.say(visit.language, "site.table.rest")
    )
    base = visit.municipality.website
    found = []
    for message in messages:
        moment = message.created_at.astimezone(zone)
        answer = message.answer
        folds = answer is not None and answer.status is AnswerStatus.ANSWERED
        own = message.author is Author.RESIDENT
        found.append(
            Shown(
                message=message,
                words=Words("")
                if own
                else words(
                    message.text,
                    base,
                    breaks=message.author is not Author.BOT,
                    folds=folds,
                    tables=tables,
                ),
                also=tuple(
                    Said(
                        words(each.text, base, breaks=False, folds=False, tables=tables),
                        each.source,
                    )
                    for each in (answer.also if answer else ())
                ),
                choices=_choices(request, visit, message, messages),
                time=moment.strftime("%H:%M"),
                day="" if moment.date() == today else moment.date().isoformat(),
                language=(answer.page_language if answer else None) or message.language,
                fresh=after is not None and message.seq > after and not own,
                helpful=ratings.get(message.seq),
                rateable=folds and message.author is Author.BOT and not visit.closed,
            )
        )
    return found


def _choices(
    request: web.Request, visit: Visit, message: Message, messages: Sequence[Message]
) -> tuple[Choice, ...]:
    """Give what can still be chosen; a person is chosen by the one button for that, below."""
    if visit.conversation is None or not _is_open(message, messages):
        return ()
    status = visit.conversation.status
    # What was said after the offer of a case took it up again or made it void.
    case = (
        message is messages[-1]
        and status in (Status.WITH_BOT, Status.WAITING)
        and services.sends_mail(request)
    )
    return tuple(
        choice
        for choice in message.choices
        if (choice.action is None and status is Status.WITH_BOT)
        or (choice.action is Action.CASE and case)
    )


def _is_open(message: Message, messages: Sequence[Message]) -> bool:
    """Say whether nothing was written since a message by the resident."""
    return not any(each.author is Author.RESIDENT and each.seq > message.seq for each in messages)


def _local(visit: Visit) -> datetime:
    return now().astimezone(ZoneInfo(visit.municipality.timezone))
