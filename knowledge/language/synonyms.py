"""What officials call what residents say, from synonyms.toml.

Only in that direction: a page on förskola answers who asks for dagis, but "dagis" on a page says
nothing that "förskola" does not. English words lead to the same official terms.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

WORDS = Path(__file__).with_name("synonyms.toml")
ENGLISH = "en-"

Key = tuple[str, ...]


class Synonyms:
    """Official terms by everyday ones, each of one word or two."""

    def __init__(
        self,
        section: str,
        everyday: Callable[[str], Sequence[str]],
        official: Callable[[str], Sequence[str]],
    ) -> None:
        """`section`: of the file; `everyday` and `official` make terms of its words."""
        self._official: dict[Key, list[Key]] = {}
        for name, words in _tables()[section].items():
            wanted = tuple(official(name))
            for word in words:
                key = tuple(everyday(word))
                if key != wanted:
                    self._official.setdefault(key, []).append(wanted)

    def __contains__(self, term: str) -> bool:
        """Whether a word stands here alone."""
        return (term,) in self._official

    def of(self, terms: Sequence[str]) -> Iterator[tuple[Key, Key]]:
        """Each everyday expression among the terms of a text, with what officials call it."""
        for key in [*((term,) for term in terms), *pairwise(terms)]:
            for official in self._official.get(key, ()):
                yield key, official


@cache
def _tables() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(WORDS.read_text("utf-8"))
