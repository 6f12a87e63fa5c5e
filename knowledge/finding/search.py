"""Finds chunks by meaning and by words at once.

Three ways to be near are added up: the cosine of whole texts, late interaction (each word of the
question with its best match in the chunk) and BM25 over lemmas. They have nothing in common but
their order, so each is also measured in standard deviations among the candidates of the query at
hand. An article counts with its chunks: what its questions and all its words say lifts every
chunk of it. The weights are fitted (`python -m knowledge fit`, ranking.json).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from knowledge.indexing.index import MunicipalityIndex
from knowledge.language import text as text_analysis
from knowledge.types import Embedding, Hit

PACKAGED = Path(__file__).with_name("ranking.json")
CANDIDATES = 200
"""How many of the best rows each retriever proposes."""
INTERACTING = 64
"""How many of the candidates, best first by a plain sum, are looked at token by token."""
FEWEST_TO_LEVEL = 10
FEW = 5
"""With so many known values, what they say beside others counts half."""
WAYS = (
    "dense",
    "dense_standing",
    "late",
    "late_standing",
    "question_standing",
    "chunk_words",
    "chunk_words_standing",
    "article_words",
    "article_words_standing",
)
"""What is weighed: cosine, late interaction and BM25 (as a share of the most it could be), each
also as its standing in standard deviations among the candidates; `question` is the cosine of the
article's nearest question."""
ASKED_WEIGHT = 4.0
"""Added for an article when the very question is attached to it; in the units of the weighed sum.

Not fitted: an editor who attaches a question expects it to find its article."""
ALIKE, SAME = 0.93, 1.0
"""Cosines to an attached question: from the first on it counts, at the second in full."""
PLAIN_WEIGHTS = {
    "dense_standing": 1.5,
    "question_standing": 1.5,
    "chunk_words_standing": 0.5,
    "article_words_standing": 0.5,
}
"""The plain sum that chooses whom to look at closer."""

Floats = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidates of one query, best first, with the evidence that ranked them.

    All arrays have one entry per candidate. `chunks` are positions in the index. `dense`, `late`
    and `question` are cosines (question: the best of the article's questions, -inf without any),
    `chunk_words` and `article_words` BM25 sums; `ways` has one column for each of WAYS, and
    `score` is their weighted sum.
    """

    index: MunicipalityIndex
    query: Embedding
    terms: dict[str, float]
    chunks: Positions
    articles: Positions
    score: Floats
    dense: Floats
    late: Floats
    question: Floats
    chunk_words: Floats
    article_words: Floats
    ways: Floats

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
    query_embedding: Embedding,
    limit: int = 10,
) -> list[Hit]:
    """The best chunks for a query, best first; several may be of one article."""
    ranking = rank(index, text, language, query_embedding)
    return [ranking.hit(place) for place in range(min(limit, len(ranking)))]


def rank(
    index: MunicipalityIndex,
    text: str,
    language: str,
    query: Embedding,
    weights: Floats | None = None,
) -> Ranking:
    """The candidates for a query with their evidence, best first.

    `weights` has one number for each of WAYS; the fitted ones unless given.
    """
    terms = text_analysis.query_terms(text, index.analysed_as(language), index.known_terms)
    all_chunk_words = index.chunk_words.scores(terms)
    all_article_words = index.article_words.scores(terms)
    near, _ = index.passages.nearest(query.vector, CANDIDATES)
    asked, asked_cosines = index.questions.nearest(query.vector, CANDIDATES)
    chunks: Positions = np.unique(np.concatenate([near, asked, _worded(all_chunk_words)]))
    articles = index.article_of[chunks]
    languages = index.language_of[chunks]
    dense = index.passages.best(query.vector, chunks)
    question = _by_article(index, asked, asked_cosines)[articles]
    chunk_words, article_words = all_chunk_words[chunks], all_article_words[articles]
    most = index.chunk_words.most(terms)
    values = {
        "dense": _evened(dense, languages),
        "dense_standing": _standing(dense, languages),
        "question_standing": _trust(question) * _standing(question, languages),
        "chunk_words": chunk_words / most,
        "chunk_words_standing": _standardised(chunk_words),
        "article_words": article_words / most,
        "article_words_standing": _standardised(article_words),
    }
    plain = sum((weight * values[way] for way, weight in PLAIN_WEIGHTS.items()), np.float32(0))
    closer = np.argsort(-np.asarray(plain), kind="stable")[:INTERACTING]
    late = index.interaction(query, chunks[closer])
    values = {way: numbers[closer] for way, numbers in values.items()}
    values |= {
        "late": _evened(late, languages[closer]),
        "late_standing": _standing(late, languages[closer]),
    }
    ways = np.stack([values[way] for way in WAYS], axis=1).astype(np.float32)
    asked_already = np.clip((question[closer] - ALIKE) / (SAME - ALIKE), 0, 1)
    score = ways @ (fitted_weights() if weights is None else weights)
    score = (score + ASKED_WEIGHT * asked_already).astype(np.float32)
    order = np.argsort(-score, kind="stable")
    taken = closer[order]
    return Ranking(
        index,
        query,
        terms,
        chunks[taken],
        articles[taken],
        score[order],
        dense[taken],
        late[order],
        question[taken],
        chunk_words[taken],
        article_words[taken],
        ways[order],
    )


@cache
def fitted_weights(path: Path = PACKAGED) -> Floats:
    """One weight for each of WAYS. Errors: OSError, ValueError, KeyError on a broken file."""
    fitted = json.loads(path.read_text("utf-8"))["weights"]
    return np.array([fitted[way] for way in WAYS], np.float32)


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


def _standing(values: Floats, languages: Positions) -> Floats:
    return _standardised(_levelled(values, languages))


def _evened(values: Floats, languages: Positions) -> Floats:
    """The values with every language's mean moved to that of all."""
    known = np.isfinite(values)
    mean = float(values[known].mean()) if known.any() else 0.0
    evened: Floats = _levelled(values, languages) + np.float32(mean)
    return evened


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
