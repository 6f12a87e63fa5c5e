"""All that can be found of one municipality: chunks, their vectors and their words.

An index is never changed. Publishing makes its successor, which shares what stayed the same, and
whoever holds the old one goes on searching it undisturbed until one assignment swaps them. It is
made of arrays, in memory while it is new and mapped from its folder when it was loaded.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from knowledge.indexing import snapshot
from knowledge.indexing.chunk_table import ChunkTable, Plan, digest_hashes
from knowledge.indexing.chunking import split_article
from knowledge.indexing.hashes import Hashes, places, text_hash, text_hashes
from knowledge.indexing.passages import passages
from knowledge.indexing.postings import Postings
from knowledge.indexing.text_version import text_version
from knowledge.indexing.tokens import TokenTable, rounded
from knowledge.indexing.vectors import Codes, Owners, Row, Scores, VectorTable, half, text_key
from knowledge.indexing.words import Words
from knowledge.language import text
from knowledge.language.spelling import Vocabulary
from knowledge.types import Article, Chunk, Embedding, Encoder

Encode = Callable[[Sequence[str]], list[Embedding]]


@dataclass(frozen=True, slots=True)
class Diff:
    """How many chunks an update left as they were, embedded (new or changed), and deleted."""

    kept: int
    embedded: int
    deleted: int


class MunicipalityIndex:
    """An immutable index; any number of threads may search it."""

    def __init__(self, parts: snapshot.Snapshot) -> None:
        self._parts = parts
        self.municipality = parts.municipality
        self.encoder_name = parts.encoder_name
        self.chunks: Sequence[Chunk] = parts.chunks
        self.passages = parts.passages
        self.questions = parts.questions
        self.tokens = parts.tokens
        self.articles: Sequence[str] = parts.chunks.articles
        self.article_of: npt.NDArray[np.int64] = parts.chunks.article_of
        self.languages = parts.chunks.languages
        self.language_of: npt.NDArray[np.int64] = parts.chunks.language_of
        self.chunk_words: Postings = parts.words.chunks
        self.article_words: Postings = parts.words.articles

    @classmethod
    def build(
        cls, municipality: str, chunks: Iterable[Chunk], encoder: Encoder
    ) -> MunicipalityIndex:
        """An index of these chunks; encodes all of them, so it takes long."""
        index, _ = cls.empty(municipality, encoder).updated(chunks, encoder)
        return index

    @classmethod
    def empty(cls, municipality: str, encoder: Encoder) -> MunicipalityIndex:
        """The index of a municipality that has published nothing."""
        nothing = VectorTable((), np.empty((0, encoder.dimension), np.float32), ())
        return cls(
            snapshot.Snapshot(
                municipality,
                encoder.name,
                text_version(),
                ChunkTable.empty(),
                np.empty(0, np.uint64),
                nothing,
                nothing,
                TokenTable.of_rows((), encoder.token_dimension),
                Words.empty(),
            )
        )

    def updated(self, chunks: Iterable[Chunk], encoder: Encoder) -> tuple[MunicipalityIndex, Diff]:
        """The index of exactly these chunks, encoding only texts that this one does not hold.

        Errors: ValueError when two chunks have one id, a chunk is another municipality's, or the
        encoder is not the one this index was made with.
        """
        wanted = list(chunks)
        return self._successor(Plan.of(self._known(wanted)), {}, encoder)

    def refreshed(
        self, articles: Sequence[Article], encoder: Encoder
    ) -> tuple[MunicipalityIndex, Diff]:
        """The index of exactly these articles; one that has not changed is not even cut up.

        It is this index itself when nothing has changed at all. Errors: as updated.
        """
        sources = {article.id: _source(article) for article in articles}
        numbers = {name: number for number, name in enumerate(self.articles)}
        order = np.argsort(self.article_of, kind="stable")
        ends = np.searchsorted(self.article_of[order], np.arange(len(numbers) + 1))
        planned: list[int | Chunk] = []
        for article in articles:
            number = numbers.get(article.id, -1)
            if number >= 0 and self._is_of_this_version(number, sources[article.id]):
                planned += order[ends[number] : ends[number + 1]].tolist()
            else:
                planned += self._known(split_article(article))
        plan = Plan.of(planned)
        held = dict(zip(self.articles, self._parts.sources.tolist(), strict=True))
        if np.array_equal(plan.source, np.arange(len(self))) and sources == held:
            return self, Diff(len(self), 0, 0)
        return self._successor(plan, sources, encoder)

    def save(self, folder: Path) -> None:
        """Writes the index in place of its encoder's earlier one, which stays until it is done.

        Errors: OSError.
        """
        snapshot.save(folder, self._parts)

    @classmethod
    def load(cls, folder: Path, encoder_name: str) -> MunicipalityIndex | None:
        """The saved index, opened in milliseconds; None when there is none of this encoder."""
        parts = snapshot.load(folder, encoder_name)
        return None if parts is None else cls(parts)

    def chunk(self, id: str) -> Chunk | None:
        """The chunk of an id."""
        position = self.position(id)
        return None if position is None else self.chunks[position]

    def chunks_of(self, article: str) -> list[int]:
        """Where an article's chunks stand in `chunks`, in the order of its page.

        Errors: ValueError when there is no such article.
        """
        number = self.articles.index(article)
        places: list[int] = np.flatnonzero(self.article_of == number).tolist()
        return places

    def position(self, id: str) -> int | None:
        """Where the chunk of an id stands in `chunks`."""
        return self._parts.chunks.position(id)

    def __len__(self) -> int:
        return len(self.chunks)

    @property
    def mapped(self) -> int:
        """How many bytes of its files are mapped into memory; 0 unless it was loaded."""
        return self._parts.mapped

    @cached_property
    def known_terms(self) -> Vocabulary:
        """What the words of a question are held against; made when the first one comes."""
        terms = self._parts.words.vocabulary.strings
        return Vocabulary(terms, self.article_words.frequencies)

    def warm(self) -> None:
        """Read now what the first question would wait for: word tables take seconds."""
        for language in self.languages:
            text.query_terms("?", language, self.known_terms)

    @cached_property
    def usual_language(self) -> str | None:
        """The language of most chunks; None without any."""
        counts = np.bincount(self.language_of, minlength=len(self.languages))
        return self.languages[int(np.argmax(counts))] if len(self) else None

    def analysed_as(self, language: str) -> str:
        """The language whose word forms a query is matched by: its own, if any chunk has it."""
        if text.group(language) in self._groups:
            return language
        return next(iter(self._groups.values()), language)

    @cached_property
    def _groups(self) -> dict[str, str]:
        """One language of each group of the chunks, the commonest first."""
        counts = np.bincount(self.language_of, minlength=len(self.languages))
        groups: dict[str, str] = {}
        for number in np.argsort(-counts, kind="stable"):
            groups.setdefault(text.group(self.languages[number]), self.languages[number])
        return groups

    def interaction(self, query: Embedding, chunks: npt.NDArray[np.int64]) -> Scores:
        """Late interaction with each chunk's best piece; -1 for a chunk without any."""
        slots, rows = self.passages.rows_of(chunks)
        best: Scores = np.full(len(chunks), -1.0, np.float32)
        np.maximum.at(best, slots, self.tokens.interaction(query, rows))
        return best

    def _is_of_this_version(self, article: int, source: int) -> bool:
        return (
            self._parts.text_version == text_version()
            and int(self._parts.sources[article]) == source
        )

    def _known(self, chunks: Sequence[Chunk]) -> list[int | Chunk]:
        """The position instead of a chunk that this index holds unchanged."""
        if self._parts.text_version != text_version():
            # Its words and pieces are of another version; only vectors can be taken over.
            return list(chunks)
        order = np.argsort(self._parts.chunks.digests, kind="stable")
        found = places(self._parts.chunks.digests[order], digest_hashes(chunks)).tolist()
        return [
            chunk if place < 0 else int(order[place])
            for chunk, place in zip(chunks, found, strict=True)
        ]

    def _successor(
        self, plan: Plan, sources: Mapping[str, int], encoder: Encoder
    ) -> tuple[MunicipalityIndex, Diff]:
        self._check(plan, encoder)
        chunks = self._parts.chunks.successor(plan)
        passage_table, tokens = self._passage_tables(plan, encoder)
        parts = snapshot.Snapshot(
            self.municipality,
            self.encoder_name,
            text_version(),
            chunks,
            np.array([sources.get(name, 0) for name in chunks.articles], np.uint64),
            passage_table,
            self._question_table(plan, chunks, passage_table, encoder),
            tokens,
            self._parts.words.successor(plan, chunks.article_of, len(chunks.articles)),
        )
        gone = np.isin(self._parts.chunks.id_hashes, chunks.id_hashes, invert=True).sum()
        kept = np.isin(chunks.digests, self._parts.chunks.digests).sum()
        return MunicipalityIndex(parts), Diff(int(kept), len(chunks) - int(kept), int(gone))

    def _check(self, plan: Plan, encoder: Encoder) -> None:
        if encoder.name != self.encoder_name:
            raise ValueError(f"the index was made by {self.encoder_name}, not {encoder.name}")
        strange = next(
            (c.id for c in plan.new.values() if c.municipality != self.municipality), None
        )
        if strange is not None:
            raise ValueError(f"{strange} is not a chunk of {self.municipality}")
        ids = Counter(self._parts.chunks.id_hashes[plan.source[plan.kept]].tolist())
        ids.update(text_hash(chunk.id) for chunk in plan.new.values())
        repeated = {id for id, count in ids.items() if count > 1}
        if repeated:
            names = [c.id for c in plan.new.values() if text_hash(c.id) in repeated]
            names += [self.chunks[int(place)].id for place in plan.source if place >= 0][:1]
            raise ValueError(f"two chunks have the id {names[0]}")

    def _passage_tables(self, plan: Plan, encoder: Encoder) -> tuple[VectorTable, TokenTable]:
        """The vectors of all pieces, and in the same order the vectors of their tokens."""
        kept = plan.kept
        slots, rows = self.passages.rows_of(plan.source[kept])
        texts = [(i, part) for i, c in plan.new.items() for part in dict.fromkeys(passages(c))]
        new = [Row(plan.new[i].id, text_key(part)) for i, part in texts]
        made = _Embedded(self.passages, new, [part for _, part in texts], encoder.encode_passages)
        owners = np.concatenate([kept[slots], np.array([i for i, _ in texts], np.int64)])
        table = VectorTable.of(
            np.concatenate([self.passages.ids[rows], made.ids]),
            np.concatenate([self.passages.keys[rows], made.keys]),
            np.concatenate([self.passages.codes(rows), made.codes(encoder.dimension)]),
            owners,
        )
        more = [rounded(one.tokens) for one in made.embeddings]
        tokens = self.tokens.with_more(TokenTable.of_rows(more, encoder.token_dimension))
        token_rows = np.concatenate([rows, made.rows])
        return table, tokens.taken(token_rows[np.argsort(owners, kind="stable")])

    def _question_table(
        self, plan: Plan, chunks: ChunkTable, passage_table: VectorTable, encoder: Encoder
    ) -> VectorTable:
        """Every question's vector, tied to the chunk of its article that fits it best."""
        moved = plan.moved(len(self))
        touched = self._touched(plan, chunks)
        new_owners = moved[self.questions.owners]
        # Where an article stayed as it was, so did what its questions are tied to.
        kept = np.flatnonzero(new_owners >= 0)
        kept = kept[~touched[chunks.article_of[new_owners[kept]]]]
        members = np.flatnonzero(touched[chunks.article_of])
        asked = dict.fromkeys(
            (int(chunks.article_of[i]), question)
            for i in members
            for question in chunks[int(i)].questions
        )
        made = _Embedded(
            self.questions,
            [Row("", text_key(question)) for _, question in asked],
            [question for _, question in asked],
            encoder.encode_queries,
        )
        codes = made.codes(encoder.dimension)
        owners = np.empty(len(asked), np.int64)
        for place, ((article, _), code) in enumerate(zip(asked, codes, strict=True)):
            family = members[chunks.article_of[members] == article]
            best = np.argmax(passage_table.best(code.astype(np.float32), family))
            owners[place] = family[best]
        ids = [
            Row(chunks[int(owner)].id, text_key(question)).id
            for owner, (_, question) in zip(owners, asked, strict=True)
        ]
        return VectorTable.of(
            np.concatenate([self.questions.ids[kept], np.array(ids, np.int64)]),
            np.concatenate([self.questions.keys[kept], made.keys]),
            np.concatenate([self.questions.codes(kept), codes]),
            np.concatenate([new_owners[kept], owners]),
        )

    def _touched(self, plan: Plan, chunks: ChunkTable) -> npt.NDArray[np.bool_]:
        """Which articles of the new table have a chunk that is new or lost one they had."""
        touched = np.zeros(len(chunks.articles) + 1, np.bool_)
        touched[chunks.article_of[list(plan.new)]] = True
        gone = plan.moved(len(self)) < 0
        lost = {self.articles[int(number)] for number in np.unique(self.article_of[gone])}
        for number, name in enumerate(chunks.articles):
            touched[number] |= name in lost
        return touched


