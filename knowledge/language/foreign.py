"""Whether a question is in another language than those that articles are written in.

Small rules that would rather say nothing: a script of its own, or several of a language's most
common words and few of ours.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

WORDS = Path(__file__).with_name("foreign.toml")
SURE_WORDS = 2
WORDS_WITH_ONE_SURE = 3
"""So many different common words of a language a question must hold."""
SCRIPT_SHARE = 0.5
"""The share of a question's letters that makes it one of their script."""
WORD_SHARE = 0.2
_WORD = re.compile(r"[^\W\d_]+")


def foreign_language(text: str) -> str | None:
    """The language of a text as ISO 639 has it; None when it is Swedish, Norwegian or Danish.

    None also where it cannot be told: three words of English without "the" or "how".
    """
    letters = [letter for letter in text.casefold() if letter.isalpha()]
    if not letters:
        return None
    return _by_script(letters) or _by_words(text)


def _by_script(letters: list[str]) -> str | None:
    counts = Counter(unicodedata.name(letter, "").split(" ")[0] for letter in letters)
    script, count = counts.most_common(1)[0]
    usual: str | None = _tables()["scripts"].get(script)
    if usual is None or count < SCRIPT_SHARE * len(letters):
        return None
    held = set(letters)
    return next((name for name, own in _tables()["letters"].items() if held & set(own)), usual)


def _by_words(text: str) -> str | None:
    held = Counter(_WORD.findall(text.casefold()))
    tables = _tables()
    best, sure = "", (0, 0)
    for name, own in tables["words"].items():
        count = sum(held[word] for word in own)
        if count > sure[1]:
            best, sure = name, (len(held.keys() & set(own)), count)
    weak = set(tables["weak"].get(best, ()))
    different, count = len(held.keys() & weak), sum(held[word] for word in weak)
    ours = sum(held[word] for word in set(tables["ours"]["words"]) - weak)
    if sure[0] < SURE_WORDS and sure[0] + different < WORDS_WITH_ONE_SURE:
        return None
    if sure[1] <= ours or sure[1] + count < WORD_SHARE * held.total():
        return None
    return best or None


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(WORDS.read_text("utf-8"))
