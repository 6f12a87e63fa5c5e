"""The figures that GET /metrics shows."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

QUICK = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Metrics:
    """One set for each app, so that several can live in one process."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self.requests = Counter(
            "svar_knowledge_requests",
            "Requests answered",
            ["method", "route", "status"],
            registry=registry,
        )
        self.request_seconds = Histogram(
            "svar_knowledge_request_seconds",
            "Time from request to answer",
            ["route"],
            buckets=QUICK,
            registry=registry,
        )
        self.encoded = Counter(
            "svar_knowledge_encoded_texts", "Texts encoded", ["kind"], registry=registry
        )
        self.encode_seconds = Histogram(
            "svar_knowledge_encode_seconds",
            "Time the encoder took for one batch",
            ["kind"],
            buckets=QUICK,
            registry=registry,
        )
        self.cached = Counter(
            "svar_knowledge_query_cache",
            "Query embeddings asked for, by whether they were at hand",
            ["result"],
            registry=registry,
        )
        self.answers = Counter(
            "svar_knowledge_answers",
            "Answers by outcome",
            ["municipality", "status"],
            registry=registry,
        )
        self.chunks = Gauge(
            "svar_knowledge_chunks", "Chunks in the index", ["municipality"], registry=registry
        )
        self.publications = Counter(
            "svar_knowledge_publications", "Publications by outcome", ["result"], registry=registry
        )
        self.publication_seconds = Histogram(
            "svar_knowledge_publication_seconds",
            "Time until a publication was visible and on disk",
            buckets=QUICK,
            registry=registry,
        )
