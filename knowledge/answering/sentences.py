"""Where the sentences, lists and tables of a Markdown text begin and end.

The text stays as it is: a unit is a stretch of it, so that what is shown is always verbatim.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from knowledge.indexing.markdown import blocks, lines

WORDS = Path(__file__).with_name("sentences.toml")

_END = re.compile(r"(?<=[.!?…])[\"”»’)\]*_]*(?=\s)")
_LAST_WORD = re.compile(r"[^\s(\[\"“”»*_]*\Z")
_NEXT = re.compile(r"\s+(\S+)")
_MARKUP = "\"“”«»'’([*_–-—"


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, or a list, table or other whole block, at `start` up to `end` of its text."""

    start: int
    end: int
    sentence: bool = True

    def of(self, text: str) -> str:
        """The unit's words, verbatim."""
        return text[self.start : self.end]


def units(text: str) -> list[Unit]:
    """The units of a chunk's text, in order; nothing but white space lies between them.

    `text` has line feeds only, as chunks have.
    """
    starts = [0]
    for line in lines(text):
        starts.append(starts[-1] + len(line))
    found: list[Unit] = []
    for block in blocks(text):
        start = text.index(block.text, starts[block.start])
        if block.kind == "paragraph":
            ends = [start + end for end in sentence_ends(block.text)]
            found.extend(_between(text, start, ends))
        else:
            found.append(Unit(start, start + len(block.text), sentence=False))
    return found


def sentence_ends(paragraph: str) -> list[int]:
    """Where each sentence of a paragraph ends, the last one's end included."""
    ends = [match.end() for match in _END.finditer(paragraph) if _is_end(paragraph, match)]
    return [*ends, len(paragraph)]


def refers_back(sentence: str) -> bool:
    """Whether a sentence can only be understood after the one before it."""
    return bool(_patterns()["referring"].match(_bare(sentence)))


def limits(sentence: str) -> bool:
    """Whether a sentence takes back or narrows what the one before it says."""
    bare = _bare(sentence)
    return bool(_patterns()["limiting"].match(bare) or _patterns()["limits"].search(bare))


def _between(text: str, start: int, ends: Iterable[int]) -> Iterator[Unit]:
    for end in ends:
        while start < end and text[start].isspace():
            start += 1
        if start < end:
            yield Unit(start, end)
        start = end


def _is_end(paragraph: str, match: re.Match[str]) -> bool:
    """Whether a full stop, question or exclamation mark that is followed by space ends one."""
    before = paragraph[: match.end()]
    following = _NEXT.match(paragraph, match.end())
    if following is None:
        return False
    word = following[1].lstrip(_MARKUP)
    # A sentence begins with a capital or a number; "1. mars" and "t.ex. barn" go on.
    if word[:1].islower() or _is_open(before):
        return False
    if paragraph[match.start() - 1] != ".":
        return True
    last = _LAST_WORD.search(paragraph[: match.start() - 1])
    name = last[0].lower() if last else ""
    if name in _words("either"):
        return word[:1].isupper()
    if name in _words("inside") or (
        len(name) == 1 and name.isalpha() and last and last[0].isupper()
    ):
        return False
    # "1. Gå in" at the beginning is a number of a list that no list was made of.
    return not (name.isdigit() and last is not None and last.start() == 0)


def _is_open(before: str) -> bool:
    """Whether a link, a parenthesis or bold words are still open: they are never cut in two."""
    return (
        before.count("(") > before.count(")")
        or before.count("[") > before.count("]")
        or before.count("**") % 2 == 1
    )


def _bare(sentence: str) -> str:
    return sentence.lstrip(_MARKUP)


@cache
def _words(name: str) -> frozenset[str]:
    words: dict[str, list[str]] = tomllib.loads(WORDS.read_text("utf-8"))
    return frozenset(words[name])


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {name: _pattern(_words(name)) for name in ("referring", "limiting", "limits")}


def _pattern(entries: Iterable[str]) -> re.Pattern[str]:
    parts = (re.escape(entry).replace(r"\*", r"\w*").replace(r"\ ", r"\s+") for entry in entries)
    return re.compile(rf"\b(?:{'|'.join(sorted(parts))})\b", re.IGNORECASE)
