"""The streets, places, facilities and e-services that a municipality's residents name.

Each municipality has its own list, a TOML file; a list can change without a training. spaCy cuts
the text into words and finds the names; letters are folded first, so that a keyboard without å
finds them too, and one slip in a long word is forgiven.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import spacy
import tomli
from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

STREET, PLACE, FACILITY, E_SERVICE = "street", "place", "facility", "e_service"
SECTIONS = {"places": PLACE, "facilities": FACILITY, "e_services": E_SERVICE}
"""The file's tables, and the entity that the names in each are."""
LONG = 7
"""Letters from which one slip in a word is forgiven; shorter ones turn into other words."""
SHORT = 3
"""Up to so many letters, a name counts only with the capitals it is written with."""

_LETTERS = str.maketrans("åäæöøéèü", "aaaooeeu")
_NUMBER = re.compile(r"\s+(?:nr\.?\s*)?\d{1,4}(?:\s?[a-zæøåäö]\b)?", re.IGNORECASE)
_E_SERVICE_WORDS = re.compile(r"\be-?(?:tjänst|tjenest|tenest)|skjema|\bformulär|\bblankett")


class PlacesError(ValueError):
    """A municipality's list can't be used; the message says which file and why."""


@dataclass(frozen=True)
class Mention:
    """A name in a text: what it is, the name as the list has it, and where it stands.

    A street's value carries the house number that follows it.
    """

    entity: str
    value: str
    start: int
    end: int


def fold(text: str) -> str:
    """Lower case, å ä æ as a and ö ø as o; every character stays where it was.

    >>> fold("Ekåsvägen")
    'ekasvagen'
    """
    # Letter by letter: some letters become two in lower case, and offsets must stay.
    return "".join(low if len(low := each.lower()) == 1 else each for each in text).translate(
        _LETTERS
    )


class Places:
    """The names of one municipality, ready to be looked for."""

    def __init__(self, streets: Iterable[str], named: Mapping[str, Mapping[str, Iterable[str]]]):
        self._language: Language = spacy.blank("xx")
        self._matcher = PhraseMatcher(self._language.vocab, attr="ORTH")
        self._names: dict[str, tuple[str, str]] = {}
        self._exact: set[str] = set()
        self._slips: defaultdict[str, set[str]] = defaultdict(set)
        for street in streets:
            self._add(STREET, street, street)
        for entity, names in named.items():
            for name, others in names.items():
                for each in (name, *others):
                    self._add(entity, name, each)

    @classmethod
    def read(cls, path: Path) -> Places:
        """The list in a file.

        Raises:
            PlacesError: it is missing or has another shape.
        """
        try:
            data = tomli.loads(path.read_text("utf-8"))
            unknown = set(data) - {"streets", *SECTIONS}
            if unknown:
                raise PlacesError(f"{path}: unknown {', '.join(sorted(unknown))}")
            streets = data.get("streets", [])
            named = {entity: data.get(table, {}) for table, entity in SECTIONS.items()}
            if not _are_names(streets) or not all(
                isinstance(table, dict) and all(map(_are_names, table.values()))
                for table in named.values()
            ):
                raise PlacesError(f"{path}: streets is a list of names, the others name = [names]")
        except (OSError, UnicodeDecodeError, tomli.TOMLDecodeError) as error:
            raise PlacesError(f"{path}: {error}") from error
        return cls(streets, named)

    def find(self, text: str) -> list[Mention]:
        """The names in a text, in its order; of overlapping ones the longest."""
        doc = self._language.make_doc(fold(text))
        services = bool(_E_SERVICE_WORDS.search(text.lower()))
        spans = [span for span in self._spans(doc, text) if services or span.label_ != E_SERVICE]
        return [self._mention(span, text) for span in filter_spans(spans)]

    def _add(self, entity: str, name: str, written: str) -> None:
        key = fold(written)
        if key in self._names and self._names[key][0] != entity and entity == E_SERVICE:
            # A place of that name is what is meant more often.
            return
        self._names[key] = (entity, name)
        if len(written) <= SHORT:
            self._exact.add(written)
        for ending in ("", "s"):
            doc = self._language.make_doc(key + ending)
            self._matcher.add(key, [doc])
        if len(key) >= LONG and key.isalpha():
            for each in _one_less(key):
                self._slips[each].add(key)

    def _spans(self, doc: Doc, text: str) -> Iterator[Span]:
        found = self._matcher(doc)
        taken = {index for _, start, end in found for index in range(start, end)}
        for match, start, end in found:
            span = doc[start:end]
            key = self._language.vocab.strings[match]
            if len(key) > SHORT or text[span.start_char : span.end_char] in self._exact:
                yield Span(doc, start, end, self._names[key][0], kb_id=key)
        for token in doc:
            if token.i not in taken and len(token) >= LONG and token.is_alpha:
                keys = {key for each in _one_less(token.text) for key in self._slips.get(each, ())}
                keys = {key for key in keys if _is_slip(token.text, key)}
                if len(keys) == 1:
                    key = keys.pop()
                    yield Span(doc, token.i, token.i + 1, self._names[key][0], kb_id=key)

    def _mention(self, span: Span, text: str) -> Mention:
        entity, name = self._names[span.kb_id_]
        end = span.end_char
        if entity == STREET and (number := _NUMBER.match(text, end)):
            end = number.end()
            name += " " + number[0].strip()
        return Mention(entity, name, span.start_char, end)


class PlacesByMunicipality:
    """The lists of a folder, one `<municipality>.toml` each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _lists(self) -> dict[str, Places]:
        return {path.stem: Places.read(path) for path in sorted(self._folder.glob("*.toml"))}

    def load(self) -> None:
        """Read all lists now.

        Raises:
            PlacesError: one can't be used.
        """
        if not self._folder.is_dir():
            raise PlacesError(f"{self._folder} is not a folder with municipalities' TOML files")
        assert self._lists is not None

    def find(self, municipality: str | None, text: str) -> list[Mention]:
        """The names of a municipality in a text; none when it has no list."""
        found = self._lists.get(municipality or "")
        return [] if found is None else found.find(text)


def _are_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and each for each in value)


def _one_less(word: str) -> set[str]:
    """The word itself and what is left of it without one of its letters."""
    return {word, *(word[:index] + word[index + 1 :] for index in range(len(word)))}


def _is_slip(word: str, name: str) -> bool:
    """Whether a letter too many, too few, wrong, or two swapped make the one of the other."""
    if abs(len(word) - len(name)) > 1 or word == name:
        return False
    if len(word) != len(name):
        longer, shorter = sorted((word, name), key=len, reverse=True)
        return shorter in _one_less(longer)
    wrong = [index for index, (a, b) in enumerate(zip(word, name, strict=True)) if a != b]
    if len(wrong) == 1:
        return True
    return (
        len(wrong) == 2
        and wrong[1] == wrong[0] + 1
        and word[wrong[0]] == name[wrong[1]]
        and word[wrong[1]] == name[wrong[0]]
    )
