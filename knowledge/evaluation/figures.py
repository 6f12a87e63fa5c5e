"""How well questions were answered, as figures. Ranks count from 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.types import Status

BINS = 10
PRECISION = 0.95


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one labelled question.

    `rank` of its article among those found, None if it isn't there or nothing answers it;
    `milliseconds` from the text to the decision, encoding included.
    """

    answerable: bool
    rank: int | None
    status: Status
    confidence: float
    milliseconds: float

    @property
    def right(self) -> bool:
        return self.rank == 1


def figures(outcomes: Sequence[Outcome]) -> dict[str, float | None]:
    """All figures by name; None where the questions at hand cannot tell."""
    ranks = [outcome.rank for outcome in outcomes if outcome.answerable]
    answered = [outcome for outcome in outcomes if outcome.status == "answered"]
    times = [outcome.milliseconds for outcome in outcomes]
    return {
        "accuracy_at_1": _share([rank == 1 for rank in ranks]),
        "recall_at_3": _share([rank is not None and rank <= 3 for rank in ranks]),
        "recall_at_5": _share([rank is not None and rank <= 5 for rank in ranks]),
        "recall_at_10": _share([rank is not None and rank <= 10 for rank in ranks]),
        "mrr_at_10": _mean([1 / rank if rank and rank <= 10 else 0.0 for rank in ranks]),
        "answered_share": _share([outcome.status == "answered" for outcome in outcomes]),
        "answered_precision": _share([outcome.right for outcome in answered]),
        "auroc": auroc(
            [outcome.confidence for outcome in outcomes],
            [outcome.answerable for outcome in outcomes],
        ),
        "coverage_at_95_precision": coverage(outcomes, PRECISION),
        "calibration_error": calibration_error(outcomes),
        "ms_p50": float(np.percentile(times, 50)) if times else None,
        "ms_p95": float(np.percentile(times, 95)) if times else None,
    }


def auroc(scores: Sequence[float], truths: Sequence[bool]) -> float | None:
    """The chance that a true one scores above a false one, ties counted half."""
    true = np.array([score for score, truth in zip(scores, truths, strict=True) if truth])
    false = np.array([score for score, truth in zip(scores, truths, strict=True) if not truth])
    if not len(true) or not len(false):
        return None
    ordered = np.sort(false)
    below = np.searchsorted(ordered, true, "left")
    up_to = np.searchsorted(ordered, true, "right")
    return float((below + up_to).mean() / 2 / len(false))


def coverage(outcomes: Sequence[Outcome], precision: float) -> float | None:
    """The share of answerable questions answered right when the surest are answered.

    As many are answered, surest first, as keep the share of right ones at `precision`; questions
    of equal confidence are answered together or not at all.
    """
    answerable = sum(outcome.answerable for outcome in outcomes)
    if not answerable:
        return None
    ranked = sorted(outcomes, key=lambda outcome: -outcome.confidence)
    best = right = 0
    for count, outcome in enumerate(ranked, start=1):
        right += outcome.right
        tied = count < len(ranked) and ranked[count].confidence == outcome.confidence
        if not tied and right / count >= precision:
            best = right
    return best / answerable


def calibration_error(outcomes: Sequence[Outcome]) -> float | None:
    """Mean distance of confidence from the share of right ones, over ten bins of equal width."""
    if not outcomes:
        return None
    confidence = np.array([outcome.confidence for outcome in outcomes])
    right = np.array([outcome.right for outcome in outcomes], np.float64)
    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    gaps = [abs(float((confidence - right)[bins == number].sum())) for number in range(BINS)]
    return sum(gaps) / len(outcomes)


def _share(truths: Sequence[bool]) -> float | None:
    return _mean([float(truth) for truth in truths])


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
