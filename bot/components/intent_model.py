"""A linear model over an utterance's embedding and letters whose numbers are probabilities.

The embedding knows what an utterance means; short ones ("hei på deg", "takk for det") it tells
apart badly, and there the letters help. Chosen by cross-validation over the training
utterances: docs/measurements.md has the figures.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, hstack
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

Vectors = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

LETTERS = 20.0
"""How much the letters weigh against a standardised embedding."""
INVERSE_PENALTY = 0.01
"""C of the regression."""
SAME = 0.95
"""Cosine above which two utterances count as one when some are held back."""
_FOLDS = 3
_SEED = 17


class TooFewUtterancesError(ValueError):
    """An intent has too few utterances to hold some of them back for the calibration."""


@dataclass(frozen=True)
class IntentModel:
    """Standardise the embedding, append the letters, multiply, divide by the temperature.

    All cosines of e5 embeddings lie between 0.7 and 1.0: without the standardisation every
    intent gets about the same probability.
    """

    intents: tuple[str, ...]
    encoder: str
    mean: Scores
    scale: Scores
    ngrams: tuple[str, ...]
    rarity: Scores
    weights: Scores
    bias: Scores
    temperature: float = 1.0

    def probabilities(self, texts: Sequence[str], vectors: Vectors) -> Scores:
        """Of shape (n, intents), rows summing to 1; `vectors` are the texts' embeddings."""
        return _softmax(self.scores(texts, vectors) / self.temperature)

    def scores(self, texts: Sequence[str], vectors: Vectors) -> Scores:
        """The linear scores before temperature and softmax, shape (n, intents)."""
        width = len(self.mean)
        meaning: Scores = (vectors - self.mean) / self.scale @ self.weights[:width]
        letters: Scores = self._letters.transform(texts) @ self.weights[width:]
        return meaning + LETTERS * letters + self.bias

    @cached_property
    def _letters(self) -> TfidfVectorizer:
        vectorizer = _vectorizer(vocabulary=list(self.ngrams))
        vectorizer.idf_ = self.rarity
        return vectorizer

    @classmethod
    def fit(
        cls, texts: Sequence[str], vectors: Vectors, intents: Sequence[str], encoder: str
    ) -> IntentModel:
        """The model of these utterances, with a temperature fitted on held-back folds of them.

        Raises:
            TooFewUtterancesError: there are less than two intents, or one has less than three
                utterances.
        """
        labels = np.asarray(intents)
        names, counts = np.unique(labels, return_counts=True)
        if len(names) < 2 or counts.min() < _FOLDS:
            raise TooFewUtterancesError(
                f"Two intents with {_FOLDS} utterances each are the least; found "
                + ", ".join(f"{name} ({count})" for name, count in zip(names, counts, strict=True))
            )
        folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=_SEED)
        held_back = np.zeros((len(labels), len(names)))
        for train, test in folds.split(vectors, labels, _groups(vectors)):
            part = cls._fit_uncalibrated(
                [texts[index] for index in train], vectors[train], labels[train], encoder
            )
            columns = np.searchsorted(names, part.intents)
            held_back[np.ix_(test, columns)] = part.scores(
                [texts[index] for index in test], vectors[test]
            )
        whole = cls._fit_uncalibrated(texts, vectors, labels, encoder)
        temperature = _fit_temperature(held_back, np.searchsorted(names, labels))
        return cls(**{**vars(whole), "temperature": temperature})

    @classmethod
    def _fit_uncalibrated(
        cls, texts: Sequence[str], vectors: Vectors, labels: npt.NDArray[np.str_], encoder: str
    ) -> IntentModel:
        mean = vectors.mean(axis=0, dtype=np.float64)
        deviation = vectors.std(axis=0, dtype=np.float64)
        # A constant dimension tells nothing: leave it at zero.
        scale = np.where(deviation > 0, deviation, 1.0)
        vectorizer = _vectorizer(min_df=2)
        letters = vectorizer.fit_transform(texts)
        # Residents ask for services far more often than they greet, but which smalltalk they
        # mean must not depend on how many utterances were written for it.
        regression = LogisticRegression(C=INVERSE_PENALTY, max_iter=2000, class_weight="balanced")
        standardised = csr_matrix((vectors - mean) / scale)
        regression.fit(hstack([standardised, LETTERS * letters], format="csr"), labels)
        weights, bias = regression.coef_.T, regression.intercept_
        if weights.shape[1] == 1:  # Of two intents sklearn keeps only the second's side.
            weights = np.hstack([-weights / 2, weights / 2])
            bias = np.hstack([-bias / 2, bias / 2])
        return cls(
            intents=tuple(str(name) for name in regression.classes_),
            encoder=encoder,
            mean=mean,
            scale=scale,
            ngrams=tuple(str(ngram) for ngram in vectorizer.get_feature_names_out()),
            rarity=vectorizer.idf_,
            weights=weights,
            bias=bias,
        )

    def save(self, path: Path) -> None:
        """Write the model as arrays: no pickle, so that reading it runs no code."""
        np.savez_compressed(
            path,
            intents=np.asarray(self.intents),
            encoder=np.asarray(self.encoder),
            mean=self.mean,
            scale=self.scale,
            ngrams=np.asarray(self.ngrams),
            rarity=self.rarity,
            weights=self.weights,
            bias=self.bias,
            temperature=np.asarray(self.temperature),
        )

    @classmethod
    def read(cls, path: Path) -> IntentModel:
        """The model that `save` wrote to `path`."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(
                intents=tuple(str(name) for name in stored["intents"]),
                encoder=str(stored["encoder"]),
                mean=stored["mean"],
                scale=stored["scale"],
                ngrams=tuple(str(ngram) for ngram in stored["ngrams"]),
                rarity=stored["rarity"],
                weights=stored["weights"],
                bias=stored["bias"],
                temperature=float(stored["temperature"]),
            )


def _normalised(text: str) -> str:
    # A phone may send "å" as a letter and a ring.
    return unicodedata.normalize("NFC", text).lower()


def _vectorizer(vocabulary: list[str] | None = None, min_df: int = 1) -> TfidfVectorizer:
    return TfidfVectorizer(
        preprocessor=_normalised,
        analyzer="char_wb",
        ngram_range=(2, 5),
        sublinear_tf=True,
        vocabulary=vocabulary,
        min_df=min_df,
    )


def _groups(vectors: Vectors) -> Indices:
    """Which utterances say the same, perhaps in another language: they are held back together."""
    _, groups = connected_components(csr_matrix(vectors @ vectors.T > SAME), directed=False)
    return np.asarray(groups, dtype=np.intp)


def _fit_temperature(scores: Scores, truth: Indices) -> float:
    rows = np.arange(len(truth))

    def loss(logarithm: float) -> float:
        probabilities = _softmax(scores / np.exp(logarithm))
        return float(-np.log(probabilities[rows, truth] + 1e-12).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def _softmax(scores: Scores) -> Scores:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    softened: Scores = powers / powers.sum(axis=1, keepdims=True)
    return softened
