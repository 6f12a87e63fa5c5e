"""Two pages that say the same thing with another figure.

Two sentences contradict each other when all of this holds:
- they stand in different articles, and each holds a figure of one kind that the other lacks;
- apart from those figures they have the same numbers, names and groups ("barn", "per år", "minst",
  contradictions.toml): else they speak of different cases;
- nearly all that is said in each is said in the other or in its headings, measured by the rarity
  of words, and enough of it is;
- the title of one names what the other is about, or so much is the same that it need not.

It is meant to miss some rather than to alarm an editor for nothing.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from knowledge.answering.quantities import Kind, quantities, without_quantities
from knowledge.answering.sentences import units
from knowledge.indexing.index import MunicipalityIndex
from knowledge.language.text import group, lemmas, tokens
from knowledge.types import Chunk

WORDS = Path(__file__).with_name("contradictions.toml")
COMMON = 0.75
"""The share of each sentence's words, by rarity, that the other sentence or its headings have."""
ENOUGH = 0.85
"""What the words of both must add up to, in words that stand in one chunk only."""
PLENTY = 2.75
"""So much in both says the same whatever the titles are."""
RARE = 0.4
"""From here on a word names a matter: in 500 chunks, one that stands in fewer than 53."""
ALIKE = 6
"""Words that begin with as many letters alike are relatives: barnehage, barnehageplass."""
HEAD = 3
"""The fewest letters of a stem that can be the head of a compound."""
NEIGHBOURS = 20
"""Chunks with the most of a sentence's words that it is compared with."""
FIGURES = 3
"""A sentence with more figures of a kind is a small table; what belongs to what can't be told."""

_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_NAME = re.compile(r"(?<=[^\s.!?:|*–-]\s)[A-ZÅÄÖÆØ][\w-]+")


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence, an item or a row that holds a figure.

    `unit` is what is shown of it: the sentence, or the whole list or table. `terms` are the
    lemmas of its own words but for figures and empty ones, `marks` the numbers, names and groups
    that tell its case from others. `context` are the words and lemmas of its title and headings,
    `subject` the lemmas of the title that say something.
    """

    text: str
    unit: str
    figures: dict[Kind, frozenset[str]]
    terms: frozenset[str]
    marks: frozenset[str]
    context: frozenset[str]
    subject: frozenset[str]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What `first` says and `second`, of another article, says otherwise; `kind` of figure.

    The texts are verbatim.
    """

    kind: Kind
    first: Chunk
    first_text: str
    second: Chunk
    second_text: str


def contradictions(
    index: MunicipalityIndex, chunk: Chunk, shown: str, others: Iterable[Chunk]
) -> list[Contradiction]:
    """What `others` say against the statements of `chunk` that stand in `shown`."""
    own = [statement for statement in statements(chunk) if statement.text in shown]
    return [
        Contradiction(kind, chunk, one.unit, other, theirs.unit)
        for other in others
        if own and other.article != chunk.article and group(other.language) == group(chunk.language)
        for theirs in statements(other)
        for one in own
        for kind in _conflicts(index, one, theirs)
    ]


def contradictions_of(index: MunicipalityIndex, article: str) -> list[Contradiction]:
    """What all other articles of the municipality say against an article."""
    found: list[Contradiction] = []
    if article not in index.articles:
        return found
    own = index.article_of == index.articles.index(article)
    for position in np.flatnonzero(own):
        chunk = index.chunks[int(position)]
        for statement in statements(chunk):
            scores = np.where(own, 0, index.chunk_words.scores(sorted(statement.terms)))
            near = np.argsort(-scores, kind="stable")[:NEIGHBOURS]
            others = [index.chunks[int(place)] for place in near if scores[place] > 0]
            found.extend(contradictions(index, chunk, statement.text, others))
    return found


