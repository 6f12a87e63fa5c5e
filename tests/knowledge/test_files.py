from pathlib import Path

import pytest

from knowledge.indexing.files import Versions, replace_folder


def test_a_finished_folder_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    """Nothing of the old one is left, in it or beside it."""
    target = tmp_path / "index"
    target.mkdir()
    (target / "old").write_text("old")
    with replace_folder(target) as fresh:
        (fresh / "new").write_text("new")
        assert (target / "old").exists()
    assert ["index"] == [path.name for path in tmp_path.iterdir()]
    assert ["new"] == [path.name for path in target.iterdir()]


def test_a_failure_leaves_the_old_one(tmp_path: Path) -> None:
    """What was being written is gone, what was there stays."""
    target = tmp_path / "index"
    target.mkdir()
    (target / "old").write_text("old")
    with pytest.raises(RuntimeError), replace_folder(target) as fresh:
        (fresh / "new").write_text("new")
        raise RuntimeError
    assert ["index"] == [path.name for path in tmp_path.iterdir()]
    assert ["old"] == [path.name for path in target.iterdir()]


def test_leftovers_of_a_crash_are_removed(tmp_path: Path) -> None:
    """A half-written folder of a process that was killed does not stay for ever."""
    (tmp_path / ".index.new-1").mkdir()
    with replace_folder(tmp_path / "index"):
        pass
    assert ["index"] == [path.name for path in tmp_path.iterdir()]


def written(versions: Versions, name: str, text: str) -> None:
    with versions.replace(name) as fresh:
        (fresh / "text").write_text(text)


def read(versions: Versions, name: str) -> str | None:
    current = versions.current(name)
    return None if current is None else (current / "text").read_text()


def test_a_version_takes_the_place_of_its_names_last(tmp_path: Path) -> None:
    """Another name's stays; the one that was replaced is gone."""
    versions = Versions(tmp_path / "m")
    for name, text in (("a", "1"), ("b", "2"), ("a", "3")):
        written(versions, name, text)
    assert ["3", "2", None] == [read(versions, name) for name in "abc"]
    assert 2 == len([path for path in versions.folder.iterdir() if path.is_dir()])
    versions.forget_others("b")
    assert [None, "2"] == [read(versions, name) for name in "ab"]
    assert 1 == len([path for path in versions.folder.iterdir() if path.is_dir()])


def test_a_version_that_fails_leaves_the_last(tmp_path: Path) -> None:
    """What was being written is gone."""
    versions = Versions(tmp_path / "m")
    written(versions, "a", "1")
    with pytest.raises(RuntimeError), versions.replace("a") as fresh:
        (fresh / "text").write_text("2")
        raise RuntimeError
    assert "1" == read(versions, "a")
    assert 1 == len([path for path in versions.folder.iterdir() if path.is_dir()])


def test_what_killed_processes_left_is_tidied(tmp_path: Path) -> None:
    """Half versions, pointers that were not put in place, and files of older formats."""
    versions = Versions(tmp_path / "m")
    written(versions, "a", "1")
    (versions.folder / "7").mkdir()
    (versions.folder / ".current-x").write_text("7")
    (versions.folder / "contents.json").write_text("{}")
    versions.tidy()
    assert "1" == read(versions, "a")
    assert 3 == len(list(versions.folder.iterdir()))


def test_nothing_is_tidied_while_another_is_writing(tmp_path: Path) -> None:
    """A version that is being filled is not taken for a leftover."""
    versions = Versions(tmp_path / "m")
    with versions.replace("a") as fresh:
        (fresh / "text").write_text("1")
        versions.tidy()
    assert "1" == read(versions, "a")
