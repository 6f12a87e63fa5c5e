"""The app: assembled here, its resources opened and closed in order."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.typedefs import Handler

from knowledge.confidence import load_model
from knowledge.database import migrate, open_engine
from knowledge.embeddings import EncoderThread, QueryEmbeddings
from knowledge.encoder import load_encoder
from knowledge.errors import KnowledgeError
from knowledge.indexes import Indexes
from knowledge.keys import METRICS, PREPARATION, READINESS, SETTINGS, STORE, Core, Readiness
from knowledge.metrics import Metrics
from knowledge.routes import add_routes
from knowledge.routes.problems import problems
from knowledge.settings import Settings
from knowledge.store import ArticleStore
from knowledge.types import Encoder

log = logging.getLogger(__name__)

BODY_BYTES = 8 * 1024 * 1024
SEARCH_THREADS = 2
STOP_SECONDS = 5.0

EncoderLoader = Callable[[str], Encoder]


class PortTakenError(KnowledgeError):
    """Another process listens where this one should."""


def init_app(settings: Settings, load: EncoderLoader = load_encoder) -> web.Application:
    """Assemble the app; `load` makes the encoder from its path, in a thread."""
    app = web.Application(middlewares=[_measured, problems], client_max_size=BODY_BYTES)
    app[SETTINGS] = settings
    app[METRICS] = Metrics()
    app[READINESS] = Readiness(missing=["the encoder", "the indexes"])
    app.cleanup_ctx.append(_database)
    app.cleanup_ctx.append(_core(load))
    add_routes(app)
    return app


async def serve(settings: Settings, load: EncoderLoader = load_encoder) -> None:
    """Listen until a signal comes or the core turns out not to load.

    Raises PortTakenError, and what loading the encoder or the indexes raises.
    """
    # The port first: when it is taken, nothing has been touched yet.
    with _listener(settings.knowledge_host, settings.knowledge_port) as listener:
        app = init_app(settings, load)
        runner = web.AppRunner(
            app,
            access_log_class=AccessLog,
            access_log=logging.getLogger("knowledge.access"),
            shutdown_timeout=STOP_SECONDS,
        )
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
        try:
            await runner.setup()
            await web.SockSite(runner, listener).start()
            log.info("listening on http://%s:%d", *listener.getsockname()[:2])
            waiting = asyncio.create_task(stopped.wait())
            preparation = app[PREPARATION]
            await asyncio.wait([waiting, preparation], return_when=asyncio.FIRST_COMPLETED)
            if not stopped.is_set():
                await preparation
                await waiting
        finally:
            await runner.cleanup()


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno is not None and error.errno > 0:
            reason = os.strerror(error.errno)
        raise PortTakenError(
            f"can't listen on {host}:{port}: {reason.lower()}"
            " (set SVAR_KNOWLEDGE_HOST or SVAR_KNOWLEDGE_PORT)"
        ) from None


async def _database(app: web.Application) -> AsyncIterator[None]:
    engine = await asyncio.to_thread(open_engine, app[SETTINGS].database_url)
    await asyncio.to_thread(migrate, engine)
    app[STORE] = ArticleStore(engine)
    yield
    await asyncio.to_thread(engine.dispose)


def _core(load: EncoderLoader) -> Callable[[web.Application], AsyncIterator[None]]:
    async def core(app: web.Application) -> AsyncIterator[None]:
        """Prepare the core beside the running server, so that it can say what is missing."""
        app[PREPARATION] = preparation = asyncio.create_task(_prepare(app, load))
        yield
        preparation.cancel()
        with suppress(asyncio.CancelledError, Exception):
            # serve() has raised it already, or nobody waits for the core any more.
            await preparation
        loaded = app[READINESS].core
        if loaded is not None:
            await asyncio.to_thread(loaded.close)

    return core


async def _prepare(app: web.Application, load: EncoderLoader) -> None:
    settings, metrics, readiness = app[SETTINGS], app[METRICS], app[READINESS]
    confidence = await asyncio.to_thread(load_model)
    encoder = EncoderThread(await asyncio.to_thread(load, settings.encoder_path), metrics)
    readiness.missing.remove("the encoder")
    log.info("encoder %s loaded", encoder.name)
    indexes = Indexes(app[STORE], encoder, settings.index_folder, metrics)
    try:
        await asyncio.to_thread(indexes.open, log.info)
    except asyncio.CancelledError:
        encoder.close()
        raise
    readiness.core = Core(
        encoder=encoder,
        queries=QueryEmbeddings(encoder, metrics, app[SETTINGS].query_cache),
        indexes=indexes,
        confidence=confidence,
        search_threads=ThreadPoolExecutor(SEARCH_THREADS, thread_name_prefix="search"),
    )
    readiness.missing.remove("the indexes")
    log.info("ready")


@web.middleware
async def _measured(request: web.Request, handler: Handler) -> web.StreamResponse:
    began = time.perf_counter()
    status = 500
    try:
        response = await handler(request)
        status = response.status
        return response
    finally:
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else "none"
        metrics = request.app[METRICS]
        metrics.requests.labels(request.method, route, status).inc()
        metrics.request_seconds.labels(route).observe(time.perf_counter() - began)


class AccessLog(AbstractAccessLogger):
    """Method, path, status and time: never a query string or a body, which hold people's words."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        quiet = request.path.startswith("/health/") or request.path == "/metrics"
        self.logger.log(
            logging.DEBUG if quiet else logging.INFO,
            "%s %s %d %.1f ms",
            request.method,
            request.path,
            response.status,
            time * 1000,
        )
