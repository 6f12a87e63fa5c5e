"""What a resident's words say about a fault: its kind, its place, and what an answer means.

Nothing is guessed: words that point to two things name both, and a place is only taken where it
is plain. What isn't sure is asked.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LANGUAGES = ("sv", "nb", "nn")
OTHER = "other"
WATER = "water"
DATA = Path(__file__).with_name("fault_kinds.toml")

_WEAK = 0.5
"""What a word counts that only says where: "the sign at the playground"."""
_SHORT = 10
"""Words in an answer that can be a wish to stop; a longer one tells of something."""


@dataclass(frozen=True)
class Kind:
    """One kind of fault: its id, its name by language, and the patterns that point to it."""

    id: str
    names: Mapping[str, str]
    patterns: tuple[tuple[re.Pattern[str], ...], ...]
    emergency: tuple[tuple[re.Pattern[str], ...], ...]


class FaultWords:
    """The words of `fault_kinds.toml`, ready to be looked for."""

    def __init__(self, path: Path = DATA) -> None:
        """Read the file.

        Raises:
            KeyError, ValueError, OSError: the file can't be used.
        """
        data = tomllib.loads(path.read_text("utf-8"))
        self.kinds: dict[str, Kind] = {
            id_: Kind(
                id_,
                {language: kind["name"][language] for language in LANGUAGES},
                tuple(_pattern(word) for language in LANGUAGES for word in kind[language]),
                tuple(_pattern(word) for word in kind.get("emergency", [])),
            )
            for id_, kind in data["kinds"].items()
        }
        self._answers = {meaning: _beginning(words) for meaning, words in data["answers"].items()}
        self._changes = {part: _beginning(words) for part, words in data["change"].items()}
        self._cancel = re.compile(rf"\b(?:{_either(data['cancel']['words'])})\b")
        self._question = _beginning(data["questions"]["first"])
        place = data["place"]
        self._common = frozenset(place["common"])
        number = r"(?:\s+(?:nr\.?\s*)?\d{1,4}\s?[a-zæøåäö]?\b)?"
        self._street = re.compile(
            rf"\b((\w\w+(?:{_either(place['streets'])}))\b{number})", re.IGNORECASE
        )
        # A name of its own before the kind of street, told by its capital: "Kong Oscars gate 5".
        self._long_street = re.compile(
            rf"\b((?:[A-ZÆØÅÄÖ][\w.]+\s+){{1,3}}(?:{_either(place['streets'])})\b{number})"
        )
        self._landmark = re.compile(
            rf"\b((?i:{_either(place['before'])})\s+(?:[A-ZÆØÅÄÖ]\w+\s+){{0,2}}"
            rf"(?i:\w*(?:{_either(place['landmarks'])})))\b"
        )
        self._before = re.compile(rf"\b(?:{_either(place['before'])})\s+(?:\w+\s+)?$")

    def name(self, kind: str, language: str) -> str:
        """The kind's name as residents read it."""
        return self.kinds[kind].names[language]

    def find_kinds(self, text: str) -> list[str]:
        """The kinds that a text speaks of: none, the one that is plain, or all it may mean."""
        text = text.casefold()
        named = [kind.id for kind in self.kinds.values() if text.strip() in _lower(kind.names)]
        if named:
            return named[:1]
        scores = {kind.id: self._score(text, kind.patterns) for kind in self.kinds.values()}
        best = max(scores.values())
        if not best:
            return []
        found = [id_ for id_, score in scores.items() if score == best]
        return [id_ for id_ in found if id_ != OTHER] or found

    def is_emergency(self, text: str, kind: str) -> bool:
        """Whether a fault of this kind can't wait for a report to be read."""
        return self._score(text.casefold(), self.kinds[kind].emergency) > 0

    def find_place(self, text: str) -> str | None:
        """The street or the spot that a text plainly names, else None."""
        for pattern, word in ((self._long_street, 1), (self._street, 2)):
            for match in pattern.finditer(text):
                if match[word].casefold() not in self._common:
                    return _trimmed(match[1])
        landmark = self._landmark.search(text)
        return _trimmed(landmark[1]) if landmark else None

    def is_question(self, text: str) -> bool:
        """Whether a text asks something, with a question mark or without."""
        return "?" in text or bool(self._question.match(text.strip().casefold()))

    def is_cancel(self, text: str) -> bool:
        """Whether a text wishes the report undone."""
        text = text.casefold()
        return len(text.split()) <= _SHORT and bool(self._cancel.search(text))

    def means(self, meaning: str, text: str) -> bool:
        """Whether an answer begins with words of this meaning; see the file's [answers]."""
        return bool(self._answers[meaning].match(text.strip().casefold()))

    def without(self, meaning: str, text: str) -> str:
        """The text without words of this meaning at its beginning, and without loose signs."""
        text = text.strip()
        while match := self._answers[meaning].match(text.casefold()):
            rest = text[match.end() :].strip(" ,.:;–-!")
            if rest == text:
                break
            text = rest
        return text

    def part_to_change(self, text: str) -> str | None:
        """Which part of a report is to be changed: kind, place or contact; None if it is unsaid."""
        text = text.strip().casefold()
        return next((part for part, words in self._changes.items() if words.match(text)), None)

    def _score(self, text: str, patterns: Iterable[tuple[re.Pattern[str], ...]]) -> float:
        return max((self._weigh(text, parts) for parts in patterns), default=0.0)

    def _weigh(self, text: str, parts: tuple[re.Pattern[str], ...]) -> float:
        found = [part.search(text) for part in parts]
        if not all(found):
            return 0.0
        if len(parts) > 1:
            return float(len(parts))
        match = found[0]
        assert match is not None, "all were found"
        return _WEAK if self._before.search(text[: match.start()]) else 1.0


@cache
def fault_words() -> FaultWords:
    """The words, read once."""
    return FaultWords()


def _pattern(word: str) -> tuple[re.Pattern[str], ...]:
    return tuple(
        re.compile(
            "|".join(
                ("" if each.startswith("*") else r"\b") + re.escape(each.lstrip("*"))
                for each in part.split("/")
            )
        )
        for part in word.split(" + ")
    )


def _either(words: Iterable[str]) -> str:
    # The longest first, so that a beginning doesn't hide the rest of a word.
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _beginning(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?:{_either(words)})\b")


def _lower(names: Mapping[str, str]) -> set[str]:
    return {name.casefold() for name in names.values()}


def _trimmed(place: str) -> str:
    return " ".join(place.split())
