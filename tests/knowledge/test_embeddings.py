import asyncio
import threading
from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest

from knowledge.encoding.embeddings import QUERY_BATCH, TURN, EncoderThread, QueryEmbeddings
from knowledge.metrics import Metrics
from knowledge.types import Embedding


class GatedEncoder:
    """Notes each batch and waits in it until the gate is open."""

    name = "gated"
    dimension = 2
    token_dimension = 1

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.entered = threading.Semaphore(0)
        self.gate = threading.Event()
        self.gate.set()
        self.failure: Exception | None = None

    def encode_queries(self, texts: Sequence[str]) -> list[Embedding]:
        self.batches.append(list(texts))
        self.entered.release()
        assert self.gate.wait(10)
        if self.failure is not None:
            raise self.failure
        tokens, shares = np.ones((1, 1), np.float32), np.ones(1, np.float32)
        return [Embedding(np.array([len(text), 1], np.float32), tokens, shares) for text in texts]

    encode_passages = encode_queries


def rows(embeddings: Sequence[Embedding]) -> list[list[float]]:
    return [made.vector.tolist() for made in embeddings]


@pytest.fixture
def gated() -> GatedEncoder:
    return GatedEncoder()


@pytest.fixture
async def thread(gated: GatedEncoder) -> AsyncIterator[EncoderThread]:
    thread = EncoderThread(gated, Metrics())
    yield thread
    gated.gate.set()
    thread.close()


@pytest.fixture
def queries(thread: EncoderThread) -> QueryEmbeddings:
    return QueryEmbeddings(thread, Metrics(), 4)


async def until_batches(gated: GatedEncoder, count: int) -> None:
    for _ in range(count):
        assert await asyncio.to_thread(gated.entered.acquire, timeout=5)


async def test_rows_are_in_order(queries: QueryEmbeddings) -> None:
    """One row for each text, also when a text comes twice."""
    vectors = await queries.embed(["a", "bbb", "a"])
    assert [1.0, 3.0, 1.0] == [first for first, _ in rows(vectors)]


async def test_nothing_asked(queries: QueryEmbeddings) -> None:
    """No texts give no rows."""
    assert [] == await queries.embed([])


async def test_a_text_is_encoded_once(queries: QueryEmbeddings, gated: GatedEncoder) -> None:
    """What was asked for a moment ago is at hand."""
    await queries.embed(["a"])
    await queries.embed(["a", "b"])
    assert [["a"], ["b"]] == gated.batches


async def test_a_text_under_way_is_waited_for(
    queries: QueryEmbeddings, gated: GatedEncoder
) -> None:
    """Two who ask for the same text at the same time share one encoding."""
    gated.gate.clear()
    first = asyncio.create_task(queries.embed(["a"]))
    await until_batches(gated, 1)
    second = asyncio.create_task(queries.embed(["a"]))
    await asyncio.sleep(0)
    gated.gate.set()
    await asyncio.gather(first, second)
    assert [["a"]] == gated.batches


async def test_oldest_is_forgotten(queries: QueryEmbeddings, gated: GatedEncoder) -> None:
    """Only so many are kept; what was asked for least recently goes first."""
    for text in ("a", "b", "c", "d", "a", "e", "a", "b"):
        await queries.embed([text])
    assert [["a"], ["b"], ["c"], ["d"], ["e"], ["b"]] == gated.batches


async def test_more_than_are_kept(queries: QueryEmbeddings) -> None:
    """One request may ask for more texts than are kept."""
    vectors = await queries.embed(["x" * n for n in range(1, 40)])
    assert [float(n) for n in range(1, 40)] == [first for first, _ in rows(vectors)]


async def test_those_who_wait_go_together(queries: QueryEmbeddings, gated: GatedEncoder) -> None:
    """What is asked for while the encoder is busy is encoded in order, in bounded batches."""
    gated.gate.clear()
    tasks = [asyncio.create_task(queries.embed(["first"]))]
    await until_batches(gated, 1)
    texts = [f"{n}" for n in range(QUERY_BATCH + 1)]
    tasks += [asyncio.create_task(queries.embed([text])) for text in texts]
    await asyncio.sleep(0)
    gated.gate.set()
    await asyncio.gather(*tasks)
    assert [["first"], texts[:-1], texts[-1:]] == gated.batches


async def test_failure_is_told_and_forgotten(queries: QueryEmbeddings, gated: GatedEncoder) -> None:
    """A failure reaches those who asked; the next asker is served."""
    gated.failure = RuntimeError("broken")
    with pytest.raises(RuntimeError, match="broken"):
        await queries.embed(["a"])
    gated.failure = None
    assert [[1.0, 1.0]] == rows(await queries.embed(["a"]))


async def test_asker_who_leaves(queries: QueryEmbeddings, gated: GatedEncoder) -> None:
    """One who stops waiting doesn't take the embedding from others."""
    gated.gate.clear()
    leaving = asyncio.create_task(queries.embed(["a"]))
    await until_batches(gated, 1)
    staying = asyncio.create_task(queries.embed(["a"]))
    await asyncio.sleep(0)
    leaving.cancel()
    gated.gate.set()
    assert [[1.0, 1.0]] == rows(await staying)


async def test_query_goes_between_passages(
    thread: EncoderThread, queries: QueryEmbeddings, gated: GatedEncoder
) -> None:
    """A query waits for one batch of passages, not for all of them."""
    gated.gate.clear()
    passages = [f"{n}" for n in range(2 * TURN)]
    publication = asyncio.create_task(asyncio.to_thread(thread.encode_passages, passages))
    await until_batches(gated, 1)
    query = asyncio.create_task(queries.embed(["query"]))
    await asyncio.sleep(0.01)
    gated.gate.set()
    await asyncio.gather(publication, query)
    assert [passages[:TURN], ["query"], passages[TURN:]] == gated.batches
