"""Terms of a municipality that a misspelt word may stand for.

Letters are compared without their rings, dots and strokes (å and ä as a, ö and ø as o, also when
they are typed aa, ae, oe), so a missing one costs nothing; one slip (a letter too many, too few,
wrong or swapped) is forgiven in words of FEWEST_LETTERS_ONE letters and two in longer ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

FEWEST_LETTERS_ONE = 5
FEWEST_LETTERS_TWO = 8
FEWEST_LETTERS_FOLDED = 3
SAME_START = 6
"""Terms that are shorter than this must begin with the right letter."""

_LETTERS = str.maketrans("åäæàáâöøóòôéèêëüúíï", "aaaaaaoooooeeeeuuii")
_DIGRAPHS = (("aa", "a"), ("ae", "a"), ("oe", "o"))


def folded(word: str) -> str:
    """A lower-case word as it might be typed on a keyboard without å, ä, ö, æ and ø."""
    word = word.translate(_LETTERS)
    for typed, letter in _DIGRAPHS:
        word = word.replace(typed, letter)
    return word


def slips(one: str, other: str, most: int) -> int:
    """Damerau-Levenshtein distance (optimal string alignment); most + 1 for all above `most`."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        row = [i]
        for j, wanted in enumerate(other, start=1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (letter != wanted))
            swapped = before and j > 1 and letter == other[j - 2] and one[i - 2] == wanted
            row.append(min(cost, before[j - 2] + 1) if swapped else cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return min(last[-1], most + 1)


class Vocabulary:
    """The terms of a municipality; 17 bytes each beside the terms themselves. Never changes."""

    def __init__(self, terms: Sequence[str], counts: Sequence[int] | npt.NDArray[np.int64]) -> None:
        """`counts`: how many documents have each of the terms."""
        self.terms = terms
        self.counts = counts
        forms = [folded(term) for term in terms]
        hashes = np.fromiter((hash(form) for form in forms), np.int64, len(forms))
        self._order = np.argsort(hashes, kind="stable").astype(np.int32)
        self._hashes = hashes[self._order]
        self._letters = np.fromiter((_letters(form) for form in forms), np.uint32, len(forms))
        # Terms with a digit in them are nothing that a word could have been meant for.
        lengths = (len(form) if form.isalpha() else 0 for form in forms)
        self._lengths = np.fromiter((min(n, 255) for n in lengths), np.uint8, len(forms))

    def count(self, term: str) -> int:
        """How many documents have a term."""
        return next((int(self.counts[n]) for n in self._alike(term) if self.terms[n] == term), 0)

    def nearest(self, term: str) -> dict[str, int]:
        """The terms that a term not in here may be meant for, with the number of slips."""
        if not term.isalpha():
            return {}
        form = folded(term)
        if len(form) >= FEWEST_LETTERS_FOLDED:
            alike = [n for n in self._alike(term) if self._lengths[n]]
            if alike:
                return {self.terms[n]: 0 for n in alike}
        if len(form) < FEWEST_LETTERS_ONE:
            return {}
        most = 1 if len(form) < FEWEST_LETTERS_TWO else 2
        found = [
            (distance, other[0] != form[0], -int(self.counts[n]), self.terms[n])
            for n in self._similar(form, most).tolist()
            if (distance := slips(form, other := folded(self.terms[n]), most)) <= most
            and (len(form) >= SAME_START or other[0] == form[0])
        ]
        return {best[3]: best[0] for best in [min(found)]} if found else {}

    def _alike(self, term: str) -> list[int]:
        """Numbers of the terms with the same folded form."""
        form = folded(term)
        key = hash(form)
        first, last = np.searchsorted(self._hashes, [key, key + 1])
        numbers: list[int] = self._order[first:last].tolist()
        return [n for n in numbers if folded(self.terms[n]) == form]

    def _similar(self, form: str, most: int) -> npt.NDArray[np.int64]:
        """Numbers of the terms of about the same length and letters.

        A slip loses at most one of the letters and adds at most one.
        """
        shortest, longest = len(form) - most, len(form) + most
        near = np.flatnonzero((self._lengths >= shortest) & (self._lengths <= longest))
        theirs, ours = self._letters[near], np.uint32(_letters(form))
        lost, added = np.bitwise_count(theirs & ~ours), np.bitwise_count(ours & ~theirs)
        similar: npt.NDArray[np.int64] = near[(lost <= most) & (added <= most)]
        return similar


def _letters(form: str) -> int:
    """Which letters a form has, one bit each."""
    bits = 0
    for letter in form:
        bits |= 1 << (ord(letter) & 31)
    return bits
