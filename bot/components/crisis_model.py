"""Whether a text tells of a crisis: words that say so, and a model for all that they don't say.

The model is the sum of two machines: one with a kernel over the utterance's embedding and what
`crisis_words` finds, and a linear one that sees letters and words besides. Of a crisis it says how
sure it is: residents ask about moving house far more often than they are in danger, and a line
that lets nearly every crisis through lets some of their questions through too. Kernel, penalties,
weights and both lines come from cross-validation over the training data; nlu_data/README.md has
the figures.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.svm import SVC, LinearSVC

from bot.components.crisis_words import KINDS, Findings, crisis_words
from bot.components.intent_model import _letter_vectorizer, _word_vectorizer

Vectors = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float64]
Certainty = Literal["certain", "likely", "possible"]
"""`certain` outranks whatever else was understood. `likely` (more probably a crisis than not) and
`possible` only add to the answer where the turn asks something."""

LANGUAGES = ("sv", "nb", "nn")
NONE = "none"
RECALL = 0.98
"""The share of held-back crises that shall be possible at least."""
MOST_CERTAIN, MOST_POSSIBLE = 0.005, 0.06
"""The shares of held-back everyday utterances that may be taken for a crisis, and for a possible
one; the second is kept even where RECALL then isn't."""
MIDDLE = 0.0
"""The margin between crisis and none."""
SAME = 0.93
"""Cosine above which two texts count as one, perhaps in two languages, when some are held back."""
SURE, HINT, ANY = 0.5, 0.3, 0.8
"""How much a finding weighs beside an embedding of length one: a kind's, and that of any kind."""
GAMMA, PENALTY = 0.5, 3.0
"""The kernel's width and the C of the machine with the kernel."""
LINEAR_PENALTY = 0.5
"""The C of the linear one."""
LETTERS, WORDS = 1.0, 0.7
"""How much letters and words weigh in it."""
EVERYDAY = 4000
"""Everyday utterances that are learnt from: more take longer and change little."""

MOST_PASSAGES = 8
LONGEST_PASSAGE = 24
"""Words: a longer sentence is looked at in pieces that overlap by half."""

_FOLDS = 3
_SEED = 17
_END = re.compile(r"[.!?…]+\s+|\n+")


class CrisisDataError(ValueError):
    """The crisis data can't be trained on; the message says which file and why."""


@dataclass(frozen=True)
class CrisisRow:
    """A text of the data; `kind` is one of KINDS, or "none"."""

    language: str
    text: str
    kind: str


@dataclass(frozen=True)
class Crisis:
    """What was found; `probability` in 0..1."""

    kind: str
    probability: float
    certainty: Certainty = "certain"


def read_rows(folder: Path) -> list[CrisisRow]:
    """The rows of sv.jsonl, nb.jsonl and nn.jsonl.

    Raises:
        CrisisDataError: a file is missing or has a line that is no row.
    """
    rows = []
    for language in LANGUAGES:
        path = folder / f"{language}.jsonl"
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise CrisisDataError(f"{path}: {error.strerror}") from error
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                text, kind = row["text"], row["kind"] or NONE
            except (ValueError, KeyError, TypeError) as error:
                raise CrisisDataError(f"{path}, line {number}: {error!r}") from error
            if not isinstance(text, str) or not text.strip() or kind not in (*KINDS, NONE):
                raise CrisisDataError(f"{path}, line {number}: no text, or no such kind: {kind}.")
            rows.append(CrisisRow(language, text, kind))
    return rows


