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

from knowledge.articles.contradiction_store import ContradictionStore
from knowledge.articles.database import migrate, open_engine
from knowledge.articles.store import ArticleStore
from knowledge.encoding.embeddings import EncoderThread, QueryEmbeddings
from knowledge.encoding.encoder import load_encoder
from knowledge.errors import KnowledgeError
from knowledge.finding.confidence import ConfidenceModel, load_model
from knowledge.indexing.former import load_former, record_encoder
from knowledge.indexing.indexes import Indexes
from knowledge.keys import (
    CONTRADICTIONS,
    METRICS,
    PREPARATION,
    READINESS,
    SETTINGS,
    STORE,
    Core,
    Readiness,
)
from knowledge.language import text
from knowledge.metrics import Metrics
from knowledge.routes import add_routes
from knowledge.routes.problems import problems
from knowledge.settings import Settings
from knowledge.types import Encoder

log = logging.getLogger(__name__)

BODY_BYTES = 8 * 1024 * 1024
SEARCH_THREADS = 2
STOP_SECONDS = 5.0
RETIREMENT_SECONDS = 30.0
"""How long a former encoder is kept for the questions that it was asked last."""

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
    app[CONTRADICTIONS] = ContradictionStore(engine)
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
    """Load the encoder and the indexes.

    Indexes that another encoder made are made anew. That one goes on answering meanwhile if it
    can still be loaded; a core's encoder and indexes always belong together, and one assignment
    swaps them. If it can't be loaded, the process is not ready before all are made.
    """
    settings, readiness = app[SETTINGS], app[READINESS]
    path, folder = settings.encoder_path, settings.index_folder
    confidence = await asyncio.to_thread(load_model)
    encoder, _ = await asyncio.gather(
        asyncio.to_thread(load, path), asyncio.to_thread(text.read_tables)
    )
    core = _assembled(app, encoder, confidence)
    former: Core | None = None
    try:
        readiness.missing.remove("the encoder")
        log.info("encoder %s loaded", core.encoder.name)
        if not await asyncio.to_thread(core.indexes.complete):
            other = await asyncio.to_thread(load_former, folder, core.encoder.name, load)
            former = None if other is None else _assembled(app, other, confidence)
        if former is None or not await asyncio.to_thread(former.indexes.complete):
            await _opened(core, readiness, app[STORE])
            readiness.core = core
        else:
            await _opened(former, readiness, app[STORE])
            readiness.core = former
            log.info("ready; %s answers until all is embedded anew", former.encoder.name)
            await asyncio.to_thread(core.indexes.open, log.info, lambda _municipality: None)
            await former.indexes.hand_over(core.indexes, log.info, lambda: _swap(readiness, core))
        await asyncio.to_thread(record_encoder, folder, core.encoder.name, path)
        await asyncio.to_thread(core.indexes.keep_only_these)
        log.info("ready")
        if readiness.core is core and former is not None:
            # Questions that it was asked before the swap are still being answered.
            await asyncio.sleep(RETIREMENT_SECONDS)
    finally:
        for one in (core, former):
            if one is not None and one is not readiness.core:
                # Not close(): what is encoding in a thread must end before that can.
                one.encoder.close()
                await asyncio.to_thread(one.close)


def _assembled(app: web.Application, encoder: Encoder, confidence: ConfidenceModel) -> Core:
    settings, metrics = app[SETTINGS], app[METRICS]
    thread = EncoderThread(encoder, metrics)
    return Core(
        encoder=thread,
        queries=QueryEmbeddings(thread, metrics, settings.query_cache),
        indexes=Indexes(app[STORE], thread, settings.index_folder, metrics),
        confidence=confidence,
        search_threads=ThreadPoolExecutor(SEARCH_THREADS, thread_name_prefix="search"),
    )


async def _opened(core: Core, readiness: Readiness, store: ArticleStore) -> None:
    """Open the indexes; what is missing names each municipality until its own is ready."""
    municipalities = await asyncio.to_thread(store.municipalities)
    readiness.missing = [_index_of(municipality) for municipality in municipalities]
    loop = asyncio.get_running_loop()

    def opened(municipality: str) -> None:
        loop.call_soon_threadsafe(_found, readiness, _index_of(municipality))

    await asyncio.to_thread(core.indexes.open, log.info, opened)
    readiness.missing = []


def _index_of(municipality: str) -> str:
    return f"the index of {municipality}"


def _found(readiness: Readiness, what: str) -> None:
    if what in readiness.missing:
        readiness.missing.remove(what)


def _swap(readiness: Readiness, core: Core) -> None:
    readiness.core = core


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
