"""The desk's routes."""

from __future__ import annotations

from gateway.desk import events, views
from gateway.desk.models import (
    ActiveConversations,
    Colleagues,
    Departments,
    DeskFrame,
    DeskState,
    OperatorMessage,
    PresenceChoice,
    Resolution,
    ResolvedConversations,
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
        "/api/v1/desk/presence",
        views.desk_state,
        "What one has chosen to be at the desk, what is allowed here, and the colleagues",
        "desk",
        Guard.SESSION,
        {200: DeskState},
    ),
    Endpoint(
        "PUT",
        "/api/v1/desk/presence",
        views.choose_presence,
        "Be available, busy or away; only who is available counts as there",
        "desk",
        Guard.CHANGE,
        {200: DeskState},
        body=PresenceChoice,
        problems=BODY,
    ),
    Endpoint(
        "GET",
        "/api/v1/desk/active",
        views.active,
        "Conversations with the bot in the last minutes: topic and last line, where allowed",
        "desk",
        Guard.SESSION,
        {200: ActiveConversations},
    ),
    Endpoint(
        "GET",
        "/api/v1/desk/resolved",
        views.resolved,
        "What one resolved within a day and may reopen, the newest first",
        "desk",
        Guard.SESSION,
        {200: ResolvedConversations},
    ),
    Endpoint(
        "POST",
        f"{CONVERSATION}/pull",
        views.pull,
        "Take over a conversation from the bot, where the municipality allows it",
        "desk",
        Guard.CHANGE,
        {200: ConversationView},
        problems=(404, 409),
    ),
    Endpoint(
        "POST",
        f"{CONVERSATION}/reopen",
        views.reopen,
        "Take up again a conversation one resolved within a day",
        "desk",
        Guard.CHANGE,
        {200: ConversationView},
        problems=(404, 409),
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
        "WebSocket: the queue on connecting and at each change, new messages of one's own "
        "conversations, and who is there at each change; also when the resident of one's own "
        "conversation is writing. The page may send the same frame, at most once in three "
        "seconds, when the operator is: it holds for five, is stored nowhere, and every other "
        "frame that a page sends is dropped. After connecting, read the open conversation anew. "
        "Close code 4401: signed out; 1013: connect again",
        "desk",
        Guard.SESSION,
        {101: DeskFrame},
        problems=(403,),
    ),
)
