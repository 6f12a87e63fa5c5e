"""The action server: Rasa's webhook, health and figures."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import AsyncIterator

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionNotFoundException

from actions.answering import ActionAnswerQuestion
from actions.crisis import ActionCrisis
from actions.fault_report import (
    ActionAskFaultChange,
    ActionAskFaultConfirmed,
    ActionAskFaultContact,
    ActionAskFaultKind,
    ActionAskFaultPlace,
    ActionFinishFault,
    ValidateFaultForm,
)
from actions.handoff import ActionOfferPerson, ActionRequestHandoff, ActionTakeOffer
from actions.knowledge_client import KnowledgeClient, KnowledgeUnavailableError
from actions.repeating import ActionRepeat
from actions.settings import Settings
from actions.types import SvarAction

logger = logging.getLogger(__name__)

LARGEST_BODY = 1024**2


class Metrics:
    """The figures of one action server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.runs = Counter(
            "svar_actions_runs_total",
            "Actions run, by outcome.",
            ["action", "outcome"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "svar_actions_run_seconds",
            "Time that an action took.",
            ["action"],
            buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.5),
            registry=self.registry,
        )


KNOWLEDGE = web.AppKey("KNOWLEDGE", KnowledgeClient)
METRICS = web.AppKey("METRICS", Metrics)
# rasa-sdk has no types.
EXECUTOR = web.AppKey("EXECUTOR", object)

routes = web.RouteTableDef()


def create_app(settings: Settings) -> web.Application:
    """Assemble the server."""
    app = web.Application(client_max_size=LARGEST_BODY)
    app[KNOWLEDGE] = KnowledgeClient(str(settings.knowledge_url))
    app[METRICS] = Metrics()
    app[EXECUTOR] = _executor(all_actions(app[KNOWLEDGE]))
    app.cleanup_ctx.append(_open_knowledge)
    app.add_routes(routes)
    return app


def all_actions(knowledge: KnowledgeClient) -> list[SvarAction]:
    """Every action that the domain names."""
    return [
        ActionAnswerQuestion(knowledge),
        ActionRequestHandoff(),
        ActionOfferPerson(),
        ActionTakeOffer(),
        ActionRepeat(),
        ActionCrisis(),
        ValidateFaultForm(),
        ActionAskFaultKind(),
        ActionAskFaultPlace(),
        ActionAskFaultContact(),
        ActionAskFaultConfirmed(),
        ActionAskFaultChange(),
        ActionFinishFault(),
    ]


def _executor(actions: list[SvarAction]) -> ActionExecutor:
    executor = ActionExecutor()
    for action in actions:
        executor.register_function(action.name(), action.run)
    return executor


async def _open_knowledge(app: web.Application) -> AsyncIterator[None]:
    async with app[KNOWLEDGE]:
        yield


@routes.post("/webhook")
async def run_action(request: web.Request) -> web.Response:
    """Run one action for Rasa; any failure is a status that makes the turn fail."""
    try:
        call = json.loads(await request.read())
        name = call["next_action"]
        call["tracker"]["sender_id"]
    except (ValueError, KeyError, TypeError):
        return web.json_response({"error": "This is no call of an action."}, status=422)
    metrics = request.app[METRICS]
    begun = time.perf_counter()
    executor: ActionExecutor = request.app[EXECUTOR]
    try:
        # rasa-sdk refuses a call without a domain; none of the actions reads it.
        result = await executor.run({**call, "domain": {}})
    except ActionNotFoundException:
        metrics.runs.labels("unknown", "failed").inc()
        # Not 400: Rasa takes that for an action that declines, and goes on.
        return web.json_response({"error": f"There is no action {name}."}, status=404)
    except KnowledgeUnavailableError as error:
        metrics.runs.labels(name, "failed").inc()
        logger.warning("%s failed: %s", name, error)
        return web.json_response({"error": str(error)}, status=503)
    metrics.runs.labels(name, "done").inc()
    metrics.seconds.labels(name).observe(time.perf_counter() - begun)
    return web.json_response(result.model_dump())


@routes.get("/health/live")
async def live(_: web.Request) -> web.Response:
    """The process runs."""
    return web.json_response({"status": "live"})


@routes.get("/health/ready")
async def ready(_: web.Request) -> web.Response:
    """Actions can be run; whether knowledge is there, its own health says."""
    return web.json_response({"status": "ready"})


@routes.get("/metrics")
async def figures(request: web.Request) -> web.Response:
    """The figures in Prometheus's text format."""
    return web.Response(
        body=generate_latest(request.app[METRICS].registry),
        headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
    )
