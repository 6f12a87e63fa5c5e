import datetime
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knowledge.chunking import split_article
from knowledge.index import Diff, MunicipalityIndex
from knowledge.search import search
from knowledge.types import Article, Chunk

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
def index(toy_encoder: Any) -> MunicipalityIndex:
    return MunicipalityIndex.build("ekhamn", chunks(), toy_encoder)


def found(index: MunicipalityIndex, text: str, encoder: Any) -> list[str]:
    return [hit.chunk.id for hit in search(index, text, "sv", encoder.encode_queries([text])[0])]


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
    owners = [index.chunks[owner].id for owner in index.questions.owners]
    assert ["bygglov#avgift", "bygglov#", "avfall#"] == owners


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
    np.testing.assert_array_equal(built.passages.vectors, updated.passages.vectors)
    np.testing.assert_array_equal(built.questions.vectors, updated.questions.vectors)
    assert built.terms == updated.terms


def test_a_question_moves_with_its_text(index: MunicipalityIndex, toy_encoder: Any) -> None:
    """When the words it fits move to another heading, the question follows without encoding."""
    moved = article(
        "bygglov",
        "Altanen kostar 4200 kronor.\n\n## Ansök\n\nSöker du bygglov?",
        *PAGES[0].questions,
    )
    toy_encoder.queries.clear()
    new, _ = index.updated(chunks(moved, PAGES[1]), toy_encoder)
    owners = [new.chunks[owner].id for owner in new.questions.owners]
    assert ["bygglov#", "bygglov#ansok", "avfall#"] == owners
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


def _strange_rows(path: Path) -> None:
    contents = json.loads((path.parent / "contents.json").read_text("utf-8"))
    contents["passages"].reverse()
    (path.parent / "contents.json").write_text(json.dumps(contents), "utf-8")


@pytest.mark.parametrize("damage", [_cut, Path.unlink, _strange_rows])
@pytest.mark.parametrize("name", ["contents.json", "passages.faiss", "questions.faiss"])
def test_a_damaged_snapshot_is_not_read(
    index: MunicipalityIndex, tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    """Half a file, a missing one, or rows that do not belong together: built anew instead."""
    folder = tmp_path / "ekhamn"
    index.save(folder)
    damage(folder / name)
    assert MunicipalityIndex.load(folder, "toy") is None


def test_an_index_of_nothing_works(toy_encoder: Any, tmp_path: Path) -> None:
    """A municipality before its first article finds nothing, encodes nothing, and is saved."""
    index = MunicipalityIndex.build("ekhamn", (), toy_encoder)
    index.save(tmp_path / "ekhamn")
    loaded = MunicipalityIndex.load(tmp_path / "ekhamn", "toy")
    assert loaded is not None
    assert [] == search(loaded, "altan", "sv", np.eye(64, dtype=np.float32)[0])
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
