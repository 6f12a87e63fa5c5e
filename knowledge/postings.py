"""BM25 over terms that are already lemmas: an inverted index in flat arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

K1 = 1.2
B = 0.75

Floats = npt.NDArray[np.float32]


class Postings:
    """Which documents hold which terms, with the BM25 weight of each pair worked out."""

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        self.size = len(documents)
        self._terms: dict[str, int] = {}
        terms, holders, counts = self._pairs(documents)
        lengths = np.array([len(document) for document in documents], np.float32)
        mean = float(lengths.mean()) if lengths.sum() else 1.0
        saturated = counts * (K1 + 1) / (counts + K1 * (1 - B + B * lengths[holders] / mean))
        order = np.argsort(terms, kind="stable")
        self._holders = holders[order]
        self._weights = saturated[order].astype(np.float32)
        frequency = np.bincount(terms, minlength=len(self._terms))
        self._ends = np.concatenate([[0], np.cumsum(frequency)])
        rarity = np.log1p((self.size - frequency + 0.5) / (frequency + 0.5))
        self._rarity = rarity.astype(np.float32)

    def _pairs(
        self, documents: Sequence[Sequence[str]]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]:
        terms: list[int] = []
        holders: list[int] = []
        counts: list[int] = []
        for holder, document in enumerate(documents):
            for term, count in Counter(document).items():
                terms.append(self._terms.setdefault(term, len(self._terms)))
                holders.append(holder)
                counts.append(count)
        return np.array(terms, np.int64), np.array(holders, np.int64), np.array(counts, np.float32)

    def scores(self, terms: Iterable[str]) -> Floats:
        """The BM25 sum of every document, shape (documents,); a repeated term counts once."""
        total = np.zeros(self.size, np.float32)
        for term in set(terms):
            number = self._terms.get(term)
            if number is not None:
                span = slice(self._ends[number], self._ends[number + 1])
                # A term names a document once, so a plain indexed sum loses nothing.
                total[self._holders[span]] += self._rarity[number] * self._weights[span]
        return total

    def rarity(self, term: str) -> float:
        """Inverse document frequency; a term in no document is the rarest of all."""
        number = self._terms.get(term)
        if number is None:
            return float(np.log1p((self.size + 0.5) / 0.5))
        return float(self._rarity[number])

    def knows(self, term: str) -> bool:
        return term in self._terms

    def holds(self, term: str, document: int) -> bool:
        """Whether a document has the term."""
        number = self._terms.get(term)
        if number is None:
            return False
        span = self._holders[self._ends[number] : self._ends[number + 1]]
        position = int(np.searchsorted(span, document))
        return position < len(span) and int(span[position]) == document
