"""Whether a question leans on the one before it ("hur lång tid tar det?"), and what it then asks.

A question in a conversation is looked up twice: as it stands, and with the title of the page that
the last answer came from. If it stands for itself, pages fit it about as well as any question;
if not, hardly any does, or the last page fits as well as the best. How much each of these says is
fitted on dialogues (`python -m knowledge fit-dialogues`, follow_up.json).
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from knowledge.errors import KnowledgeError
from knowledge.finding.confidence import ConfidenceModel
from knowledge.finding.evidence import features as evidence_of
from knowledge.finding.logistic import Logistic
from knowledge.finding.search import Ranking
from knowledge.indexing.index import MunicipalityIndex

PACKAGED = Path(__file__).with_name("follow_up.json")
WORDS = Path(__file__).with_name("follow_up.toml")
FEATURES = (
    "behind",
    "near",
    "right",
    "dense",
    "ahead_when_joined",
    "opening",
    "pronoun",
    "meant",
    "other",
    "terms",
    "missing",
    "rarest_missing",
)
"""`behind`: by how much the last page's score lies below the best other's, for the question as it
stands; `near` and `right`: the log odds that one of the best pages, or the best, answers it as it
stands, and `dense` its best cosine; `ahead_when_joined`: the last page's lead over the best other
when its title is added; `opening`, `pronoun`, `meant` and `other`: words of follow_up.toml, 0 or
1; `terms`: the logarithm of how many words can be looked up; `missing`: which share of them, by
their rarity, the last page does not hold; `rarest_missing`: the rarest of these, in units of how
rare a word can be."""
EVEN = 0.5
_COLUMNS = (
    "chunks",
    "articles",
    "score",
    "dense",
    "late",
    "question",
    "chunk_words",
    "article_words",
    "ways",
)

Floats = npt.NDArray[np.float64]


class FollowUpModelError(KnowledgeError):
    """The file with the fitted parameters is missing or does not fit this version."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the conversation was about before: the page of the last answer, and the question."""

    article: str
    question: str = ""


def joined(index: MunicipalityIndex, context: Context, text: str) -> str | None:
    """The question with the title of the page that was talked about; None when it is gone."""
    if context.article not in index.articles:
        return None
    title = index.chunks[index.chunks_of(context.article)[0]].title
    return f"{title}: {text}" if title else None


def stated(text: str) -> str:
    """What a correction ("nej, jag menade snöröjning") states: the text without its beginning."""
    if not says("meant", text):
        return text
    rest = " ".join(_patterns()["meant"].sub(" ", text).split()).strip(" ,.:;!?–-")
    return rest if any(letter.isalnum() for letter in rest) else text


def says(what: str, text: str) -> bool:
    """Whether a text holds words of one group of follow_up.toml; an opening only at its start."""
    pattern = _patterns()[what]
    return bool(pattern.match(text.lstrip(" ,.–-")) if what == "opening" else pattern.search(text))


def features(
    text: str, article: str, alone: Ranking, with_title: Ranking, model: ConfidenceModel
) -> Floats:
    """One number for each name of FEATURES; neither ranking may be empty."""
    position = alone.index.articles.index(article)
    evidence = evidence_of(alone)
    own, other = _best(alone, position)
    own_joined, other_joined = _best(with_title, position)
    missing, rarest_missing = _unsaid(alone, position)
    values = {
        "behind": other - own,
        "near": model.near.logit(evidence),
        "right": model.right.logit(evidence),
        "dense": float(alone.dense.max()),
        "ahead_when_joined": own_joined - other_joined,
        "opening": says("opening", text),
        "pronoun": says("pronouns", text),
        "meant": says("meant", text),
        "other": says("other", text),
        "terms": float(np.log1p(len(alone.terms))),
        "missing": missing,
        "rarest_missing": rarest_missing,
    }
    return np.array([values[name] for name in FEATURES], np.float64)


def follows(
    text: str, article: str, alone: Ranking, with_title: Ranking, model: ConfidenceModel
) -> bool:
    """Whether the question is more likely about the last page than about another."""
    if not len(alone) or not len(with_title):
        return False
    row = features(text, article, alone, with_title, model)
    return load_model().probability(row) >= EVEN


def about(ranking: Ranking, article: str) -> Ranking:
    """The ranking with the article's hits before all others."""
    position = ranking.index.articles.index(article)
    order = np.argsort(ranking.articles != position, kind="stable")
    taken = {name: getattr(ranking, name)[order] for name in _COLUMNS}
    return replace(ranking, **taken)


def _unsaid(ranking: Ranking, position: int) -> tuple[float, float]:
    """What of the question's words an article lacks; see `missing` and `rarest_missing`."""
    words = ranking.index.article_words
    rarities = {term: share * words.rarity(term) for term, share in ranking.terms.items()}
    lacking = [rarity for term, rarity in rarities.items() if not words.holds(term, position)]
    whole = sum(rarities.values())
    if not lacking or not whole:
        return 0.0, 0.0
    return sum(lacking) / whole, max(lacking) / words.rarity("")


def _best(ranking: Ranking, position: int) -> tuple[float, float]:
    """The best score of the article and of all others; the lowest there is for one not found."""
    own = ranking.articles == position
    least = float(ranking.score.min())
    return (
        float(ranking.score[own].max()) if own.any() else least,
        float(ranking.score[~own].max()) if not own.all() else least,
    )


@cache
def load_model(path: Path = PACKAGED) -> Logistic:
    """The fitted model. Errors: FollowUpModelError with what to run."""
    try:
        values = json.loads(path.read_text("utf-8"))
        if tuple(values["features"]) != FEATURES:
            raise ValueError("it was fitted for other features")
        return Logistic.of(values)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FollowUpModelError(
            f"no usable model in {path} ({error}): run `python -m knowledge fit-dialogues`"
        ) from error


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    groups: dict[str, list[str]] = tomllib.loads(WORDS.read_text("utf-8"))
    return {name: _pattern(words) for name, words in groups.items()}


def _pattern(words: list[str]) -> re.Pattern[str]:
    # Longest first: "nei ikke" before "nei".
    ordered = sorted(words, key=len, reverse=True)
    parts = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in ordered)
    return re.compile(rf"\b(?:{parts})\b", re.IGNORECASE)
