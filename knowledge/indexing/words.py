"""The words of a municipality's chunks, of their questions and of its articles, counted once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from knowledge.indexing.arrays import Arrays, Strings
from knowledge.indexing.chunk_table import Plan
from knowledge.indexing.hashes import Hashes, places
from knowledge.indexing.postings import Counts, Numbers, Postings, Vocabulary
from knowledge.language import text
from knowledge.types import Chunk


class Words:
    """Never changed once made. `asked` are the questions, by the chunk they stand on."""

    def __init__(self, chunks: Postings, asked: Postings, articles: Postings) -> None:
        """All three have the same vocabulary."""
        self.vocabulary = chunks.vocabulary
        self.chunks = chunks
        self.asked = asked
        self.articles = articles

    @classmethod
    def load(cls, arrays: Arrays) -> Words:
        """`arrays`: as the property of that name gives them."""
        strings = Strings(arrays["terms"], arrays["term_ends"])
        vocabulary = Vocabulary(arrays["term_hashes"], strings)
        chunks, asked, articles = (
            Postings.load(vocabulary, with_prefix(arrays, kind)) for kind in _KINDS
        )
        return cls(chunks, asked, articles)

    @classmethod
    def empty(cls) -> Words:
        return cls(Postings(()), Postings(()), Postings(()))

    @property
    def arrays(self) -> Arrays:
        """Everything there is, by name."""
        strings = self.vocabulary.strings
        return {
            "terms": strings.encoded,
            "term_ends": strings.ends,
            "term_hashes": self.vocabulary.hashes,
            **prefixed("chunks", self.chunks.arrays),
            **prefixed("asked", self.asked.arrays),
            **prefixed("articles", self.articles.arrays),
        }

    def successor(self, plan: Plan, article_of: Numbers, articles: int) -> Words:
        """Of the chunks of a plan; only new ones are analysed.

        `article_of`: each chunk's article, shape (chunks,); `articles`: how many there are.
        """
        size = len(plan.source)
        texts = {place: _terms(chunk) for place, chunk in plan.new.items()}
        asked = {place: _asked(chunk) for place, chunk in plan.new.items() if chunk.questions}
        new = Vocabulary.of(
            term for documents in (texts, asked) for terms in documents.values() for term in terms
        )
        moved = plan.moved(self.chunks.size)
        same = np.arange(len(self.vocabulary))
        kept = [postings.counts.moved(same, moved) for postings in (self.chunks, self.asked)]
        vocabulary = _joined(self.vocabulary, np.concatenate([c.terms for c in kept]), new)
        renumbered = places(vocabulary.hashes, self.vocabulary.hashes)
        unmoved = np.arange(size)
        in_chunks, in_questions = (
            counts.moved(renumbered, unmoved) + _counted(documents, vocabulary)
            for counts, documents in zip(kept, (texts, asked), strict=True)
        )
        numbers = np.arange(len(vocabulary))
        return Words(
            Postings.of(vocabulary, in_chunks, size),
            Postings.of(vocabulary, in_questions, size),
            Postings.of(
                vocabulary, (in_chunks + in_questions).moved(numbers, article_of), articles
            ),
        )


_KINDS = ("chunks", "asked", "articles")


def prefixed(prefix: str, arrays: Arrays) -> Arrays:
    """The arrays under longer names."""
    return {f"{prefix}.{name}": array for name, array in arrays.items()}


def with_prefix(arrays: Arrays, prefix: str) -> Arrays:
    """Those arrays that `prefixed` gave the prefix, under their own names."""
    start = f"{prefix}."
    return {
        name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)
    }


def _terms(chunk: Chunk) -> Sequence[str]:
    return text.lemmas(chunk.embedded_text, chunk.language)


def _asked(chunk: Chunk) -> Sequence[str]:
    return [term for one in chunk.questions for term in text.lemmas(one, chunk.language)]


def _counted(documents: Mapping[int, Sequence[str]], vocabulary: Vocabulary) -> Counts:
    return Counts.of(documents.items(), vocabulary)


def _joined(old: Vocabulary, used: npt.NDArray[np.int64], new: Vocabulary) -> Vocabulary:
    """The terms of the old one that are used still, and all of the new one."""
    living = np.unique(used)
    hashes: Hashes = np.concatenate([old.hashes[living], new.hashes])
    hashes, first = np.unique(hashes, return_index=True)
    if len(hashes) == len(old) and np.array_equal(hashes, old.hashes):
        return old
    strings = [old.strings[int(number)] for number in living] + list(new.strings)
    return Vocabulary(hashes, Strings.of([strings[place] for place in first]))
