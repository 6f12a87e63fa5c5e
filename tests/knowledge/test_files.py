from pathlib import Path

import pytest

from knowledge.files import replace_folder


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
