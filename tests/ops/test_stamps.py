"""Stamps decide what a second run does again."""

from pathlib import Path

from ops.stamps import Stamp, digest


def test_a_changed_file_below_a_folder_changes_the_digest(tmp_path: Path) -> None:
    """One byte in a nested file is enough."""
    nested = tmp_path / "a" / "b.txt"
    nested.parent.mkdir()
    nested.write_text("ett")
    before = digest([tmp_path])
    nested.write_text("två")
    assert before != digest([tmp_path])


def test_a_renamed_file_changes_the_digest(tmp_path: Path) -> None:
    """The same bytes under another name are another input."""
    (tmp_path / "a").write_text("x")
    before = digest([tmp_path])
    (tmp_path / "a").rename(tmp_path / "b")
    assert before != digest([tmp_path])


def test_compiled_files_do_not_count(tmp_path: Path) -> None:
    """Running the code must not make the next run train again."""
    before = digest([tmp_path])
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_bytes(b"x")
    assert before == digest([tmp_path])


def test_an_interrupted_step_is_done_again(tmp_path: Path) -> None:
    """A stamp matches only between writing and clearing."""
    stamp = Stamp(tmp_path / "deep" / "stamp", "1")
    assert not stamp.matches()
    stamp.write()
    assert stamp.matches()
    assert not Stamp(tmp_path / "deep" / "stamp", "2").matches()
    stamp.clear()
    assert not stamp.matches()
