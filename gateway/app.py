"""The application, assembled: what started is what stops, in the opposite order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial

from aiohttp import ClientSession, DummyCookieJar, web

from gateway import health, page_views, sign_in
from gateway.case_erasures import CaseErasures
from gateway.case_mails import CasePost
from gateway.case_news import CaseNews
from gateway.case_offer import CaseOffer
from gateway.case_receiving import ReceivedMails
from gateway.cases import Cases
from gateway.conversations import Conversations
from gateway.copies import Copies
from gateway.cors import CONVERSATIONS_PATH, add_cors_headers, preflight
from gateway.database import Database
from gateway.demo_accounts import make_demo_accounts
from gateway.desk import aid_routes as aids
from gateway.desk import case_routes as desk_cases
from gateway.desk import routes as desk
from gateway.desk.aids import Aids
from gateway.desk.board import Boards
from gateway.desk.cases import DeskCases
from gateway.desk.claims import Claims
from gateway.desk.presence import DeskPresence
from gateway.desk.takeovers import Takeovers
from gateway.desk.transfers import Transfers
from gateway.editor import notices as editor_notices
from gateway.editor import routes as editor
from gateway.editor import suggestion_routes as suggestions
from gateway.endpoints import Endpoint, add_endpoints
from gateway.erasures import Erasures
from gateway.events import LocalHub, LocalPresence
from gateway.handoff import Handoffs
from gateway.headers import add_security_headers
from gateway.hearing import Hearing
from gateway.keys import (
    AIDS,
    BEGINNINGS,
    BOARDS,
    BOT,
    CLAIMS,
    CONVERSATIONS,
    COPIES,
    DATABASE,
    DESK_CASES,
    DESKS,
    ERASURES,
    FORMS,
    HANDOFFS,
    HUB,
    KNOWLEDGE,
    METRICS,
    MUNICIPALITIES,
    NOTICES,
    OPENAPI,
    PAGES,
    PRESENCE,
    QUESTIONS,
    RECEIVED_MAILS,
    SESSIONS,
    SETTINGS,
    SOCKETS,
    TAKEOVERS,
    TEXTS,
    TRANSFERS,
    TURNS,
)
from gateway.knowledge_client import KnowledgeClient
from gateway.limits import Limit
from gateway.mailbox import Mailbox
from gateway.metrics import Metrics
from gateway.municipalities import LANGUAGES, load_municipalities
from gateway.notices import Notices
from gateway.observe import count_requests
from gateway.openapi import document
from gateway.outbox import Outbox
from gateway.pages import Pages
from gateway.problems import problems
from gateway.question_cases import QuestionCases
from gateway.rasa_client import BotClient
from gateway.resident import routes as resident
from gateway.retention import Retention
from gateway.sessions import Passwords, Sessions
from gateway.settings import PACKAGE, Settings
from gateway.site.beginnings import Beginnings
from gateway.site.routes import add_site
from gateway.sockets import close_sockets
from gateway.suggestions import erase_done_suggestions
from gateway.texts import load_texts
from gateway.timeouts import OpenDesks, Timeouts
from gateway.turns import Turns

ENDPOINTS: tuple[Endpoint, ...] = (
    *resident.ENDPOINTS,
    *sign_in.ENDPOINTS,
    *desk.ENDPOINTS,
    *desk_cases.ENDPOINTS,
    *aids.ENDPOINTS,
    *editor.ENDPOINTS,
    *suggestions.ENDPOINTS,
    *editor_notices.ENDPOINTS,
)
BEGINNINGS_SECONDS = 600.0
OUTBOX_SECONDS = 3.0
"""How long stopping waits for a mail that is under way; it is sent again after the next start."""


def init_app(settings: Settings) -> web.Application:
    """Give the application of an installation; nothing runs yet.

    Raises MunicipalityError or TextsError when what it is made of can't be used.
    """
    app = web.Application(middlewares=[count_requests, page_views.page_errors, problems])
    app[SETTINGS] = settings
    app[MUNICIPALITIES] = load_municipalities(settings.municipalities)
    app[TEXTS] = load_texts(settings.locales, LANGUAGES)
    app[METRICS] = Metrics()
    app[PAGES] = Pages(app[TEXTS])
    app[HUB] = LocalHub()
    app[DESKS] = OpenDesks()
    app[SOCKETS] = set()
    app[BEGINNINGS] = Limit(settings.beginnings_per_address, BEGINNINGS_SECONDS)
    app[COPIES] = Copies(app[MUNICIPALITIES], app[TEXTS], settings)
    app[OPENAPI] = json.dumps(document(ENDPOINTS), ensure_ascii=False).encode()
    app.cleanup_ctx.extend((_database, _clients, _services))
    app.on_shutdown.append(close_sockets)
    app.on_response_prepare.append(add_security_headers)
    app.on_response_prepare.append(add_cors_headers)
    add_endpoints(app, ENDPOINTS)
    _add_pages(app)
    return app


def _add_pages(app: web.Application) -> None:
    app.router.add_route("OPTIONS", CONVERSATIONS_PATH + "{rest:.*}", preflight)
    app.router.add_get("/api/openapi.json", health.openapi)
    app.router.add_get("/health/live", health.live)
    app.router.add_get("/health/ready", health.ready)
    app.router.add_get("/metrics", health.metrics)
    app.router.add_get("/", page_views.start)
    app.router.add_get("/desk", page_views.desk)
    app.router.add_get("/editor", page_views.editor)
    app.router.add_get("/demo/{municipality}", page_views.demo_without_slash)
    app.router.add_get("/demo/{municipality}/", page_views.demo_home)
    app.router.add_get("/demo/{municipality}/{path:.+}", page_views.demo_article)
    app.router.add_static("/static", PACKAGE / "static", name="static")
    add_site(app)


async def _database(app: web.Application) -> AsyncIterator[None]:
    app[DATABASE] = Database(app[SETTINGS].database)
    await app[DATABASE].migrate()
    yield
    await app[DATABASE].close()


async def _clients(app: web.Application) -> AsyncIterator[None]:
    settings = app[SETTINGS]
    async with ClientSession(cookie_jar=DummyCookieJar(), trust_env=False) as session:
        app[BOT] = BotClient(session, settings.bot_url, settings.turn_seconds, app[MUNICIPALITIES])
        app[KNOWLEDGE] = KnowledgeClient(
            session, settings.knowledge_url, settings.knowledge_seconds
        )
        yield


async def _services(app: web.Application) -> AsyncIterator[None]:
    database, hub, tenants, texts = app[DATABASE], app[HUB], app[MUNICIPALITIES], app[TEXTS]
    passwords = Passwords()
    await make_demo_accounts(database, passwords, tenants, app[SETTINGS].demo_accounts)
    app[SESSIONS] = Sessions(database, passwords)
    app[CONVERSATIONS] = Conversations(database, hub, tenants, texts)
    app[PRESENCE] = DeskPresence(database, LocalPresence())
    app[BOARDS] = Boards(database)
    offer = CaseOffer(texts, by_mail=bool(app[SETTINGS].smtp_host))
    app[HANDOFFS] = Handoffs(database, hub, app[PRESENCE], tenants, texts, offer)
    app[TAKEOVERS] = Takeovers(database, hub, tenants, texts)
    app[CLAIMS] = Claims(database, hub, tenants, texts)
    app[TRANSFERS] = Transfers(database, hub, app[PRESENCE], app[HANDOFFS], tenants, texts)
    cases = Cases(database, tenants)
    app[AIDS] = Aids(database, hub, cases, app[KNOWLEDGE], tenants, texts)
    case_post = CasePost(tenants, texts, app[METRICS], app[SETTINGS], hub)
    outbox = Outbox(
        database, cases, tenants, texts, app[METRICS], app[SETTINGS], posts=(case_post,)
    )
    news = CaseNews(hub, outbox.wake)
    app[QUESTIONS] = QuestionCases(database, hub, tenants, texts, app[METRICS], news)
    app[DESK_CASES] = DeskCases(
        database, tenants, news, address_days=app[SETTINGS].case_address_days
    )
    app[RECEIVED_MAILS] = ReceivedMails(database, tenants, app[METRICS], news)
    app[TURNS] = Turns(
        database,
        hub,
        app[HANDOFFS],
        cases,
        outbox,
        app[BOT],
        Hearing(app[KNOWLEDGE], tenants),
        texts,
        app[METRICS],
        app[SETTINGS].turn_seconds,
    )
    app[ERASURES] = Erasures(database, app[BOT])
    app[NOTICES] = Notices(database, tenants)
    app[FORMS] = Beginnings()
    retention = Retention(
        app[CONVERSATIONS],
        app[METRICS],
        app[SETTINGS].retention_days,
        cases,
        app[SETTINGS].case_retention_days,
        questions=CaseErasures(database),
        also=(partial(erase_done_suggestions, database),),
    )
    lines = app[HANDOFFS].lines
    forget = app[ERASURES].attempt
    timeouts = Timeouts(database, hub, app[DESKS], lines, tenants, texts, offer, forget)
    running = [timeouts.run(), app[ERASURES].run(), retention.run()]
    if app[SETTINGS].imap_host:
        markers = {texts.say(language, "case.marker") for language in LANGUAGES}
        running.append(Mailbox(app[RECEIVED_MAILS], app[METRICS], app[SETTINGS], markers).run())
    chores = [asyncio.create_task(chore) for chore in (*running, outbox.run())]
    yield
    outbox.stop()
    # It may be between a mail that was accepted and the note of it.
    await asyncio.wait(chores[-1:], timeout=OUTBOX_SECONDS)
    for chore in chores:
        chore.cancel()
    await asyncio.gather(*chores, return_exceptions=True)
    await app[TURNS].close()
