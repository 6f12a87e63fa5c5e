"""The one place where it is decided what a question gets: an answer, choices, or neither.

Three probabilities are fitted on labelled questions, from the same evidence: that the best hit
answers the question, that one of the best few articles does, and that it is no matter for a
municipality at all. Other labelled questions calibrate them and choose the threshold for answers,
by the precision that is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from knowledge.errors import KnowledgeError
from knowledge.finding.evidence import FEATURES, features
from knowledge.finding.logistic import Logistic, probability
from knowledge.finding.search import Ranking
from knowledge.types import Decision, Intent

PACKAGED = Path(__file__).with_name("confidence.json")
NEAR = 3
"""How many articles "one of the best few" are."""
FEWEST_CHOICES, MOST_CHOICES = 2, 4
RIVAL_MARGIN = 1.5
"""Articles whose score is this close to the best, in standard deviations, compete with it."""
OUTSIDE_INTENTS = frozenset({"out_of_scope", "nonsense"})
INTENT_PENALTY = 3.0
"""Taken from the log odds for a wholly sure intent of these; odds of even become 1 to 20."""
WORTH_CHOOSING = 0.35
"""Choices are offered from this probability on that the right page is among them.

Below even odds: a resident who is offered three pages of which none is right has lost less than
one who is told that there is none."""
FOREIGN_WORTH_CHOOSING = 0.1
"""The same for a question in another language than the pages', whose words never fit."""
NO_HOPE = 0.12
"""Below this probability that one of the best few articles answers, none of them is named, and
only then can a question be called out of scope."""
INTENT_SURE = 0.8
"""From here on such an intent settles what an unanswered question is called."""
CAREFUL = 0.92
"""The probability from which on a municipality that wants to be careful has questions answered."""
PENALTY_SHARE = 0.03
"""Of the examples' whole importance."""
SCOPE_PENALTY = 10.0
SCOPE_PRECISION = 0.5
"""Share that must be right of what is called out of scope: to be told so wrongly is worse than to
hear that nothing was found."""


class ModelError(KnowledgeError):
    """The file with the fitted parameters is missing or does not fit this version."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Probabilities from which on a question is answered, gets choices, or is out of scope."""

    answered: float
    clarification: float
    out_of_scope: float


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled question as the index saw it.

    `right`: the best hit's article answers it; `near`: one of the best NEAR articles does;
    `outside`: it is no matter for a municipality; None when nobody said.
    """

    features: npt.NDArray[np.float32]
    right: bool
    near: bool
    outside: bool | None
    importance: float = 1.0


@dataclass(frozen=True, slots=True)
class ConfidenceModel:
    """Fitted parameters; see the module."""

    right: Logistic
    near: Logistic
    outside: Logistic
    thresholds: Thresholds

    def decide(
        self,
        ranking: Ranking,
        intent: Intent | None = None,
        has_subject: bool = True,
        foreign: bool = False,
    ) -> Decision:
        """What the question gets, with the probability that the best hit answers it.

        A question without a subject ("öppettider") is never answered: it fits many pages alike,
        and unless it has no word at all ("🙂") they are offered.
        `foreign`: it is in another language than the pages.
        """
        sure = intent.confidence if intent and intent.name in OUTSIDE_INTENTS else 0.0
        if not len(ranking):
            return Decision("out_of_scope" if sure >= INTENT_SURE else "unanswerable", 0.0, 0.0)
        evidence = features(ranking)
        confidence = probability(self.right.logit(evidence) - INTENT_PENALTY * sure)
        near = probability(self.near.logit(evidence) - INTENT_PENALTY * sure)
        if has_subject and confidence >= self.thresholds.answered:
            return Decision("answered", confidence, near)
        open_to_many = bool(ranking.terms) and not has_subject and sure < INTENT_SURE
        worth = FOREIGN_WORTH_CHOOSING if foreign else self.thresholds.clarification
        meant = near >= worth or open_to_many
        if meant and len(self.rivals(ranking)) >= FEWEST_CHOICES:
            return Decision("clarification", confidence, near)
        outside = self.outside.probability(evidence)
        strange = near < NO_HOPE and outside >= self.thresholds.out_of_scope
        if sure >= INTENT_SURE or strange:
            return Decision("out_of_scope", confidence, near)
        return Decision("unanswerable", confidence, near)

    def careful(self) -> Self:
        """The same probabilities, with answers only from CAREFUL on."""
        answered = max(self.thresholds.answered, CAREFUL)
        return replace(self, thresholds=replace(self.thresholds, answered=answered))

    def rivals(self, ranking: Ranking) -> list[int]:
        """Places in the ranking of the chunks to choose among, each of another article.

        The best NEAR articles, and one more if it is as close.
        """
        places = ranking.best_of_articles()
        score = ranking.score[places]
        close = int((score >= score[:1] - RIVAL_MARGIN).sum())
        count = min(max(close, NEAR), MOST_CHOICES)
        return [int(place) for place in places[:count]]

    def values(self) -> dict[str, Any]:
        """The parameters as JSON holds them."""
        return {
            "features": list(FEATURES),
            "right": self.right.values(),
            "near": self.near.values(),
            "outside": self.outside.values(),
            "thresholds": {
                "answered": round(self.thresholds.answered, 4),
                "clarification": round(self.thresholds.clarification, 4),
                "out_of_scope": round(self.thresholds.out_of_scope, 4),
            },
        }

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """The model that `values` wrote. Errors: KeyError, ValueError when it isn't one."""
        if tuple(values["features"]) != FEATURES:
            raise ValueError("it was fitted for other features")
        thresholds = values["thresholds"]
        return cls(
            Logistic.of(values["right"]),
            Logistic.of(values["near"]),
            Logistic.of(values["outside"]),
            Thresholds(
                float(thresholds["answered"]),
                float(thresholds["clarification"]),
                float(thresholds["out_of_scope"]),
            ),
        )


