import datetime
from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.articles.importer import ImportCounts, SeedError, import_seed, read_seed
from knowledge.articles.records import Draft
from knowledge.articles.store import ArticleStore
from knowledge.errors import InvalidFieldsError

HEAD = """---
id: bygglov
title: Ansök om bygglov
language: sv
url: /demo/ekhamn/bygglov
category: Bygga och bo
updated: 2026-03-31
questions:
  - Vad kostar bygglov?
---
"""
TEXT = "Bygglov behövs.\n\n## Avgift\n\n---\n\nAvgiften är 4 200 kronor."


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    """A folder with one seed file."""
    return write(tmp_path / "seed", HEAD + TEXT)


def write(folder: Path, content: str, path: str = "ekhamn/bygga/bygglov.md") -> Path:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8")
    return folder


def import_folder(store: ArticleStore, folder: Path) -> dict[str, ImportCounts]:
    return import_seed(store, read_seed(folder))


def test_a_file_becomes_a_published_article(store: ArticleStore, seed: Path) -> None:
    """Everything in the head and the text below it is published as the first revision."""
    assert {"ekhamn": ImportCounts(created=1)} == import_folder(store, seed)
    record = store.article("ekhamn", "bygglov", published=True)
    assert "published" == record.summary.status
    shown = record.shown
    assert ("Ansök om bygglov", TEXT) == (shown.title, shown.text)
    assert ("sv", "/demo/ekhamn/bygglov", "Bygga och bo") == (
        shown.language,
        shown.url,
        shown.category,
    )
    assert (("Vad kostar bygglov?",), datetime.date(2026, 3, 31)) == (
        shown.questions,
        shown.updated,
    )


def test_again_changes_nothing(store: ArticleStore, seed: Path) -> None:
    """A second import of the same files makes no revision."""
    import_folder(store, seed)
    assert {"ekhamn": ImportCounts(unchanged=1)} == import_folder(store, seed)
    assert 1 == len(store.article("ekhamn", "bygglov").revisions)


def test_changed_file_becomes_a_revision(store: ArticleStore, seed: Path) -> None:
    """A changed file is published as the next revision while no editor has changed the article."""
    import_folder(store, seed)
    write(seed, HEAD + "Ny text.")
    assert {"ekhamn": ImportCounts(revised=1)} == import_folder(store, seed)
    assert ["Ny text."] == [article.text for article in store.published_articles("ekhamn")]


def test_what_an_editor_changed_stays(
    store: ArticleStore, seed: Path, draft: Callable[..., Draft]
) -> None:
    """A changed file leaves an article alone that an editor has changed, even as a draft."""
    import_folder(store, seed)
    store.revise("ekhamn", "bygglov", draft(text="Redaktörens."), "Eva", 1)
    write(seed, HEAD + "Ny text.")
    assert {"ekhamn": ImportCounts(left=1)} == import_folder(store, seed)
    assert ["Redaktörens.", TEXT] == [
        store.revision("ekhamn", "bygglov", number).text for number in (2, 1)
    ]
    assert 1 == store.article("ekhamn", "bygglov").summary.published_revision


def test_an_interrupted_import_is_completed(store: ArticleStore, seed: Path) -> None:
    """An article that was created and not published yet is published by the next import."""
    article = read_seed(seed)[0]
    store.create(
        "ekhamn", article.draft, "seed", article="bygglov", origin="seed", updated=article.updated
    )
    import_folder(store, seed)
    assert "published" == store.article("ekhamn", "bygglov").summary.status


def test_an_address_that_an_editor_took(
    store: ArticleStore, seed: Path, draft: Callable[..., Draft]
) -> None:
    """An import stops when another article has a file's address."""
    store.create("ekhamn", draft(title="Annat"), "Eva")
    with pytest.raises(InvalidFieldsError):
        import_folder(store, seed)


def test_a_windows_file(store: ArticleStore, tmp_path: Path) -> None:
    """A byte order mark and carriage returns do no harm."""
    folder = write(tmp_path / "seed", "\ufeff" + (HEAD + TEXT).replace("\n", "\r\n"))
    import_folder(store, folder)
    assert TEXT == store.article("ekhamn", "bygglov").shown.text


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("Bara text.", "first line"),
        ("---\ntitle: x\n", "closing"),
        ("---\n- a\n---\n", "no fields"),
        ("---\ntitle: [\n---\n", "while parsing"),
        (HEAD.replace("2026-03-31", "i våras") + TEXT, "updated"),
        (HEAD.replace("id: bygglov", "id: lov") + TEXT, "not the file's name"),
        (HEAD.replace("id: bygglov", "id: Bygg Lov") + TEXT, "id: "),
        (HEAD.replace("language: sv", "language: da") + TEXT, "language: "),
        (HEAD, "text: "),
    ],
)
def test_bad_file(tmp_path: Path, content: str, told: str) -> None:
    """A file that can't be used is named with what is wrong, in one line."""
    folder = write(tmp_path / "seed", content)
    with pytest.raises(SeedError) as raised:
        read_seed(folder)
    (line,) = raised.value.lines
    assert line.startswith(f"{folder / 'ekhamn/bygga/bygglov.md'}: ")
    assert told in line
    assert 1 == len(line.splitlines())


def test_all_bad_files_are_told(tmp_path: Path) -> None:
    """Every fault is told at once, also two files with one address or one id."""
    folder = write(tmp_path / "seed", HEAD + TEXT)
    write(folder, HEAD + TEXT, "ekhamn/miljo/bygglov.md")
    write(folder, "x", "fjordvik/bygg/a.md")
    with pytest.raises(SeedError) as raised:
        read_seed(folder)
    assert ["ekhamn/miljo: id", "ekhamn/miljo: url", "fjordvik/bygg: the first line"] == [
        "/".join(Path(line.split(":")[0]).parts[-3:-1]) + ":" + line.split(":")[1][: len(told)]
        for line, told in zip(raised.value.lines, (" id", " url", " the first line"), strict=True)
    ]


def test_missing_folder(tmp_path: Path) -> None:
    """A folder that isn't there is told, not taken for an empty one."""
    with pytest.raises(SeedError):
        read_seed(tmp_path / "seed")
