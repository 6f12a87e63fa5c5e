from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp.test_utils import TestClient, TestServer

from actions.app import all_actions, create_app
from actions.knowledge_client import KnowledgeClient
from actions.settings import Settings

SLOTS = Path(__file__).resolve().parents[2] / "bot" / "domain" / "slots.yml"


@pytest.fixture
async def server(knowledge: Any) -> AsyncIterator[TestClient[Any, Any]]:
    app = create_app(Settings(knowledge_url=knowledge.url))
    async with TestClient(TestServer(app)) as client:
        yield client


def _call(action: str) -> dict[str, Any]:
    """As Rasa 3.6 sends it, without a domain."""
    intent = {"name": "service_building", "confidence": 0.8}
    return {
        "next_action": action,
        "sender_id": "c1",
        "version": "3.6.21",
        "tracker": {
            "sender_id": "c1",
            "slots": {"municipality_id": "ekhamn", "language": "sv", "chunk": None},
            "latest_message": {"text": "Vad kostar bygglov?", "intent": intent},
            "events": [{"event": "user", "text": "Vad kostar bygglov?"}],
        },
    }


def test_every_action_of_the_domain_is_served() -> None:
    """What rules can run, the server has, and nothing else."""
    names = {action.name() for action in all_actions(KnowledgeClient("http://127.0.0.1:9"))}

    domain = [yaml.safe_load(path.read_text()) for path in SLOTS.parent.glob("*.yml")]
    assert {name for content in domain for name in content.get("actions", [])} == names


async def test_an_action_is_run(server: TestClient[Any, Any]) -> None:
    """Events and responses in the form that Rasa asks for."""
    response = await server.post("/webhook", json=_call("action_answer_question"))

    body = await response.json()
    assert response.status == 200
    assert [event["event"] for event in body["events"]] == ["slot", "slot", "slot"]
    assert [r["text"] for r in body["responses"]] == ["En **avgift** tas ut.\n\n- 1 000 kr"]


async def test_without_knowledge_the_action_fails(
    knowledge: Any, server: TestClient[Any, Any]
) -> None:
    """A status that makes Rasa's turn fail, with the reason but not the resident's words."""
    knowledge.status = 500

    response = await server.post("/webhook", json=_call("action_answer_question"))

    assert response.status == 503
    assert "bygglov" not in await response.text()


async def test_an_unknown_action_is_refused(server: TestClient[Any, Any]) -> None:
    """Not with 400, which Rasa takes for an action that declines."""
    response = await server.post("/webhook", json=_call("action_unknown"))

    assert response.status == 404


@pytest.mark.parametrize("body", ["", "{", "[]", "{}", '{"next_action": "action_repeat"}'])
async def test_what_is_no_call_is_refused(server: TestClient[Any, Any], body: str) -> None:
    """Broken or other JSON."""
    response = await server.post("/webhook", data=body)

    assert response.status == 422


async def test_health_and_figures(server: TestClient[Any, Any]) -> None:
    """The process says that it lives, is ready, and what it has done."""
    await server.post("/webhook", json=_call("action_offer_person"))

    assert (await server.get("/health/live")).status == 200
    assert (await server.get("/health/ready")).status == 200
    figures = await (await server.get("/metrics")).text()
    assert 'svar_actions_runs_total{action="action_offer_person",outcome="done"} 1.0' in figures
