"""Remembering what a step was made from, so that a second run does only what changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def digest(paths: Iterable[Path], *extra: str) -> str:
    """Hash the names and bytes of files, and of all files below folders; `extra` counts too."""
    total = hashlib.sha256()
    for path in sorted(set(paths)):
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                total.update(str(file).encode())
                total.update(file.read_bytes())
    for part in extra:
        total.update(part.encode())
    return total.hexdigest()


class Stamp:
    """A file that holds the digest of the inputs of the thing that lies beside it."""

    def __init__(self, path: Path, value: str) -> None:
        self._path = path
        self._value = value

    def matches(self) -> bool:
        """Whether the thing was finished from exactly these inputs."""
        return self._path.is_file() and self._path.read_text() == self._value

    def clear(self) -> None:
        """Forget before remaking, so that an interrupted step is done again."""
        self._path.unlink(missing_ok=True)

    def write(self) -> None:
        """Remember, once the thing is complete."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(self._value)