def passages(text: str) -> list[str]:
    """The parts of a long text that are looked at one by one; none when it is short.

    One sad sentence in a long letter about the rent moves the letter's embedding but little.
    """
    pieces = []
    for sentence in _END.split(text):
        words = sentence.split()
        step = LONGEST_PASSAGE // 2
        last = max(len(words) - step, 1)
        pieces += [" ".join(words[at : at + LONGEST_PASSAGE]) for at in range(0, last, step)]
    pieces = [piece for piece in pieces if piece]
    if len(pieces) < 2:
        return []
    # Of a very long text, neighbours are put together so that few embeddings are needed.
    bunch = -(-len(pieces) // MOST_PASSAGES)
    return [" ".join(pieces[at : at + bunch]) for at in range(0, len(pieces), bunch)]


@dataclass(frozen=True)
class CrisisModel:
    """Two machines for "crisis or none", a linear model for its kind, and two lines.

    `possible` and `certain` are margins: at them and above, a text is taken for such a crisis.
    """

    encoder: str
    mean: Scores
    scale: Scores
    support: Scores
    duals: Scores
    ngrams: npt.NDArray[np.str_]
    rarity: Scores
    words: npt.NDArray[np.str_]
    word_rarity: Scores
    weights: Scores
    intercept: float
    kind_weights: Scores
    kind_bias: Scores
    slope: float = 1.0
    offset: float = 0.0
    possible: float = MIDDLE
    certain: float = MIDDLE

    def find(self, text: str, vectors: Vectors) -> Crisis | None:
        """The crisis that a text tells of, or None.

        Args:
            text: what the resident wrote.
            vectors: the embeddings of the text and of its `passages`, shape (1 + passages,
                dimension), or of shape (0, …) when there are none: then the words decide alone.
        """
        parts = [text, *passages(text)][: len(vectors)]
        found = [crisis_words().find(part) for part in parts or [text]]
        sure = next((each for each in found if each.sure), None)
        if not parts:
            return Crisis(sure.sure[0], self._probability(self.certain)) if sure else None
        features = self._features(vectors, found)
        margins = self._margins(parts, features)
        best = int(np.argmax(margins))
        margin = float(margins[best])
        if sure is not None and margin < self.certain:
            best, margin = found.index(sure), self.certain
        if margin < self.possible:
            return None
        kind = self._kind(features[best], found[best])
        return Crisis(kind, self._probability(margin), self._certainty(margin))

    def _certainty(self, margin: float) -> Certainty:
        if margin >= self.certain:
            return "certain"
        return "likely" if margin >= MIDDLE else "possible"

    def _kind(self, features: Scores, found: Findings) -> str:
        if len(found.sure) == 1:
            return found.sure[0]
        return KINDS[int(np.argmax(features @ self.kind_weights + self.kind_bias))]

    def _features(self, vectors: Vectors, found: Sequence[Findings]) -> Scores:
        return _stack((vectors - self.mean) / self.scale, found)

    def _margins(self, texts: Sequence[str], features: Scores) -> Scores:
        squares = (
            (features**2).sum(axis=1)[:, None]
            + self._support_squares[None, :]
            - 2 * features @ self.support.T
        )
        near: Scores = np.exp(-GAMMA * squares) @ self.duals
        width = features.shape[1]
        ends = width, width + len(self.ngrams)
        linear: Scores = features @ self.weights[:width]
        letters: Scores = self._letters.transform(texts) @ self.weights[ends[0] : ends[1]]
        words: Scores = self._words.transform(texts) @ self.weights[ends[1] :]
        margins: Scores = near + linear + LETTERS * letters + WORDS * words + self.intercept
        return margins

    def _largest_margins(self, texts: Sequence[list[str]], vectors: Sequence[Vectors]) -> Scores:
        """Of each text's parts the largest margin, infinite where one has sure words."""
        parts = [part for each in texts for part in each]
        found = [crisis_words().find(part) for part in parts]
        margins = self._margins(parts, self._features(np.vstack(vectors), found))
        margins[[bool(each.sure) for each in found]] = np.inf
        starts = np.cumsum([0, *map(len, texts)])[:-1]
        largest: Scores = np.maximum.reduceat(margins, starts)
        return largest

    def _probability(self, margin: float) -> float:
        return float(1 / (1 + np.exp(-(self.slope * margin + self.offset))))

    @cached_property
    def _support_squares(self) -> Scores:
        squares: Scores = (self.support**2).sum(axis=1)
        return squares

    @cached_property
    def _letters(self) -> TfidfVectorizer:
        vectorizer = _letter_vectorizer(vocabulary=self.ngrams.tolist())
        vectorizer.idf_ = self.rarity
        return vectorizer

    @cached_property
    def _words(self) -> TfidfVectorizer:
        vectorizer = _word_vectorizer(vocabulary=self.words.tolist())
        vectorizer.idf_ = self.word_rarity
        return vectorizer

    @classmethod
    def fit(
        cls,
        rows: Sequence[CrisisRow],
        vectors: Sequence[Vectors],
        everyday: Sequence[str],
        everyday_vectors: Vectors,
        encoder: str,
    ) -> CrisisModel:
        """The model of these rows, its probabilities and its lines from held-back folds of them.

        Args:
            rows: the crisis data.
            vectors: for each row the embeddings of its text and its passages.
            everyday: what residents say otherwise. What has sure words of a crisis is left out:
                a question about violence may well be asked by who suffers it.
            everyday_vectors: their embeddings, shape (n, dimension).
            encoder: its name.
        """
        calm = _some_calm(everyday)
        texts = [*(row.text for row in rows), *(everyday[index] for index in calm)]
        kinds = np.asarray([*(row.kind for row in rows), *([NONE] * len(calm))])
        matrix = np.vstack([*(each[:1] for each in vectors), everyday_vectors[calm]])
        found = [crisis_words().find(text) for text in texts]
        margins = np.zeros(len(texts))
        longer = {index: passages(row.text) for index, row in enumerate(rows)}
        _, groups = connected_components(csr_matrix(matrix @ matrix.T > SAME), directed=False)
        folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=_SEED)
        for train, test in folds.split(matrix, kinds, groups):
            part = cls._fit(
                [texts[index] for index in train],
                matrix[train],
                [found[index] for index in train],
                kinds[train],
                encoder,
            )
            parts = [[texts[index], *longer.get(index, ())] for index in test]
            embedded = [vectors[i] if i < len(rows) else matrix[i : i + 1] for i in test]
            margins[test] = part._largest_margins(parts, embedded)
        crisis, common = kinds != NONE, np.arange(len(texts)) >= len(rows)
        possible, certain = _lines(margins[crisis], margins[common])
        # What has sure words is certain; it tells nothing about the margins.
        open_ = np.isfinite(margins)
        platt = LogisticRegression(C=1e3).fit(margins[open_, None], crisis[open_])
        return replace(
            cls._fit(texts, matrix, found, kinds, encoder),
            slope=float(platt.coef_[0, 0]),
            offset=float(platt.intercept_[0]),
            possible=possible,
            certain=certain,
        )

    @classmethod
    def _fit(
        cls,
        texts: Sequence[str],
        vectors: Vectors,
        found: Sequence[Findings],
        kinds: npt.NDArray[np.str_],
        encoder: str,
    ) -> CrisisModel:
        mean = vectors.mean(axis=0, dtype=np.float64)
        deviation = vectors.std(axis=0, dtype=np.float64)
        # All embeddings of length about one, like the findings beside them.
        scale = np.where(deviation > 0, deviation, 1.0) * np.sqrt(vectors.shape[1])
        features = _stack((vectors - mean) / scale, found)
        crisis = kinds != NONE
        kernel = SVC(C=PENALTY, gamma=GAMMA, class_weight="balanced")
        kernel.fit(features, crisis)
        letters, words = _letter_vectorizer(min_df=2), _word_vectorizer(min_df=2)
        columns = [
            csr_matrix(features),
            LETTERS * letters.fit_transform(texts),
            WORDS * words.fit_transform(texts),
        ]
        linear = LinearSVC(C=LINEAR_PENALTY, class_weight="balanced", random_state=_SEED)
        linear.fit(hstack(columns, format="csr"), crisis)
        which = LogisticRegression(C=10.0, max_iter=2000, class_weight="balanced")
        which.fit(features[crisis], kinds[crisis])
        kind_weights = np.zeros((features.shape[1], len(KINDS)))
        bias = np.full(len(KINDS), -np.inf)
        coefficients, intercepts = which.coef_, which.intercept_
        if len(which.classes_) == 2:  # Of two kinds sklearn keeps only the second's side.
            coefficients = np.vstack([-coefficients, coefficients])
            intercepts = np.hstack([-intercepts, intercepts])
        for row, kind in enumerate(which.classes_):
            kind_weights[:, KINDS.index(kind)] = coefficients[row]
            bias[KINDS.index(kind)] = intercepts[row]
        return cls(
            encoder=encoder,
            mean=mean,
            scale=scale,
            support=kernel.support_vectors_,
            duals=kernel.dual_coef_[0],
            ngrams=np.asarray(letters.get_feature_names_out(), dtype=np.str_),
            rarity=letters.idf_,
            words=np.asarray(words.get_feature_names_out(), dtype=np.str_),
            word_rarity=words.idf_,
            weights=linear.coef_[0],
            intercept=float(kernel.intercept_[0] + linear.intercept_[0]),
            kind_weights=kind_weights,
            kind_bias=bias,
        )

    def save(self, path: Path) -> None:
        """Write the model as arrays: no pickle, so that reading it runs no code."""
        arrays = {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}
        np.savez_compressed(path, **arrays)

    @classmethod
    def read(cls, path: Path) -> CrisisModel:
        """The model that `save` wrote to `path`."""
        with np.load(path, allow_pickle=False) as stored:
            values: dict[str, Any] = {
                name: array if array.ndim else array.item() for name, array in stored.items()
            }
            return cls(**values)


