"""Kernel ridge regression over an utterance's embedding, letters and words, with probabilities.

What an utterance means is told by the training utterances near its embedding; short ones ("hej på
deg", "takk for det") embeddings tell apart badly, and there letters and words help. A softmax with
a temperature fitted on held-back utterances makes probabilities of the scores. Chosen by
cross-validation over the training utterances: docs/measurements.md has the figures.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, vstack
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedGroupKFold

Vectors = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

LETTERS = 0.5
WORDS = 0.1
"""How much letters and words weigh against the nearness of embeddings."""
NARROW = 1.5
"""How fast nearness fades with the mean squared distance of standardised embeddings."""
PENALTY = 0.1
"""What the regression pays for its weights."""
SAME = 0.95
"""Cosine above which two utterances count as one when some are held back."""
_FOLDS = 3
_BLOCK = 1024
"""Rows of the kernel that are computed at once."""
_SEED = 17


class TooFewUtterancesError(ValueError):
    """An intent has too few utterances to hold some of them back for the calibration."""


@dataclass(frozen=True)
class IntentModel:
    """`known` are the standardised embeddings of the training utterances, shape (n, dimension);
    `near`, shape (n, intents), is what nearness to each of them says; `weights` what letters and
    words say.

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
    known: Vectors
    near: Vectors
    weights: Vectors
    temperature: float = 1.0

    def probabilities(self, texts: Sequence[str], vectors: Vectors) -> Scores:
        """Of shape (n, intents), rows summing to 1; `vectors` are the texts' embeddings."""
        return _softmax(self.scores(texts, vectors) / self.temperature)

    def scores(self, texts: Sequence[str], vectors: Vectors) -> Scores:
        """About 1 for an intent, about 0 for the others, before the softmax; (n, intents)."""
        standardised = ((vectors - self.mean) / self.scale).astype(np.float32)
        meaning = np.concatenate(
            [
                _nearness(standardised[start : start + _BLOCK], self.known, self._squares)
                @ self.near
                for start in range(0, len(standardised), _BLOCK)
            ]
        )
        letters: Scores = self._letters.transform(texts) @ self.weights[: len(self.ngrams)]
        words: Scores = self._words.transform(texts) @ self.weights[len(self.ngrams) :]
        scores: Scores = meaning + LETTERS * letters + WORDS * words
        return scores

    @cached_property
    def _squares(self) -> Vectors:
        return _squares(self.known)

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
        # One part held back is enough for one number. It comes last, so that the factor of the
        # whole kernel begins with that of the rest, and one factorisation serves both.
        folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=_SEED)
        splits = folds.split(vectors, labels, _groups(vectors))
        train, test = max(splits, key=lambda split: min(map(len, split)))
        order, rest = np.concatenate([train, test]), len(train)
        texts, vectors, labels = [texts[index] for index in order], vectors[order], labels[order]

        mean = vectors.mean(axis=0, dtype=np.float64)
        deviation = vectors.std(axis=0, dtype=np.float64)
        # A constant dimension tells nothing: leave it at zero.
        scale = np.where(deviation > 0, deviation, 1.0)
        known = ((vectors - mean) / scale).astype(np.float32)
        letters, words = _letter_vectorizer(min_df=2), _word_vectorizer(min_df=2)
        ngrams = letters.fit_transform(texts).astype(np.float32)
        whole_words = words.fit_transform(texts).astype(np.float32)

        truth = np.searchsorted(names, labels)
        # Residents ask for services far more often than they greet, but which smalltalk they
        # mean must not depend on how many utterances were written for it.
        penalties = PENALTY * counts[truth] * len(names) / len(labels)
        targets = np.zeros((len(labels), len(names)), dtype=np.float32, order="F")
        targets[np.arange(len(labels)), truth] = 1.0
        factor = _factor(known, ngrams, whole_words, penalties)
        halfway = solve_triangular(factor, targets, lower=True, check_finite=False)
        held_back = factor[rest:, :rest] @ halfway[:rest]
        near = solve_triangular(factor, halfway, lower=True, trans="T", check_finite=False)
        return cls(
            intents=tuple(str(name) for name in names),
            encoder=encoder,
            mean=mean,
            scale=scale,
            ngrams=tuple(str(ngram) for ngram in letters.get_feature_names_out()),
            rarity=letters.idf_,
            words=tuple(str(word) for word in words.get_feature_names_out()),
            word_rarity=words.idf_,
            known=known,
            near=np.ascontiguousarray(near, dtype=np.float32),
            weights=np.vstack([ngrams.T @ near, whole_words.T @ near]).astype(np.float32),
            temperature=_fit_temperature(held_back, truth[rest:]),
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
            known=self.known,
            near=self.near,
            weights=self.weights,
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
                known=stored["known"],
                near=stored["near"],
                weights=stored["weights"],
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


def _squares(vectors: Vectors) -> Vectors:
    squares: Vectors = np.einsum("nd,nd->n", vectors, vectors)
    return squares


def _nearness(vectors: Vectors, known: Vectors, squares: Vectors) -> Vectors:
    """1 for the same embedding, fading to 0 with the distance; (vectors, known).

    `squares` are the squared lengths of `known`.
    """
    nearness: Vectors = vectors @ known.T
    nearness *= -2
    nearness += _squares(vectors)[:, np.newaxis]
    nearness += squares
    np.maximum(nearness, 0, out=nearness)
    nearness *= -NARROW / vectors.shape[1]
    np.exp(nearness, out=nearness)
    return nearness


def _factor(known: Vectors, ngrams: csr_matrix, words: csr_matrix, penalties: Scores) -> Vectors:
    """The Cholesky factor of the kernel of all utterances with their penalties added.

    It needs four bytes for each pair of utterances: 1.6 GB for 20 000.
    """
    kernel = np.zeros((len(known), len(known)), dtype=np.float32, order="F")
    squares = _squares(known)
    for start in range(0, len(known), _BLOCK):
        # The lower triangle is all that is read.
        part = slice(start, start + _BLOCK)
        kernel[start:, part] = (
            _nearness(known[start:], known[part], squares[part])
            + LETTERS * (ngrams[start:] @ ngrams[part].T).toarray()
            + WORDS * (words[start:] @ words[part].T).toarray()
        )
    kernel[np.diag_indices_from(kernel)] += penalties
    factor: Vectors = cholesky(kernel, lower=True, overwrite_a=True, check_finite=False)
    return factor


def _groups(vectors: Vectors) -> Indices:
    """Which utterances say the same, perhaps in another language: they are held back together."""
    parts = [
        csr_matrix(vectors[start : start + _BLOCK] @ vectors.T > SAME)
        for start in range(0, len(vectors), _BLOCK)
    ]
    _, groups = connected_components(vstack(parts), directed=False)
    return np.asarray(groups, dtype=np.intp)


def _fit_temperature(scores: Scores, truth: Indices) -> float:
    rows = np.arange(len(truth))

    def loss(logarithm: float) -> float:
        probabilities = _softmax(scores / np.exp(logarithm))
        return float(-np.log(probabilities[rows, truth] + 1e-12).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-5, 3), method="bounded").x))


def _softmax(scores: Scores) -> Scores:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    softened: Scores = powers / powers.sum(axis=1, keepdims=True)
    return softened
