import datetime
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knowledge.finding.search import search
from knowledge.indexing import index as index_module
from knowledge.indexing.chunking import split_article
from knowledge.indexing.hashes import text_hashes
from knowledge.indexing.index import Diff, MunicipalityIndex
from knowledge.indexing.passages import passages
from knowledge.indexing.tokens import MOST_SEGMENTS
from knowledge.indexing.vectors import text_key
from knowledge.types import Article, Chunk
from tests.knowledge.toys import CountingEncoder, vocabulary

TODAY = datetime.date(2026, 3, 1)


def article(name: str, text: str, *questions: str) -> Article:
    return Article("ekhamn", name, "sv", name.title(), text, f"/{name}", TODAY, questions)


PAGES = [
    article(
        "bygglov",
        "Söker du bygglov?\n\n## Avgift\n\nAltanen kostar 4200 kronor.",
        "vad kostar altanen",
        "söker du lov",
    ),
    article("avfall", "Soporna hämtas varannan vecka.", "när hämtas soporna"),
]


def chunks(*pages: Article) -> list[Chunk]:
    return [chunk for page in pages or PAGES for chunk in split_article(page)]


@pytest.fixture
def toy_encoder() -> CountingEncoder:
    return CountingEncoder()


@pytest.fixture
def index(toy_encoder: Any) -> MunicipalityIndex:
    return MunicipalityIndex.build("ekhamn", chunks(), toy_encoder)


def found(index: MunicipalityIndex, text: str, encoder: Any) -> list[str]:
    return [hit.chunk.id for hit in search(index, text, "sv", encoder.encode_queries([text])[0])]


def tied(index: MunicipalityIndex) -> dict[str, str]:
    """The chunk of each question."""
    questions = {q for page in PAGES for q in page.questions}
    rows = index.questions.rows_with(text_hashes(map(text_key, sorted(questions))))
    owners = index.questions.owners[rows].tolist()
    return {q: index.chunks[o].id for q, o in zip(sorted(questions), owners, strict=True)}


def test_build_embeds_chunks_as_passages_and_questions_as_queries(toy_encoder: Any) -> None:
    """Passages are read with title and headings."""
    MunicipalityIndex.build("ekhamn", chunks(), toy_encoder)
    assert toy_encoder.passages == [
        "Bygglov\nSöker du bygglov?",
        "Bygglov\nAvgift\nAltanen kostar 4200 kronor.",
        "Avfall\nSoporna hämtas varannan vecka.",
    ]
    assert toy_encoder.queries == ["vad kostar altanen", "söker du lov", "när hämtas soporna"]


def test_a_question_is_tied_to_the_chunk_that_fits_it_best(index: MunicipalityIndex) -> None:
    """Not to the introduction, when another chunk of the article has its words."""
    assert {
        "vad kostar altanen": "bygglov#avgift",
        "söker du lov": "bygglov#",
        "när hämtas soporna": "avfall#",
    } == tied(index)


def test_update_embeds_only_new_words(index: MunicipalityIndex, toy_encoder: Any) -> None:
    """A changed text is embedded; one whose date alone changed is not."""
    toy_encoder.passages.clear()
    toy_encoder.queries.clear()
    changed = article("avfall", "Soporna hämtas varje vecka.", "när hämtas soporna")
    dated = replace(PAGES[0], updated=datetime.date(2026, 4, 1))
    _, diff = index.updated(chunks(dated, changed), toy_encoder)
    assert Diff(kept=0, embedded=3, deleted=0) == diff
    assert ["Avfall\nSoporna hämtas varje vecka."] == toy_encoder.passages
    assert [] == toy_encoder.queries


def test_update_counts_what_stays_and_goes(index: MunicipalityIndex, toy_encoder: Any) -> None:
    """An article that is left out is deleted, the others are kept."""
    new, diff = index.updated(chunks(PAGES[1]), toy_encoder)
    assert Diff(kept=1, embedded=0, deleted=2) == diff
    assert ["avfall#"] == [chunk.id for chunk in new.chunks]


