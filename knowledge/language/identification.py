"""Which of Swedish, Bokmål, Nynorsk, Danish and English a text is in, or none of them.

Made for utterances of a few words. Each word has a weight for each language: its own where its
letters would mislead, else those of its letter sequences. Words are taken one by one, so that
what a short text leaves open follows what is likely beforehand, and a clear one overrides it.
The weights are made by `knowledge.language.train_identification`.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

LANGUAGES = ("sv", "nb", "nn", "da", "en", "other")
MODEL = Path(__file__).with_name("identification.npz")
BUCKETS = 1 << 16
"""Letter sequences share so many rows of weights."""
STEP = 0.1
"""What one step of a stored weight is worth, in natural logarithms."""
USUAL = {"sv": 0.2, "nb": 0.35, "nn": 0.2, "da": 0.1, "en": 0.05, "other": 0.1}
"""What is likely beforehand where nobody says."""
SHARPNESS = 0.8
"""What each word's weights count for: neighbouring words do not speak independently."""
UNLISTED_DOUBT = 0.003
"""No single word that has no weights of its own, a name or a slip, may rule a language out."""
LEAST = 0.02
"""What a prior leaves to each language at least, so that a clear text overrides it."""
SEEN_WEIGHT = 2.0
"""What one earlier utterance in a language counts for, beside 1 for the municipality's own."""
SCRIPT_SHARE = 0.5
"""The share of letters outside the Latin alphabet that makes a text another language at once."""
LONGEST_WORD = 40
MOST_WORDS = 400
"""What stands after these adds nothing."""

Floats = npt.NDArray[np.float64]

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SHORTEST_PART, _LONGEST_PART = 1, 5


class PriorError(ValueError):
    """A prior names no language of LANGUAGES or holds a weight that is none."""


@dataclass(frozen=True, slots=True)
class Identified:
    """How likely each language of LANGUAGES is for a text; the sum is 1."""

    probabilities: dict[str, float]

    @property
    def language(self) -> str:
        """The likeliest."""
        return max(self.probabilities, key=self.probabilities.__getitem__)


def identify(text: str, prior: Mapping[str, float] | None = None) -> Identified:
    """How likely a text is to be in each language.

    `prior`: weights of what is likely beforehand, of any sum; a language that it leaves out
    keeps a little. Text without letters is as likely as beforehand. Errors: PriorError.
    """
    before = np.log(_vector(USUAL) if prior is None else _weights(prior))
    if _other_script(text):
        return _identified(np.where(np.array(LANGUAGES) == "other", 0.0, -50.0))
    return _identified(before + _model().score(text))


def prior_of(municipality: Collection[str], seen: Mapping[str, int]) -> dict[str, float]:
    """A prior from a municipality's languages and how many utterances were in which.

    Result: weights of all LANGUAGES, of sum 1; the usual ones where nothing is given.
    Errors: PriorError.
    """
    _known([*municipality, *seen])
    if any(count < 0 for count in seen.values()):
        raise PriorError(f"prior: a count of utterances is negative: {dict(seen)}")
    weights = {
        language: (language in municipality) + SEEN_WEIGHT * seen.get(language, 0)
        for language in LANGUAGES
    }
    total = sum(weights.values())
    if not total:
        return dict(USUAL)
    return {language: weight / total for language, weight in weights.items()}


def words(text: str) -> list[str]:
    """The lower-case words of a text, without digits and signs."""
    return _WORD.findall(unicodedata.normalize("NFC", text).lower())


def key(word: str) -> int:
    """The number that a word is found by, the same in every process."""
    return zlib.crc32(word.encode())


def grams(word: str) -> list[int]:
    """The rows of weights of a word's letter sequences, its beginning and end marked."""
    marked = f"<{word}>"
    parts = {
        marked[start : start + size]
        for size in range(_SHORTEST_PART, _LONGEST_PART + 1)
        for start in range(len(marked) - size + 1)
    }
    return sorted({zlib.crc32(part.encode()) % BUCKETS for part in parts | {marked}})


class _Model:
    """Stored weights, in steps of STEP: keys (words,), words (words, 6), grams (BUCKETS, 6)."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as arrays:
            self._keys: npt.NDArray[np.uint32] = arrays["keys"]
            self._words: npt.NDArray[np.int8] = arrays["words"]
            self._grams: npt.NDArray[np.int8] = arrays["grams"]
            self._bias: npt.NDArray[np.float32] = arrays["bias"]

    def score(self, text: str) -> Floats:
        """Log likelihoods of a text (6,), up to a constant."""
        total = np.zeros(len(LANGUAGES))
        for word in words(text)[:MOST_WORDS]:
            total += self._word(word[:LONGEST_WORD])
        return SHARPNESS * total

    def _word(self, word: str) -> Floats:
        wanted = key(word)
        place = int(np.searchsorted(self._keys, np.uint32(wanted)))
        if place < len(self._keys) and self._keys[place] == wanted:
            own: Floats = self._words[place] * STEP
            return own
        logits = self._grams[grams(word)].sum(0, dtype=np.int64) * STEP + self._bias
        spread = np.exp(logits - logits.max())
        guessed: Floats = np.log(spread / spread.sum() + UNLISTED_DOUBT)
        return guessed


@cache
def _model() -> _Model:
    return _Model(MODEL)


def _identified(logs: Floats) -> Identified:
    likely = np.exp(logs - logs.max())
    likely /= likely.sum()
    return Identified(dict(zip(LANGUAGES, likely.tolist(), strict=True)))


def _weights(prior: Mapping[str, float]) -> Floats:
    _known(prior)
    given = _vector(prior)
    if not np.isfinite(given).all() or (given < 0).any() or given.sum() <= 0:
        raise PriorError(f"prior: weights must be numbers of 0 or more, not all 0: {dict(prior)}")
    weights: Floats = given / given.sum() * (1 - LEAST * len(LANGUAGES)) + LEAST
    return weights


def _vector(weights: Mapping[str, float]) -> Floats:
    return np.array([weights.get(language, 0.0) for language in LANGUAGES], np.float64)


def _known(names: Collection[str]) -> None:
    unknown = sorted(set(names) - set(LANGUAGES))
    if unknown:
        raise PriorError(
            f"prior: no such language: {', '.join(unknown)}; there are {', '.join(LANGUAGES)}"
        )


def _other_script(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    foreign = sum(not unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    return foreign > SCRIPT_SHARE * len(letters)
