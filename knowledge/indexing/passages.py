"""The pieces of a chunk that get a vector each."""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.types import Chunk

LENGTH = 600
"""Characters. A vector says less the more text it stands for, and an encoder reads only so much."""

_LINE_ENDS = re.compile(r"\n+")
_SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+")


def passages(chunk: Chunk) -> list[str]:
    """The chunk's text in pieces of about LENGTH characters, each under title and headings."""
    head = [part for part in (chunk.title, *chunk.path) if part]
    return ["\n".join([*head, piece]) for piece in _pieces(chunk.text)]


def _pieces(text: str) -> Iterator[str]:
    """Whole lines as long as they fit, sentences of lines that don't."""
    piece = ""
    for unit in _units(text):
        if piece and len(piece) + len(unit) >= LENGTH:
            yield piece
            piece = ""
        piece = f"{piece}\n{unit}" if piece else unit
    if piece:
        yield piece


def _units(text: str) -> Iterator[str]:
    for line in _LINE_ENDS.split(text.strip()):
        yield from _SENTENCE_ENDS.split(line) if len(line) > LENGTH else [line]
