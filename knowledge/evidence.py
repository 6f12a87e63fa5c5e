"""What a ranking says about its best hit, in numbers that mean the same on any set of articles.

Nothing here depends on the scale of one encoder or the size of one municipality: margins are in
standard deviations of the query's own candidates, words in shares of the query's rarity.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from knowledge.postings import K1
from knowledge.search import Ranking

Floats = npt.NDArray[np.float32]

FEATURES = (
    "score",
    "score_margin",
    "score_share",
    "dense",
    "dense_standing",
    "words_margin",
    "covered_by_article",
    "covered_by_chunk",
    "family",
    "length",
)
"""The more of each, the better the best hit.

`score` in standard deviations, `score_margin` its lead over the next article, `score_share` its
share when scores are weighed as odds; `dense` the cosine, `dense_standing` in standard deviations
among articles; `words_margin` the BM25 lead as a share of what the query could reach; `covered_by_`
the share of the query's rarity that the article or chunk holds; `family` the share of the first
five hits that are of the same article; `length` the logarithm of the number of words.
"""
FAMILY = 5


def features(ranking: Ranking) -> Floats:
    """One number for each name of FEATURES; the ranking must not be empty."""
    places = ranking.best_of_articles()
    score = ranking.score[places]
    dense = _per_article(ranking, ranking.dense)
    words = _per_article(ranking, ranking.article_words)
    terms = tuple(dict.fromkeys(ranking.terms))
    in_article, in_chunk = ranking.index.article_words, ranking.index.chunk_words
    rarity = {term: in_article.rarity(term) for term in terms}
    total = sum(rarity.values()) or 1.0
    article, chunk = int(ranking.articles[0]), int(ranking.chunks[0])
    values = {
        "score": score[0],
        "score_margin": _margin(score),
        "score_share": 1.0 / np.exp(score - score[0]).sum(),
        "dense": dense[0],
        "dense_standing": (dense[0] - dense.mean()) / max(float(dense.std()), 1e-6),
        "words_margin": _margin(words) / (total * (K1 + 1)),
        "covered_by_article": sum(rarity[t] for t in terms if in_article.holds(t, article)) / total,
        "covered_by_chunk": sum(rarity[t] for t in terms if in_chunk.holds(t, chunk)) / total,
        "family": np.mean(ranking.articles[:FAMILY] == article),
        "length": np.log1p(len(terms)),
    }
    return np.array([values[name] for name in FEATURES], np.float32)


def _per_article(ranking: Ranking, values: Floats) -> Floats:
    """The best value of each article, in the order of `best_of_articles`."""
    best: Floats = np.full(len(ranking.index.articles), -np.inf, np.float32)
    np.maximum.at(best, ranking.articles, values)
    return best[ranking.articles[ranking.best_of_articles()]]


def _margin(values: Floats) -> float:
    """How far the first is ahead of the best other, negative if it is behind."""
    return float(values[0] - values[1:].max()) if len(values) > 1 else 0.0
