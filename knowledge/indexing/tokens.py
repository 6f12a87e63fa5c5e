"""The token vectors of rows, in segments that are written once and shared by later indexes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from knowledge.indexing.arrays import Arrays
from knowledge.indexing.blobs import Blob
from knowledge.types import Embedding, Vectors

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
TokenBytes = npt.NDArray[np.int8]

STEPS = 127
"""A token vector's number is kept as one of so many steps to either side of zero."""
MOST_SEGMENTS = 4
"""With more, or when half of what they hold is of no use any more, they become one."""
ALONE = 200_000
"""Multiplications that OpenBLAS does without other threads (its limit is 2^18)."""


def rounded(tokens: Vectors) -> TokenBytes:
    """Unit token vectors as they are kept, in a quarter of the memory."""
    steps: TokenBytes = np.rint(tokens * STEPS).astype(np.int8)
    return steps


def _products(tokens: TokenBytes, query: Vectors) -> Vectors:
    """Each token's product with each of the query's, shape (tokens, query tokens).

    In pieces so small that the library behind numpy does each on this thread: waking others up
    for one query takes ten milliseconds when they are busy, the work itself a quarter of one.
    """
    step = max(1, ALONE // max(query.size, 1))
    products = np.empty((len(tokens), len(query)), np.float32)
    for start in range(0, len(tokens), step):
        part = tokens[start : start + step].astype(np.float32)
        np.matmul(part, query.T, out=products[start : start + step])
    return products


@dataclass(frozen=True, slots=True)
class Segment:
    """Token vectors one after the other; the name is no other segment's."""

    blob: Blob
    name: str = field(default_factory=lambda: uuid.uuid4().hex)


class TokenTable:
    """Where each row's token vectors are; never changed once made."""

    def __init__(self, segments: Sequence[Segment], arrays: Arrays, dimension: int) -> None:
        """`arrays`: as the property of that name gives them."""
        self.segments = tuple(segments)
        self.dimension = dimension
        self._segment: npt.NDArray[np.int32] = arrays["segment"]
        self._start: Rows = arrays["start"]
        self._count: npt.NDArray[np.int32] = arrays["count"]

    @classmethod
    def of_rows(cls, tokens: Sequence[TokenBytes], dimension: int) -> TokenTable:
        """One segment of these rows, each of shape (tokens, dimension)."""
        counts = np.array([len(part) for part in tokens], np.int32)
        flat = np.concatenate([np.empty((0, dimension), np.int8), *tokens])
        arrays = {
            "segment": np.zeros(len(tokens), np.int32),
            "start": (np.cumsum(counts, dtype=np.int64) - counts) * dimension,
            "count": counts,
        }
        segments = [Segment(Blob(flat.view(np.uint8).reshape(-1)))] if len(flat) else []
        return cls(segments, arrays, dimension)

    @property
    def arrays(self) -> Arrays:
        """Of each row: the segment's number, its first byte there and how many tokens it has."""
        return {"segment": self._segment, "start": self._start, "count": self._count}

    def __len__(self) -> int:
        return len(self._count)

    def of(self, row: int) -> TokenBytes:
        """A row's token vectors, shape (tokens, dimension)."""
        return self._read(np.array([row], np.int64))

    def interaction(self, query: Embedding, rows: Rows) -> Scores:
        """Each query token's best cosine among a row's tokens, weighed by its share and added."""
        counts = self._count[rows].astype(np.int64)
        scores: Scores = np.full(len(rows), -1.0, np.float32)
        filled = np.flatnonzero(counts)
        if not len(filled) or not len(query.tokens):
            return scores
        cosines = _products(self._read(rows[filled]), query.tokens)
        starts = np.cumsum(counts[filled]) - counts[filled]
        best = np.maximum.reduceat(cosines, starts, axis=0)
        scores[filled] = best @ query.shares / STEPS
        return scores

    def with_more(self, more: TokenTable) -> TokenTable:
        """The rows of both; those of `more` come after."""
        arrays = {
            "segment": np.concatenate([self._segment, more._segment + len(self.segments)]),
            "start": np.concatenate([self._start, more._start]),
            "count": np.concatenate([self._count, more._count]),
        }
        return TokenTable([*self.segments, *more.segments], arrays, self.dimension)

    def taken(self, rows: Rows) -> TokenTable:
        """These rows in this order, in the segments where they are, unless it is time to merge."""
        arrays = {name: array[rows] for name, array in self.arrays.items()}
        used = np.unique(arrays["segment"][arrays["count"] > 0])
        segments = [self.segments[number] for number in used.tolist()]
        size = sum(len(segment.blob) for segment in segments)
        # A row may stand in the table twice.
        _, first = np.unique(rows, return_index=True)
        living = int(arrays["count"][first].sum()) * self.dimension
        if len(segments) > MOST_SEGMENTS or 2 * living < size:
            flat = self._read(rows)
            ends = np.cumsum(arrays["count"], dtype=np.int64)
            parts = np.split(flat, ends[:-1]) if len(rows) else []
            return TokenTable.of_rows(parts, self.dimension)
        renumbered = np.zeros(len(self.segments) + 1, np.int32)
        renumbered[used] = np.arange(len(used), dtype=np.int32)
        arrays["segment"] = renumbered[arrays["segment"]]
        return TokenTable(segments, arrays, self.dimension)

    def check(self) -> None:
        """Raises ValueError when a row lies outside its segment."""
        for number, segment in enumerate(self.segments):
            own = (self._segment == number) & (self._count > 0)
            ends = self._start[own] + self._count[own].astype(np.int64) * self.dimension
            if len(ends) and int(ends.max()) > len(segment.blob):
                raise ValueError(f"the token vectors {segment.name} are not complete")

    def _read(self, rows: Rows) -> TokenBytes:
        """The rows' token vectors one after the other, shape (tokens, dimension)."""
        sizes = self._count[rows].astype(np.int64) * self.dimension
        ends = np.cumsum(sizes)
        flat = np.empty(int(sizes.sum()), np.uint8)
        spans = zip(
            self._segment[rows].tolist(),
            self._start[rows].tolist(),
            (ends - sizes).tolist(),
            ends.tolist(),
            strict=True,
        )
        for segment, start, begin, end in spans:
            if begin < end:
                self.segments[segment].blob.read_into(start, flat[begin:end])
        return flat.view(np.int8).reshape(-1, self.dimension)
