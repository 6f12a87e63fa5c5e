"""What the knowledge core passes around: plain immutable values and two protocols."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
"""Rows of unit length, shape (n, dimension); a single embedding has shape (dimension,)."""

Status = Literal["answered", "clarification", "unanswerable", "out_of_scope"]


@dataclass(frozen=True, slots=True)
class Article:
    """A published page of one municipality; `text` is Markdown, or plain text without headings."""

    municipality: str
    id: str
    language: str
    title: str
    text: str
    url: str
    updated: datetime.date
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """The piece of an article under one heading, the unit that is searched and shown.

    `id` is "article#anchor", with an empty anchor for the introduction. `text` is the Markdown
    under the heading, verbatim. `path` holds the headings above, outermost first, including its
    own. `questions` are residents' questions the article answers; they stand on one chunk only.
    """

    id: str
    municipality: str
    article: str
    language: str
    title: str
    heading: str
    anchor: str
    text: str
    url: str
    updated: datetime.date
    path: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()

    @property
    def embedded_text(self) -> str:
        """Title, headings and text: what the encoder and the lexical index read."""
        return "\n".join(part for part in (self.title, *self.path, self.text) if part)

    @property
    def digest(self) -> str:
        """Sha256 (hex) over everything that is embedded or shown."""
        parts = [
            self.id,
            self.municipality,
            self.language,
            self.title,
            self.heading,
            list(self.path),
            self.text,
            self.url,
            self.updated.isoformat(),
            list(self.questions),
        ]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Source:
    """Where an answer stands."""

    article: str
    title: str
    heading: str
    url: str
    updated: datetime.date

    @classmethod
    def of(cls, chunk: Chunk) -> Source:
        return cls(chunk.article, chunk.title, chunk.heading, chunk.url, chunk.updated)


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that search found; the scores rank, they are no probabilities.

    `dense` is the best cosine of the chunk's vectors, `lexical` its BM25 sum over the query's
    lemmas, `score` what the two give together among the chunks of this query.
    """

    chunk: Chunk
    score: float
    dense: float
    lexical: float


@dataclass(frozen=True, slots=True)
class Intent:
    """What the bot took a turn for; `confidence` in 0..1."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a question.

    `confidence` is the probability that the best hit answers it, `near` that one of the best few
    articles does.
    """

    status: Status
    confidence: float
    near: float


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to go on: `title` for the button, `text` to say, `chunk` to ask for."""

    title: str
    text: str
    chunk: str


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Words of a page, verbatim, and where they stand."""

    text: str
    source: Source


@dataclass(frozen=True, slots=True)
class Answer:
    """The decision with what is shown: verbatim `text`, its sources, choices, nearest pages.

    `also` is what other pages say where they contradict the text in a figure. `page_language` is
    the language of the text, `question_language` that of the question when it is none of ours.
    """

    status: Status
    confidence: float
    text: str | None = None
    sources: tuple[Source, ...] = ()
    choices: tuple[Choice, ...] = ()
    nearest: tuple[Source, ...] = ()
    also: tuple[Excerpt, ...] = ()
    page_language: str | None = None
    question_language: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """What the encoder makes of one text.

    `vector` is the whole text's, at unit length, shape (dimension,); `tokens` those of its own
    tokens, prompt and frame left out, at unit length, shape (tokens, token_dimension); `shares`,
    shape (tokens,), is how much of a question each token carries: they add up to 1.
    """

    vector: Vectors
    tokens: Vectors
    shares: npt.NDArray[np.float32]


class Encoder(Protocol):
    """Turns texts into embeddings; queries and passages are prompted differently."""

    @property
    def name(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    @property
    def token_dimension(self) -> int: ...

    def encode_queries(self, texts: Sequence[str]) -> list[Embedding]: ...

    def encode_passages(self, texts: Sequence[str]) -> list[Embedding]: ...