@lru_cache(maxsize=4096)
def statements(chunk: Chunk) -> tuple[Statement, ...]:
    """The statements of a chunk that hold a figure, in order."""
    title = tokens(chunk.title, chunk.language)
    subject = frozenset(lemmas(word, chunk.language)[0] for word in title if _tells(word))
    headings = " ".join((chunk.title, *chunk.path))
    context = frozenset(lemmas(headings, chunk.language) + tokens(headings, chunk.language))
    return tuple(
        Statement(text, unit, figures, _terms(text, chunk.language), _marks(text), context, subject)
        for unit, text in _pieces(chunk.text)
        if (figures := {k: v for k, v in quantities(text).items() if len(v) <= FIGURES})
    )


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Units with each of their sentences, items or rows."""
    for unit in units(text):
        words = unit.of(text)
        for piece in [words] if unit.sentence else words.split("\n"):
            yield words, piece


def _terms(text: str, language: str) -> frozenset[str]:
    words = tokens(without_quantities(text), language)
    # Without the parts of compounds: what only a part of a word says is half of what it says.
    return frozenset(lemmas(word, language)[0] for word in words if _tells(word))


def _tells(word: str) -> bool:
    """Whether a word says what a sentence is about."""
    return not (word in _words("empty") or _groups().fullmatch(word) or word.isdigit())


def _marks(text: str) -> frozenset[str]:
    rest = without_quantities(text)
    words = {word.lower() for word in _WORD.findall(rest)}
    groups = {word for word in words if _groups().fullmatch(word)}
    names = {name.lower() for name in _NAME.findall(rest)}
    return frozenset(groups | names | set(_NUMBER.findall(rest)))


def _conflicts(index: MunicipalityIndex, one: Statement, other: Statement) -> list[Kind]:
    kinds = [k for k, values in one.figures.items() if _differ(values, other.figures.get(k))]
    same = {k for k in (*one.figures, *other.figures) if k not in kinds}
    if not kinds or any(one.figures.get(k) != other.figures.get(k) for k in same):
        return []
    if (one.marks - other.context) != (other.marks - one.context):
        return []

    rarity = _rarities(index)

    def weight(terms: frozenset[str]) -> float:
        return sum(rarity(term) for term in terms)

    both = one.terms & other.terms
    shared = weight(both | (one.terms & other.context) | (other.terms & one.context))
    alone = max(
        weight(_alone(one.terms, other.terms | other.context)),
        weight(_alone(other.terms, one.terms | one.context)),
    )
    if shared < ENOUGH or shared < COMMON * (shared + alone):
        return []
    return kinds if weight(both) >= PLENTY or _same_matter(rarity, one, other) else []


def _same_matter(rarity: Callable[[str], float], one: Statement, other: Statement) -> bool:
    """Whether the title of one names what the title or the words of the other do."""
    return any(
        rarity(word) >= RARE and (word == match or _relatives(word, match))
        for mine, theirs in ((one, other), (other, one))
        for word in mine.subject
        for match in theirs.subject | theirs.terms
    )


def _rarities(index: MunicipalityIndex) -> Callable[[str], float]:
    """How rare a word is, 1 for one that stands in one chunk only; so sizes don't matter."""
    one_chunk = math.log1p(max(len(index) - 0.5, 0.5) / 1.5)
    return lambda term: index.chunk_words.rarity(term) / one_chunk


def _alone(terms: frozenset[str], others: frozenset[str]) -> frozenset[str]:
    """The terms that the others lack; "vattenmätare" and "mätare" are near enough."""
    return frozenset(
        term
        for term in terms - others
        if not any(min(len(term), len(other)) >= HEAD and _ends(term, other) for other in others)
    )


def _ends(term: str, other: str) -> bool:
    return term.endswith(other) or other.endswith(term)


def _relatives(word: str, other: str) -> bool:
    return len(word) >= ALIKE and word[:ALIKE] == other[:ALIKE]


def _differ(values: frozenset[str], others: frozenset[str] | None) -> bool:
    """Whether both have figures of a kind, and neither merely says more than the other."""
    return others is not None and not values <= others and not others <= values


@cache
def _words(name: str) -> frozenset[str]:
    words: dict[str, list[str]] = tomllib.loads(WORDS.read_text("utf-8"))
    return frozenset(words[name])


@cache
def _groups() -> re.Pattern[str]:
    entries = sorted(_words("groups"))
    return re.compile("|".join(re.escape(entry).replace(r"\*", r"\w*") for entry in entries))
