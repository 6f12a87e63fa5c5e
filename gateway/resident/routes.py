"""The public API's routes."""

from __future__ import annotations

from gateway.endpoints import Endpoint, Guard, Query
from gateway.resident import events, views
from gateway.resident.models import (
    BegunConversation,
    Feedback,
    LiveFrame,
    MadeCase,
    MailAddress,
    Messages,
    NewCase,
    NewConversation,
    NewMessage,
    PublicMunicipality,
    Replies,
    Transcript,
    WishForPerson,
)
from gateway.texts import TextsByKey

CONVERSATION = "/api/v1/conversations/{conversation}"
AFTER = Query("after", "Only messages with a greater seq.", "integer")

ENDPOINTS = (
    Endpoint(
        "POST",
        "/api/v1/conversations",
        views.begin,
        "Begin a conversation; the token is given this once",
        "resident",
        Guard.OPEN,
        {201: BegunConversation},
        body=NewConversation,
        problems=(400, 403, 413, 422, 429),
    ),
    Endpoint(
        "POST",
        f"{CONVERSATION}/messages",
        views.write,
        "Write a message and get what comes back; the same client_id twice is stored once",
        "resident",
        Guard.TOKEN,
        {200: Replies},
        body=NewMessage,
        problems=(400, 403, 409, 413, 422, 429),
    ),
    Endpoint(
        "GET",
        f"{CONVERSATION}/messages",
        views.read,
        "Read the messages after a seq",
        "resident",
        Guard.TOKEN,
        {200: Messages},
        problems=(403, 422),
        queries=(AFTER,),
    ),
    Endpoint(
        "GET",
        f"{CONVERSATION}/events",
        events.events,
        "WebSocket: each message after a seq as it comes, with the conversation's status; "
        "while it waits also its place in the queue whenever that changes; "
        '{"type": "typing"} when the operator is writing, and the page may send the same, '
        "at most once in three seconds, when the resident is: it holds for five, is stored "
        "nowhere, and every other frame that a page sends is dropped. "
        "The token goes in the Authorization header or as the subprotocol bearer.TOKEN beside "
        "svar. Close code 4404: erased; 1013: read again from the last seq",
        "resident",
        Guard.TOKEN,
        {101: LiveFrame},
        problems=(403, 422),
        queries=(AFTER,),
    ),
    Endpoint(
        "POST",
        f"{CONVERSATION}/handoff",
        views.ask_for_person,
        "Ask for a person",
        "resident",
        Guard.TOKEN,
        {200: Messages},
        body=WishForPerson,
        problems=(400, 403, 409, 413, 422),
    ),
    Endpoint(
        "POST",
        f"{CONVERSATION}/case",
        views.leave_case,
        "Leave a question to be answered by e-mail; the conversation leaves the queue. The same "
        "text again gives the same case. 409: an operator has the conversation, it is closed, or "
        "no mail can be sent here",
        "resident",
        Guard.TOKEN,
        {201: MadeCase},
        body=NewCase,
        problems=(400, 403, 409, 413, 422, 429),
    ),
    Endpoint(
        "POST",
        f"{CONVERSATION}/feedback",
        views.rate,
        "Say whether one of the bot's messages helped",
        "resident",
        Guard.TOKEN,
        {204: None},
        body=Feedback,
        problems=(400, 403, 413, 422),
    ),
    Endpoint(
        "POST",
        f"{CONVERSATION}/close",
        views.close,
        "End the conversation without erasing it",
        "resident",
        Guard.TOKEN,
        {200: Messages},
        problems=(403,),
    ),
    Endpoint(
        "GET",
        f"{CONVERSATION}/transcript",
        views.transcript,
        "Download the whole conversation",
        "resident",
        Guard.TOKEN,
        {200: Transcript},
        problems=(403, 422),
        queries=(Query("format", "json (without one) or text."),),
        text=True,
    ),
    Endpoint(
        "POST",
        f"{CONVERSATION}/transcript",
        views.mail_transcript,
        "Mail the whole conversation; the address is used once and kept nowhere. "
        "Three an hour for each conversation",
        "resident",
        Guard.TOKEN,
        {202: None},
        body=MailAddress,
        problems=(400, 403, 413, 422, 429, 503),
    ),
    Endpoint(
        "DELETE",
        CONVERSATION,
        views.erase,
        "End the conversation and erase it",
        "resident",
        Guard.TOKEN,
        {204: None},
        problems=(403,),
    ),
    Endpoint(
        "GET",
        "/api/v1/municipalities/{municipality}",
        views.municipality,
        "What a page may know of a municipality",
        "resident",
        Guard.OPEN,
        {200: PublicMunicipality},
        problems=(404,),
        queries=(Query("language", "Which language the notice comes in; else the default."),),
    ),
    Endpoint(
        "GET",
        "/api/v1/texts/{language}",
        views.texts,
        "Every text of a language by key, placeholders unfilled",
        "resident",
        Guard.OPEN,
        {200: TextsByKey},
        problems=(404,),
    ),
)
