"""The one thread that encodes, and the query embeddings that are kept for the next asker."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from knowledge.metrics import Metrics
from knowledge.types import Embedding, Encoder

TURN = 2
"""How many texts of a publication are encoded before a waiting question has its turn."""
QUERY_BATCH = 8
"""More at once are no faster, and the first of them would wait for the last."""

Kind = Literal["query", "passage"]


class EncoderThread:
    """An encoder whose work is done by one thread, in the order in which it is asked.

    It is an Encoder itself, to be called from other threads than its own and the event loop's.
    Its own work goes in small batches, so that a question waits for one of them and not for a
    whole publication.
    """

    def __init__(self, encoder: Encoder, metrics: Metrics) -> None:
        self._encoder = encoder
        self._metrics = metrics
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="encoder")

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
        return self._in_turns("query", texts)

    def encode_passages(self, texts: Sequence[str]) -> list[Embedding]:
        return self._in_turns("passage", texts)

    async def queries(self, texts: Sequence[str]) -> list[Embedding]:
        """As encode_queries, for the event loop."""
        return await asyncio.wrap_future(self._thread.submit(self._timed, "query", texts))

    def close(self) -> None:
        """Drop what waits and let the batch under way finish."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _in_turns(self, kind: Kind, texts: Sequence[str]) -> list[Embedding]:
        rows: list[Embedding] = []
        for start in range(0, len(texts), TURN):
            batch = texts[start : start + TURN]
            # One at a time: what was asked for meanwhile comes before the next batch.
            rows += self._thread.submit(self._timed, kind, batch).result()
        return rows

    def _timed(self, kind: Kind, texts: Sequence[str]) -> list[Embedding]:
        encode: Callable[[Sequence[str]], list[Embedding]] = (
            self._encoder.encode_queries if kind == "query" else self._encoder.encode_passages
        )
        began = time.perf_counter()
        embeddings = encode(texts)
        self._metrics.encode_seconds.labels(kind).observe(time.perf_counter() - began)
        self._metrics.encoded.labels(kind).inc(len(texts))
        return embeddings


class QueryEmbeddings:
    """Embeddings of queries, the most recently asked for kept; for use on the event loop.

    A text that is being encoded is not encoded a second time, and what is asked for while the
    encoder is busy goes to it together, first come first served.
    """

    def __init__(self, encoder: EncoderThread, metrics: Metrics, size: int) -> None:
        self._encoder = encoder
        self._metrics = metrics
        self._size = size
        self._known: OrderedDict[str, asyncio.Future[Embedding]] = OrderedDict()
        self._waiting: dict[str, asyncio.Future[Embedding]] = {}
        self._worker: asyncio.Task[None] | None = None

    async def embed(self, texts: Sequence[str]) -> list[Embedding]:
        """One embedding per text, in their order; raises what the encoder raises."""
        loop = asyncio.get_running_loop()
        asked = []
        for text in texts:
            future = self._known.get(text)
            self._metrics.cached.labels("miss" if future is None else "hit").inc()
            if future is None:
                future = self._known[text] = self._waiting[text] = loop.create_future()
            self._known.move_to_end(text)
            asked.append(future)
        while len(self._known) > self._size:
            self._known.popitem(last=False)
        if self._waiting and (self._worker is None or self._worker.done()):
            self._worker = asyncio.create_task(self._encode_waiting())
        # Shielded: an asker who goes away must not take the others' embedding along.
        return list(await asyncio.gather(*map(asyncio.shield, asked)))

    async def _encode_waiting(self) -> None:
        while self._waiting:
            texts = list(self._waiting)[:QUERY_BATCH]
            batch = [(text, self._waiting.pop(text)) for text in texts]
            try:
                embeddings = await self._encoder.queries(texts)
            except BaseException as error:
                # Whatever went wrong (the encoder's own errors have no common type), those who
                # wait must hear of it, and the next asker begins anew.
                for text, future in batch:
                    if self._known.get(text) is future:
                        del self._known[text]
                    future.set_exception(error)
                if not isinstance(error, Exception):
                    raise
                continue
            for (_, future), made in zip(batch, embeddings, strict=True):
                future.set_result(made)
