from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from bot.components.intent_model import IntentModel, TooFewUtterancesError, Vectors

WORDS = {
    "greet": ["hej hej", "hej på dig", "hallå hej", "god morgon", "god dag"],
    "thank": ["tack så mycket", "stort tack", "tackar", "tusen tack", "tack för hjälpen"],
    "service": ["vad kostar bygglov", "vad kostar soporna", "sök förskola", "sök bygglov", "tomt"],
}
DIMENSION = 16


def _utterances() -> tuple[list[str], Vectors, list[str]]:
    noise = np.random.default_rng(3)
    texts, vectors, intents = [], [], []
    for place, (intent, words) in enumerate(WORDS.items()):
        for text in words:
            texts.append(text)
            # As with e5, all vectors point the same way: it is the differences that tell.
            vectors.append(0.5 + 2.0 * np.eye(DIMENSION)[place] + noise.normal(0, 0.4, DIMENSION))
            intents.append(intent)
    matrix = np.asarray(vectors, dtype=np.float32)
    return texts, matrix / np.linalg.norm(matrix, axis=1, keepdims=True), intents


@pytest.fixture(scope="module")
def model() -> IntentModel:
    return IntentModel.fit(*_utterances(), "words")


def test_it_tells_the_intents_apart(model: IntentModel) -> None:
    """The likeliest intent of each training utterance is its own."""
    texts, vectors, intents = _utterances()

    likeliest = model.probabilities(texts, vectors).argmax(axis=1)

    assert intents == [model.intents[index] for index in likeliest]


def test_its_numbers_are_probabilities(model: IntentModel) -> None:
    """The numbers of an utterance lie in 0..1 and sum to 1."""
    texts, vectors, _ = _utterances()

    probabilities = model.probabilities(texts, vectors)

    np.testing.assert_allclose(np.ones(len(texts)), probabilities.sum(axis=1))
    assert probabilities.min() >= 0


def test_what_is_saved_is_what_is_read(model: IntentModel, tmp_path: Path) -> None:
    """A model read from its file gives the same probabilities."""
    texts, vectors, _ = _utterances()
    model.save(tmp_path / "model.npz")

    again = IntentModel.read(tmp_path / "model.npz")

    assert (model.intents, model.encoder) == (again.intents, again.encoder)
    np.testing.assert_array_equal(
        model.probabilities(texts, vectors), again.probabilities(texts, vectors)
    )


def test_letters_count_however_they_are_sent(model: IntentModel) -> None:
    """Capitals, and an å sent as a letter and a ring, change nothing."""
    _, vectors, _ = _utterances()

    np.testing.assert_array_equal(
        model.probabilities(["hallå där"], vectors[:1]),
        model.probabilities(["Halla\u030a da\u0308r"], vectors[:1]),
    )


def test_the_temperature_hides_no_mistakes() -> None:
    """Labels that say nothing about the text give no confident model."""
    texts, vectors, intents = _utterances()
    shuffled = intents[::3] + intents[1::3] + intents[2::3]

    model = IntentModel.fit(texts, vectors, shuffled, "words")

    unseen = np.full((1, DIMENSION), 0.25, dtype=np.float32)
    assert model.probabilities(["något annat"], unseen).max() < 0.6


def test_the_temperature_is_what_makes_it_modest(model: IntentModel) -> None:
    """A higher one takes confidence away and leaves the order as it is."""
    texts, vectors, _ = _utterances()
    modest = dataclasses.replace(model, temperature=10 * model.temperature)

    sure, unsure = model.probabilities(texts, vectors), modest.probabilities(texts, vectors)

    assert (unsure.max(axis=1) < sure.max(axis=1)).all()
    np.testing.assert_array_equal(sure.argmax(axis=1), unsure.argmax(axis=1))


def test_two_intents_are_enough() -> None:
    """With two intents, too, each has its own probability."""
    texts, vectors, intents = _utterances()
    model = IntentModel.fit(texts[:10], vectors[:10], intents[:10], "words")

    probabilities = model.probabilities(texts[:1], vectors[:1])

    assert model.intents == ("greet", "thank")
    np.testing.assert_allclose([1.0], probabilities.sum(axis=1))
    assert probabilities.argmax() == 0


def test_an_intent_with_hardly_any_utterances_is_named() -> None:
    """Training stops with the intent that is short of utterances."""
    texts, vectors, intents = _utterances()

    with pytest.raises(TooFewUtterancesError, match=r"service \(2\)"):
        IntentModel.fit(texts[:12], vectors[:12], intents[:12], "words")