class _Embedded:
    """Rows of new chunks with their vectors: those a table holds already, the others encoded."""

    def __init__(
        self, table: VectorTable, rows: Sequence[Row], texts: Sequence[str], encode: Encode
    ) -> None:
        self._table = table
        self.ids: Owners = np.array([row.id for row in rows], np.int64)
        self.keys: Hashes = text_hashes(row.key for row in rows)
        held = table.rows_with(self.keys)
        unknown = {
            row.key: one
            for row, one, place in zip(rows, texts, held.tolist(), strict=True)
            if place < 0
        }
        numbers = {key: len(table) + number for number, key in enumerate(unknown)}
        self.rows: Owners = np.array(
            [
                place if place >= 0 else numbers[row.key]
                for row, place in zip(rows, held.tolist(), strict=True)
            ],
            np.int64,
        )
        """The row of the table of each; from the table's length on, the embedding's number."""
        self.embeddings = encode(list(unknown.values())) if unknown else []

    def codes(self, dimension: int) -> Codes:
        """The vectors as they are kept, shape (rows, dimension)."""
        codes = np.empty((len(self.rows), dimension), np.float16)
        old = self.rows < len(self._table)
        codes[old] = self._table.codes(self.rows[old])
        vectors = np.array([one.vector for one in self.embeddings], np.float32)
        new = half(vectors.reshape(len(self.embeddings), dimension))
        codes[~old] = new[self.rows[~old] - len(self._table)]
        return codes


def _source(article: Article) -> int:
    """64 bits over everything of an article that its chunks are made from; never 0."""
    parts = [
        article.municipality,
        article.id,
        article.language,
        article.title,
        article.text,
        article.url,
        article.updated.isoformat(),
        list(article.questions),
    ]
    digest = hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).digest()
    return int.from_bytes(digest[:8], "little") | 1
