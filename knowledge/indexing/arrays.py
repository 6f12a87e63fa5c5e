"""Named arrays in one file, mapped into memory when it is opened and read when they are used."""

from __future__ import annotations

import mmap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

ALIGNMENT = 64
"""Bytes; an array begins at a multiple."""

Array = npt.NDArray[Any]
Arrays = dict[str, Array]
Directory = dict[str, tuple[str, tuple[int, ...], int]]
"""Type, shape and first byte of each array."""


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> Directory:
    """Writes the arrays one after the other; where each is."""
    directory: Directory = {}
    with path.open("wb") as file:
        for name, array in arrays.items():
            file.write(bytes(-file.tell() % ALIGNMENT))
            directory[name] = (array.dtype.str, array.shape, file.tell())
            file.write(np.ascontiguousarray(array).data)
        # An empty file cannot be mapped.
        file.write(bytes(ALIGNMENT))
    return directory


def open_arrays(path: Path, directory: Mapping[str, Sequence[Any]]) -> Arrays:
    """The arrays, read-only; the file may be removed while they are in use.

    Errors: OSError, and ValueError when the file is shorter than the directory says.
    """
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return {
        name: np.frombuffer(
            mapped, np.dtype(kind), count=int(np.prod(shape, dtype=np.int64)), offset=offset
        ).reshape(shape)
        for name, (kind, shape, offset) in directory.items()
    }


class Strings(Sequence[str]):
    """Texts in two arrays, each decoded when it is asked for."""

    def __init__(self, encoded: npt.NDArray[np.uint8], ends: npt.NDArray[np.int64]) -> None:
        """`encoded`: UTF-8, shape (bytes,); `ends`: a 0 and where each ends, shape (texts + 1,)."""
        self.encoded = encoded
        self.ends = ends

    @classmethod
    def of(cls, texts: Sequence[str]) -> Strings:
        encoded = [text.encode() for text in texts]
        ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        return cls(np.frombuffer(b"".join(encoded), np.uint8), ends)

    def __len__(self) -> int:
        return len(self.ends) - 1

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        number = range(len(self))[place]
        return self.encoded[self.ends[number] : self.ends[number + 1]].tobytes().decode()
