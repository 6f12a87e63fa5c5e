"""Where headings and blocks of a Markdown text begin and end; the text itself stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

_PARSER = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list, table, quote or other whole piece; `text` is verbatim.

    It covers the lines `start` up to, not including, `end`. `kind` is what CommonMark calls it:
    "paragraph", "bullet_list", "ordered_list", "table", "heading" and others. `heading_level` is
    1 to 6 for a heading, whose words are then in `heading`, and 0 otherwise.
    """

    text: str
    start: int
    end: int
    kind: str
    heading: str = ""
    heading_level: int = 0


def lines(text: str) -> list[str]:
    """The text's lines as blocks count them, each with a line feed at its end."""
    # markdown-it ends lines here and nowhere else; str.splitlines has more ideas.
    return [line + "\n" for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]


def blocks(text: str) -> list[Block]:
    """The outermost blocks in order. Headings inside lists, quotes or code are part of those."""
    all_lines = lines(text)
    tokens = _PARSER.parse(text)
    found: list[Block] = []
    for position, token in enumerate(tokens):
        if token.level or token.map is None or token.nesting < 0:
            continue
        start, end = token.map
        verbatim = "".join(all_lines[start:end]).strip("\n").rstrip()
        kind = token.type.removesuffix("_open")
        if kind == "heading":
            words = _plain(tokens[position + 1].children or [])
            found.append(Block(verbatim, start, end, kind, words, int(token.tag[1])))
        elif verbatim:
            found.append(Block(verbatim, start, end, kind))
    return found


def _plain(inline: Sequence[Token]) -> str:
    return " ".join("".join(part.content for part in inline).split())