def test_update_leaves_the_old_index_as_it_was(index: MunicipalityIndex, toy_encoder: Any) -> None:
    """A search that began before goes on over what it began with."""
    before = found(index, "altanen kostar", toy_encoder)
    new, _ = index.updated(chunks(PAGES[1]), toy_encoder)
    assert before == found(index, "altanen kostar", toy_encoder)
    assert ["avfall#"] == found(new, "altanen kostar", toy_encoder)


def test_an_updated_index_equals_one_built_anew(toy_encoder: Any) -> None:
    """How an index came about does not show in what it finds."""
    changed = article("avfall", "Soporna hämtas på måndag.", "när kommer sopbilen")
    first = MunicipalityIndex.build("ekhamn", chunks(), toy_encoder)
    updated, _ = first.updated(chunks(changed, PAGES[0]), toy_encoder)
    built = MunicipalityIndex.build("ekhamn", chunks(changed, PAGES[0]), toy_encoder)
    assert_same(built, updated)


def assert_same(one: MunicipalityIndex, other: MunicipalityIndex) -> None:
    """Everything a search can see is the same."""
    assert list(one.chunks) == list(other.chunks)
    assert list(one.articles) == list(other.articles)
    assert vocabulary(one) == vocabulary(other)
    for table, twin in ((one.passages, other.passages), (one.questions, other.questions)):
        order, others = np.argsort(table.ids), np.argsort(twin.ids)
        np.testing.assert_array_equal(table.ids[order], twin.ids[others])
        np.testing.assert_array_equal(table.owners[order], twin.owners[others])
        np.testing.assert_array_equal(table.vectors[order], twin.vectors[others])
    for row in range(len(one.passages)):
        np.testing.assert_array_equal(one.tokens.of(row), other.tokens.of(row))
    for term in vocabulary(one):
        np.testing.assert_array_equal(
            one.chunk_words.scores([term]), other.chunk_words.scores([term])
        )
        np.testing.assert_array_equal(
            one.article_words.scores([term]), other.article_words.scores([term])
        )


def test_any_history_leads_to_the_same_index(toy_encoder: Any, tmp_path: Path) -> None:
    """Articles come, go, change and move at random, saved and loaded in between."""
    draw = random.Random(4)
    words = ["altan", "bygglov", "sopor", "avgift", "skola", "plats", "kostar", "hämtas"]

    def page(number: int) -> Article:
        parts = [" ".join(draw.choices(words, k=6)) for _ in range(draw.randint(1, 4))]
        text = parts[0] + "".join(f"\n\n## Rubrik {i}\n\n{p}." for i, p in enumerate(parts[1:]))
        questions = [" ".join(draw.choices(words, k=3)) for _ in range(draw.randint(0, 3))]
        return article(f"a{number}", text, *questions)

    pages = {number: page(number) for number in range(8)}
    index = MunicipalityIndex.empty("ekhamn", toy_encoder)
    for _ in range(25):
        for number in draw.sample(range(10), draw.randint(0, 3)):
            if number in pages and draw.random() < 0.3:
                del pages[number]
            else:
                pages[number] = page(number)
        order = draw.sample(list(pages.values()), len(pages))
        before = index
        toy_encoder.passages.clear()
        if draw.random() < 0.5:
            index, _ = index.refreshed(order, toy_encoder)
        else:
            index, _ = index.updated(chunks(*order), toy_encoder)
        held = {part for chunk in before.chunks for part in passages(chunk)}
        assert not held & set(toy_encoder.passages)
        if draw.random() < 0.7:
            index.save(tmp_path)
            loaded = MunicipalityIndex.load(tmp_path, "toy")
            assert loaded is not None
            index = loaded
        assert_same(MunicipalityIndex.build("ekhamn", chunks(*order), CountingEncoder()), index)


