"""Words of a text as the lexical index counts them, in Swedish, Bokmål and Nynorsk.

spaCy's blank pipelines (sv, nb, nn) find the tokens, `knowledge.language.lemmas` their base forms,
and the Snowball stemmers (Swedish, Norwegian) what is left of endings: they meet words that no
table lists, such as Nynorsk plurals and new compounds. Bokmål and Nynorsk are one group here, so
that a question in one finds a page in the other. The lemmas of Nynorsk come from the Bokmål tables
of spacy-lookups-data, by way of the list of differences in nynorsk.toml.

A compound counts as itself and as its parts. A question's words also count, for less, as what
officials call the same (`knowledge.language.synonyms`) and as what they may be a misspelling of
(`knowledge.language.spelling`). Every weight here was tried on six sets of questions.
"""

from __future__ import annotations

import re
import sys
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, cast

import snowballstemmer

from knowledge.language.compounds import Compounds
from knowledge.language.lemmas import LemmaTable, read_lemmas
from knowledge.language.nynorsk import Nynorsk
from knowledge.language.spelling import Vocabulary
from knowledge.language.synonyms import ENGLISH, Synonyms

if TYPE_CHECKING:
    from spacy.tokenizer import Tokenizer

GROUPS = {"sv": "sv", "nb": "no", "nn": "no", "no": "no"}
DEFAULT_GROUP = "sv"
PART_WEIGHT = 0.6
"""What a part of a question's compound counts, beside 1 for the whole."""
SYNONYM_WEIGHT = 0.3
RARE_SYNONYM_WEIGHT = 0.5
"""… when the municipality hardly uses the resident's own word."""
RARE = 5
"""Documents."""
ENGLISH_WEIGHT = 0.8
SLIP_WEIGHTS = (0.9, 0.9, 0.6)
"""What the likely meaning of a misspelt word counts, by the number of slips."""
FEWEST_LETTERS = 4
"""Shorter words are not misspelt."""
_BLANK = {"sv": "sv", "nb": "nb", "nn": "nn", "no": "nb"}
_STEMMERS = {"sv": "swedish", "no": "norwegian"}
_WRITTEN = {"sv": "sv", "no": "nb"}
_WORD = re.compile(r"[^\W_]+")
_CACHED_WORDS = 100_000


def group(language: str) -> str:
    """What languages share one analysis: "sv" or "no"; "" for all others."""
    return GROUPS.get(language, "")


def tokens(text: str, language: str) -> list[str]:
    """Lower-case words and numbers, in order; parts of hyphenated words are words."""
    with _lock:
        found = _tokenizer(_BLANK.get(language, "xx"))(unicodedata.normalize("NFC", text))
        return [word for token in found for word in _WORD.findall(token.text.lower())]


def lemmas(text: str, language: str) -> list[str]:
    """The index terms of a text, in order, each compound followed by its parts.

    In a language without analysis they are its tokens.
    """
    words = tokens(text, language)
    name = group(language)
    if not name:
        return words
    with _lock:
        analysis = _analysis(name)
        return [term for word in words for term in analysis.terms(word)]


def read_tables() -> None:
    """Read now what the first text of each language would wait for: a second or two."""
    for language in GROUPS:
        lemmas("svar", language)


def query_terms(text: str, language: str, vocabulary: Vocabulary) -> dict[str, float]:
    """The terms to look for, with how much each counts: 1 for a word itself, less for the rest.

    `vocabulary`: the terms of the index that is searched. Safe in any thread, like all here.
    """
    words = tokens(text, language)
    name = group(language)
    if not name:
        return dict.fromkeys(words, 1.0)
    with _lock:
        return _analysis(name).query(words, vocabulary)


