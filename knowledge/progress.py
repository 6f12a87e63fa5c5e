"""Long work that says how far it has come."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from knowledge.types import Encoder, Vectors

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

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._told(self._encoder.encode_queries, texts, "questions")

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._told(self._encoder.encode_passages, texts, "passages")

    def _told(
        self, encode: Callable[[Sequence[str]], Vectors], texts: Sequence[str], what: str
    ) -> Vectors:
        rows = [np.empty((0, self.dimension), np.float32)]
        for start in range(0, len(texts), BATCH):
            rows.append(encode(texts[start : start + BATCH]))
            done = min(start + BATCH, len(texts))
            self._say(f"{self.topic}: {done} of {len(texts)} {what} embedded")
        return np.concatenate(rows)
