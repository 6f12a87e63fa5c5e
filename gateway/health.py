"""Whether the process lives and can work, its figures, and its description."""

from __future__ import annotations

import asyncio
import logging

from aiohttp import web
from prometheus_client import generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from gateway.keys import DATABASE, METRICS, OPENAPI

READY_SECONDS = 2

log = logging.getLogger(__name__)


async def live(request: web.Request) -> web.Response:
    """Say that the process answers."""
    return web.json_response({"status": "live"})


async def ready(request: web.Request) -> web.Response:
    """Say whether conversations can be taken.

    Only the database counts: without the bot or the articles the gateway still takes messages,
    so it is not to be taken out of service when they are away.
    """
    try:
        async with asyncio.timeout(READY_SECONDS), request.app[DATABASE].reading() as session:
            await session.execute(text("SELECT 1"))
    except (SQLAlchemyError, TimeoutError) as error:
        log.error("the database does not answer: %s", type(error).__name__)
        return web.json_response({"status": "not ready", "missing": ["database"]}, status=503)
    return web.json_response({"status": "ready", "missing": []})


async def metrics(request: web.Request) -> web.Response:
    """Give the figures as Prometheus reads them."""
    return web.Response(
        body=generate_latest(request.app[METRICS].registry),
        headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
    )


async def openapi(request: web.Request) -> web.Response:
    """Give the OpenAPI document."""
    return web.Response(body=request.app[OPENAPI], content_type="application/json")
