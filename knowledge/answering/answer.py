"""From a question to what is shown: the decision, the page's own words, where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from textwrap import shorten

import numpy as np

from knowledge.answering.contradictions import Contradiction, contradictions
from knowledge.answering.excerpts import excerpt
from knowledge.answering.facets import facets, names_subject
from knowledge.finding.confidence import (
    FEWEST_CHOICES,
    MOST_CHOICES,
    NO_HOPE,
    ConfidenceModel,
)
from knowledge.finding.follow_up import Context, about, follows, says
from knowledge.finding.search import Floats, Positions, Ranking, rank
from knowledge.indexing.index import MunicipalityIndex
from knowledge.language.foreign import foreign_language
from knowledge.language.text import lemmas, tokens
from knowledge.types import (
    Answer,
    Choice,
    Chunk,
    Decision,
    Embedding,
    Excerpt,
    Intent,
    Source,
)

NEAREST = 3
COMPARED = 5
"""So many of the best articles are searched for what contradicts an answer."""
FIRST_WORDS = 60
INTERACTION_WEIGHT = 1.0
"""Beside the score, both in standard deviations: a section is chosen by its single words too."""
FACET_WEIGHT = 5.0
"""Standard deviations by which a heading that names what was asked for goes before the others."""
ORDER_WEIGHT = 0.3
"""Taken from such a heading for each section before it: pages put the common case first."""
INTRODUCTION_WEIGHT = 3.0
"""Taken from an introduction: it names the subject, and the sections say what there is to know.

