"""Is the process alive, can it do its work, and the figures of what it has done."""

from __future__ import annotations

from aiohttp import web
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from knowledge.keys import METRICS, READINESS
from knowledge.routes.representations import json_response

routes = web.RouteTableDef()


@routes.get("/health/live")
async def live(request: web.Request) -> web.Response:
    """Always 200: the process answers."""
    return json_response({"status": "live"})


@routes.get("/health/ready")
async def ready(request: web.Request) -> web.Response:
    """200, or 503 with what is missing."""
    missing = request.app[READINESS].missing
    body = {"status": "waiting" if missing else "ready", "missing": missing}
    return json_response(body, status=503 if missing else 200)


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    """Prometheus text."""
    figures = generate_latest(request.app[METRICS].registry)
    return web.Response(body=figures, headers={"Content-Type": CONTENT_TYPE_LATEST})
