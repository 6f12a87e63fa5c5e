"""What a ranking says about its best hit, in numbers that mean the same on any set of articles.

The cosines are those of an encoder that was trained to tell, for every pair on its own, whether a
section answers a question; everything else is measured against the query's own candidates and in
shares of the query's rarity, so that the size of a municipality does not matter.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from knowledge.finding.search import Ranking
from knowledge.indexing.postings import Postings
from knowledge.indexing.vectors import STEPS

Floats = npt.NDArray[np.float32]

FEATURES = (
    "score",
    "score_margin",
    "score_share",
    "dense",
    "dense_standing",
    "dense_margin",
    "late",
    "late_standing",
    "late_margin",
    "weakest",
    "words_margin",
    "covered_by_article",
    "covered_by_chunk",
    "agreement",
    "family",
    "length",
)
"""The more of each, the better the best hit.

`score`, `dense` (cosine) and `late` (late interaction) of the best hit, each with its lead over the
next article as `_margin` and in standard deviations among articles as `_standing`; `score_share`
its share when scores are weighed as odds; `weakest` the mean match of the question's worst-matched
third; `words_margin` the BM25 lead as a share of what the query could reach; `covered_by_` the
share of the rarity of the query's own words that the article or chunk holds; `agreement` how many
of dense, late and words put its article first; `family` the share of the first five hits that are
of the same article; `length` the logarithm of the number of words.
"""
FAMILY = 5
WEAK = 1 / 3


def features(ranking: Ranking) -> Floats:
    """One number for each name of FEATURES; the ranking must not be empty."""
    places = ranking.best_of_articles()
    score = ranking.score[places]
    dense = _per_article(ranking, ranking.dense)
    late = _per_article(ranking, ranking.late)
    words = _per_article(ranking, ranking.article_words)
    in_article, in_chunk = ranking.index.article_words, ranking.index.chunk_words
    rarity = {term: share * in_article.rarity(term) for term, share in ranking.terms.items()}
    # What officials call it and what it may be a misspelling of can only speak for a page.
    total = sum(rarity[term] for term, share in ranking.terms.items() if share >= 1) or 1.0
    article, chunk = int(ranking.articles[0]), int(ranking.chunks[0])
    values = {
        "score": score[0],
        "score_margin": _margin(score),
        "score_share": 1.0 / np.exp(score - score[0]).sum(),
        "dense": dense[0],
        "dense_standing": _standing(dense),
        "dense_margin": _margin(dense),
        "late": late[0],
        "late_standing": _standing(late),
        "late_margin": _margin(late),
        "weakest": _weakest(ranking),
        "words_margin": _margin(words) / in_article.most(ranking.terms),
        "covered_by_article": min(1.0, _covered(rarity, in_article, article) / total),
        "covered_by_chunk": min(1.0, _covered(rarity, in_chunk, chunk) / total),
        "agreement": sum(float(values[0] >= values.max()) for values in (dense, late, words)),
        "family": np.mean(ranking.articles[:FAMILY] == article),
        "length": np.log1p(sum(share >= 1 for share in ranking.terms.values())),
    }
    return np.array([values[name] for name in FEATURES], np.float32)


def _covered(rarity: Mapping[str, float], words: Postings, document: int) -> float:
    return sum(weight for term, weight in rarity.items() if words.holds(term, document))


def _per_article(ranking: Ranking, values: Floats) -> Floats:
    """The best value of each article, in the order of `best_of_articles`."""
    best: Floats = np.full(len(ranking.index.articles), -np.inf, np.float32)
    np.maximum.at(best, ranking.articles, values)
    return best[ranking.articles[ranking.best_of_articles()]]


def _margin(values: Floats) -> float:
    """How far the first is ahead of the best other, negative if it is behind."""
    return float(values[0] - values[1:].max()) if len(values) > 1 else 0.0


def _standing(values: Floats) -> float:
    return float((values[0] - values.mean()) / max(float(values.std()), 1e-6))


def _weakest(ranking: Ranking) -> float:
    """How well the best chunk matches what it matches worst of the question."""
    query, index = ranking.query, ranking.index
    _, rows = index.passages.rows_of(ranking.chunks[:1])
    matches = [
        (index.tokens.of(int(row)).astype(np.float32) @ query.tokens.T).max(axis=0) / STEPS
        for row in rows
        if len(index.tokens.of(int(row)))
    ]
    if not matches or not len(query.tokens):
        return 0.0
    best = np.max(matches, axis=0)
    return float(np.sort(best)[: max(1, round(WEAK * len(best)))].mean())
