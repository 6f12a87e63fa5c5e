"""Takes compounds apart: förskoleplats is förskola and plats, barnehageplass barnehage and plass.

A word is cut where both sides are parts of many words that the lemma tables list; how many tells
one cut from another. What joins the parts (-s-, -e-, skol- for skola, gatu- for gata) goes, so
that each part is a base form. Unlisted first parts are taken apart in turn.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Container

from knowledge.language.lemmas import LemmaTable

SHORTEST_WORD = 7
SHORTEST_FIRST = 3
SHORTEST_LAST = 4
FEWEST_WORDS = 3
"""What fewer words begin or end with is not taken for a part."""
DEEPEST = 2
"""How many times an unlisted first part may be taken apart again."""

# First parts and what stands for their ending in the base form, the likeliest first.
_JOINTS = {
    "sv": (("s", ""), ("", "a"), ("e", "a"), ("u", "a"), ("o", "a"), ("", "e"), ("e", "")),
    "no": (("s", ""), ("e", ""), ("", "e"), ("e", "a")),
}
_LISTED_ONCE = 0.5
_TAKEN_APART = -0.5
"""How good a first part is that begins few listed words: what counts is the last part."""


class Compounds:
    """The parts of a group's words."""

    def __init__(
        self,
        base_forms: Collection[str],
        table: LemmaTable,
        group: str,
        lemma: Callable[[str], str],
    ) -> None:
        """`base_forms`: those that `table` was made of; `lemma`: makes one of a last part."""
        self._lemma = lemma
        self._joints = _JOINTS[group]
        # While all of them are looked through, a set of strings is the faster one.
        self._known: Container[str] = base_forms
        firsts: Counter[str] = Counter()
        lasts: Counter[str] = Counter()
        for word in base_forms:
            if not word.isalpha():
                continue
            for cut in range(SHORTEST_FIRST, len(word) - SHORTEST_FIRST + 1):
                if word[cut:] in base_forms and self._first(word[:cut]):
                    firsts[word[:cut]] += 1
                    lasts[word[cut:]] += 1
        self._firsts = {part: count for part, count in firsts.items() if count >= FEWEST_WORDS}
        self._lasts = {part: count for part, count in lasts.items() if count >= FEWEST_WORDS}
        self._known = table.base_forms

    def parts(self, word: str, depth: int = 0) -> tuple[str, ...]:
        """The base forms that a lower-case word is made of; none of a word that is no compound."""
        if len(word) < SHORTEST_WORD or not word.isalpha():
            return ()
        best: tuple[str, ...] = ()
        best_score = 0.0
        for cut in range(SHORTEST_FIRST, len(word) - SHORTEST_LAST + 1):
            last = self._lemma(word[cut:])
            known = self._lasts.get(last) or self._lasts.get(word[cut:])
            if not known:
                continue
            firsts, score = self._begun(word[:cut], depth)
            score += math.log1p(known)
            if firsts and score > best_score:
                best, best_score = (*firsts, last), score
        return best

    def _begun(self, first: str, depth: int) -> tuple[tuple[str, ...], float]:
        """The parts of what stands before the last one, and how likely they are."""
        known = self._firsts.get(first)
        if known:
            return (self._first(first),), math.log1p(known)
        if depth == DEEPEST:
            return (), 0.0
        base = self._first(first) if len(first) > SHORTEST_FIRST else ""
        if base:
            return (base,), _LISTED_ONCE
        return self.parts(first.removesuffix("s"), depth + 1), _TAKEN_APART

    def _first(self, part: str) -> str:
        """The base form of a first part, "" when there is none."""
        if part in self._known:
            return part
        for joint, ending in self._joints:
            bare = part.removesuffix(joint)
            if not part.endswith(joint) or (joint and not ending and len(bare) < SHORTEST_FIRST):
                continue
            if bare + ending in self._known:
                return bare + ending
        return ""
