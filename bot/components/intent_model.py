"""A linear model over an utterance's embedding, letters and words, with probabilities.

The embedding knows what an utterance means; short ones ("hei på deg", "takk for det") it tells
apart badly, and there letters and words help. Machines with one margin for each intent did better
and trained faster than a logistic regression; softmax and a temperature fitted on held-back
utterances make probabilities of the margins. Chosen by cross-validation over the training
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
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.svm import LinearSVC

Vectors = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

LETTERS = 30.0
WORDS = 15.0
"""How much letters and words weigh against a standardised embedding."""
INVERSE_PENALTY = 0.001
"""C of the machines."""
SAME = 0.95
"""Cosine above which two utterances count as one when some are held back."""
_FOLDS = 3
_UNKNOWN = -3.0
"""The margin of an intent that the part trained on has no utterance of."""
_SEED = 17


class TooFewUtterancesError(ValueError):
    """An intent has too few utterances to hold some of them back for the calibration."""


@dataclass(frozen=True)
class IntentModel:
    """Standardise the embedding, append letters and words, multiply, divide by the temperature.

    All cosines of e5 embeddings lie between 0.7 and 1.0: without the standardisation every
    intent gets about the same probability.
    """

    intents: tuple[str, ...]
    encoder: str
    mean: Scores
    scale: Scores
    ngrams: tuple[str, ...]
    rarity: Scores
    words: tuple[str, ...]
    word_rarity: Scores
    weights: npt.NDArray[np.float32]
    bias: Scores
    temperature: float = 1.0

    def probabilities(self, texts: Sequence[str], vectors: Vectors) -> Scores:
        """Of shape (n, intents), rows summing to 1; `vectors` are the texts' embeddings."""
        return _softmax(self.scores(texts, vectors) / self.temperature)

    def scores(self, texts: Sequence[str], vectors: Vectors) -> Scores:
        """The linear scores before temperature and softmax, shape (n, intents)."""
        width = len(self.mean)
        ends = width, width + len(self.ngrams)
        meaning: Scores = (vectors - self.mean) / self.scale @ self.weights[:width]
        letters: Scores = self._letters.transform(texts) @ self.weights[ends[0] : ends[1]]
        words: Scores = self._words.transform(texts) @ self.weights[ends[1] :]
        scores: Scores = meaning + LETTERS * letters + WORDS * words + self.bias
        return scores

    @cached_property
    def _letters(self) -> TfidfVectorizer:
        vectorizer = _letter_vectorizer(vocabulary=list(self.ngrams))
        vectorizer.idf_ = self.rarity
        return vectorizer

    @cached_property
    def _words(self) -> TfidfVectorizer:
        vectorizer = _word_vectorizer(vocabulary=list(self.words))
        vectorizer.idf_ = self.word_rarity
        return vectorizer

    @classmethod
    def fit(
        cls, texts: Sequence[str], vectors: Vectors, intents: Sequence[str], encoder: str
    ) -> IntentModel:
        """The model of these utterances, with a temperature fitted on a held-back third of them.

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
        # One part held back is enough for one number, and half the work of all of them.
        folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=_SEED)
        splits = folds.split(vectors, labels, _groups(vectors))
        train, test = max(splits, key=lambda split: min(map(len, split)))
        part = cls._fit_uncalibrated(
            [texts[index] for index in train], vectors[train], labels[train], encoder
        )
        held_back = np.full((len(test), len(names)), _UNKNOWN)
        held_back[:, np.searchsorted(names, part.intents)] = part.scores(
            [texts[index] for index in test], vectors[test]
        )
        whole = cls._fit_uncalibrated(texts, vectors, labels, encoder)
        temperature = _fit_temperature(held_back, np.searchsorted(names, labels[test]))
        return cls(**{**vars(whole), "temperature": temperature})

    @classmethod
    def _fit_uncalibrated(
        cls, texts: Sequence[str], vectors: Vectors, labels: npt.NDArray[np.str_], encoder: str
    ) -> IntentModel:
        mean = vectors.mean(axis=0, dtype=np.float64)
        deviation = vectors.std(axis=0, dtype=np.float64)
        # A constant dimension tells nothing: leave it at zero.
        scale = np.where(deviation > 0, deviation, 1.0)
        letters, words = _letter_vectorizer(min_df=2), _word_vectorizer(min_df=2)
        standardised = csr_matrix((vectors - mean) / scale)
        parts = [
            standardised,
            LETTERS * letters.fit_transform(texts),
            WORDS * words.fit_transform(texts),
        ]
        # Residents ask for services far more often than they greet, but which smalltalk they
        # mean must not depend on how many utterances were written for it.
        machines = LinearSVC(C=INVERSE_PENALTY, class_weight="balanced", random_state=_SEED)
        machines.fit(hstack(parts, format="csr"), labels)
        weights, bias = machines.coef_.T, machines.intercept_
        if weights.shape[1] == 1:  # Of two intents sklearn keeps only the second's side.
            weights = np.hstack([-weights / 2, weights / 2])
            bias = np.hstack([-bias / 2, bias / 2])
        return cls(
            intents=tuple(str(name) for name in machines.classes_),
            encoder=encoder,
            mean=mean,
            scale=scale,
            ngrams=tuple(str(ngram) for ngram in letters.get_feature_names_out()),
            rarity=letters.idf_,
            words=tuple(str(word) for word in words.get_feature_names_out()),
            word_rarity=words.idf_,
            weights=weights.astype(np.float32),
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
            words=np.asarray(self.words),
            word_rarity=self.word_rarity,
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
                words=tuple(str(word) for word in stored["words"]),
                word_rarity=stored["word_rarity"],
                weights=stored["weights"],
                bias=stored["bias"],
                temperature=float(stored["temperature"]),
            )


def _normalised(text: str) -> str:
    # A phone may send "å" as a letter and a ring.
    return unicodedata.normalize("NFC", text).lower()


def _letter_vectorizer(vocabulary: list[str] | None = None, min_df: int = 1) -> TfidfVectorizer:
    return TfidfVectorizer(
        preprocessor=_normalised,
        analyzer="char_wb",
        ngram_range=(2, 5),
        sublinear_tf=True,
        vocabulary=vocabulary,
        min_df=min_df,
    )


def _word_vectorizer(vocabulary: list[str] | None = None, min_df: int = 1) -> TfidfVectorizer:
    return TfidfVectorizer(
        preprocessor=_normalised,
        token_pattern=r"\w+",
        ngram_range=(1, 2),
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
