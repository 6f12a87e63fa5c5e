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

from knowledge.indexing.arrays import Arrays
from knowledge.indexing.hashes import Hashes, places, text_hash
from knowledge.indexing.tokens import STEPS as STEPS
from knowledge.types import Vectors

Owners = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
Codes = npt.NDArray[np.float16]


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


def half(vectors: Vectors) -> Codes:
    """Vectors as they are kept: half the memory, and cosines right to about three decimals."""
    return vectors.astype(np.float16)


class VectorTable:
    """Rows ordered by their owners; never changed once made.

    Of row i, `owners[i]` is the position of its chunk among the index's chunks, `ids[i]` its
    row's id, `keys[i]` the hash of its text's key; all of shape (rows,).
    """

    def __init__(self, rows: Sequence[Row], vectors: Vectors, owners: Sequence[int]) -> None:
        """`vectors`: shape (rows, dimension)."""
        ids = np.array([row.id for row in rows], np.int64)
        keys = np.array([text_hash(row.key) for row in rows], np.uint64)
        made = self.of(ids, keys, half(vectors), np.array(owners, np.int64))
        self._assign(made._index, made.arrays)

    @classmethod
    def of(cls, ids: Owners, keys: Hashes, codes: Codes, owners: Owners) -> VectorTable:
        """A table in memory; `codes`: shape (rows, dimension)."""
        order = np.argsort(owners, kind="stable")
        index = faiss.IndexScalarQuantizer(
            codes.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        if len(order):
            index.add_sa_codes(np.ascontiguousarray(codes[order]).view(np.uint8))
        return cls._of(index, {"owners": owners[order], "ids": ids[order], "keys": keys[order]})

    @classmethod
    def _of(cls, index: Any, arrays: Arrays) -> VectorTable:
        table = cls.__new__(cls)
        table._assign(index, arrays)
        return table

    def _assign(self, index: Any, arrays: Arrays) -> None:
        self._index = index
        self.owners: Owners = arrays["owners"]
        self.ids: Owners = arrays["ids"]
        self.keys: Hashes = arrays["keys"]
        size = index.ntotal * index.code_size
        held: Any = faiss.rev_swig_ptr(index.codes.data(), size) if size else ()
        # Half floats, as bytes: in FAISS's files they begin wherever they begin.
        self._bytes = np.asarray(held, np.uint8).reshape(-1, index.code_size)

    def __len__(self) -> int:
        return len(self.owners)

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    @property
    def arrays(self) -> Arrays:
        """All but the vectors."""
        return {"owners": self.owners, "ids": self.ids, "keys": self.keys}

    @property
    def vectors(self) -> Vectors:
        """A copy of all vectors, shape (rows, dimension)."""
        return self._decoded(np.arange(len(self)))

    def codes(self, rows: Owners) -> Codes:
        """A copy of the vectors of rows as they are kept, shape (rows, dimension)."""
        return self._bytes[rows].view(np.float16)

    def nearest(self, query: Vectors, limit: int) -> tuple[Owners, Scores]:
        """Owners and cosines of the nearest rows, best first."""
        count = min(limit, len(self))
        if not count:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        # One query is done sooner than other threads wake up; the setting is per calling thread.
        faiss.omp_set_num_threads(1)
        scores, rows = self._index.search(query.reshape(1, -1), count)
        return self.owners[rows[0]], np.asarray(scores[0], np.float32)

    def best(self, query: Vectors, owners: Owners) -> Scores:
        """The best cosine of each owner's rows; -inf for an owner without rows."""
        slots, rows = self.rows_of(owners)
        best: Scores = np.full(len(owners), -np.inf, np.float32)
        np.maximum.at(best, slots, self._decoded(rows) @ query)
        return best

    def _decoded(self, rows: Owners) -> Vectors:
        """A copy of the vectors of rows, shape (rows, dimension); twice as fast as by numpy."""
        faiss.omp_set_num_threads(1)
        vectors: Vectors = self._index.sa_decode(self._bytes[rows])
        return vectors

    def rows_of(self, owners: Owners) -> tuple[Owners, Owners]:
        """The rows of these owners, and before them for each the place of its owner among them."""
        starts = np.searchsorted(self.owners, owners, "left")
        counts = np.searchsorted(self.owners, owners, "right") - starts
        slots = np.repeat(np.arange(len(owners)), counts)
        offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return slots, np.repeat(starts, counts) + offsets

    def rows_with(self, keys: Hashes) -> Owners:
        """A row of each text key's hash, -1 where there is none."""
        order = np.argsort(self.keys, kind="stable")
        found = places(self.keys[order], keys)
        return np.where(found >= 0, order[found] if len(order) else -1, -1).astype(np.int64)

    def save(self, path: Path) -> None:
        """Writes the vectors; the arrays are the caller's to keep."""
        faiss.write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path, arrays: Arrays) -> VectorTable:
        """Maps the vectors of these arrays into memory.

        Errors: RuntimeError when FAISS cannot read them, ValueError when they are not so many.
        """
        # Read as what it is: a downcast of it would not keep it alive.
        index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        if index.ntotal != len(arrays["owners"]):
            raise ValueError(f"{path} holds other rows")
        return cls._of(index, arrays)
