"""Long work that says how far it has come."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from knowledge.types import Embedding, Encoder

BATCH = 32


class ProgressEncoder:
    """An encoder that tells after every batch; `topic` says what they belong to."""

    def __init__(self, encoder: Encoder, say: Callable[[str], None]) -> None:
        self._encoder = encoder
        self._say = say
        self.topic = ""

    @property
    def name(self) -> str:
        return self._encoder.name

    @property
    def dimension(self) -> int:
        return self._encoder.dimension

    @property
    def token_dimension(self) -> int:
        return self._encoder.token_dimension

    def encode_queries(self, texts: Sequence[str]) -> list[Embedding]:
        return self._told(self._encoder.encode_queries, texts, "questions")

    def encode_passages(self, texts: Sequence[str]) -> list[Embedding]:
        return self._told(self._encoder.encode_passages, texts, "passages")

    def _told(
        self, encode: Callable[[Sequence[str]], list[Embedding]], texts: Sequence[str], what: str
    ) -> list[Embedding]:
        rows: list[Embedding] = []
        for start in range(0, len(texts), BATCH):
            rows += encode(texts[start : start + BATCH])
            done = min(start + BATCH, len(texts))
            self._say(f"{self.topic}: {done} of {len(texts)} {what} embedded")
        return rows
