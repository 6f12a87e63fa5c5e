"""The municipalities' indexes that answers are given from, and how a publication reaches them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from knowledge.articles.records import ArticleRecord
from knowledge.articles.store import ArticleStore
from knowledge.errors import PublicationError
from knowledge.indexing.files import Versions
from knowledge.indexing.index import MunicipalityIndex
from knowledge.indexing.open_indexes import OpenIndexes
from knowledge.indexing.snapshot import saved
from knowledge.metrics import Metrics
from knowledge.types import Encoder

log = logging.getLogger(__name__)

PUBLICATIONS = 2


def refresh_index(
    store: ArticleStore, municipality: str, folder: Path, encoder: Encoder
) -> tuple[MunicipalityIndex, int]:
    """Bring the index on disk to what is published; it, and how many chunks were new or changed.

    Blocks for as long as the encoder takes for what changed.
    """
    Versions(folder).tidy()
    articles = store.published_articles(municipality)
    kept = MunicipalityIndex.load(folder, encoder.name)
    first = MunicipalityIndex.empty(municipality, encoder) if kept is None else kept
    index, diff = first.refreshed(articles, encoder)
    if index is kept:
        return index, 0
    index.save(folder)
    # From disk it takes no memory of its own.
    return MunicipalityIndex.load(folder, encoder.name) or index, diff.embedded


class Indexes:
    """One index for each municipality; readers take the current one, a publication swaps it."""

    def __init__(
        self, store: ArticleStore, encoder: Encoder, folder: Path, metrics: Metrics
    ) -> None:
        self._store = store
        self._encoder = encoder
        self._metrics = metrics
        self._indexes = OpenIndexes(folder, encoder.name)
        self._publishing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._running: set[asyncio.Future[ArticleRecord]] = set()
        self._successor: asyncio.Future[Indexes] | None = None
        # Threads of their own: waiting for the encoder must not use up those that read articles.
        self._threads = ThreadPoolExecutor(PUBLICATIONS, thread_name_prefix="publication")

    def complete(self) -> bool:
        """Whether there is something on disk for every municipality; blocks."""
        return all(
            saved(self._indexes.folder(municipality), self._encoder.name)
            for municipality in self._store.municipalities()
        )

    def open(self, progress: Callable[[str], None], opened: Callable[[str], None]) -> None:
        """Load every municipality's index and bring it up to date; blocks.

        `opened` is told each municipality whose index is ready.
        """
        for municipality in self._store.municipalities():
            index, changed = refresh_index(
                self._store, municipality, self._indexes.folder(municipality), self._encoder
            )
            self._show(municipality, index)
            opened(municipality)
            progress(f"{municipality}: {len(index)} chunks, {changed} of them new or changed")

    def close(self) -> None:
        """Let the publications under way finish; blocks."""
        self._threads.shutdown(wait=True)

    def index(self, municipality: str) -> MunicipalityIndex:
        """The current index; an empty one for a municipality that has published nothing."""
        index = self._indexes.get(municipality)
        return MunicipalityIndex.empty(municipality, self._encoder) if index is None else index

    async def hand_over(
        self, successor: Indexes, progress: Callable[[str], None], swap: Callable[[], None]
    ) -> None:
        """Let another encoder's indexes take the place of these.

        Publications that come meanwhile wait until `swap` has been called, and go to the
        successor then; so it misses none. Raises what opening the successor raises.
        """
        moving = self._successor = asyncio.get_running_loop().create_future()
        try:
            if self._running:
                await asyncio.wait(set(self._running))
            await asyncio.to_thread(successor.open, progress, lambda _municipality: None)
            swap()
        except BaseException:
            moving.set_result(self)
            self._successor = None
            raise
        moving.set_result(successor)

    def keep_only_these(self) -> None:
        """Remove from disk what other encoders have made; blocks."""
        for municipality in self._store.municipalities():
            Versions(self._indexes.folder(municipality)).forget_others(self._encoder.name)

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
            if self._successor is not None:
                target = await asyncio.shield(self._successor)
                if target is not self:
                    return await target.publish(municipality, article, number, published_by)
            work = asyncio.get_running_loop().run_in_executor(
                self._threads, self._publish, municipality, article, number, published_by
            )
            self._running.add(work)
            work.add_done_callback(self._running.discard)
            try:
                # Shielded: an editor who closes the page must not stop a publication half way.
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
            index, diff = self.index(municipality).refreshed(articles, self._encoder)
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
        self._save(municipality, index)
        return record

    def _save(self, municipality: str, index: MunicipalityIndex) -> None:
        folder = self._indexes.folder(municipality)
        try:
            index.save(folder)
        except OSError:
            # Published and answered from all the same; the next start embeds it again.
            log.exception("the index of %s could not be saved", municipality)
            return
        # From disk it takes no memory of its own.
        index = MunicipalityIndex.load(folder, self._encoder.name) or index
        self._indexes.put(municipality, index)

    def _show(self, municipality: str, index: MunicipalityIndex) -> None:
        index.warm()
        self._indexes.put(municipality, index)
        self._metrics.chunks.labels(municipality).set(len(index))
