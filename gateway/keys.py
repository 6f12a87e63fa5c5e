"""What the application holds, by typed keys; put there by app.py alone."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from gateway.case_receiving import ReceivedMails
from gateway.conversations import Conversations
from gateway.copies import Copies
from gateway.database import Database
from gateway.desk.aids import Aids
from gateway.desk.board import Boards
from gateway.desk.cases import DeskCases
from gateway.desk.claims import Claims
from gateway.desk.presence import DeskPresence
from gateway.desk.takeovers import Takeovers
from gateway.desk.transfers import Transfers
from gateway.erasures import Erasures
from gateway.events import Hub
from gateway.handoff import Handoffs
from gateway.knowledge_client import KnowledgeClient
from gateway.limits import Limit
from gateway.metrics import Metrics
from gateway.municipalities import Municipality
from gateway.notices import Notices
from gateway.pages import Pages
from gateway.question_cases import QuestionCases
from gateway.rasa_client import BotClient
from gateway.sessions import Sessions, SignedIn
from gateway.settings import Settings
from gateway.site.beginnings import Beginnings
from gateway.texts import Texts
from gateway.timeouts import OpenDesks
from gateway.turns import Turns
from gateway.types import Conversation

SETTINGS = web.AppKey("settings", Settings)
MUNICIPALITIES = web.AppKey("municipalities", Mapping[str, Municipality])
TEXTS = web.AppKey("texts", Texts)
METRICS = web.AppKey("metrics", Metrics)
PAGES = web.AppKey("pages", Pages)
OPENAPI = web.AppKey("openapi", bytes)

DATABASE = web.AppKey("database", Database)
HUB = web.AppKey("hub", Hub)
BOARDS = web.AppKey("boards", Boards)
DESKS = web.AppKey("desks", OpenDesks)
PRESENCE = web.AppKey("presence", DeskPresence)
BOT = web.AppKey("bot", BotClient)
KNOWLEDGE = web.AppKey("knowledge", KnowledgeClient)
CONVERSATIONS = web.AppKey("conversations", Conversations)
BEGINNINGS = web.AppKey("beginnings", Limit)
COPIES = web.AppKey("copies", Copies)
HANDOFFS = web.AppKey("handoffs", Handoffs)
QUESTIONS = web.AppKey("questions", QuestionCases)
DESK_CASES = web.AppKey("desk_cases", DeskCases)
RECEIVED_MAILS = web.AppKey("received_mails", ReceivedMails)
CLAIMS = web.AppKey("claims", Claims)
TRANSFERS = web.AppKey("transfers", Transfers)
TAKEOVERS = web.AppKey("takeovers", Takeovers)
AIDS = web.AppKey("aids", Aids)
ERASURES = web.AppKey("erasures", Erasures)
TURNS = web.AppKey("turns", Turns)
SESSIONS = web.AppKey("sessions", Sessions)
NOTICES = web.AppKey("notices", Notices)
FORMS = web.AppKey("forms", Beginnings)
SOCKETS = web.AppKey("sockets", set[web.WebSocketResponse])

SIGNED_IN = web.RequestKey("signed_in", SignedIn)
CONVERSATION = web.RequestKey("conversation", Conversation)
