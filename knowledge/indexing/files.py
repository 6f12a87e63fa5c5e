"""Folders on disk that are complete or absent, whatever happens while they are written."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replace_folder(target: Path) -> Iterator[Path]:
    """Gives an empty folder to fill, which takes the target's place when the block succeeds.

    Files are flushed to disk before the rename. A crash leaves the old folder or the new one, or
    for the instant between two renames none, never a half-written one. What an earlier crash
    left beside it is removed.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for leftover in target.parent.glob(f".{target.name}.*"):
        shutil.rmtree(leftover, ignore_errors=True)
    token = uuid.uuid4().hex
    fresh = target.parent / f".{target.name}.new-{token}"
    fresh.mkdir()
    try:
        yield fresh
        _flush(fresh)
        if target.exists():
            old = target.parent / f".{target.name}.old-{token}"
            target.rename(old)
            fresh.rename(target)
            shutil.rmtree(old, ignore_errors=True)
        else:
            fresh.rename(target)
        _flush_one(target.parent)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


class Versions:
    """Numbered folders of which one, or for each of several names one, is the current one.

    A version is filled, flushed to disk and only then pointed to: a file that is replaced in one
    step says which number is current. Whenever the process is killed, the pointer leads to a
    complete folder; what an earlier one left is removed at the next chance. Several processes
    may do this at once.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def current(self, name: str) -> Path | None:
        """The folder that is current for a name, or None. Errors: OSError."""
        try:
            number = self._pointer(name).read_text("utf-8")
        except FileNotFoundError:
            return None
        return self.folder / number if number.isdigit() else None

    @contextmanager
    def replace(self, name: str) -> Iterator[Path]:
        """Gives an empty folder to fill, which becomes current when the block succeeds."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._locked() as locked:
            assert locked
            self._sweep()
            number = 1 + max(map(int, self._numbers()), default=0)
            fresh = self.folder / str(number)
            fresh.mkdir()
            try:
                yield fresh
                _flush(fresh)
                _flush_one(self.folder)
                self._point(name, number)
            finally:
                self._sweep()

    def tidy(self) -> None:
        """Removes what no pointer leads to, unless another process is at work here."""
        if self.folder.is_dir():
            with self._locked(wait=False) as locked:
                if locked:
                    self._sweep()

    def forget_others(self, name: str) -> None:
        """Lets only the version of this name be current. Errors: OSError."""
        with self._locked() as locked:
            assert locked
            for pointer in self.folder.glob(f"{_POINTER}*"):
                if pointer != self._pointer(name):
                    pointer.unlink()
            self._sweep()

    def _pointer(self, name: str) -> Path:
        return self.folder / f"{_POINTER}{hashlib.sha256(name.encode()).hexdigest()[:12]}"

    def _point(self, name: str, number: int) -> None:
        pointer = self._pointer(name)
        fresh = self.folder / f".{pointer.name}"
        fresh.write_text(str(number), "utf-8")
        _flush_one(fresh)
        fresh.replace(pointer)
        _flush_one(self.folder)

    def _numbers(self) -> list[str]:
        return [path.name for path in self.folder.iterdir() if path.name.isdigit()]

    def _sweep(self) -> None:
        kept = {_LOCK}
        for pointer in self.folder.glob(f"{_POINTER}*"):
            kept |= {pointer.name, pointer.read_text("utf-8")}
        for path in self.folder.iterdir():
            if path.name in kept:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    @contextmanager
    def _locked(self, *, wait: bool = True) -> Iterator[bool]:
        """Whether this process alone may write here now; a process that dies lets go."""
        with (self.folder / _LOCK).open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True


_POINTER = "current-"
_LOCK = "lock"


def _flush(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        _flush_one(path)


def _flush_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
