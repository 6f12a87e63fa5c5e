"""Fitting the weights of the ways to be near."""

import numpy as np
import pytest

from knowledge.evaluation.weighing import Ranked, fit_weights
from knowledge.finding.search import WAYS


def ranked(seed: int, telling: str) -> Ranked:
    """Ten candidates; the first is right, and one way says so."""
    ways = np.random.default_rng(seed).normal(size=(10, len(WAYS))).astype(np.float32)
    ways[0, WAYS.index(telling)] += 3
    right = np.zeros(10, np.bool_)
    right[0] = True
    return Ranked(ways, right, 1.0)


def test_the_way_that_tells_weighs_most() -> None:
    """And none weighs less than nothing."""
    weights = fit_weights([ranked(seed, "late_standing") for seed in range(50)])
    assert "late_standing" == max(weights, key=lambda way: weights[way])
    assert min(weights.values()) >= 0
    assert set(WAYS) == set(weights)


def test_importance_decides_between_sets_that_disagree() -> None:
    """A set that counts more is heard more."""
    some = [ranked(seed, "dense") for seed in range(30)]
    others = [ranked(seed, "chunk_words") for seed in range(30)]
    light = [Ranked(one.ways, one.right, 0.01) for one in others]
    weights = fit_weights([*some, *light])
    assert weights["dense"] > 2 * weights["chunk_words"]


def test_without_a_right_candidate_there_is_nothing_to_fit() -> None:
    """Said, not guessed."""
    one = ranked(1, "dense")
    with pytest.raises(ValueError, match="no question"):
        fit_weights([Ranked(one.ways, np.zeros(10, np.bool_), 1.0)])
