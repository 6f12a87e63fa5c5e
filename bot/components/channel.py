"""The channel `svar`: one turn in, one structured answer out, and no failure passed over."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.core.processor import MessageProcessor
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, empty, json, raw

from bot.components import remote_actions
from bot.components.crisis_detector import CRISIS, kind_entities
from bot.components.crisis_model import Crisis, passages
from bot.components.crisis_words import crisis_words
from bot.components.embeddings import EmbeddingsUnavailableError, shared_client
from bot.components.tracker_store import BoundedTrackerStore
from bot.components.turn_metadata import metadata_entities
from bot.components.turn_output import TurnFailedError, TurnMessage, TurnOutput
from bot.components.turn_request import BadTurnError, Turn, read_turn

logger = logging.getLogger(__name__)

TURNS = Counter("svar_bot_turns_total", "Turns handled, by outcome.", ["outcome"])
SECONDS = Histogram(
    "svar_bot_turn_seconds",
    "Time from a turn to its answer.",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 4),
)


class SvarChannel(InputChannel):
    """The only way into the bot."""

    @classmethod
    def name(cls) -> str:
        """The channel's part of the addresses: /webhooks/svar/…"""
        return "svar"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> SvarChannel:
        """The channel as credentials.yml describes it; called once, when Rasa starts."""
        remote_actions.install()
        return cls(float((credentials or {}).get("time_limit", 3.7)))

    def __init__(self, time_limit: float) -> None:
        self._time_limit = time_limit
        # Threads that wait for embeddings; more at once would only queue up at knowledge.
        self._threads = ThreadPoolExecutor(16, thread_name_prefix="embeddings")

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes under /webhooks/svar."""
        routes = Blueprint("svar")

        @routes.listener("after_server_start")
        async def open_actions(app: Sanic, _: Any) -> None:
            processor = app.ctx.agent.processor
            if processor is not None and processor.action_endpoint is not None:
                processor.action_endpoint = remote_actions.ActionEndpoint(processor.action_endpoint)

        @routes.listener("before_server_stop")
        async def close_actions(app: Sanic, _: Any) -> None:
            processor = app.ctx.agent.processor
            if processor is not None and isinstance(
                processor.action_endpoint, remote_actions.ActionEndpoint
            ):
                await processor.action_endpoint.close()

        @routes.post("/turns")
        async def take_turn(request: Request) -> HTTPResponse:
            return await self._respond(request, on_new_message)

        @routes.delete("/conversations/<conversation:str>")
        async def forget(request: Request, conversation: str) -> HTTPResponse:
            # Rasa wraps the store of endpoints.yml and gives no other way to it.
            store = getattr(request.app.ctx.agent.tracker_store, "_tracker_store", None)
            if isinstance(store, BoundedTrackerStore):
                await store.delete(conversation)
            return empty()

        @routes.get("/health/live")
        async def live(_: Request) -> HTTPResponse:
            return json({"status": "live"})

        @routes.get("/health/ready")
        async def ready(request: Request) -> HTTPResponse:
            if request.app.ctx.agent.is_ready():
                return json({"status": "ready"})
            return json({"status": "not ready", "missing": ["model"]}, status=503)

        @routes.get("/metrics")
        async def metrics(_: Request) -> HTTPResponse:
            return raw(generate_latest(), content_type=CONTENT_TYPE_LATEST)

        return routes

    async def _respond(
        self, request: Request, on_new_message: Callable[[UserMessage], Awaitable[Any]]
    ) -> HTTPResponse:
        begun = time.perf_counter()
        try:
            turn = read_turn(request.body)
        except BadTurnError as error:
            TURNS.labels("refused").inc()
            return _problem(error.status, error.title, error.detail, error.errors)
        try:
            answer = await asyncio.wait_for(
                self._answer(turn, request.app.ctx.agent, on_new_message), self._time_limit
            )
        except asyncio.TimeoutError:  # noqa: UP041 - not the same before Python 3.11
            return _failed(turn, f"No answer within {self._time_limit} s.")
        except Exception as error:  # Whatever went wrong, the caller must hear of it.
            logger.debug("A turn failed.", exc_info=True)
            return _failed(turn, str(error) or type(error).__name__)
        TURNS.labels("answered").inc()
        SECONDS.observe(time.perf_counter() - begun)
        return json(answer)

    async def _answer(
        self,
        turn: Turn,
        agent: Agent,
        on_new_message: Callable[[UserMessage], Awaitable[Any]],
    ) -> dict[str, Any]:
        if agent.processor is None:
            raise TurnFailedError("No model is loaded.")
        parsed = await self._parse(turn, agent.processor)
        output = TurnOutput()
        await on_new_message(
            UserMessage(
                turn.text,
                output,
                turn.conversation,
                parse_data={**parsed, "text": turn.text},
                input_channel=self.name(),
                metadata=turn.metadata,
            )
        )
        output.raise_if_failed()
        intent = parsed["intent"]
        return {
            "intent": {"name": intent["name"], "confidence": intent["confidence"]},
            "messages": [_localised(message, turn, agent) for message in output.messages],
        }

    async def _parse(self, turn: Turn, processor: MessageProcessor) -> dict[str, Any]:
        if turn.chunk is not None:
            # A choice was taken: what it means is known, whatever its words look like.
            return _understood("take_choice", turn, None)
        # Asked for ahead, in a thread: the NLU graph runs on the event loop and may not wait.
        loop = asyncio.get_running_loop()
        texts = [turn.nlu_text, *passages(turn.nlu_text)]
        try:
            await loop.run_in_executor(self._threads, shared_client().embed, texts)
        except EmbeddingsUnavailableError:
            # Who is in danger gets the numbers also while knowledge is down: words may be enough.
            sure = crisis_words().find(turn.text).sure
            if not sure:
                raise
            return _understood(CRISIS, turn, Crisis(sure[0], 1.0))
        parsed: dict[str, Any] = await processor.parse_message(
            UserMessage(turn.nlu_text, metadata=turn.metadata)
        )
        return parsed


def _understood(intent: str, turn: Turn, crisis: Crisis | None) -> dict[str, Any]:
    """What a turn means without asking the model."""
    found = {"name": intent, "confidence": 1.0}
    return {
        "intent": found,
        "intent_ranking": [found],
        "entities": [*metadata_entities(turn.metadata), *kind_entities(crisis, None)],
    }


def _localised(message: TurnMessage, turn: Turn, agent: Agent) -> dict[str, Any]:
    """The message as JSON, with the words of the domain where a choice names a response."""

    def words(value: str | dict[str, str]) -> str:
        if isinstance(value, str):
            return value
        filled = agent.nlg.generate_from_slots(value["response"], turn.slots, TurnOutput.name())
        if not filled or not filled.get("text"):
            raise TurnFailedError(f"{value['response']} has no text in {turn.slots['language']}.")
        return str(filled["text"])

    return {
        "text": message.text,
        "choices": [
            {
                "title": words(choice["title"]),
                "text": words(choice["text"]),
                "chunk": choice.get("chunk"),
                "action": choice.get("action"),
                **({"reason": choice["reason"]} if "reason" in choice else {}),
            }
            for choice in message.choices
        ],
        "answer": message.answer,
        "handoff": message.handoff,
        "asks": message.asks,
        "case": message.case,
    }


def _failed(turn: Turn, reason: str) -> HTTPResponse:
    TURNS.labels("failed").inc()
    # The conversation's name, never what the resident wrote.
    logger.error("A turn of conversation %s failed: %s", turn.conversation, reason)
    return _problem(500, "The turn has no answer", reason, [])


def _problem(status: int, title: str, detail: str, errors: list[dict[str, str]]) -> HTTPResponse:
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "errors": errors,
    }
    return json(body, status=status, content_type="application/problem+json")
