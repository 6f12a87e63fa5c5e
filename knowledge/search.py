"""Finds chunks by meaning and by words at once.

Cosines and BM25 sums have nothing in common but their order, so each is measured in standard
deviations among the candidates of the query at hand, and then they are added. An article counts
with its chunks: what its questions and all its words say lifts every chunk of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knowledge import text as text_analysis
from knowledge.index import MunicipalityIndex
from knowledge.types import Hit, Vectors

CANDIDATES = 200
"""How many of the best rows each retriever proposes."""
DENSE_WEIGHT = 1.5
FEWEST_TO_LEVEL = 10
FEW = 5
"""With so many known values, what they say beside others counts half."""
CHUNK_WORDS_WEIGHT = 0.5
ARTICLE_WORDS_WEIGHT = 0.5

Floats = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidates of one query, best first, with the evidence that ranked them.

    All arrays have one entry per candidate. `chunks` are positions in the index. `dense` and
    `question` are cosines (question: the best of the article's questions, -inf without any),
    `chunk_words` and `article_words` BM25 sums; `score` is their sum in standard deviations.
    """

    index: MunicipalityIndex
    terms: tuple[str, ...]
    chunks: Positions
    articles: Positions
    score: Floats
    dense: Floats
    question: Floats
    chunk_words: Floats
    article_words: Floats

    def __len__(self) -> int:
        return len(self.chunks)

    def hit(self, place: int) -> Hit:
        """The candidate at a place of the ranking."""
        return Hit(
            self.index.chunks[self.chunks[place]],
            float(self.score[place]),
            float(self.dense[place]),
            float(self.chunk_words[place]),
        )

    def best_of_articles(self) -> Positions:
        """Places in the ranking of each article's best chunk, best article first."""
        _, first = np.unique(self.articles, return_index=True)
        return np.sort(first).astype(np.int64)


def search(
    index: MunicipalityIndex,
    text: str,
    language: str,
    query_embedding: Vectors,
    limit: int = 10,
) -> list[Hit]:
    """The best chunks for a query, best first; several may be of one article."""
    ranking = rank(index, text, language, query_embedding)
    return [ranking.hit(place) for place in range(min(limit, len(ranking)))]


def rank(index: MunicipalityIndex, text: str, language: str, query_embedding: Vectors) -> Ranking:
    """All candidates for a query with their evidence; `query_embedding` has shape (dimension,)."""
    terms = text_analysis.lemmas(text, index.analysed_as(language))
    chunk_words = index.chunk_words.scores(terms)
    article_words = index.article_words.scores(terms)
    near, _ = index.passages.nearest(query_embedding, CANDIDATES)
    asked, asked_cosines = index.questions.nearest(query_embedding, CANDIDATES)
    chunks: Positions = np.unique(np.concatenate([near, asked, _worded(chunk_words)]))
    articles = index.article_of[chunks]
    dense = index.passages.best(query_embedding, chunks)
    question = _by_article(index, asked, asked_cosines)[articles]
    languages = index.language_of[chunks]
    score = (
        DENSE_WEIGHT
        * (
            _standardised(_levelled(dense, languages))
            + _trust(question) * _standardised(_levelled(question, languages))
        )
        + CHUNK_WORDS_WEIGHT * _standardised(chunk_words[chunks])
        + ARTICLE_WORDS_WEIGHT * _standardised(article_words[articles])
    )
    order = np.argsort(-score, kind="stable")
    return Ranking(
        index,
        tuple(terms),
        chunks[order],
        articles[order],
        score[order],
        dense[order],
        question[order],
        chunk_words[chunks][order],
        article_words[articles][order],
    )


def _worded(chunk_words: Floats) -> Positions:
    """Chunks with the most of the query's words."""
    count = min(CANDIDATES, len(chunk_words))
    best = np.argsort(-chunk_words, kind="stable")[:count]
    worded: Positions = best[chunk_words[best] > 0]
    return worded


def _by_article(index: MunicipalityIndex, asked: Positions, cosines: Floats) -> Floats:
    """The best cosine among each article's questions that are near; -inf for the others."""
    best: Floats = np.full(len(index.articles), -np.inf, np.float32)
    np.maximum.at(best, index.article_of[asked], cosines)
    return best


def _trust(values: Floats) -> float:
    """How far the spread of the known values can be relied on, from 0 to nearly 1."""
    known = int(np.isfinite(values).sum())
    return known / (known + FEW)


def _levelled(values: Floats, languages: Positions) -> Floats:
    """The values less the mean of their chunks' language, where enough candidates have it.

    An encoder finds texts in the query's own language nearer, whatever they say. In a pool of
    Bokmål and Nynorsk that would decide before the subject does.
    """
    levelled = values.copy()
    known = np.isfinite(values)
    for language in np.unique(languages):
        own = known & (languages == language)
        if own.any():
            judges = own if own.sum() >= FEWEST_TO_LEVEL else known
            levelled[own] -= values[judges].mean()
    return levelled


def _standardised(values: Floats) -> Floats:
    """In standard deviations from the mean; what is -inf, or a constant, says nothing: 0."""
    known = np.isfinite(values)
    result: Floats = np.zeros(len(values), np.float32)
    if known.any():
        spread = float(values[known].std())
        if spread > 1e-9:
            result[known] = (values[known] - values[known].mean()) / spread
    return result
