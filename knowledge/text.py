"""Words of a text as the lexical index counts them, in Swedish, Bokmål and Nynorsk.

spaCy's blank pipelines (sv, nb, nn) find the tokens, `knowledge.lemmas` their base forms, and the
Snowball stemmers (Swedish, Norwegian) what is left of endings: they meet words that no table
lists, such as Nynorsk plurals and new compounds. Bokmål and Nynorsk are one group here, so that
a question in one finds a page in the other.
"""

from __future__ import annotations

import re
import sys
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, cast

import snowballstemmer

from knowledge.lemmas import load_lemmas

if TYPE_CHECKING:
    from spacy.tokenizer import Tokenizer

GROUPS = {"sv": "sv", "nb": "no", "nn": "no", "no": "no"}
DEFAULT_GROUP = "sv"
_BLANK = {"sv": "sv", "nb": "nb", "nn": "nn", "no": "nb"}
_STEMMERS = {"sv": "swedish", "no": "norwegian"}
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
    """The index terms of a text, in order; in a language without analysis, its tokens."""
    words = tokens(text, language)
    name = group(language)
    if not name:
        return words
    with _lock:
        analysis = _analysis(name)
        return [analysis.term(word) for word in words]


class _Analysis:
    """Lemma, then stem; remembers the words it has met."""

    def __init__(self, name: str) -> None:
        self._lemmas = load_lemmas(name)
        self._stemmer = snowballstemmer.stemmer(_STEMMERS[name])
        self._known: dict[str, str] = {}

    def term(self, word: str) -> str:
        known = self._known.get(word)
        if known is None:
            if len(self._known) >= _CACHED_WORDS:
                self._known.clear()
            known = self._stemmer.stemWord(self._lemmas.lemma(word))
            self._known[word] = known
        return known


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
