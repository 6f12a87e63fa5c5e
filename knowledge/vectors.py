"""Vectors with stable ids and the chunks they speak for, exact nearest neighbours by FAISS."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from knowledge.types import Vectors

Owners = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Row:
    """One embedded text: the chunk it speaks for and the key of its words."""

    chunk: str
    key: str

    @property
    def id(self) -> int:
        """A 63-bit number that stays the same as long as chunk and words do."""
        digest = hashlib.sha256(f"{self.chunk}\0{self.key}".encode()).digest()
        return int.from_bytes(digest[:8], "little") >> 1


def text_key(text: str) -> str:
    """Names a text by its words, so that the same words are embedded once."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class VectorTable:
    """Rows and their vectors; never changed once made.

    `owners[i]` is the position of row i's chunk among the index's chunks.
    """

    def __init__(self, rows: Sequence[Row], vectors: Vectors, owners: Sequence[int]) -> None:
        index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
        if len(rows):
            ids = np.array([row.id for row in rows], np.int64)
            index.add_with_ids(np.ascontiguousarray(vectors, np.float32), ids)
        self._assign(rows, index, owners)

    def _assign(self, rows: Sequence[Row], index: Any, owners: Sequence[int]) -> None:
        self.rows = tuple(rows)
        self.owners: Owners = np.asarray(owners, np.int64)
        self._index = index
        self._position = {row.id: position for position, row in enumerate(self.rows)}
        # Row i is the i-th that was added, so its vector is the i-th that FAISS holds.
        flat: Any = faiss.downcast_index(index.index)
        size = len(self.rows) * flat.d
        held: Any = faiss.rev_swig_ptr(flat.get_xb(), size) if size else ()
        self.vectors: Vectors = np.asarray(held, np.float32).reshape(-1, flat.d)
        order = np.argsort(self.owners, kind="stable")
        self._sorted_owners = self.owners[order]
        self._by_owner = order

    def __len__(self) -> int:
        return len(self.rows)

    def nearest(self, query: Vectors, limit: int) -> tuple[Owners, Scores]:
        """Owners and cosines of the nearest rows, best first."""
        count = min(limit, len(self.rows))
        if not count:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        # One query is done sooner than other threads wake up; the setting is per calling thread.
        faiss.omp_set_num_threads(1)
        scores, ids = self._index.search(query.reshape(1, -1), count)
        positions = [self._position[int(number)] for number in ids[0]]
        return self.owners[positions], np.asarray(scores[0], np.float32)

    def best(self, query: Vectors, owners: Owners) -> Scores:
        """The best cosine of each owner's rows; -inf for an owner without rows."""
        best: Scores = np.full(len(owners), -np.inf, np.float32)
        starts = np.searchsorted(self._sorted_owners, owners, "left")
        ends = np.searchsorted(self._sorted_owners, owners, "right")
        counts = ends - starts
        slots = np.repeat(np.arange(len(owners)), counts)
        offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        rows = self._by_owner[np.repeat(starts, counts) + offsets]
        np.maximum.at(best, slots, self.vectors[rows] @ query)
        return best

    def save(self, path: Path) -> None:
        """Writes the vectors; the rows are the caller's to keep."""
        faiss.write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path, rows: Sequence[Row], owners: Sequence[int]) -> VectorTable:
        """Reads the vectors of these rows. Errors: ValueError when they are not the same ones."""
        index: Any = faiss.read_index(str(path))
        ids = faiss.vector_to_array(index.id_map).tolist()
        if ids != [row.id for row in rows]:
            raise ValueError(f"{path} holds other rows")
        table = cls.__new__(cls)
        table._assign(rows, index, owners)
        return table
