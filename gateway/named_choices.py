"""Taking an offered choice in words: "den andra", "nummer 2", "det siste", or what it is called."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gateway.types import Choice

MOST_WORDS = 5
"""A longer text says something of its own."""
_POLITE = re.compile(
    r"\b(?:jag|jeg|eg|vill|vil|ta|tar|tack|takk|gärna|gjerne|helst|menar|mener|meiner|"
    r"det är|det er|alternativ|nummer|nr|punkt|val|valg|ja)\b"
)
_ORDINALS = (
    r"(?:den |det )?(?:första|fyrste|første)|1|ett|en",
    r"(?:den |det )?(?:andra|andre)|2|två|to",
    r"(?:den |det )?tredje|3|tre",
    r"(?:den |det )?(?:fjärde|fjerde)|4|fyra|fire",
)
_LAST = r"(?:den |det )?(?:sista|siste)"


def named_choice(text: str, choices: Sequence[Choice]) -> Choice | None:
    """The offered page that a short text names by its place or its words; None unless one is."""
    pages = [choice for choice in choices if choice.chunk]
    said = " ".join(re.findall(r"\w+", _POLITE.sub(" ", text.casefold())))
    if not pages or not said or len(said.split()) > MOST_WORDS:
        return None
    if re.fullmatch(_LAST, said):
        return pages[-1]
    for place, words in enumerate(_ORDINALS):
        if re.fullmatch(words, said):
            return pages[place] if place < len(pages) else None
    called = [choice for choice in pages if _is_called(said, choice)]
    return called[0] if len(called) == 1 else None


def _is_called(said: str, choice: Choice) -> bool:
    """Whether all that is said stands in the choice's title, the first word at its beginning."""
    title = " ".join(re.findall(r"\w+", choice.title.casefold()))
    return title == said or f" {title} ".startswith(f" {said} ")
