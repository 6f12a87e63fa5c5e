"""Figures and the access log; neither holds a path with ids, a query string or a body."""

from __future__ import annotations

import asyncio
import logging

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.typedefs import Handler

from gateway.keys import METRICS
from gateway.problems import route_name


@web.middleware
async def count_requests(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count each answer and the time to it."""
    metrics = request.app[METRICS]
    route = route_name(request)
    loop = asyncio.get_running_loop()
    began = loop.time()
    status = 500
    try:
        answer = await handler(request)
        status = answer.status
        if not isinstance(answer, web.WebSocketResponse):
            metrics.request_seconds.labels(route).observe(loop.time() - began)
        return answer
    except web.HTTPException as error:
        status = error.status
        raise
    finally:
        metrics.requests.labels(request.method, route, str(status)).inc()


class AccessLogger(AbstractAccessLogger):
    """One line for each answer: method, the route's pattern, status, milliseconds."""

    @property
    def enabled(self) -> bool:
        """Say whether lines are wanted."""
        return self.logger.isEnabledFor(logging.INFO)

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Write the line."""
        route = route_name(request) if isinstance(request, web.Request) else "none"
        self.logger.info("%s %s %d %.0f ms", request.method, route, response.status, time * 1000)
