"""The routes of what stands beside a conversation."""

from __future__ import annotations

from gateway.desk import aid_views as views
from gateway.desk.aid_models import NewNote, NewReply, Replies, ToEditors
from gateway.desk.aids import Aside, CannedReply, Note, Passages
from gateway.desk.routes import BODY, CONVERSATION
from gateway.endpoints import Endpoint, Guard, Query
from gateway.resident.models import Messages
from gateway.suggestions import Suggestion

REPLIES = "/api/v1/desk/replies"
REPLY = f"{REPLIES}/{{reply}}"

ENDPOINTS = (
    Endpoint(
        "GET",
        f"{CONVERSATION}/aside",
        views.aside,
        "Notes, a case's reference, and to who has the conversation the contact that was shared",
        "desk",
        Guard.SESSION,
        {200: Aside},
        problems=(404,),
    ),
    Endpoint(
        "GET",
        f"{CONVERSATION}/passages",
        views.passages,
        "What the pages say about the resident's last question, the best first",
        "desk",
        Guard.SESSION,
        {200: Passages},
        problems=(404, 503),
    ),
    Endpoint(
        "GET",
        "/api/v1/desk/search",
        views.search,
        "Search the municipality's pages",
        "desk",
        Guard.SESSION,
        {200: Passages},
        problems=(422, 503),
        queries=(
            Query("query", "What to look for."),
            Query("language", "The language it is in; the pages' own without one."),
        ),
    ),
    Endpoint(
        "POST",
        f"{CONVERSATION}/notes",
        views.add_note,
        "Note something beside a conversation, for staff only",
        "desk",
        Guard.CHANGE,
        {201: Note},
        body=NewNote,
        problems=(404, *BODY),
    ),
    Endpoint(
        "POST",
        f"{CONVERSATION}/contact",
        views.ask_contact,
        "Ask the resident for a telephone number or an e-mail address; the next message may hold "
        "one, which is kept a day at most and never stands in the transcript",
        "desk",
        Guard.CHANGE,
        {200: Messages},
        problems=(404, 409),
    ),
    Endpoint(
        "POST",
        f"{CONVERSATION}/suggestions",
        views.suggest,
        "Suggest an operator's answer to the editors; the same message twice is one suggestion",
        "desk",
        Guard.CHANGE,
        {201: Suggestion},
        body=ToEditors,
        problems=(404, *BODY),
    ),
    Endpoint(
        "GET",
        REPLIES,
        views.replies,
        "The municipality's canned replies",
        "desk",
        Guard.SESSION,
        {200: Replies},
    ),
    Endpoint(
        "POST",
        REPLIES,
        views.add_reply,
        "Keep a new canned reply; it may hold {operator}, {municipality} and {reference}",
        "desk",
        Guard.CHANGE,
        {201: CannedReply},
        body=NewReply,
        problems=BODY,
    ),
    Endpoint(
        "PUT",
        REPLY,
        views.change_reply,
        "Change a canned reply",
        "desk",
        Guard.CHANGE,
        {200: CannedReply},
        body=NewReply,
        problems=(404, *BODY),
    ),
    Endpoint(
        "DELETE",
        REPLY,
        views.remove_reply,
        "Take a canned reply away",
        "desk",
        Guard.CHANGE,
        {204: None},
        problems=(404,),
    ),
)
