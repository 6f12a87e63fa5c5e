"""Fixtures for the bot's components; these tests run in Rasa's environment (Python 3.10)."""

from __future__ import annotations

import importlib.util

if importlib.util.find_spec("rasa") is None:
    # In Svar's own environment there is no Rasa, and nothing here to run.
    collect_ignore_glob = ["*"]
else:
    import hashlib
    import json
    import threading
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from dataclasses import dataclass, field
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
    from typing import Any

    import numpy as np
    import pytest
    import pytest_asyncio
    from aiohttp import web

    from bot.components import embeddings

    DIMENSION = 64

    def vector_of(text: str) -> list[float]:
        """A unit vector that is the sum of one fixed vector for each word of the text."""
        total = np.zeros(DIMENSION)
        for word in text.lower().split() or [""]:
            seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
            total += np.random.default_rng(seed).normal(size=DIMENSION)
        return list((total / np.linalg.norm(total)).round(6))

    @dataclass
    class EmbeddingServer:
        """Stands in for knowledge; what it was asked for is kept in `batches`."""

        url: str
        encoder: str = "words"
        batches: list[list[str]] = field(default_factory=list)
        broken_body: bytes | None = None
        status: int = 200

    @pytest.fixture
    def embedding_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddingServer]:
        """A server with the interface of POST /v1/embeddings; the shared client asks it."""
        yield from _serve(monkeypatch)

    @pytest.fixture(scope="session")
    def lasting_embedding_server() -> Iterator[EmbeddingServer]:
        """The same for a model that several tests share."""
        with pytest.MonkeyPatch.context() as monkeypatch:
            yield from _serve(monkeypatch)

    def _serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddingServer]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.batches.append(asked["texts"])
                answer: dict[str, Any] = {
                    "encoder": server.encoder,
                    "dimension": DIMENSION,
                    "embeddings": [vector_of(text) for text in asked["texts"]],
                }
                body = server.broken_body or json.dumps(answer).encode()
                self.send_response(server.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server = EmbeddingServer(f"http://127.0.0.1:{listener.server_port}")
        thread = threading.Thread(target=listener.serve_forever, daemon=True)
        thread.start()
        monkeypatch.setenv("SVAR_KNOWLEDGE_URL", server.url)
        embeddings.shared_client.cache_clear()
        yield server
        embeddings.shared_client.cache_clear()
        listener.shutdown()
        listener.server_close()

    Handler = Callable[[web.Request], Any]

    @pytest_asyncio.fixture
    async def aiohttp_server_of() -> AsyncIterator[Callable[[Handler], Awaitable[str]]]:
        """Start a server whose POST / is the given handler; gives its address."""
        runners: list[web.AppRunner] = []

        async def start(handler: Handler) -> str:
            async def handle(request: web.Request) -> web.StreamResponse:
                answer = handler(request)
                response: web.StreamResponse = (
                    answer if isinstance(answer, web.StreamResponse) else await answer
                )
                return response

            app = web.Application()
            app.router.add_post("/", handle)
            runner = web.AppRunner(app, shutdown_timeout=0.1)
            runners.append(runner)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            return f"http://127.0.0.1:{runner.addresses[0][1]}/"

        yield start
        for runner in runners:
            await runner.cleanup()
