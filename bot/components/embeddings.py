"""Sentence embeddings from the knowledge process, each text asked for once."""

from __future__ import annotations

import json
import os
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from threading import Lock

import numpy as np
import numpy.typing as npt
import urllib3
from rasa.shared.exceptions import RasaException

Vectors = npt.NDArray[np.float32]

DEFAULT_URL = "http://127.0.0.1:8081"
TURN_LIMIT = 2.0
"""Seconds that a turn waits for its embedding."""
TRAINING_LIMIT = 120.0
"""Seconds that a batch of training utterances may take on a slow machine."""
BATCH = 32
KEPT = 1024
"""Vectors kept by text: 1024 of 384 floats are 1.5 MB."""


class EmbeddingsUnavailableError(RasaException):
    """Knowledge gave no usable embeddings; the message says where it was looked for and why."""


class EmbeddingClient:
    """Fetches query embeddings over kept-alive connections and keeps the latest ones.

    Safe to use from several threads. The channel asks ahead in a thread so that the featurizer,
    which Rasa runs on the event loop, finds the vector here and waits for nothing.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/") + "/v1/embeddings"
        self._pool = urllib3.PoolManager(maxsize=32, retries=False)
        self._kept: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()
        self._encoder = ""

    @property
    def encoder(self) -> str:
        """The name of the encoder that made the latest vectors, "" before the first ones."""
        return self._encoder

    def embed(self, texts: Sequence[str], limit: float = TURN_LIMIT) -> Vectors:
        """Unit vectors of `texts`, shape (n, dimension); what is not kept is fetched in batches.

        Raises:
            EmbeddingsUnavailableError: no usable answer within `limit` seconds a batch.
        """
        found = self._find(texts)
        missing = sorted({text for text in texts if text not in found})
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            vectors, encoder = self._fetch(batch, limit)
            fetched = dict(zip(batch, vectors, strict=True))
            self._keep(fetched, encoder)
            found.update(fetched)
        return np.stack([found[text] for text in texts])

    def _find(self, texts: Sequence[str]) -> dict[str, Vectors]:
        with self._lock:
            found = {text: self._kept[text] for text in texts if text in self._kept}
            for text in found:
                self._kept.move_to_end(text)
            return found

    def _keep(self, fetched: dict[str, Vectors], encoder: str) -> None:
        with self._lock:
            if encoder != self._encoder:
                self._kept.clear()
                self._encoder = encoder
            self._kept.update(fetched)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)

    def _fetch(self, texts: Sequence[str], limit: float) -> tuple[Vectors, str]:
        try:
            response = self._pool.request(
                "POST",
                self._url,
                body=json.dumps({"texts": list(texts), "kind": "query"}),
                headers={"Content-Type": "application/json"},
                timeout=urllib3.Timeout(total=limit),
            )
        except urllib3.exceptions.HTTPError as error:
            raise EmbeddingsUnavailableError(
                f"No embeddings from {self._url}: {error}. "
                "Is the knowledge process running, and does SVAR_KNOWLEDGE_URL name it?"
            ) from error
        if response.status != 200:
            raise EmbeddingsUnavailableError(f"{self._url} answered with status {response.status}.")
        try:
            body = json.loads(response.data)
            vectors = np.asarray(body["embeddings"], dtype=np.float32)
            encoder = str(body["encoder"])
        except (ValueError, KeyError, TypeError) as error:
            raise EmbeddingsUnavailableError(
                f"{self._url} answered with other JSON: {error}"
            ) from error
        if vectors.ndim != 2 or len(vectors) != len(texts):
            raise EmbeddingsUnavailableError(
                f"{self._url} answered with shape {vectors.shape} for {len(texts)} texts."
            )
        return vectors, encoder


@lru_cache(maxsize=1)
def shared_client() -> EmbeddingClient:
    """The client of this process, at SVAR_KNOWLEDGE_URL."""
    return EmbeddingClient(os.environ.get("SVAR_KNOWLEDGE_URL", DEFAULT_URL))
