"""Weights of the ways to be near, fitted so that the right article comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knowledge.finding.search import WAYS

Floats = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]

PENALTY = 0.01


@dataclass(frozen=True, slots=True)
class Ranked:
    """One question's candidates: `ways` (candidates, WAYS), and which of them are right.

    `importance` weighs it among all the others.
    """

    ways: Floats
    right: npt.NDArray[np.bool_]
    importance: float


def fit_weights(ranked: Sequence[Ranked], penalty: float = PENALTY) -> dict[str, float]:
    """The weights of greatest likelihood that a right candidate is drawn, none below 0.

    Candidates are drawn by the exponential of their weighed sum (listwise softmax). Questions
    without a right candidate teach nothing. Errors: ValueError when none has one.
    """
    # Wanted for fitting only; the server starts sooner and stays smaller without it.
    from scipy.optimize import minimize

    usable = [one for one in ranked if one.right.any()]
    if not usable:
        raise ValueError("no question has a right candidate")
    scale = np.concatenate([one.ways for one in usable]).astype(np.float64).std(axis=0) + 1e-9
    parts = [(one.ways / scale, one.right, one.importance) for one in usable]
    total = sum(importance for _, _, importance in parts)

    def loss(weights: Values) -> tuple[float, Values]:
        value, slope = penalty / 2 * float(weights @ weights), penalty * weights
        for ways, right, importance in parts:
            logits = ways @ weights
            chance = np.exp(logits - logits.max())
            chance /= chance.sum()
            hit = chance * right
            caught = max(float(hit.sum()), 1e-12)
            value -= importance / total * float(np.log(caught))
            slope = slope - importance / total * ((hit / caught - chance) @ ways)
        return value, slope

    bounds = [(0.0, None)] * len(WAYS)
    found = minimize(loss, np.full(len(WAYS), 0.5), jac=True, bounds=bounds, method="L-BFGS-B").x
    return {way: round(float(w / s), 4) for way, w, s in zip(WAYS, found, scale, strict=True)}