def _some_calm(everyday: Sequence[str]) -> list[int]:
    """Which of these are learnt from; the same ones in whatever order they come."""
    calm = [index for index, text in enumerate(everyday) if not crisis_words().find(text).sure]
    calm.sort(key=lambda index: everyday[index])
    chosen = np.random.default_rng(_SEED).permutation(len(calm))[:EVERYDAY]
    return [calm[place] for place in chosen]


def _lines(crises: Scores, common: Scores) -> tuple[float, float]:
    """From which margin a crisis is possible, and from which it is certain."""
    certain = max(MIDDLE, _above_all_but(MOST_CERTAIN, common))
    wanted = float(np.quantile(crises, 1 - RECALL, method="lower"))
    possible = max(wanted, _above_all_but(MOST_POSSIBLE, common))
    return min(possible, certain), certain


def _above_all_but(share: float, margins: Scores) -> float:
    """The least margin that at most this share of them is above or at."""
    descending = np.sort(margins)[::-1]
    return float(np.nextafter(descending[int(share * len(margins))], np.inf))


def _stack(vectors: Scores, found: Sequence[Findings]) -> Scores:
    """The standardised embeddings with the findings beside them, shape (n, dimension + 12)."""
    findings = np.asarray(
        [
            [SURE * (kind in each.sure) for kind in KINDS]
            + [HINT * (kind in each.hints) for kind in KINDS]
            + [ANY * bool(each.sure), ANY * bool(each.hints)]
            for each in found
        ],
        dtype=np.float64,
    )
    stacked: Scores = np.hstack([vectors, findings])
    return stacked
