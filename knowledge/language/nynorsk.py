"""Nynorsk words in Bokmål's spelling, so that a question in one finds a page in the other.

No free table of Nynorsk lemmas is packaged; nynorsk.toml lists by hand the common words and parts
of words (skule, heim, sjuk …) whose Bokmål form differs by more than an ending. Bokmål's own
optional forms (veg, heim) go the same way.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

from knowledge.language.lemmas import LemmaTable

WORDS = Path(__file__).with_name("nynorsk.toml")

# -kje and -gje of verbs and nouns: søkje, byggje, merkje.
_SOFT = re.compile(r"(?<=[a-zæøå]{2})([kg])j(?=(?:e|er|a|ar|ande|aren|arar|arane)$)")

_ENDING = re.compile(r"(?<=[a-zæøå]{2})a(?:r|ne|ren|rane)$")


def _ending_in_bokmal(found: re.Match[str]) -> str:
    """barnehagar, -ane, målaren, -arane as barnehager, -ene, måleren, -erene."""
    return found.group().replace("a", "e")


class Nynorsk:
    """What Bokmål word a Norwegian word is counted as."""

    def __init__(self, table: LemmaTable, stem: Callable[[str], str]) -> None:
        listed = tomllib.loads(WORDS.read_text("utf-8"))
        self._table = table
        self._stem = stem
        self._words: dict[str, str] = listed["words"]
        self._parts: dict[str, str] = listed["parts"]
        longest_first = sorted(self._parts, key=len, reverse=True)
        self._part = re.compile("|".join(map(re.escape, longest_first)))
        self._stems: dict[str, str] = {}
        for word, bokmal in self._words.items():
            self._stems.setdefault(stem(table.lemma(word)), self._bokmal_term(bokmal))

    def knows(self, word: str) -> bool:
        return word in self._words

    def lemma(self, word: str) -> str:
        """The base form in Bokmål's spelling."""
        lemma = self._table.lemma(word)
        if word.endswith("s") and not self._table.knows(word):
            # Genitives, which Bokmål's tables leave out.
            lemma = self._table.listed(word[:-1]) or word
        rewritten = _SOFT.sub(r"\1", self._part.sub(self._part_in_bokmal, lemma))
        if not self._table.knows(rewritten):
            rewritten = _ENDING.sub(_ending_in_bokmal, rewritten)
        return self._table.lemma(rewritten)

    def term(self, word: str) -> str:
        """The term that a lower-case word is counted as."""
        known = self._words.get(word) or self._words.get(self._table.lemma(word))
        if known:
            return self._bokmal_term(known)
        term = self._stem(self.lemma(word))
        # A word that Bokmål lists is that one, whatever Nynorsk word has its stem.
        return term if self._table.listed(word) else self._stems.get(term, term)

    def _part_in_bokmal(self, found: re.Match[str]) -> str:
        return self._parts[found.group()]

    def _bokmal_term(self, word: str) -> str:
        return self._stem(self._table.lemma(word))
