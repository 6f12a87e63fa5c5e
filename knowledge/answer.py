"""From a question to what is shown: the decision, the page's own words, where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten

import numpy as np

from knowledge import text as text_analysis
from knowledge.confidence import ConfidenceModel
from knowledge.facets import facets, names_subject
from knowledge.index import MunicipalityIndex
from knowledge.markdown import Block, blocks, lines
from knowledge.search import Ranking, rank
from knowledge.types import Answer, Choice, Chunk, Hit, Intent, Source, Vectors

LENGTH = 600
"""Characters an answer may have, unless its first block alone is longer."""
NEAREST = 3
FIRST_WORDS = 60
FACET_WEIGHT = 4.0
"""Standard deviations by which a heading that names what was asked for goes before the others."""
ORDER_WEIGHT = 0.3
"""Taken from such a heading for each section before it: pages put the common case first."""
INTRODUCTION_WEIGHT = 1.5
"""Taken from an introduction: it names the subject, and the sections say what there is to know.

All three were chosen on knowledge/evaluation/sections.jsonl: 42 of 60 right without, 56 with them.
"""


class UnknownChunkError(LookupError):
    """A chosen chunk is not, or no longer, in the index."""


def answer_question(
    index: MunicipalityIndex,
    text: str,
    language: str,
    intent: Intent | None,
    chunk: str | None,
    query_embedding: Vectors | None,
    model: ConfidenceModel,
) -> Answer:
    """The answer to a resident's question, or to a choice taken: then `chunk` is the answer.

    Errors: UnknownChunkError; ValueError when there is neither a chunk nor an embedding.
    """
    if chunk is not None:
        chosen = index.chunk(chunk)
        if chosen is None:
            raise UnknownChunkError(chunk)
        return Answer("answered", 1.0, excerpt(index, chosen, text, language), (Source.of(chosen),))
    if query_embedding is None:
        raise ValueError("a question needs its embedding")
    ranking = rank(index, text, language, query_embedding)
    asked = facets(text)
    decision = model.decide(ranking, intent, has_subject=names_subject(text))
    if decision.status == "answered":
        shown = _section(ranking, 0, asked)
        words = excerpt(index, shown, text, language)
        return Answer("answered", decision.confidence, words, (Source.of(shown),))
    if decision.status == "clarification":
        rivals = [_section(ranking, place, asked) for place in model.rivals(ranking)]
        return Answer("clarification", decision.confidence, choices=_choices(rivals))
    places = ranking.best_of_articles()[:NEAREST]
    nearest = tuple(Source.of(_section(ranking, place, asked)) for place in places)
    return Answer(decision.status, decision.confidence, nearest=nearest)


def excerpt(index: MunicipalityIndex, chunk: Chunk, text: str, language: str) -> str:
    """Whole blocks of the chunk as they stand there, grown around the one that fits best.

    A block is a paragraph, a list or a table. The result is a part of the chunk's text.
    """
    found = blocks(chunk.text)
    if not found:
        return chunk.text
    best = _best_block(index, found, chunk, text, language)
    first, last = _grown(found, best)
    # What ends in a colon does not say what it announces, and a list alone not what it lists.
    if first and found[first - 1].text.endswith(":"):
        first -= 1
    if found[last].text.endswith(":") and last + 1 < len(found):
        last += 1
    return "".join(lines(chunk.text)[found[first].start : found[last].end]).strip("\n").rstrip()


def _section(ranking: Ranking, place: int, asked: frozenset[str]) -> Chunk:
    """The chunk of the article at `place` that is meant: the one whose heading says what is asked.

    An article's chunks share its subject, so their scores hardly tell them apart.
    """
    places = np.flatnonzero(ranking.articles == ranking.articles[place])
    hits = [ranking.hit(int(other)) for other in places]
    first = int(ranking.chunks[places].min())
    orders = [int(chunk) - first for chunk in ranking.chunks[places]]
    fits = [_fit(hit, order, asked) for hit, order in zip(hits, orders, strict=True)]
    return hits[int(np.argmax(fits))].chunk


def _fit(hit: Hit, order: int, asked: frozenset[str]) -> float:
    if not hit.chunk.heading:
        return hit.score - INTRODUCTION_WEIGHT
    if asked & facets(hit.chunk.heading):
        return hit.score + FACET_WEIGHT - ORDER_WEIGHT * order
    return hit.score


def _grown(found: Sequence[Block], best: int) -> tuple[int, int]:
    """The first and last of the neighbours that fit into LENGTH with the best block."""
    first = last = best
    length = len(found[best].text)
    while True:
        # What follows explains more often than what precedes, so it is tried first.
        for position in (last + 1, first - 1):
            if 0 <= position < len(found) and length + len(found[position].text) <= LENGTH:
                first, last = min(first, position), max(last, position)
                length += len(found[position].text)
                break
        else:
            return first, last


def _best_block(
    index: MunicipalityIndex, found: Sequence[Block], chunk: Chunk, text: str, language: str
) -> int:
    """The block with the most of the question's rare words; the first one if none has any."""
    wanted = set(text_analysis.lemmas(text, index.analysed_as(language)))
    weights = [
        sum(
            index.chunk_words.rarity(term)
            for term in wanted.intersection(text_analysis.lemmas(block.text, chunk.language))
        )
        for block in found
    ]
    return max(range(len(found)), key=lambda position: (weights[position], -position))


def _choices(chunks: Sequence[Chunk]) -> tuple[Choice, ...]:
    """One choice for each chunk, named by its page, with the heading where pages share a name."""
    pages = [_page(chunk) for chunk in chunks]
    full = [_said(chunk) for chunk in chunks]
    return tuple(
        Choice(
            title=page if pages.count(page) == 1 else said,
            text=said if full.count(said) == 1 else f"{said} ({chunk.article})",
            chunk=chunk.id,
        )
        for chunk, page, said in zip(chunks, pages, full, strict=True)
    )


def _page(chunk: Chunk) -> str:
    """What a page is called; one without title or heading by its first words."""
    words = " ".join(chunk.text.split())
    return chunk.title or chunk.heading or shorten(words, FIRST_WORDS, placeholder=" …")


def _said(chunk: Chunk) -> str:
    """What the resident's own message says when the choice is taken."""
    return ": ".join(dict.fromkeys(part for part in (_page(chunk), chunk.heading) if part))
