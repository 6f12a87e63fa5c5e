"""The municipalities' indexes that answers are given from, and how a publication reaches them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from knowledge.chunking import split_article
from knowledge.errors import PublicationError
from knowledge.index import MunicipalityIndex
from knowledge.metrics import Metrics
from knowledge.records import ArticleRecord
from knowledge.store import ArticleStore
from knowledge.types import Article, Chunk, Encoder

log = logging.getLogger(__name__)

PUBLICATIONS = 2


def chunks_of(articles: list[Article]) -> list[Chunk]:
    """All chunks of these articles, in order."""
    return [chunk for article in articles for chunk in split_article(article)]


def refresh_index(
    store: ArticleStore, municipality: str, folder: Path, encoder: Encoder
) -> tuple[MunicipalityIndex, int]:
    """Bring the index on disk to what is published; it, and how many chunks were new or changed.

    Blocks for as long as the encoder takes for what changed.
    """
    chunks = chunks_of(store.published_articles(municipality))
    kept = MunicipalityIndex.load(folder, encoder.name)
    if kept is None:
        index = MunicipalityIndex.build(municipality, chunks, encoder)
        index.save(folder)
        return index, len(chunks)
    index, diff = kept.updated(chunks, encoder)
    if diff.embedded or diff.deleted:
        index.save(folder)
    return index, diff.embedded


class Indexes:
    """One index for each municipality; readers take the current one, a publication swaps it."""

    def __init__(
        self, store: ArticleStore, encoder: Encoder, folder: Path, metrics: Metrics
    ) -> None:
        self._store = store
        self._encoder = encoder
        self._folder = folder
        self._metrics = metrics
        self._indexes: dict[str, MunicipalityIndex] = {}
        self._publishing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        # Threads of their own: waiting for the encoder must not use up those that read articles.
        self._threads = ThreadPoolExecutor(PUBLICATIONS, thread_name_prefix="publication")

    def open(self, progress: Callable[[str], None]) -> None:
        """Load every municipality's index and bring it up to date; blocks."""
        for municipality in self._store.municipalities():
            index, changed = refresh_index(
                self._store, municipality, self._folder / municipality, self._encoder
            )
            self._show(municipality, index)
            progress(f"{municipality}: {len(index)} chunks, {changed} of them new or changed")

    def close(self) -> None:
        """Let the publications under way finish; blocks."""
        self._threads.shutdown(wait=True)

    def index(self, municipality: str) -> MunicipalityIndex:
        """The current index; an empty one for a municipality that has published nothing."""
        index = self._indexes.get(municipality)
        if index is None:
            index = MunicipalityIndex.build(municipality, (), self._encoder)
        return index

    async def publish(
        self, municipality: str, article: str, number: int | None, published_by: str
    ) -> ArticleRecord:
        """Publish a revision (None: the newest); when this returns, answers are given from it.

        Embeds first, commits then and swaps last, so that a failure leaves everything as it was.
        Publications of one municipality take turns; those of others don't wait.
        Raises NotFoundError, InvalidFieldsError, PublicationError.
        """
        began = time.perf_counter()
        async with self._publishing[municipality]:
            # Shielded: an editor who closes the page must not stop a publication half way.
            work = asyncio.get_running_loop().run_in_executor(
                self._threads, self._publish, municipality, article, number, published_by
            )
            try:
                record = await asyncio.shield(work)
            except asyncio.CancelledError:
                await asyncio.wait([work])
                raise
            except Exception:
                self._metrics.publications.labels("failed").inc()
                raise
        self._metrics.publications.labels("published").inc()
        self._metrics.publication_seconds.observe(time.perf_counter() - began)
        return record

    def _publish(
        self, municipality: str, article: str, number: int | None, published_by: str
    ) -> ArticleRecord:
        number, articles = self._store.articles_if_published(municipality, article, number)
        try:
            index, diff = self.index(municipality).updated(chunks_of(articles), self._encoder)
        except Exception as error:
            # The encoder's own errors have no common type; none of them may be half a publication.
            log.exception("embedding revision %d of %s/%s failed", number, municipality, article)
            raise PublicationError(
                "The new text could not be embedded; what was published before still is."
            ) from error
        record = self._store.publish(municipality, article, number, published_by)
        self._show(municipality, index)
        log.info(
            "%s/%s: revision %d published; chunks kept %d, embedded %d, deleted %d",
            municipality,
            article,
            number,
            diff.kept,
            diff.embedded,
            diff.deleted,
        )
        try:
            index.save(self._folder / municipality)
        except OSError:
            # Published and answered from all the same; the next start embeds it again.
            log.exception("the index of %s could not be saved", municipality)
        return record

    def _show(self, municipality: str, index: MunicipalityIndex) -> None:
        self._indexes[municipality] = index
        self._metrics.chunks.labels(municipality).set(len(index))