def test_a_question_moves_with_its_text(index: MunicipalityIndex, toy_encoder: Any) -> None:
    """When the words it fits move to another heading, the question follows without encoding."""
    moved = article(
        "bygglov",
        "Altanen kostar 4200 kronor.\n\n## Ansök\n\nSöker du bygglov?",
        *PAGES[0].questions,
    )
    toy_encoder.queries.clear()
    new, _ = index.updated(chunks(moved, PAGES[1]), toy_encoder)
    assert {
        "vad kostar altanen": "bygglov#",
        "söker du lov": "bygglov#ansok",
        "när hämtas soporna": "avfall#",
    } == tied(new)
    assert [] == toy_encoder.queries


def test_a_saved_index_is_read_back_without_encoding(
    index: MunicipalityIndex, toy_encoder: Any, tmp_path: Path
) -> None:
    """It finds the same, with the same scores, and can be updated as before."""
    expected = search(index, "altan", "sv", toy_encoder.encode_queries(["altan"])[0])
    index.save(tmp_path / "ekhamn")
    toy_encoder.passages.clear()
    loaded = MunicipalityIndex.load(tmp_path / "ekhamn", "toy")
    assert loaded is not None
    assert expected == search(loaded, "altan", "sv", toy_encoder.encode_queries(["altan"])[0])
    _, diff = loaded.updated(chunks(), toy_encoder)
    assert Diff(kept=3, embedded=0, deleted=0) == diff
    assert [] == toy_encoder.passages


def test_nothing_is_read_of_another_encoder(index: MunicipalityIndex, tmp_path: Path) -> None:
    """Vectors of two encoders cannot be compared, so the index has to be made anew."""
    index.save(tmp_path / "ekhamn")
    assert MunicipalityIndex.load(tmp_path / "ekhamn", "other") is None


