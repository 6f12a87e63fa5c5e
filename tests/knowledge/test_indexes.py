"""Indexes that are opened when they are wanted, and given over to another encoder."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from knowledge import server
from knowledge.articles.drafts import read_draft
from knowledge.articles.store import ArticleStore
from knowledge.indexing.chunking import split_article
from knowledge.indexing.index import MunicipalityIndex
from knowledge.indexing.indexes import Indexes
from knowledge.indexing.open_indexes import OpenIndexes
from knowledge.keys import PREPARATION, READINESS
from knowledge.metrics import Metrics
from knowledge.server import init_app
from knowledge.settings import Settings
from tests.knowledge.killed import articles
from tests.knowledge.toys import CountingEncoder

FIELDS = {
    "title": "Bygglov",
    "text": "Bygglov behövs.\n\n## Avgift\n\nAvgiften är 4 200 kronor.",
    "language": "sv",
    "url": "/bygglov",
}


def small_index() -> MunicipalityIndex:
    chunks = [chunk for article in articles(1) for chunk in split_article(article)]
    return MunicipalityIndex.build("m", chunks, CountingEncoder())


def test_only_so_much_is_mapped(tmp_path: Path) -> None:
    """What was asked for longest ago is closed and opened again when it is wanted."""
    small_index().save(tmp_path / "a")
    first = MunicipalityIndex.load(tmp_path / "a", "toy")
    assert first is not None
    indexes = OpenIndexes(tmp_path, "toy", mapped=2 * first.mapped)
    for name in "abc":
        small_index().save(tmp_path / name)
        loaded = MunicipalityIndex.load(tmp_path / name, "toy")
        assert loaded is not None
        indexes.put(name, loaded)
        first = loaded if name == "a" else first
        assert indexes.get("a") is first or name == "c"
    again = indexes.get("b")
    assert again is not None
    assert list(again.chunks) == list(first.chunks)
    assert indexes.get("nowhere") is None


def test_what_could_not_be_saved_stays_open(tmp_path: Path) -> None:
    """An index that is in memory only is never closed."""
    indexes = OpenIndexes(tmp_path, "toy", mapped=0)
    unsaved = small_index()
    indexes.put("a", unsaved)
    indexes.put("b", small_index())
    assert unsaved is indexes.get("a")


def test_an_index_that_has_gone_is_an_error(tmp_path: Path) -> None:
    """It is not taken for one of a municipality without articles."""
    small_index().save(tmp_path / "a")
    loaded = MunicipalityIndex.load(tmp_path / "a", "toy")
    assert loaded is not None
    indexes = OpenIndexes(tmp_path, "toy", mapped=0)
    indexes.put("a", loaded)
    indexes.put("b", small_index())
    next((tmp_path / "a").glob("*/contents.json")).unlink()
    with pytest.raises(OSError, match="can't be read"):
        indexes.get("a")


@pytest.fixture
def published(store: ArticleStore) -> Callable[..., None]:
    def publish(**fields: Any) -> None:
        made = store.create("ekhamn", read_draft({**FIELDS, **fields}), "Eva")
        store.publish("ekhamn", made.summary.id, 1, "Eva")

    return publish


def opened(store: ArticleStore, folder: Path, encoder: CountingEncoder) -> Indexes:
    indexes = Indexes(store, encoder, folder, Metrics())
    indexes.open(lambda _line: None, lambda _municipality: None)
    return indexes


def test_an_open_index_is_current_and_encodes_nothing(
    store: ArticleStore, settings: Settings, published: Callable[..., None]
) -> None:
    """At the second start nothing is encoded but what was published in between."""
    published()
    opened(store, settings.index_folder, CountingEncoder())
    encoder = CountingEncoder()
    published(title="Avfall", url="/avfall", text="Soporna hämtas.")
    index = opened(store, settings.index_folder, encoder).index("ekhamn")
    assert ["Avfall\nSoporna hämtas."] == encoder.passages
    assert {"avfall", "bygglov"} == set(index.articles)
    assert index.mapped > 0


async def test_publications_during_the_change_are_not_lost(
    store: ArticleStore, settings: Settings, published: Callable[..., None]
) -> None:
    """They wait for the swap and are then in the new encoder's index."""
    published()
    old = opened(store, settings.index_folder, CountingEncoder("old"))
    new = opened(store, settings.index_folder, CountingEncoder("new"))
    store.create("ekhamn", read_draft({**FIELDS, "title": "Avfall", "url": "/avfall"}), "Eva")
    swapped: list[bool] = []
    change = asyncio.create_task(
        old.hand_over(new, lambda _line: None, lambda: swapped.append(True))
    )
    await asyncio.sleep(0)
    await old.publish("ekhamn", "avfall", None, "Eva")
    assert [True] == swapped
    await change
    assert new.index("ekhamn").chunk("avfall#avgift") is not None
    assert old.index("ekhamn").chunk("avfall#avgift") is None
    await asyncio.to_thread(new.keep_only_these)
    assert old.complete() is False
    assert new.complete() is True


