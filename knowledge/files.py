"""Folders on disk that are complete or absent, whatever happens while they are written."""

from __future__ import annotations

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


def _flush(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        _flush_one(path)


def _flush_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
