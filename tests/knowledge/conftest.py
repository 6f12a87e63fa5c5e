"""A small deterministic encoder, an empty store and a running server."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp.test_utils import TestClient, TestServer

from knowledge.articles.database import migrate, open_engine
from knowledge.articles.drafts import read_draft
from knowledge.articles.records import Draft
from knowledge.articles.store import ArticleStore
from knowledge.keys import PREPARATION
from knowledge.server import init_app
from knowledge.settings import Settings
from knowledge.types import Embedding


class ToyEncoder:
    """Each word has a direction of its own, so that texts are near by the words they share."""

    name = "toy"
    dimension = 64
    token_dimension = 16

    def __init__(self) -> None:
        self.queries: list[str] = []
        self.passages: list[str] = []
        self.failure: Exception | None = None

    def encode_queries(self, texts: Sequence[str]) -> list[Embedding]:
        self.queries += texts
        return self._encode(texts)

    def encode_passages(self, texts: Sequence[str]) -> list[Embedding]:
        self.passages += texts
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> list[Embedding]:
        if self.failure is not None:
            raise self.failure
        return [self._embedding(text) for text in texts]

    def _embedding(self, text: str) -> Embedding:
        words = [
            np.random.default_rng(zlib.crc32(word.encode())).normal(size=self.dimension)
            for word in text.casefold().split()
        ]
        tokens = np.array(words, np.float32).reshape(-1, self.dimension)
        vector = tokens.sum(axis=0) + 0.1 * np.eye(1, self.dimension, dtype=np.float32)[0]
        tokens = tokens[:, : self.token_dimension]
        return Embedding(
            vector / np.linalg.norm(vector),
            tokens / np.linalg.norm(tokens, axis=1, keepdims=True),
            np.full(len(tokens), 1 / max(len(tokens), 1), np.float32),
        )


@pytest.fixture
def toy_encoder() -> ToyEncoder:
    return ToyEncoder()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in ("SVAR_KNOWLEDGE_DATABASE_URL", "SVAR_ENCODER"):
        monkeypatch.delenv(name, raising=False)
    return Settings(var=tmp_path / "var")


@pytest.fixture
def store(settings: Settings) -> Iterator[ArticleStore]:
    engine = open_engine(settings.database_url)
    migrate(engine)
    yield ArticleStore(engine)
    engine.dispose()


@pytest.fixture
def draft() -> Callable[..., Draft]:
    """Makes a valid draft; keyword arguments replace its fields."""

    def make(**fields: Any) -> Draft:
        return read_draft(fields_of(**fields))

    return make


@pytest.fixture
def article_fields() -> Callable[..., dict[str, Any]]:
    """Makes a valid body for creating an article; keyword arguments replace its fields."""

    def make(**fields: Any) -> dict[str, Any]:
        return {**fields_of(), "author": "Redaktionen", **fields}

    return make


def fields_of(**fields: Any) -> dict[str, Any]:
    return {
        "title": "Ansök om bygglov",
        "text": "Bygglov behövs för altan.\n\n## Avgift\n\nAvgiften är 4 200 kronor.",
        "language": "sv",
        "url": "/demo/ekhamn/bygglov",
        **fields,
    }


StartServer = Callable[[], Awaitable[TestClient[Any, Any]]]


@pytest.fixture
async def start_server(settings: Settings, toy_encoder: ToyEncoder) -> AsyncIterator[StartServer]:
    """Starts servers on the test's folders, ready when they are given; stops them at the end."""
    clients: list[TestClient[Any, Any]] = []

    async def start() -> TestClient[Any, Any]:
        app = init_app(settings, lambda _path: toy_encoder)
        client = TestClient(TestServer(app))
        clients.append(client)
        await client.start_server()
        await asyncio.wait_for(asyncio.shield(app[PREPARATION]), 20)
        return client

    yield start
    for client in clients:
        await client.close()


@pytest.fixture
async def client(start_server: StartServer) -> TestClient[Any, Any]:
    """A ready server without articles."""
    return await start_server()
