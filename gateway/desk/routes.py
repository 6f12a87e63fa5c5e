"""The desk's routes."""

from __future__ import annotations

from gateway.desk import events, views
from gateway.desk.models import (
    Colleagues,
    Departments,
    DeskFrame,
    OperatorMessage,
    Resolution,
    TransferTo,
)
from gateway.endpoints import Endpoint, Guard
from gateway.queue import ConversationView, Queue
from gateway.resident.models import Messages

CONVERSATION = "/api/v1/desk/conversations/{conversation}"
BODY = (400, 413, 415, 422)

ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/v1/desk/queue",
        views.queue,
        "Waiting conversations, oldest first, and one's own",
        "desk",
        Guard.SESSION,
        {200: Queue},
    ),
    Endpoint(
        "GET",
        "/api/v1/desk/operators",
        views.operators,
        "Colleagues a conversation can be transferred to",
        "desk",
        Guard.SESSION,
        {200: Colleagues},
    ),
    Endpoint(
        "GET",
        "/api/v1/desk/departments",
        views.departments,
        "Departments that conversations wait for, and one's own",
        "desk",
        Guard.SESSION,
        {200: Departments},
    ),
    Endpoint(
        "GET",
        CONVERSATION,
        views.conversation,
        "A conversation that waits or is with an operator, with its messages",
        "desk",
        Guard.SESSION,
        {200: ConversationView},
        problems=(404,),
    ),
    Endpoint(
        "POST",
        f"{CONVERSATION}/claim",
        views.claim,
        "Take a waiting conversation; exactly one operator gets it",
        "desk",
        Guard.CHANGE,
        {200: ConversationView},
        problems=(404, 409),
    ),
    Endpoint(
        "POST",
        f"{CONVERSATION}/messages",
        views.write,
        "Write in a conversation one has",
        "desk",
        Guard.CHANGE,
        {200: Messages},
        body=OperatorMessage,
        problems=(404, 409, *BODY),
    ),
    Endpoint(
        "POST",
        f"{CONVERSATION}/transfer",
        views.transfer,
        "Pass a conversation one has to a colleague or back to the queue",
        "desk",
        Guard.CHANGE,
        {200: ConversationView},
        body=TransferTo,
        problems=(404, 409, *BODY),
    ),
    Endpoint(
        "POST",
        f"{CONVERSATION}/resolve",
        views.resolve,
        "Finish a conversation one has: back to the bot, or closed",
        "desk",
        Guard.CHANGE,
        {200: Messages},
        body=Resolution,
        problems=(404, 409, *BODY),
    ),
    Endpoint(
        "GET",
        "/api/v1/desk/events",
        events.events,
        "WebSocket: the queue on connecting and at each change, and new messages of one's own "
        "conversations. After connecting, read the open conversation anew. Close code 4401: "
        "signed out; 1013: connect again",
        "desk",
        Guard.SESSION,
        {101: DeskFrame},
        problems=(403,),
    ),
)