async def test_a_change_that_fails_leaves_the_old_one_at_work(
    store: ArticleStore,
    settings: Settings,
    published: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Publications go on where they went before."""
    published()
    old = opened(store, settings.index_folder, CountingEncoder("old"))
    new = Indexes(store, CountingEncoder("new"), settings.index_folder, Metrics())

    def broken(*_arguments: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(new, "open", broken)
    with pytest.raises(OSError, match="no space left"):
        await old.hand_over(new, lambda _line: None, lambda: None)
    store.create("ekhamn", read_draft({**FIELDS, "title": "Avfall", "url": "/avfall"}), "Eva")
    await old.publish("ekhamn", "avfall", None, "Eva")
    assert old.index("ekhamn").chunk("avfall#avgift") is not None


@pytest.fixture
def quick_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting for questions that nobody asked, and no model that nobody needs here."""
    monkeypatch.setattr(server, "RETIREMENT_SECONDS", 0.0)
    monkeypatch.setattr(server, "load_model", lambda: None)


@pytest.mark.usefixtures("quick_server")
async def test_the_former_encoder_answers_until_the_new_one_is_ready(
    settings: Settings, store: ArticleStore, published: Callable[..., None]
) -> None:
    """Encoder and indexes always belong together; then only the new ones are left."""
    published()
    seen: list[tuple[str, str, list[str]]] = []

    class Watching(CountingEncoder):
        def encode_passages(self, texts: Any) -> Any:
            if self.name == "new":
                core = app[READINESS].core
                assert core is not None
                index = core.indexes.index("ekhamn")
                seen.append((core.encoder.name, index.encoder_name, app[READINESS].missing))
            return super().encode_passages(texts)

    def load(path: str) -> CountingEncoder:
        return Watching(path)

    for name in ("old", "new"):
        app = init_app(settings.model_copy(update={"encoder": name}), load)
        runner = web.AppRunner(app)
        await runner.setup()
        await asyncio.wait_for(asyncio.shield(app[PREPARATION]), 20)
        core = app[READINESS].core
        assert core is not None
        assert (name, name) == (core.encoder.name, core.indexes.index("ekhamn").encoder_name)
        await runner.cleanup()
    assert {("old", "old", ())} == {(encoder, made, tuple(m)) for encoder, made, m in seen}
    assert MunicipalityIndex.load(settings.index_folder / "ekhamn", "old") is None


@pytest.mark.usefixtures("quick_server")
async def test_without_the_former_encoder_the_process_is_not_ready(
    settings: Settings, store: ArticleStore, published: Callable[..., None]
) -> None:
    """Which indexes are missing is told, and nothing is answered from the old ones."""
    published()
    opened(store, settings.index_folder, CountingEncoder("old"))
    missing: list[list[str]] = []

    class Watching(CountingEncoder):
        def encode_passages(self, texts: Any) -> Any:
            assert app[READINESS].core is None
            missing.append(list(app[READINESS].missing))
            return super().encode_passages(texts)

    app = init_app(settings, lambda _path: Watching("new"))
    runner = web.AppRunner(app)
    await runner.setup()
    await asyncio.wait_for(asyncio.shield(app[PREPARATION]), 20)
    assert ["the index of ekhamn"] == missing[0]
    assert [] == app[READINESS].missing
    await runner.cleanup()