def load_model(path: Path = PACKAGED) -> ConfidenceModel:
    """The fitted model. Errors: ModelError with what to run."""
    try:
        return ConfidenceModel.of(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"no usable confidence model in {path} ({error}): run `python -m knowledge fit`"
        ) from error


def fit(
    training: Sequence[Example],
    development: Sequence[Example],
    precision: float,
) -> ConfidenceModel:
    """A model fitted on `training`, with thresholds chosen on `development`.

    `precision` is the share of answers that shall be right. Errors: ValueError when the examples
    do not hold both outcomes of each kind.
    """
    rows = [example.features for example in training]
    importance = [example.importance for example in training]
    penalty = PENALTY_SHARE * sum(importance)
    right = Logistic.fit(rows, [e.right for e in training], importance, penalty)
    near = Logistic.fit(rows, [e.near for e in training], importance, penalty)
    missed = [example for example in training if not example.near and example.outside is not None]
    outside = Logistic.fit(
        [example.features for example in missed],
        [bool(example.outside) for example in missed],
        [example.importance for example in missed],
        SCOPE_PENALTY,
        positive=False,
    )
    right = _calibrated(right, [(e.features, e.right) for e in development])
    near = _calibrated(near, [(e.features, e.near) for e in development])
    chances = [(right.probability(e.features), e) for e in development]
    answered = lowest_threshold([(p, e.right) for p, e in chances], precision)
    unanswered = [
        e for p, e in chances if p < answered and near.probability(e.features) < WORTH_CHOOSING
    ]
    scope = lowest_threshold(
        [(outside.probability(e.features), bool(e.outside)) for e in unanswered], SCOPE_PRECISION
    )
    return ConfidenceModel(right, near, outside, Thresholds(answered, WORTH_CHOOSING, scope))


def _calibrated(
    model: Logistic, outcomes: Sequence[tuple[npt.NDArray[np.float32], bool]]
) -> Logistic:
    """The model with its log odds stretched and shifted so that they come true (Platt)."""
    logits = [[model.logit(row)] for row, _ in outcomes]
    platt = Logistic.fit(logits, [right for _, right in outcomes], [1.0] * len(logits), 1.0)
    stretch = platt.weights[0] / platt.scale[0]
    return replace(
        model,
        weights=tuple(weight * stretch for weight in model.weights),
        bias=(model.bias - platt.mean[0]) * stretch + platt.bias,
    )


def lowest_threshold(outcomes: Sequence[tuple[float, bool]], precision: float) -> float:
    """The lowest probability from which on so large a share is true; above all if none is."""
    ranked = sorted(outcomes, key=lambda outcome: -outcome[0])
    threshold, true = np.nextafter(1.0, 2.0), 0
    for count, (chance, outcome) in enumerate(ranked, start=1):
        true += outcome
        if true / count >= precision:
            threshold = chance
    return float(threshold)
