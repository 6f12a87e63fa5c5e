"""Figures for Prometheus; labels never hold anything a person wrote."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 5.0)


class Metrics:
    """The gateway's figures, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "svar_gateway_requests",
            "Answered requests.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "svar_gateway_request_seconds",
            "Time to answer a request; WebSockets are left out.",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.turns = Counter(
            "svar_gateway_turns",
            "Turns the bot was asked about, by outcome: answered or failed.",
            ("outcome",),
            registry=self.registry,
        )
        self.turn_seconds = Histogram(
            "svar_gateway_turn_seconds",
            "Time the bot took for a turn.",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.masked = Counter(
            "svar_gateway_masked",
            "Pieces of personal data taken out of messages, by kind.",
            ("kind",),
            registry=self.registry,
        )
        self.outdated = Counter(
            "svar_gateway_outdated_conversations",
            "Conversations erased because nothing was written in them for SVAR_RETENTION_DAYS.",
            registry=self.registry,
        )
        self.cases = Counter(
            "svar_gateway_cases",
            "Reports of something broken: made, mailed, or failed (a mail that is tried again).",
            ("event",),
            registry=self.registry,
        )
        self.questions = Counter(
            "svar_gateway_question_cases",
            "Questions left as cases, by event: made, mailed or failed (each mail about one), "
            "received (a mail from a resident), ignored (one that was not taken).",
            ("event",),
            registry=self.registry,
        )
        self.mailbox = Gauge(
            "svar_gateway_mailbox_read",
            "1: the last look into the mailbox of SVAR_IMAP_HOST went well; 0: it did not.",
            registry=self.registry,
        )
        self.sockets = Gauge(
            "svar_gateway_sockets",
            "Open WebSockets, by page: conversation or desk.",
            ("page",),
            registry=self.registry,
        )
