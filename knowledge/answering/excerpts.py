"""The part of a chunk that is shown: one to four whole sentences, or the list or table they hold.

What is shown is a stretch of the chunk's text as it stands there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from knowledge.answering.quantities import holds_facet
from knowledge.answering.sentences import Unit, limits, refers_back, units
from knowledge.indexing.index import MunicipalityIndex
from knowledge.indexing.passages import passages
from knowledge.language import text as text_analysis
from knowledge.types import Chunk, Embedding

MOST = 4
"""Sentences that are shown; a list or table counts as one."""
INTERACTION_WEIGHT = 1.0
FACET_WEIGHT = 0.3
"""Beside the share of the question's words, from 0 to 1.

Both were chosen on knowledge/evaluation/sentences.jsonl; see the figures in docs/measurements.md.
"""
TORN = 0.15
"""Taken from a stretch that begins in mid-thought, or leaves out what limits its last words."""
TORN_APART = 1.0
"""Taken where the best sentence would stand without what it refers to or what limits it, or a
list or table without the words that announce it."""

Scores = npt.NDArray[np.float64]


def excerpt(
    index: MunicipalityIndex,
    chunk: Chunk,
    text: str,
    language: str,
    asked: frozenset[str] = frozenset(),
    embedding: Embedding | None = None,
    position: int | None = None,
) -> str:
    """What of the chunk answers the question best, verbatim; all of it when it is short.

    `asked` are the facets of the question, `embedding` is its embedding and `position` the
    chunk's in the index; without these two, words alone decide.
    """
    found = units(chunk.text)
    if len(found) <= MOST:
        return chunk.text
    scores = _wording(index, chunk, found, text, language)
    scores += FACET_WEIGHT * np.array(
        [holds_facet(asked, unit.of(chunk.text)) for unit in found], np.float64
    )
    if embedding is not None and position is not None:
        scores += INTERACTION_WEIGHT * _interaction(index, position, chunk, found, embedding)
    first = _best_stretch(chunk.text, found, scores)
    return chunk.text[found[first].start : found[first + MOST - 1].end]


def _best_stretch(text: str, found: Sequence[Unit], scores: Scores) -> int:
    """The first of the MOST units in a row that hold the best one and are the best together."""
    best = int(np.argmax(scores))
    firsts = range(max(0, best - MOST + 1), min(best, len(found) - MOST) + 1)

    def worth(first: int) -> float:
        return float(scores[first : first + MOST].sum()) - _tears(text, found, first, best)

    return max(firsts, key=worth)


def _tears(text: str, found: Sequence[Unit], first: int, best: int) -> float:
    """What is lost by showing the units from `first` without those before and after them."""
    after = first + MOST
    lost = 0.0
    if first and not found[first].sentence:
        lost += TORN_APART
    elif first and (refers_back(found[first].of(text)) or limits(found[first].of(text))):
        lost += TORN_APART if first == best else TORN
    if after < len(found):
        following = found[after].of(text)
        if found[after].sentence:
            if limits(following):
                lost += TORN_APART if after - 1 == best else TORN
        elif found[after - 1].sentence:
            announced = found[after - 1].of(text).endswith(":")
            lost += TORN_APART if announced else TORN
    return lost


def _wording(
    index: MunicipalityIndex, chunk: Chunk, found: Sequence[Unit], text: str, language: str
) -> Scores:
    """The share of the question's words, rare ones counting more, that each unit has."""
    wanted = set(text_analysis.lemmas(text, index.analysed_as(language)))
    rarity = {term: index.chunk_words.rarity(term) for term in wanted}
    total = sum(rarity.values()) or 1.0
    return np.array(
        [
            sum(rarity[term] for term in wanted & _lemmas(chunk, unit.of(chunk.text))) / total
            for unit in found
        ],
        np.float64,
    )


def _lemmas(chunk: Chunk, words: str) -> set[str]:
    return set(text_analysis.lemmas(words, chunk.language))


def _interaction(
    index: MunicipalityIndex, position: int, chunk: Chunk, found: Sequence[Unit], query: Embedding
) -> Scores:
    """Late interaction of the question with each unit's tokens; zeros where there are none.

    Which tokens are a unit's is judged by where it stands in its piece: the index knows no
    tokenizer, and tokens are spread evenly enough over a text.
    """
    scores: Scores = np.zeros(len(found), np.float64)
    if not len(query.tokens):
        return scores
    pieces = list(dict.fromkeys(passages(chunk)))
    _, rows = index.passages.rows_of(np.array([position], np.int64))
    if len(rows) != len(pieces):
        return scores
    for piece, row in zip(pieces, rows, strict=True):
        tokens = index.tokens.of(int(row)).astype(np.float32)
        if not len(tokens):
            continue
        cosines = tokens @ query.tokens.T / np.linalg.norm(tokens, axis=1, keepdims=True)
        for number, start, end in _places(chunk.text, found, piece):
            own = cosines[int(start * len(tokens)) : int(np.ceil(end * len(tokens)))]
            scores[number] = max(scores[number], float(own.max(axis=0) @ query.shares))
    return scores


def _places(text: str, found: Sequence[Unit], piece: str) -> Iterator[tuple[int, float, float]]:
    """Which units a piece holds, and from which to which share of its length."""
    for number, unit in enumerate(found):
        # A long table may begin in one piece and end in the next.
        words = unit.of(text).split("\n")[0]
        start = piece.find(words)
        if start >= 0:
            end = min(start + unit.end - unit.start, len(piece))
            yield number, start / len(piece), end / len(piece)
