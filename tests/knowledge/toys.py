"""A small deterministic encoder that remembers what it was asked for, and a given decision."""

import zlib
from collections.abc import Sequence

import numpy as np

from knowledge.finding.confidence import ConfidenceModel
from knowledge.finding.search import Ranking
from knowledge.indexing.index import MunicipalityIndex
from knowledge.types import Decision, Embedding, Intent, Status


class CountingEncoder:
    """Each word is a token with a direction of its own; texts are near by the words they share."""

    dimension = 64
    token_dimension = 16

    def __init__(self, name: str = "toy") -> None:
        self.name = name
        self.queries: list[str] = []
        self.passages: list[str] = []

    def encode_queries(self, texts: Sequence[str]) -> list[Embedding]:
        self.queries += texts
        return [self._embedding(text) for text in texts]

    def encode_passages(self, texts: Sequence[str]) -> list[Embedding]:
        self.passages += texts
        return [self._embedding(text) for text in texts]

    def _embedding(self, text: str) -> Embedding:
        words = [np.eye(1, self.dimension)[0] * 0.1]
        for word in text.casefold().split():
            seed = zlib.crc32(f"{self.name} {word}".encode())
            words.append(np.random.default_rng(seed).normal(size=self.dimension))
        tokens = np.array(words, np.float32)[1:, : self.token_dimension]
        tokens /= np.linalg.norm(tokens, axis=1, keepdims=True)
        vector = np.sum(words, axis=0).astype(np.float32)
        shares = np.full(len(tokens), 1 / max(len(tokens), 1), np.float32)
        return Embedding(vector / np.linalg.norm(vector), tokens, shares)


class Decided(ConfidenceModel):
    """A model whose decision is given."""

    __slots__ = ("decision",)

    def __init__(self, status: Status = "answered", near: float = 0.6) -> None:
        object.__setattr__(self, "decision", Decision(status, 0.6, near))

    def decide(
        self,
        ranking: Ranking,
        intent: Intent | None = None,
        has_subject: bool = True,
        foreign: bool = False,
    ) -> Decision:
        return self.decision


def vocabulary(index: MunicipalityIndex) -> dict[str, int]:
    """Every term of an index and how many articles have it."""
    known = index.known_terms
    return {term: int(count) for term, count in zip(known.terms, known.counts, strict=True)}
