"""A municipality's chunks as lines of JSON, of which one is parsed when it is asked for."""

from __future__ import annotations

import dataclasses
import datetime
import json
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from knowledge.indexing.arrays import Arrays, Strings
from knowledge.indexing.blobs import Blob
from knowledge.indexing.hashes import Hashes, text_hash, text_hashes
from knowledge.types import Chunk

Positions = npt.NDArray[np.int64]

REMEMBERED = 256
"""Chunks that stay parsed; those of one answer are asked for several times."""


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """How a table of chunks comes from an earlier one.

    `source`, shape (chunks,): each chunk's position in the earlier table, -1 for a new one;
    `new`: the new ones by their position.
    """

    source: Positions
    new: Mapping[int, Chunk]

    @classmethod
    def of(cls, chunks: Iterable[int | Chunk]) -> Plan:
        """`chunks`: for each an earlier position, or a new chunk."""
        wanted = list(chunks)
        source = [one if isinstance(one, int) else -1 for one in wanted]
        new = {place: one for place, one in enumerate(wanted) if isinstance(one, Chunk)}
        return cls(np.array(source, np.int64), new)

    @property
    def kept(self) -> Positions:
        """New positions of the chunks that are taken over, ascending."""
        return np.flatnonzero(self.source >= 0)

    def moved(self, size: int) -> Positions:
        """The new position of each of `size` earlier ones, -1 for one that is gone."""
        positions = np.full(size, -1, np.int64)
        positions[self.source[self.kept]] = self.kept
        return positions


class ChunkTable(Sequence[Chunk]):
    """Chunks in order; never changed once made."""

    def __init__(self, lines: Blob, arrays: Arrays, languages: Sequence[str]) -> None:
        """`arrays`: as the property of that name gives them."""
        self.lines = lines
        self.languages = tuple(languages)
        self.articles = Strings(arrays["article_names"], arrays["article_ends"])
        self.article_of: Positions = arrays["article_of"]
        self.language_of: Positions = arrays["language_of"]
        self._ends: Positions = arrays["ends"]
        self._ids: Hashes = arrays["ids"]
        self._id_order: Positions = arrays["id_order"]
        self._digests: Hashes = arrays["digests"]
        self._parsed: OrderedDict[int, Chunk] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def empty(cls) -> ChunkTable:
        number, hashed = np.empty(0, np.int64), np.empty(0, np.uint64)
        return cls(Blob(), _arrays(Strings.of([]), number, number, _ends([]), hashed, hashed), ())

    @property
    def arrays(self) -> Arrays:
        """All but the lines and the languages' names."""
        return {
            "article_names": self.articles.encoded,
            "article_ends": self.articles.ends,
            "article_of": self.article_of,
            "language_of": self.language_of,
            "ends": self._ends,
            "ids": self._ids,
            "id_order": self._id_order,
            "digests": self._digests,
        }

    def successor(self, plan: Plan) -> ChunkTable:
        """The table of a plan; nothing that is kept is parsed."""
        held = memoryview(self.lines.read(0, len(self.lines)))
        starts, names = self._ends.tolist(), list(self.articles)
        article_of, language_of = self.article_of.tolist(), self.language_of.tolist()
        lines: list[bytes | memoryview] = []
        articles: list[str] = []
        languages: list[str] = []
        for position, source in enumerate(plan.source.tolist()):
            if source >= 0:
                lines.append(held[starts[source] : starts[source + 1]])
                articles.append(names[article_of[source]])
                languages.append(self.languages[language_of[source]])
            else:
                chunk = plan.new[position]
                lines.append(_line(chunk))
                articles.append(chunk.article)
                languages.append(chunk.language)
        kept = plan.kept
        new = list(plan.new.values())
        ids, digests = np.empty(len(lines), np.uint64), np.empty(len(lines), np.uint64)
        ids[kept] = self.id_hashes[plan.source[kept]]
        digests[kept] = self._digests[plan.source[kept]]
        places = list(plan.new)
        ids[places] = text_hashes(chunk.id for chunk in new)
        digests[places] = digest_hashes(new)
        numbers = {name: number for number, name in enumerate(dict.fromkeys(articles))}
        known = tuple(dict.fromkeys(languages))
        return ChunkTable(
            Blob(b"".join(lines)),
            _arrays(
                Strings.of(list(numbers)),
                np.array([numbers[name] for name in articles], np.int64),
                np.array([known.index(language) for language in languages], np.int64),
                _ends(lines),
                ids,
                digests,
            ),
            known,
        )

    @property
    def id_hashes(self) -> Hashes:
        """The hash of each chunk's id, shape (chunks,)."""
        hashes = np.empty(len(self), np.uint64)
        hashes[self._id_order] = self._ids
        return hashes

    @property
    def digests(self) -> Hashes:
        """As digest_hashes gives them, shape (chunks,)."""
        return self._digests

    def position(self, id: str) -> int | None:
        """Where the chunk of an id is."""
        wanted = np.uint64(text_hash(id))
        first = int(np.searchsorted(self._ids, wanted))
        for place in range(first, len(self)):
            if self._ids[place] != wanted:
                break
            position = int(self._id_order[place])
            if self[position].id == id:
                return position
        return None

    def __len__(self) -> int:
        return len(self.article_of)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return tuple(self[number] for number in range(*place.indices(len(self))))
        position = range(len(self))[place]
        with self._lock:
            chunk = self._parsed.get(position)
            if chunk is not None:
                self._parsed.move_to_end(position)
                return chunk
        chunk = _chunk(self.lines.read(int(self._ends[position]), int(self._ends[position + 1])))
        with self._lock:
            self._parsed[position] = chunk
            if len(self._parsed) > REMEMBERED:
                self._parsed.popitem(last=False)
        return chunk


def digest_hashes(chunks: Iterable[Chunk]) -> Hashes:
    """The first 64 bits of each chunk's digest."""
    return np.fromiter((int(chunk.digest[:16], 16) for chunk in chunks), np.uint64)


def _arrays(
    articles: Strings,
    article_of: Positions,
    language_of: Positions,
    ends: Positions,
    ids: Hashes,
    digests: Hashes,
) -> Arrays:
    order = np.argsort(ids, kind="stable")
    return {
        "article_names": articles.encoded,
        "article_ends": articles.ends,
        "article_of": article_of,
        "language_of": language_of,
        "ends": ends,
        "ids": ids[order],
        "id_order": order,
        "digests": digests,
    }


def _ends(lines: Sequence[bytes | memoryview]) -> Positions:
    return np.cumsum([0, *map(len, lines)], dtype=np.int64)


def _line(chunk: Chunk) -> bytes:
    values = {**dataclasses.asdict(chunk), "updated": chunk.updated.isoformat()}
    return json.dumps(values, ensure_ascii=False).encode() + b"\n"


def _chunk(line: bytes) -> Chunk:
    values = json.loads(line)
    return Chunk(
        **{
            **values,
            "updated": datetime.date.fromisoformat(values["updated"]),
            "path": tuple(values["path"]),
            "questions": tuple(values["questions"]),
        }
    )
