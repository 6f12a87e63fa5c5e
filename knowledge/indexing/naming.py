"""Letters of the north in ids, lists and look-ups, the same in every database."""

from __future__ import annotations

import re
import unicodedata

_SLUG_LETTERS = str.maketrans(
    {"å": "a", "ä": "a", "ö": "o", "æ": "ae", "ø": "o", "ß": "ss", "ð": "d", "þ": "th"}
)
_SWEDISH_ORDER = str.maketrans({"å": "{", "ä": "|", "æ": "|", "ö": "}", "ø": "}"})
_NORWEGIAN_ORDER = str.maketrans({"æ": "{", "ä": "{", "ø": "|", "ö": "|", "å": "}"})
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
SLUG_LENGTH = 80


def fold(text: str) -> str:
    """The text without differences of case or of composed letters, for case-blind look-ups."""
    return unicodedata.normalize("NFC", text).casefold()


def slug(title: str) -> str:
    """An id made of the title's letters; empty when there are none to use."""
    plain = unicodedata.normalize("NFKD", fold(title).translate(_SLUG_LETTERS)).lower()
    letters = "".join(letter for letter in plain if letter.isascii() or not _is_dropped(letter))
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:SLUG_LENGTH].strip("-")


def _is_dropped(letter: str) -> bool:
    """Accents, what nobody sees (soft hyphens) and letters of other scripts part no words."""
    return letter.isalnum() or unicodedata.category(letter) in ("Mn", "Mc", "Me", "Cf")


def alphabetical(title: str, language: str) -> str:
    """A sort key: å ä ö after z in Swedish, æ ø å in Norwegian; other accents as base letters."""
    order = _SWEDISH_ORDER if language == "sv" else _NORWEGIAN_ORDER
    decomposed = unicodedata.normalize("NFKD", fold(title).translate(order))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
