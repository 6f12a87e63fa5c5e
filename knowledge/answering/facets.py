"""What a question asks of a service (its price, its hours …), and which headings say it.

Every section of an article speaks of the same service, so neither meaning nor words tell well
which of them was asked for: an encoder finds the adults' fee as near as the children's opening
hours. Headings do, in the few words that public services use everywhere (facets.toml).
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

WORDS = Path(__file__).with_name("facets.toml")


def facets(text: str) -> frozenset[str]:
    """The facets that a question or a heading names, such as {"price"}."""
    return frozenset(name for name, pattern in _patterns().items() if pattern.search(text))


def names_subject(text: str) -> bool:
    """Whether a question says what it is about, which "öppettider" alone does not."""
    for pattern in _patterns().values():
        text = pattern.sub(" ", text)
    return any(letter.isalnum() for letter in text)


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    words: dict[str, list[str]] = tomllib.loads(WORDS.read_text("utf-8"))
    return {name: _pattern(entries) for name, entries in words.items()}


def _pattern(entries: list[str]) -> re.Pattern[str]:
    parts = (re.escape(entry).replace(r"\*", r"\w*").replace(r"\ ", r"\s+") for entry in entries)
    return re.compile(rf"\b(?:{'|'.join(parts)})\b", re.IGNORECASE)