def test_nothing_is_read_where_nothing_was_saved(tmp_path: Path) -> None:
    """An absent folder is no error."""
    assert MunicipalityIndex.load(tmp_path / "ekhamn", "toy") is None


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [_cut, _empty, Path.unlink])
@pytest.mark.parametrize("name", ["contents.json", "*.bin", "p*.faiss", "q*.faiss", "tokens-*"])
def test_a_damaged_snapshot_is_not_read(
    index: MunicipalityIndex, tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    """Half a file, an empty or a missing one: built anew instead."""
    folder = tmp_path / "ekhamn"
    index.save(folder)
    damage(next(folder.glob(f"*/{name}")))
    assert MunicipalityIndex.load(folder, "toy") is None


def test_what_another_text_analysis_made_is_made_anew(
    index: MunicipalityIndex, toy_encoder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words are analysed again; vectors, which do not depend on it, are taken over."""
    articles, _ = index.refreshed(PAGES, toy_encoder)
    assert articles is articles.refreshed(PAGES, toy_encoder)[0]
    toy_encoder.passages.clear()
    monkeypatch.setattr(index_module, "text_version", lambda: "newer")
    monkeypatch.setattr(
        "knowledge.language.text.lemmas", lambda text, _language: text.upper().split()
    )
    new, diff = articles.refreshed(PAGES, toy_encoder)
    assert Diff(kept=3, embedded=0, deleted=0) == diff
    assert new.chunk_words.knows("ALTANEN")
    assert [] == toy_encoder.passages


def test_an_article_that_stayed_is_not_cut_up_again(
    index: MunicipalityIndex, toy_encoder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a thousand articles only the published one costs anything."""
    first, _ = index.refreshed(PAGES, toy_encoder)
    cut: list[str] = []

    def split(article: Article) -> list[Chunk]:
        cut.append(article.id)
        return split_article(article)

    monkeypatch.setattr(index_module, "split_article", split)
    changed = replace(PAGES[1], text="Soporna hämtas varje vecka.")
    new, diff = first.refreshed([PAGES[0], changed], toy_encoder)
    assert (["avfall"], Diff(kept=2, embedded=1, deleted=0)) == (cut, diff)
    assert first is first.refreshed(PAGES, toy_encoder)[0]
    assert ["bygglov#", "bygglov#avgift", "avfall#"] == [chunk.id for chunk in new.chunks]


def test_indexes_of_two_encoders_stand_side_by_side(
    index: MunicipalityIndex, tmp_path: Path
) -> None:
    """One can be made while the other answers."""
    index.save(tmp_path)
    MunicipalityIndex.build("ekhamn", chunks(PAGES[1]), CountingEncoder("other")).save(tmp_path)
    lengths = [len(MunicipalityIndex.load(tmp_path, name) or ()) for name in ("toy", "other")]
    assert [3, 1] == lengths


def test_an_old_index_is_searched_after_its_files_are_gone(
    index: MunicipalityIndex, toy_encoder: Any, tmp_path: Path
) -> None:
    """A publication does not disturb a search that has begun, nor what is made from it."""
    index.save(tmp_path)
    old = MunicipalityIndex.load(tmp_path, "toy")
    assert old is not None
    MunicipalityIndex.build("ekhamn", chunks(PAGES[1]), toy_encoder).save(tmp_path)
    assert "bygglov#avgift" == found(old, "altanen kostar", toy_encoder)[0]
    query = toy_encoder.encode_queries(["altanen kostar"])[0]
    assert 0.9 < old.interaction(query, np.array([1]))[0]
    old.save(tmp_path)
    again = MunicipalityIndex.load(tmp_path, "toy")
    assert again is not None
    assert_same(old, again)


def test_publications_share_token_vectors(
    index: MunicipalityIndex, toy_encoder: Any, tmp_path: Path
) -> None:
    """What is kept is a second name for the same bytes; many small segments become one."""
    index.save(tmp_path)
    inodes: list[set[int]] = []
    for number in range(MOST_SEGMENTS):
        loaded = MunicipalityIndex.load(tmp_path, "toy")
        assert loaded is not None
        new, _ = loaded.updated(
            [
                *loaded.chunks,
                *chunks(article(f"ny{number}", "Ett ord.")),
            ],
            toy_encoder,
        )
        new.save(tmp_path)
        inodes.append({path.stat().st_ino for path in tmp_path.glob("*/tokens-*")})
    sizes = [len(found) for found in inodes]
    assert [*range(2, MOST_SEGMENTS + 1), 1] == sizes
    assert inodes[0] < inodes[1]
    assert 1 == len([path for path in tmp_path.iterdir() if path.is_dir()])


def test_an_index_of_nothing_works(toy_encoder: Any, tmp_path: Path) -> None:
    """A municipality before its first article finds nothing, encodes nothing, and is saved."""
    index = MunicipalityIndex.build("ekhamn", (), toy_encoder)
    index.save(tmp_path / "ekhamn")
    loaded = MunicipalityIndex.load(tmp_path / "ekhamn", "toy")
    assert loaded is not None
    assert [] == search(loaded, "altan", "sv", toy_encoder.encode_queries(["altan"])[0])
    assert [] == toy_encoder.passages


def test_repeated_questions_are_embedded_once(toy_encoder: Any) -> None:
    """The same question twice in an article is one vector."""
    page = article("avfall", "Soporna.", "När?", "När?")
    index = MunicipalityIndex.build("ekhamn", chunks(page), toy_encoder)
    assert 1 == len(index.questions)


def test_another_municipalitys_chunk_is_refused(toy_encoder: Any) -> None:
    """Nothing of one municipality gets into another's index."""
    strange = replace(chunks()[0], municipality="fjordvik")
    with pytest.raises(ValueError, match="not a chunk of ekhamn"):
        MunicipalityIndex.build("ekhamn", [strange], toy_encoder)


def test_two_chunks_of_one_id_are_refused(toy_encoder: Any) -> None:
    """One id leads to one place."""
    with pytest.raises(ValueError, match="two chunks have the id"):
        MunicipalityIndex.build("ekhamn", [chunks()[0], chunks()[0]], toy_encoder)


def test_chunks_are_found_by_id(index: MunicipalityIndex) -> None:
    """A choice that was taken leads to its chunk; an unknown one to nothing."""
    chosen = index.chunk("bygglov#avgift")
    assert chosen is not None
    assert "Altanen kostar 4200 kronor." == chosen.text
    assert index.chunk("bygglov#borta") is None
