"""Long runs of bytes, in memory or in a file of which only what is asked for is read.

Files are read, not mapped: pages that a map has touched count as the process's memory until it
ends, and token vectors alone are gigabytes.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]


class Blob:
    """Bytes that never change; any number of threads may read them."""

    def __init__(self, data: bytes | bytearray | Bytes = b"") -> None:
        self._data = np.frombuffer(data, np.uint8)
        self._path: Path | None = None
        self._descriptor = -1
        self._size = len(self._data)

    @classmethod
    def open(cls, path: Path) -> Blob:
        """The file's bytes; they stay readable when the file is removed. Errors: OSError."""
        blob = cls()
        blob._path = path
        blob._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        blob._size = os.fstat(blob._descriptor).st_size
        return blob

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)

    def __len__(self) -> int:
        return self._size

    @property
    def path(self) -> Path | None:
        """The file they were opened from; None for bytes in memory."""
        return self._path

    def read(self, start: int, end: int) -> bytes:
        """The bytes from start to end. Errors: EOFError when there are not so many, OSError."""
        into = np.empty(end - start, np.uint8)
        self.read_into(start, into)
        return into.tobytes()

    def read_into(self, start: int, into: Bytes) -> None:
        """Fills a contiguous array with the bytes from start on. Errors: as read."""
        if start < 0 or start + len(into) > self._size:
            raise EOFError(f"no bytes {start} to {start + len(into)} among {self._size}")
        if self._descriptor < 0:
            into[:] = self._data[start : start + len(into)]
            return
        done = 0
        while done < len(into):
            count = os.preadv(self._descriptor, [into[done:].data], start + done)
            if not count:
                raise EOFError(f"{self._path} has become shorter")
            done += count

    def write(self, path: Path) -> None:
        """Makes a file of these bytes: a second name for their own file where that is possible.

        Errors: OSError.
        """
        if self._path is None:
            path.write_bytes(self._data.data)
            return
        try:
            os.link(self._path, path)
        except OSError:
            # Its name is gone, or the file system has no second names; the bytes are still there.
            with os.fdopen(os.dup(self._descriptor), "rb") as source, path.open("wb") as copy:
                source.seek(0)
                shutil.copyfileobj(source, copy)
