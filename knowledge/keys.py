"""What the app keeps, under typed keys."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from aiohttp import web

from knowledge.articles.contradiction_store import ContradictionStore
from knowledge.articles.store import ArticleStore
from knowledge.encoding.embeddings import EncoderThread, QueryEmbeddings
from knowledge.finding.confidence import ConfidenceModel
from knowledge.indexing.indexes import Indexes
from knowledge.metrics import Metrics
from knowledge.settings import Settings


@dataclass(frozen=True, slots=True)
class Core:
    """What answers need: there once the encoder is loaded and the indexes are up to date."""

    encoder: EncoderThread
    queries: QueryEmbeddings
    indexes: Indexes
    confidence: ConfidenceModel
    search_threads: ThreadPoolExecutor

    def close(self) -> None:
        """End the threads when their work is done; blocks."""
        self.search_threads.shutdown(wait=True, cancel_futures=True)
        self.indexes.close()
        self.encoder.close()


@dataclass(slots=True)
class Readiness:
    """What is still missing before the process can do all its work; empty when nothing is."""

    missing: list[str] = field(default_factory=list)
    core: Core | None = None


SETTINGS = web.AppKey("settings", Settings)
STORE = web.AppKey("store", ArticleStore)
CONTRADICTIONS = web.AppKey("contradictions", ContradictionStore)
METRICS = web.AppKey("metrics", Metrics)
READINESS = web.AppKey("readiness", Readiness)
PREPARATION = web.AppKey("preparation", asyncio.Task[None])
