"""The words that tell of a crisis, read from a file and looked for in a text.

The file says how its patterns are written. Letters are folded and slips in long words undone
first, so that neither a keyboard without å nor a shaking hand hides a crisis.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

KINDS = ("suicide", "violence", "child", "illness", "fire")
PATH = Path(__file__).with_name("crisis_words.yml")

LONG = 7
"""Letters from which one slip in a word is forgiven; shorter ones turn into other words."""

_GONE = "¤"
"""Stands for a look-alike: what stood on both sides of it makes up no new phrase."""

_LETTERS = str.maketrans("åäæöøéèü", "aaaooeeu")
_WORD = re.compile(r"\w+")
_RUN = re.compile(r"(.)\1{2,}")


class CrisisWordsError(ValueError):
    """The file of words can't be used; the message names the pattern."""


def fold(text: str) -> str:
    """Lower-case words with one space between them, å ä æ as a and ö ø as o, no long runs.

    >>> fold("Det BRINNEEEER, på Åsgatan!")
    'det brinner pa asgatan'
    """
    lowered = unicodedata.normalize("NFC", text).lower().translate(_LETTERS)
    return " ".join(_WORD.findall(_RUN.sub(r"\1", lowered)))


@dataclass(frozen=True)
class Findings:
    """The kinds of crisis that a text has words of; `sure` ones are enough alone."""

    sure: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()


@dataclass
class _Patterns:
    """Patterns by the words and the stems that they can begin with."""

    words: dict[str, list[tuple[re.Pattern[str], str]]] = field(default_factory=dict)
    stems: dict[str, list[tuple[re.Pattern[str], str]]] = field(default_factory=dict)

    def add(self, beginnings: Iterable[str], expression: re.Pattern[str], kind: str) -> None:
        for word in beginnings:
            if word.endswith("*"):
                self.stems.setdefault(word[:-1], []).append((expression, kind))
            else:
                self.words.setdefault(word, []).append((expression, kind))

    def matches(self, text: str) -> Iterator[tuple[re.Match[str], str]]:
        """Every match in a folded text."""
        for word in _WORD.finditer(text):
            found = list(self.words.get(word[0], ()))
            for length in range(2, len(word[0]) + 1):
                found += self.stems.get(word[0][:length], ())
            for expression, kind in found:
                match = expression.match(text, word.start())
                if match:
                    yield match, kind


class CrisisWords:
    """The patterns of the file, ready to be looked for."""

    def __init__(self, content: dict[str, Any]) -> None:
        """Take what the file holds.

        Raises:
            CrisisWordsError: a pattern names an unknown group, or a section is missing.
        """
        self._groups = {
            name: [fold_pattern(word) for word in words]
            for name, words in content.get("groups", {}).items()
        }
        self._tails = tuple(fold(tail) for tail in content.get("tails", []))
        self._look_alikes = _Patterns()
        self._doubts = _Patterns()
        self._sure = _Patterns()
        self._hints = _Patterns()
        self._long: dict[str, str] = {}
        self._known: set[str] = set()
        try:
            sections = [
                (self._look_alikes, "", content["look_alikes"]),
                (self._doubts, "", content["doubts"]),
                *((self._sure, kind, content[kind]["sure"]) for kind in KINDS),
                *((self._hints, kind, content[kind]["hints"]) for kind in KINDS),
            ]
        except KeyError as error:
            raise CrisisWordsError(f"The section {error} is missing.") from None
        for patterns, kind, written in sections:
            for pattern in written:
                self._add(patterns, str(pattern), kind)
        self._right = lru_cache(maxsize=4096)(self._without_slip)

    def find(self, text: str) -> Findings:
        """The kinds that `text` tells of; look-alikes are left out, a doubt makes sure a hint."""
        words = " ".join(
            _GONE if self._is_topic(word) else self._right(word) for word in fold(text).split()
        )
        pieces: list[str] = []
        end = 0
        for match, _ in self._look_alikes.matches(words):
            if match.start() >= end:
                pieces.append(words[end : match.start()])
            end = max(end, match.end())
        rest = f" {_GONE} ".join([*pieces, words[end:]])
        sure = {kind for _, kind in self._sure.matches(rest)}
        hints = {kind for _, kind in self._hints.matches(rest)}
        if sure and any(True for _ in self._doubts.matches(words)):
            sure, hints = set(), hints | sure
        return Findings(
            tuple(kind for kind in KINDS if kind in sure),
            tuple(kind for kind in KINDS if kind in hints and kind not in sure),
        )

    def _add(self, patterns: _Patterns, pattern: str, kind: str) -> None:
        whole = pattern.startswith("=")
        parts = pattern.lstrip("= ").split()
        first = self._alternatives(parts[0], pattern)
        expression = ""
        gap = False
        for index, part in enumerate(parts):
            if part == "…":
                gap = True
                continue
            between = "" if index == 0 else r"(?: \w+){0,4} " if gap else " "
            gap = False
            words = "|".join(
                re.escape(word[:-1]) + r"\w*" if word.endswith("*") else re.escape(word)
                for word in self._alternatives(part, pattern)
            )
            expression += rf"{between}(?:{words})(?!\w)"
        if whole:
            expression = rf"\A{expression}\Z"
        patterns.add(first, re.compile(expression), kind)

    def _alternatives(self, part: str, pattern: str) -> list[str]:
        found: list[str] = []
        for word in part.split("|"):
            if word.startswith("<"):
                name = word.strip("<>")
                if name not in self._groups:
                    raise CrisisWordsError(f"{pattern!r}: there is no group {name!r}.")
                found += self._groups[name]
            else:
                found.append(fold_pattern(word))
        for word in found:
            bare = word.rstrip("*")
            self._known.add(bare)
            if len(bare) >= LONG:
                for slip in _slips(bare):
                    self._long.setdefault(slip, bare)
        return found

    def _is_topic(self, word: str) -> bool:
        return any(word.endswith(tail) and len(word) > len(tail) + 2 for tail in self._tails)

    def _without_slip(self, word: str) -> str:
        """The word, or with its beginning put right when that is one slip from a known one."""
        if len(word) < LONG - 1 or word in self._known:
            return word
        lengths = range(LONG - 1, len(word) + 1)
        if any(word[:length] in self._known for length in lengths if length >= LONG):
            return word
        for length in reversed(lengths):
            beginning = word[:length]
            for slip in _slips(beginning):
                right = self._long.get(slip)
                if right is not None and _is_one_slip(beginning, right):
                    return right + word[length:]
        return word


def fold_pattern(word: str) -> str:
    """A word of a pattern, folded; a `*` at its end stays."""
    return fold(word.rstrip("*")) + ("*" if word.endswith("*") else "")


def _slips(word: str) -> Iterator[str]:
    """The word itself and the word without each of its letters."""
    yield word
    for index in range(1, len(word)):
        yield word[:index] + word[index + 1 :]


def _is_one_slip(written: str, right: str) -> bool:
    """Whether a letter is missing, doubled, wrong or swapped; the first one is always right."""
    if abs(len(written) - len(right)) > 1 or written[0] != right[0]:
        return False
    start = 0
    while start < min(len(written), len(right)) and written[start] == right[start]:
        start += 1
    one, other = written[start:], right[start:]
    return (
        one[1:] == other[1:]
        or one[1:] == other
        or one == other[1:]
        or (one[:2] == other[1::-1] and one[2:] == other[2:])
    )


@lru_cache(maxsize=1)
def crisis_words() -> CrisisWords:
    """The words of the file beside this module."""
    return CrisisWords(yaml.safe_load(PATH.read_text(encoding="utf-8")))
