from __future__ import annotations

from typing import Any

import pytest

from actions.knowledge_client import KnowledgeClient, KnowledgeUnavailableError
from actions.types import KnowledgeAnswer


async def _ask(client: KnowledgeClient) -> KnowledgeAnswer:
    return await client.answer("ekhamn", "sv", "Vad kostar bygglov?", None, None)


async def test_an_answer_is_read(knowledge: Any, client: KnowledgeClient) -> None:
    """Status, confidence, words and sources; what is unknown here is let go."""
    knowledge.answer["invented_later"] = 1

    answer = await _ask(client)

    assert (
        answer.status,
        answer.confidence,
        answer.sources[0].heading,
    ) == ("answered", 0.93, "Avgift")


async def test_a_slow_answer_is_not_waited_for(knowledge: Any, client: KnowledgeClient) -> None:
    """After the time limit the turn fails."""
    knowledge.delay = 2

    with pytest.raises(KnowledgeUnavailableError, match=r"within 0\.3 s"):
        await _ask(client)


async def test_a_missing_knowledge_process_is_an_error() -> None:
    """Nothing listens there."""
    async with KnowledgeClient("http://127.0.0.1:9") as client:
        with pytest.raises(KnowledgeUnavailableError, match="can't be reached"):
            await _ask(client)


@pytest.mark.parametrize("status", [404, 422, 500, 503])
async def test_an_error_status_is_an_error(
    knowledge: Any, client: KnowledgeClient, status: int
) -> None:
    """A refusal is no decision."""
    knowledge.status = status

    with pytest.raises(KnowledgeUnavailableError, match=str(status)):
        await _ask(client)


@pytest.mark.parametrize("answer", [[], {}, {"status": "maybe", "confidence": 0.5}])
async def test_other_json_is_an_error(knowledge: Any, client: KnowledgeClient, answer: Any) -> None:
    """Only the four decisions are understood."""
    knowledge.answer = answer

    with pytest.raises(KnowledgeUnavailableError, match="other JSON"):
        await _ask(client)