class _Analysis:
    """Lemma, then stem; remembers the words it has met."""

    def __init__(self, name: str) -> None:
        forms = read_lemmas(name)
        self._table = LemmaTable(forms)
        self._stemmer = snowballstemmer.stemmer(_STEMMERS[name])
        self._nynorsk = Nynorsk(self._table, self._stemmer.stemWord) if name == "no" else None
        self._compounds = Compounds(frozenset(forms.values()), self._table, name, self._lemma)
        self._known: dict[str, tuple[str, ...]] = {}
        self._language = language = _WRITTEN[name]
        self._synonyms = Synonyms(name, self._whole_terms, self._whole_terms)
        self._english = Synonyms(
            ENGLISH + name, lambda words: tokens(words, language), self._whole_terms
        )

    def terms(self, word: str) -> tuple[str, ...]:
        """The term of a word, and those of its parts if it is a compound."""
        known = self._known.get(word)
        if known is None:
            if len(self._known) >= _CACHED_WORDS:
                self._known.clear()
            whole, lemma = self._term(word), self._lemma(word)
            parts = self._compounds.parts(lemma) or self._compounds.parts(word)
            others = dict.fromkeys(self._term(part) for part in parts)
            others.pop(whole, None)
            known = self._known[word] = (whole, *others)
        return known

    def query(self, words: Sequence[str], vocabulary: Vocabulary) -> dict[str, float]:
        found: dict[str, float] = {}

        def add(term: str, weight: float) -> None:
            found[term] = max(found.get(term, 0.0), weight)

        for word in words:
            whole, *parts = self.terms(word)
            add(whole, 1.0)
            for part in parts:
                add(part, PART_WEIGHT)
        for term, weight in (
            *self._officially(words, vocabulary),
            *self._respelt(words, vocabulary),
        ):
            add(term, weight)
        return found

    def _officially(
        self, words: Sequence[str], vocabulary: Vocabulary
    ) -> Iterator[tuple[str, float]]:
        """Terms that officials use for some of the words."""
        whole = [self.terms(word)[0] for word in words]
        for said, official in self._synonyms.of(whole):
            rare = all(vocabulary.count(term) <= RARE for term in said)
            weight = RARE_SYNONYM_WEIGHT if rare else SYNONYM_WEIGHT
            for term in official:
                yield term, weight / len(official) ** 0.5
        for said, official in self._english.of(words):
            if not all(self._table.knows(word) for word in said):
                for term in official:
                    yield term, ENGLISH_WEIGHT / len(official) ** 0.5

    def _respelt(self, words: Sequence[str], vocabulary: Vocabulary) -> Iterator[tuple[str, float]]:
        """Terms that words may stand for which neither municipality nor language has."""
        for word in words:
            if len(word) < FEWEST_LETTERS or not word.isalpha() or self._is_word(word):
                continue
            term = self.terms(word)[0]
            if vocabulary.count(term) or term in self._synonyms or word in self._english:
                continue
            for meant, slips in vocabulary.nearest(term).items():
                yield meant, SLIP_WEIGHTS[slips]

    def _is_word(self, word: str) -> bool:
        nynorsk = self._nynorsk is not None and self._nynorsk.knows(word)
        return nynorsk or self._table.knows(word)

    def _whole_terms(self, words: str) -> list[str]:
        return [self._term(word) for word in tokens(words, self._language)]

    def _term(self, word: str) -> str:
        if self._nynorsk:
            return self._nynorsk.term(word)
        return str(self._stemmer.stemWord(self._table.lemma(word)))

    def _lemma(self, word: str) -> str:
        return self._nynorsk.lemma(word) if self._nynorsk else self._table.lemma(word)


# Neither spaCy's tokenizer nor a Snowball stemmer may be used by two threads at once.
_lock = threading.RLock()


@cache
def _analysis(name: str) -> _Analysis:
    return _Analysis(name)


@cache
def _tokenizer(language: str) -> Tokenizer:
    with _without_torch():
        import spacy
    return spacy.blank(language).tokenizer


@contextmanager
def _without_torch() -> Iterator[None]:
    """Keeps spaCy's first import from loading torch, which it never uses here: 190 MB less."""
    modules = cast("dict[str, ModuleType | None]", sys.modules)
    if "torch" in modules:
        yield
        return
    modules["torch"] = None
    try:
        yield
    finally:
        del modules["torch"]
