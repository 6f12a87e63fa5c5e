"""Base forms of inflected words, from the tables of the package spacy-lookups-data.

Swedish: its table of 660 000 forms. Bokmål: its exception tables of nouns, verbs and adjectives
(Norsk Ordbank, Nasjonalbiblioteket, CC BY 4.0). The package has none for Nynorsk, so the Bokmål
tables serve there too, for the many forms that the two share; the stemmer does the rest.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from importlib import resources

import numpy as np

PACKAGE = "spacy_lookups_data"
_SWEDISH = "sv_lemma_lookup.json.gz"
_BOKMAL = "nb_lemma_exc.json.gz"
_BOKMAL_CLASSES = ("adj", "verb", "noun")
"""Where a form is listed under several word classes, the last one here is taken."""


class LemmaTable:
    """Half a million forms in a few megabytes: sorted 64-bit hashes instead of a dict of strings.

    Two forms with one hash among 10^6 are a matter of 1 in 10^7, and cost a wrong base form.
    """

    def __init__(self, lemmas: Mapping[str, str]) -> None:
        changed = {form: lemma for form, lemma in lemmas.items() if form != lemma}
        names = sorted(set(changed.values()))
        numbers = {lemma: number for number, lemma in enumerate(names)}
        hashes = np.fromiter((hash(form) for form in changed), np.int64, len(changed))
        targets = np.fromiter((numbers[v] for v in changed.values()), np.int32, len(changed))
        order = np.argsort(hashes, kind="stable")
        self._hashes = hashes[order]
        self._targets = targets[order]
        encoded = [lemma.encode() for lemma in names]
        self._ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        self._names = b"".join(encoded)

    def lemma(self, form: str) -> str:
        """The base form of a lower-case word; the word itself when it isn't listed."""
        key = hash(form)
        position = int(np.searchsorted(self._hashes, key))
        if position == len(self._hashes) or int(self._hashes[position]) != key:
            return form
        target = int(self._targets[position])
        return self._names[int(self._ends[target]) : int(self._ends[target + 1])].decode()


def load_lemmas(group: str) -> LemmaTable:
    """The table for "sv", or for "no": Bokmål and Nynorsk together."""
    if group == "sv":
        return LemmaTable(dict(_lower(_read(_SWEDISH))))
    tables = _read(_BOKMAL)
    merged: dict[str, str] = {}
    for word_class in _BOKMAL_CLASSES:
        merged.update(_lower(tables[word_class]))
    return LemmaTable(merged)


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
