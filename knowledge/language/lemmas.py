"""Base forms of inflected words, from the tables of the package spacy-lookups-data.

Swedish: its table of 660 000 forms. Bokmål: its exception tables of nouns, verbs and adjectives
(Norsk Ordbank, Nasjonalbiblioteket, CC BY 4.0). The package has none for Nynorsk: its forms are
looked up in the Bokmål tables after `knowledge.language.nynorsk` has put them into its spelling.
"""

from __future__ import annotations

import gzip
import json
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources

import numpy as np
import numpy.typing as npt

PACKAGE = "spacy_lookups_data"
_SWEDISH = "sv_lemma_lookup.json.gz"
_BOKMAL = "nb_lemma_exc.json.gz"
_BOKMAL_CLASSES = ("adj", "verb", "noun")
"""Where a form is listed under several word classes, the last one here is taken."""


class WordSet:
    """Whether a word is one of many, in 8 bytes a word."""

    def __init__(self, words: Iterable[str]) -> None:
        self._hashes = array("q", np.unique(_hashes(list(words))).tobytes())

    def __contains__(self, word: object) -> bool:
        key = hash(word)
        position = bisect_left(self._hashes, key)
        return position < len(self._hashes) and self._hashes[position] == key


class LemmaTable:
    """Half a million forms in a few megabytes: sorted 64-bit hashes instead of a dict of strings.

    Two forms with one hash among 10^6 are a matter of 1 in 10^7, and cost a wrong base form.
    """

    def __init__(self, lemmas: Mapping[str, str]) -> None:
        changed = {form: lemma for form, lemma in lemmas.items() if form != lemma}
        names = sorted(set(changed.values()))
        numbers = {lemma: number for number, lemma in enumerate(names)}
        hashes = _hashes(list(changed))
        targets = np.fromiter((numbers[v] for v in changed.values()), np.int32, len(changed))
        order = np.argsort(hashes, kind="stable")
        self._hashes = array("q", hashes[order].tobytes())
        self._targets = targets[order]
        encoded = [lemma.encode() for lemma in names]
        self._ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        self._names = b"".join(encoded)
        self.base_forms = WordSet(lemmas.values())
        """The base forms that the table knows."""

    def lemma(self, form: str) -> str:
        """The base form of a lower-case word; the word itself when it isn't listed."""
        return self.listed(form) or form

    def knows(self, form: str) -> bool:
        """Whether a lower-case word is a word of the language, as far as the table goes."""
        return form in self.base_forms or self.listed(form) is not None

    def listed(self, form: str) -> str | None:
        """The base form of a form that differs from it; None for every other word."""
        key = hash(form)
        position = bisect_left(self._hashes, key)
        if position == len(self._hashes) or self._hashes[position] != key:
            return None
        target = int(self._targets[position])
        return self._names[int(self._ends[target]) : int(self._ends[target + 1])].decode()


def read_lemmas(group: str) -> dict[str, str]:
    """Base forms by form for "sv", or for "no": Bokmål."""
    if group == "sv":
        return dict(_lower(_read(_SWEDISH)))
    tables = _read(_BOKMAL)
    merged: dict[str, str] = {}
    for word_class in _BOKMAL_CLASSES:
        merged.update(_lower(tables[word_class]))
    return merged


def _hashes(words: list[str]) -> npt.NDArray[np.int64]:
    return np.fromiter((hash(word) for word in words), np.int64, len(words))


def _read(name: str) -> dict[str, dict[str, object]]:
    path = resources.files(PACKAGE) / "data" / name
    with path.open("rb") as packed:
        tables: dict[str, dict[str, object]] = json.loads(gzip.decompress(packed.read()))
    return tables


def _lower(table: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Lower-case pairs; of several base forms the first."""
    for form, lemma in table.items():
        first = lemma[0] if isinstance(lemma, list) else lemma
        yield form.lower(), str(first).lower()
