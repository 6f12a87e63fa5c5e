"""Logistic regression whose weights can be told to be evidence for, never against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

CLIP = 4.0
"""Standard deviations; what lies farther out than anything seen in training counts no more."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """The probability of one thing, given features in the order they were fitted in."""

    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float

    def logit(self, features: npt.ArrayLike) -> float:
        """The log odds for one row of features."""
        standard = _standard(np.asarray(features, np.float64), self.mean, self.scale)
        return float(standard @ np.asarray(self.weights) + self.bias)

    def probability(self, features: npt.ArrayLike) -> float:
        return probability(self.logit(features))

    @classmethod
    def fit(
        cls,
        rows: npt.ArrayLike,
        targets: Sequence[bool],
        importance: Sequence[float],
        penalty: float,
        positive: bool = True,
    ) -> Self:
        """The weights of greatest likelihood, less `penalty` times half their squares.

        `rows` has shape (examples, features); `importance` weighs each example. With `positive`
        no weight is below 0: features that resemble each other then share their weight, where
        they would cancel out on the examples at hand and mislead on others. Errors: ValueError
        unless both outcomes occur.
        """
        # Wanted for fitting only; the server starts sooner and stays smaller without it.
        from scipy.optimize import minimize

        values = np.asarray(rows, np.float64)
        signs = np.where(np.asarray(targets, np.bool_), 1.0, -1.0)
        if abs(signs.sum()) == len(signs):
            raise ValueError("examples of both outcomes are needed to fit a probability")
        each = np.asarray(importance, np.float64)
        mean = np.average(values, axis=0, weights=each)
        spread = np.sqrt(np.average((values - mean) ** 2, axis=0, weights=each))
        scale = np.where(spread > 1e-9, spread, 1.0)
        design = _standard(values, mean, scale)

        def loss(beta: Values) -> tuple[float, Values]:
            margins = signs * (design @ beta[:-1] + beta[-1])
            pull = each * signs * (1 / (1 + np.exp(margins)))
            value = (each * np.logaddexp(0, -margins)).sum() + penalty / 2 * (beta[:-1] ** 2).sum()
            slope = np.append(penalty * beta[:-1] - design.T @ pull, -pull.sum())
            return float(value), slope

        bounds = [(0.0 if positive else None, None)] * values.shape[1] + [(None, None)]
        found = minimize(loss, np.zeros(len(bounds)), jac=True, bounds=bounds, method="L-BFGS-B").x
        return cls(
            tuple(mean.tolist()),
            tuple(scale.tolist()),
            tuple(found[:-1].tolist()),
            float(found[-1]),
        )

    def values(self, digits: int = 5) -> dict[str, Any]:
        """The numbers as JSON holds them."""
        return {
            "mean": [round(number, digits) for number in self.mean],
            "scale": [round(number, digits) for number in self.scale],
            "weights": [round(number, digits) for number in self.weights],
            "bias": round(self.bias, digits),
        }

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """The model that `values` wrote. Errors: KeyError, ValueError when it isn't one."""
        mean, scale, weights = (
            tuple(float(number) for number in values[name]) for name in ("mean", "scale", "weights")
        )
        if not len(mean) == len(scale) == len(weights):
            raise ValueError("mean, scale and weights differ in length")
        return cls(mean, scale, weights, float(values["bias"]))


def probability(logit: float) -> float:
    """The probability of log odds."""
    return float(1 / (1 + np.exp(-np.clip(logit, -30, 30))))


def _standard(values: Values, mean: npt.ArrayLike, scale: npt.ArrayLike) -> Values:
    standard: Values = np.clip((values - np.asarray(mean)) / np.asarray(scale), -CLIP, CLIP)
    return standard
