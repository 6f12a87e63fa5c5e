"""Taking an offered choice in words: "den andra", "nummer 2", "det siste", or what it is called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

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
_YES = re.compile(r"(?:ja|jo|ok|okej|yes|gärna|gjerne)(?: (?:ja|tack|takk|gärna|gjerne|bra|fint))*")
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


def named_action(text: str, choices: Iterable[Choice]) -> Choice | None:
    """The choice of more than words that a text is, but for case, punctuation and politeness."""
    said = _bare(text)
    return next(
        (
            choice
            for choice in choices
            if choice.action and said and said in (_bare(choice.title), _bare(choice.text))
        ),
        None,
    )


def is_yes(text: str) -> bool:
    """Whether a text takes an offer and says nothing else."""
    return _YES.fullmatch(" ".join(re.findall(r"\w+", text.casefold()))) is not None


def _bare(text: str) -> str:
    # Without the spaces between: an e-post is an epost.
    return "".join(re.findall(r"\w+", _POLITE.sub(" ", text.casefold())))


def _is_called(said: str, choice: Choice) -> bool:
    """Whether all that is said stands in the choice's title, the first word at its beginning."""
    title = " ".join(re.findall(r"\w+", choice.title.casefold()))
    return title == said or f" {title} ".startswith(f" {said} ")
