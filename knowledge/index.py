"""All that can be found of one municipality: chunks, their vectors and their words.

An index is never changed. Publishing makes its successor, which shares what stayed the same, and
whoever holds the old one goes on searching it undisturbed until one assignment swaps them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from knowledge import snapshot, text
from knowledge.passages import passages
from knowledge.postings import Postings
from knowledge.types import Chunk, Encoder, Vectors
from knowledge.vectors import Row, VectorTable, text_key

Terms = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diff:
    """How many chunks an update left as they were, embedded (new or changed), and deleted."""

    kept: int
    embedded: int
    deleted: int


class MunicipalityIndex:
    """An immutable index; any number of threads may search it."""

    def __init__(
        self,
        municipality: str,
        encoder_name: str,
        chunks: Sequence[Chunk],
        passages: VectorTable,
        questions: VectorTable,
        terms: Sequence[Terms],
    ) -> None:
        self.municipality = municipality
        self.encoder_name = encoder_name
        self.chunks = tuple(chunks)
        self.passages = passages
        self.questions = questions
        self.terms = tuple(terms)
        self._positions = {chunk.id: position for position, chunk in enumerate(self.chunks)}
        self.articles = tuple(dict.fromkeys(chunk.article for chunk in self.chunks))
        numbers = {article: number for number, article in enumerate(self.articles)}
        self.article_of: npt.NDArray[np.int64] = np.array(
            [numbers[chunk.article] for chunk in self.chunks], np.int64
        )
        self.languages = tuple(dict.fromkeys(chunk.language for chunk in self.chunks))
        self.language_of: npt.NDArray[np.int64] = np.array(
            [self.languages.index(chunk.language) for chunk in self.chunks], np.int64
        )
        self.chunk_words = Postings(self.terms)
        self.article_words = Postings(self._article_terms())

    @classmethod
    def build(
        cls, municipality: str, chunks: Iterable[Chunk], encoder: Encoder
    ) -> MunicipalityIndex:
        """An index of these chunks; encodes all of them, so it takes long."""
        empty = VectorTable((), np.empty((0, encoder.dimension), np.float32), ())
        nothing = cls(municipality, encoder.name, (), empty, empty, ())
        index, _ = nothing.updated(chunks, encoder)
        return index

    def updated(self, chunks: Iterable[Chunk], encoder: Encoder) -> tuple[MunicipalityIndex, Diff]:
        """The index of exactly these chunks, encoding only texts that this one does not hold.

        Errors: ValueError when two chunks have one id, a chunk is another municipality's, or the
        encoder is not the one this index was made with.
        """
        wanted = tuple(chunks)
        self._check(wanted, encoder)
        digests = {chunk.id: chunk.digest for chunk in self.chunks}
        kept = sum(digests.get(chunk.id) == chunk.digest for chunk in wanted)
        gone = len(digests.keys() - {chunk.id for chunk in wanted})
        passage_table = self._passage_table(wanted, encoder)
        index = MunicipalityIndex(
            self.municipality,
            self.encoder_name,
            wanted,
            passage_table,
            self._question_table(wanted, passage_table, encoder),
            self._updated_terms(wanted),
        )
        return index, Diff(kept, len(wanted) - kept, gone)

    def save(self, folder: Path) -> None:
        """Writes the index; the folder is a complete one at any moment, or absent."""
        snapshot.save(
            folder,
            snapshot.Snapshot(
                self.municipality, self.encoder_name, self.chunks, self.passages, self.questions
            ),
        )

    @classmethod
    def load(cls, folder: Path, encoder_name: str) -> MunicipalityIndex | None:
        """The saved index, without encoding; None when there is none of this encoder."""
        saved = snapshot.load(folder, encoder_name)
        if saved is None:
            return None
        return cls(
            saved.municipality,
            saved.encoder_name,
            saved.chunks,
            saved.passages,
            saved.questions,
            [_terms(chunk) for chunk in saved.chunks],
        )

    def chunk(self, id: str) -> Chunk | None:
        """The chunk of an id."""
        position = self._positions.get(id)
        return None if position is None else self.chunks[position]

    def __len__(self) -> int:
        return len(self.chunks)

    def analysed_as(self, language: str) -> str:
        """The language whose word forms a query is matched by: its own, if any chunk has it."""
        if text.group(language) in self._groups:
            return language
        return next(iter(self._groups.values()), language)

    @cached_property
    def _groups(self) -> dict[str, str]:
        """One language of each group of the chunks, the commonest first."""
        languages = Counter(chunk.language for chunk in self.chunks)
        groups: dict[str, str] = {}
        for language, _ in languages.most_common():
            groups.setdefault(text.group(language), language)
        return groups

    def _check(self, chunks: Sequence[Chunk], encoder: Encoder) -> None:
        if encoder.name != self.encoder_name:
            raise ValueError(f"the index was made by {self.encoder_name}, not {encoder.name}")
        ids = Counter(chunk.id for chunk in chunks)
        repeated = next((id for id, count in ids.items() if count > 1), None)
        if repeated is not None:
            raise ValueError(f"two chunks have the id {repeated}")
        strange = next((c.id for c in chunks if c.municipality != self.municipality), None)
        if strange is not None:
            raise ValueError(f"{strange} is not a chunk of {self.municipality}")

    def _passage_table(self, chunks: Sequence[Chunk], encoder: Encoder) -> VectorTable:
        texts = [(i, part) for i, c in enumerate(chunks) for part in dict.fromkeys(passages(c))]
        vectors = _encoded(
            [part for _, part in texts], self.passages, encoder.encode_passages, encoder.dimension
        )
        rows = [Row(chunks[i].id, text_key(part)) for i, part in texts]
        return VectorTable(rows, vectors, [i for i, _ in texts])

    def _question_table(
        self, chunks: Sequence[Chunk], passage_table: VectorTable, encoder: Encoder
    ) -> VectorTable:
        """Every question's vector, tied to the chunk of its article that fits it best."""
        asked = {(c.article, question): i for i, c in enumerate(chunks) for question in c.questions}
        vectors = _encoded(
            [question for _, question in asked],
            self.questions,
            encoder.encode_queries,
            encoder.dimension,
        )
        members: dict[str, list[int]] = {}
        for position, chunk in enumerate(chunks):
            members.setdefault(chunk.article, []).append(position)
        owners: list[int] = []
        for (article, _), vector in zip(asked, vectors, strict=True):
            family = np.array(members[article], np.int64)
            owners.append(int(family[np.argmax(passage_table.best(vector, family))]))
        rows = [
            Row(chunks[owner].id, text_key(question))
            for owner, (_, question) in zip(owners, asked, strict=True)
        ]
        return VectorTable(rows, vectors, owners)

    def _updated_terms(self, chunks: Sequence[Chunk]) -> list[Terms]:
        held = {
            (chunk.embedded_text, chunk.language): terms
            for chunk, terms in zip(self.chunks, self.terms, strict=True)
        }
        return [held.get((c.embedded_text, c.language)) or _terms(c) for c in chunks]

    def _article_terms(self) -> list[list[str]]:
        """An article's words: those of its chunks and of the questions it answers."""
        found: list[list[str]] = [[] for _ in self.articles]
        for number, chunk, terms in zip(self.article_of, self.chunks, self.terms, strict=True):
            found[number].extend(terms)
            for question in chunk.questions:
                found[number].extend(text.lemmas(question, chunk.language))
        return found


def _terms(chunk: Chunk) -> Terms:
    return tuple(text.lemmas(chunk.embedded_text, chunk.language))


def _encoded(
    texts: Sequence[str],
    table: VectorTable,
    encode: Callable[[Sequence[str]], Vectors],
    dimension: int,
) -> Vectors:
    """Vectors of the texts in order, shape (texts, dimension); only unknown ones are encoded."""
    held = {row.key: vector for row, vector in zip(table.rows, table.vectors, strict=True)}
    keys = [text_key(one) for one in texts]
    unknown = {key: one for key, one in zip(keys, texts, strict=True) if key not in held}
    if unknown:
        held.update(zip(unknown, encode(list(unknown.values())), strict=True))
    return np.array([held[key] for key in keys], np.float32).reshape(len(keys), dimension)