All four were chosen on knowledge/evaluation: see docs/measurements.md.
"""
SAMPLE = 20
"""Chunks by which it is told how far late interaction usually differs."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer with the contradictions that were met on the way to it."""

    answer: Answer
    contradictions: tuple[Contradiction, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Earlier:
    """What the conversation was about, for a question that may lean on it.

    `said` is what the resident wrote, `joined` the same with the earlier page's title and
    `embedding` what the encoder makes of that.
    """

    context: Context
    said: str
    joined: str
    embedding: Embedding


class UnknownChunkError(LookupError):
    """A chosen chunk is not, or no longer, in the index."""


def answer_question(
    index: MunicipalityIndex,
    text: str,
    language: str,
    intent: Intent | None,
    chunk: str | None,
    query_embedding: Embedding | None,
    model: ConfidenceModel,
    earlier: Earlier | None = None,
) -> Answered:
    """The answer to a resident's question, or to a choice taken: then `chunk` is the answer.

    `earlier`: what the conversation was about, when it was about something.

    Errors: UnknownChunkError; ValueError when there is neither a chunk nor an embedding.
    """
    if chunk is not None:
        chosen = index.chunk(chunk)
        if chosen is None:
            raise UnknownChunkError(chunk)
        words = excerpt(index, chosen, text, language, facets(text))
        # Its text is a choice's words, which are ours: they say nothing of the resident's language.
        return Answered(_shown(Decision("answered", 1.0, 1.0), chosen, words))
    if query_embedding is None:
        raise ValueError("a question needs its embedding")
    ranking = rank(index, text, language, query_embedding)
    asked = facets(text)
    foreign = foreign_language(text)
    goes_on = False
    if earlier is not None:
        with_title = rank(index, earlier.joined, language, earlier.embedding)
        goes_on = follows(earlier.said, earlier.context.article, ranking, with_title, model)
        if goes_on:
            # What a page is called was not said by the resident: it finds, but covers nothing.
            own = ranking.terms
            ranking = replace(about(with_title, earlier.context.article), terms=own)
        elif not asked and says("meant", earlier.said):
            asked = facets(earlier.context.question)
    decision = model.decide(ranking, intent, goes_on or names_subject(text), foreign is not None)
    if not goes_on and not asked and decision.status in ("answered", "clarification"):
        topics = _topics(ranking, text, language)
        if len(topics) >= FEWEST_CHOICES:
            return Answered(_offered(decision, topics, foreign))
    if decision.status == "answered":
        place = _section(ranking, 0, asked, query_embedding)
        shown, position = ranking.hit(place).chunk, int(ranking.chunks[place])
        words = excerpt(index, shown, text, language, asked, query_embedding, position)
        met = _contradictions(ranking, shown, words)
        return Answered(_shown(decision, shown, words, met, foreign), met)
    if decision.status == "clarification":
        places = _parts(ranking) if goes_on else model.rivals(ranking)
        if goes_on:
            chunks = [ranking.hit(place).chunk for place in places]
        else:
            chunks = _sections(ranking, places, asked, query_embedding)
        return Answered(_offered(decision, chunks, foreign))
    few = NEAREST if decision.near >= NO_HOPE else 0
    places = [int(place) for place in ranking.best_of_articles()[:few]]
    nearest = _sections(ranking, places, asked, query_embedding)
    return Answered(
        Answer(
            decision.status,
            decision.confidence,
            nearest=tuple(Source.of(chunk) for chunk in nearest),
            question_language=foreign,
        )
    )


def _topics(ranking: Ranking, text: str, language: str) -> list[Chunk]:
    """What there is to ask of a page, when all that was said is a word of its title ("bygglov")."""
    best = ranking.hit(0).chunk
    said = lemmas(text, language)
    if len(tokens(text, language)) != 1 or not set(said) & set(lemmas(best.title, language)):
        return []
    index = ranking.index
    parts = [index.chunks[place] for place in index.chunks_of(best.article)]
    return [part for part in parts if part.heading][:MOST_CHOICES]


def _offered(decision: Decision, chunks: Sequence[Chunk], foreign: str | None) -> Answer:
    languages = {chunk.language for chunk in chunks}
    return Answer(
        "clarification",
        decision.confidence,
        choices=_choices(chunks),
        page_language=languages.pop() if len(languages) == 1 else None,
        question_language=foreign,
    )


def _shown(
    decision: Decision,
    chunk: Chunk,
    words: str,
    met: Sequence[Contradiction] = (),
    question_language: str | None = None,
) -> Answer:
    """The answer with the first contradiction there is: more would bury the words themselves."""
    also = [Excerpt(one.second_text, Source.of(one.second)) for one in met[:1]]
    return Answer(
        decision.status,
        decision.confidence,
        words,
        (Source.of(chunk),),
        also=tuple(also),
        page_language=chunk.language,
        question_language=question_language,
    )


def _contradictions(ranking: Ranking, shown: Chunk, words: str) -> tuple[Contradiction, ...]:
    """What the best few other articles say against what is shown."""
    best = ranking.articles[ranking.best_of_articles()[: COMPARED + 1]]
    places = np.flatnonzero(np.isin(ranking.articles, best))
    others = [ranking.index.chunks[int(chunk)] for chunk in ranking.chunks[places]]
    return tuple(contradictions(ranking.index, shown, words, others))


def _parts(ranking: Ranking) -> list[int]:
    """Places of the best chunks of the best article, one for each heading."""
    own = np.flatnonzero(ranking.articles == ranking.articles[0])
    return [int(place) for place in own[:MOST_CHOICES]]


def _sections(
    ranking: Ranking, places: Sequence[int], asked: frozenset[str], query: Embedding
) -> list[Chunk]:
    return [ranking.hit(_section(ranking, place, asked, query)).chunk for place in places]


def _section(ranking: Ranking, place: int, asked: frozenset[str], query: Embedding) -> int:
    """The place of the chunk that is meant, of the article at `place`.

    An article's chunks share its subject, so their scores hardly tell them apart: a heading that
    says what is asked does, and so do the single words of the question.
    """
    places = np.flatnonzero(ranking.articles == ranking.articles[place])
    if len(places) == 1:
        return int(places[0])
    fits = ranking.score[places] + INTERACTION_WEIGHT * _interaction(ranking, places, query)
    first = int(ranking.chunks[places].min())
    for number, other in enumerate(places):
        heading = ranking.hit(int(other)).chunk.heading
        if not heading:
            fits[number] -= INTRODUCTION_WEIGHT
        elif asked & facets(heading):
            fits[number] += FACET_WEIGHT - ORDER_WEIGHT * (int(ranking.chunks[other]) - first)
    return int(places[int(np.argmax(fits))])


def _interaction(ranking: Ranking, places: Positions, query: Embedding) -> Floats:
    """Late interaction of the chunks at these places, in standard deviations among the best."""
    chunks = np.concatenate([ranking.chunks[places], ranking.chunks[:SAMPLE]])
    found = ranking.index.interaction(query, chunks)
    own, spread = found[: len(places)], float(found[len(places) :].std())
    scaled: Floats = own / spread if spread > 0 else np.zeros_like(own)
    return scaled


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
