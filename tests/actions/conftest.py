"""A knowledge process that stands in, and trackers as Rasa sends them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from rasa_sdk import Tracker

from actions.knowledge_client import KnowledgeClient

SOURCE = {
    "article": "bygglov",
    "title": "Bygglov",
    "heading": "Avgift",
    "url": "/demo/ekhamn/bygga-och-bo/bygglov#avgift",
    "updated": "2026-02-03",
}
ANSWERED = {
    "status": "answered",
    "confidence": 0.93,
    "text": "En **avgift** tas ut.\n\n- 1 000 kr",
    "sources": [SOURCE],
    "choices": [],
    "nearest": [SOURCE],
}


@dataclass
class StandIn:
    """What knowledge answers, and what it was asked."""

    url: str = ""
    answer: Any = field(default_factory=lambda: dict(ANSWERED))
    status: int = 200
    delay: float = 0.0
    questions: list[Any] = field(default_factory=list)


@pytest.fixture
async def knowledge() -> AsyncIterator[StandIn]:
    """A server with the interface of POST /v1/answers."""
    import asyncio

    stand_in = StandIn()

    async def answer(request: web.Request) -> web.Response:
        stand_in.questions.append(await request.json())
        await asyncio.sleep(stand_in.delay)
        return web.json_response(stand_in.answer, status=stand_in.status)

    app = web.Application()
    app.router.add_post("/v1/answers", answer)
    async with TestServer(app) as server:
        stand_in.url = str(server.make_url("")).rstrip("/")
        yield stand_in


@pytest.fixture
async def client(knowledge: StandIn) -> AsyncIterator[KnowledgeClient]:
    """The client of the actions, at the stand-in."""
    async with KnowledgeClient(knowledge.url, limit=0.3) as client:
        yield client


@pytest.fixture
def tracker_of() -> Callable[..., Tracker]:
    """Make a tracker whose latest turn is `text`, after `events`, with slots set."""

    def make(
        text: str = "Vad kostar bygglov?",
        intent: str = "service_building",
        events: list[dict[str, Any]] | None = None,
        ranking: list[dict[str, Any]] | None = None,
        entities: dict[str, str] | None = None,
        **slots: Any,
    ) -> Tracker:
        parsed = {"name": intent, "confidence": 0.8}
        message = {
            "text": text,
            "intent": parsed,
            "intent_ranking": ranking or [parsed],
            "entities": [
                {"entity": name, "value": each} for name, each in (entities or {}).items()
            ],
        }
        latest = {"event": "user", "text": text, "parse_data": message}
        return Tracker.from_dict(
            {
                "sender_id": "c1",
                "slots": {
                    "municipality_id": "ekhamn",
                    "municipality": "Ekhamn",
                    "language": "sv",
                    "chunk": None,
                    "last_question": None,
                    "last_answer": None,
                    **slots,
                },
                "latest_message": message,
                "events": [*(events or []), latest],
                "paused": False,
                "followup_action": None,
                "active_loop": {},
                "latest_action_name": "action_listen",
            }
        )

    return make
