"""BM25 over terms that are already lemmas: an inverted index in flat arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knowledge.indexing.arrays import Arrays, Strings
from knowledge.indexing.hashes import Hashes, text_hash, text_hashes

K1 = 1.2
B = 0.75
_MOST = np.iinfo(np.uint16).max

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]


class Vocabulary:
    """Terms by the order of their hashes; a term's place there is its number."""

    def __init__(self, hashes: Hashes, strings: Strings) -> None:
        """`hashes`: ascending, shape (terms,); `strings`: the terms, in the same order."""
        self.hashes = hashes
        self.strings = strings

    @classmethod
    def of(cls, terms: Iterable[str]) -> Vocabulary:
        listed = list(dict.fromkeys(terms))
        hashes = text_hashes(listed)
        order = np.argsort(hashes)
        return cls(hashes[order], Strings.of([listed[place] for place in order]))

    def __len__(self) -> int:
        return len(self.hashes)

    def number(self, term: str) -> int | None:
        """The term's number."""
        wanted = np.uint64(text_hash(term))
        place = int(np.searchsorted(self.hashes, wanted))
        return place if place < len(self.hashes) and self.hashes[place] == wanted else None


@dataclass(frozen=True, slots=True)
class Counts:
    """How often which document holds which term, one entry for each pair; shape (pairs,) each."""

    terms: Numbers
    documents: Numbers
    counts: Numbers

    @classmethod
    def of(cls, documents: Iterable[tuple[int, Iterable[str]]], vocabulary: Vocabulary) -> Counts:
        """Counted from numbered documents, whose terms the vocabulary has."""
        numbers = {term: number for number, term in enumerate(vocabulary.strings)}
        pairs = [
            (numbers[term], document, count)
            for document, terms in documents
            for term, count in Counter(terms).items()
        ]
        table = np.array(pairs, np.int64).reshape(-1, 3)
        return cls(table[:, 0], table[:, 1], table[:, 2])

    def moved(self, terms: Numbers, documents: Numbers) -> Counts:
        """With other numbers: `terms[n]` and `documents[n]` for n; -1 drops what has it."""
        new_terms, new_documents = terms[self.terms], documents[self.documents]
        kept = (new_terms >= 0) & (new_documents >= 0)
        return Counts(new_terms[kept], new_documents[kept], self.counts[kept])

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            np.concatenate([self.terms, other.terms]),
            np.concatenate([self.documents, other.documents]),
            np.concatenate([self.counts, other.counts]),
        )


class Postings:
    """Which documents hold which terms, and how often; weighed by BM25 when a query asks."""

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        vocabulary = Vocabulary.of(term for document in documents for term in document)
        counts = Counts.of(enumerate(documents), vocabulary)
        made = self.of(vocabulary, counts, len(documents))
        self._assign(vocabulary, made.arrays)

    @classmethod
    def of(cls, vocabulary: Vocabulary, counts: Counts, size: int) -> Postings:
        """Of `size` documents; what is counted twice for one pair is added up."""
        pairs = counts.terms * max(size, 1) + counts.documents
        order = np.argsort(pairs)
        pairs, several = pairs[order], counts.counts[order]
        first = np.flatnonzero(np.diff(pairs, prepend=-1))
        added = np.add.reduceat(several, first) if len(first) else several
        terms, holders = np.divmod(pairs[first], max(size, 1))
        lengths = np.bincount(holders, added, size)[:size]
        mean = float(lengths.mean()) if lengths.sum() else 1.0
        ends = np.cumsum(np.bincount(terms, minlength=len(vocabulary)))
        arrays: Arrays = {
            "holders": holders.astype(np.min_scalar_type(max(size - 1, 0))),
            "counts": np.minimum(added, _MOST).astype(np.uint16),
            "ends": np.concatenate([[0], ends]).astype(np.int64),
            "norms": (K1 * (1 - B + B * lengths / mean)).astype(np.float32),
        }
        return cls.load(vocabulary, arrays)

    @classmethod
    def load(cls, vocabulary: Vocabulary, arrays: Arrays) -> Postings:
        """`arrays`: as the property of that name gives them."""
        postings = cls.__new__(cls)
        postings._assign(vocabulary, arrays)
        return postings

    def _assign(self, vocabulary: Vocabulary, arrays: Arrays) -> None:
        self.vocabulary = vocabulary
        self._holders: npt.NDArray[np.unsignedinteger] = arrays["holders"]
        self._counts: npt.NDArray[np.uint16] = arrays["counts"]
        self._ends: Numbers = arrays["ends"]
        self._norms: Floats = arrays["norms"]

    @property
    def arrays(self) -> Arrays:
        """Holders and counts by term, where each term's end, and what lengths do to weights."""
        return {
            "holders": self._holders,
            "counts": self._counts,
            "ends": self._ends,
            "norms": self._norms,
        }

    @property
    def counts(self) -> Counts:
        """All pairs."""
        terms = np.repeat(np.arange(len(self.vocabulary)), self.frequencies)
        return Counts(terms, self._holders.astype(np.int64), self._counts.astype(np.int64))

    @property
    def frequencies(self) -> Numbers:
        """How many documents hold each term, shape (terms,)."""
        return np.diff(self._ends)

    @property
    def size(self) -> int:
        """How many documents there are."""
        return len(self._norms)

    def scores(self, terms: Iterable[str] | Mapping[str, float]) -> Floats:
        """The BM25 sum of every document, shape (documents,); a repeated term counts once.

        A mapping says how much each term counts.
        """
        total = np.zeros(self.size, np.float32)
        for term, share in _shares(terms).items():
            span = self._span(term)
            if span.start == span.stop:
                continue
            holders, counts = self._holders[span], self._counts[span].astype(np.float32)
            saturated = counts * np.float32(K1 + 1) / (counts + self._norms[holders])
            # A term names a document once, so a plain indexed sum loses nothing.
            total[holders] += np.float32(share * self._rarity(span.stop - span.start)) * saturated
        return total

    def most(self, terms: Iterable[str] | Mapping[str, float]) -> float:
        """What no document's score for these terms can reach; never 0."""
        total = sum(share * self.rarity(term) for term, share in _shares(terms).items())
        return (total or 1.0) * (K1 + 1)

    def rarity(self, term: str) -> float:
        """Inverse document frequency; a term in no document is the rarest of all."""
        span = self._span(term)
        return self._rarity(span.stop - span.start)

    def knows(self, term: str) -> bool:
        span = self._span(term)
        return bool(span.stop > span.start)

    def holds(self, term: str, document: int) -> bool:
        """Whether a document has the term."""
        holders = self._holders[self._span(term)]
        position = int(np.searchsorted(holders, document))
        return position < len(holders) and int(holders[position]) == document

    def _span(self, term: str) -> slice:
        number = self.vocabulary.number(term)
        if number is None:
            return slice(0, 0)
        return slice(int(self._ends[number]), int(self._ends[number + 1]))

    def _rarity(self, frequency: int) -> float:
        return float(np.log1p((self.size - frequency + 0.5) / (frequency + 0.5)))


def _shares(terms: Iterable[str] | Mapping[str, float]) -> Mapping[str, float]:
    return terms if isinstance(terms, Mapping) else dict.fromkeys(terms, 1.0)
