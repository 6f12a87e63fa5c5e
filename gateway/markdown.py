"""Articles' Markdown as safe HTML, its headings with the anchors that sources point at.

The rule for anchors is knowledge's too, written a second time on purpose: neither package
imports the other; a test holds the two against each other over every article of the demos. An
anchor is the heading's words in lower case, with å and ä as a, ö and ø as o, æ as ae, other
letters without their accents, letters that ASCII does not have left out, and everything between
as single hyphens. One that came before gets -2, -3 and so on.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

ANCHOR_LENGTH = 80
UNNAMED = "del"
"""The anchor of a heading without any letter or digit: "part" in our languages."""

_LETTERS = str.maketrans(
    {"å": "a", "ä": "a", "ö": "o", "æ": "ae", "ø": "o", "ß": "ss", "ð": "d", "þ": "th"}
)
_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")
_TAGS = {
    "a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img",
    "li", "ol", "p", "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    **{f"h{level}": {"id"} for level in range(1, 7)},
}
_SCHEMES = {"http", "https", "mailto", "tel"}


def slug(heading: str) -> str:
    """Give a heading's words as an anchor; empty when there is nothing to make one of."""
    lower = unicodedata.normalize("NFC", heading).casefold()
    plain = unicodedata.normalize("NFKD", lower.translate(_LETTERS)).lower()
    letters = "".join(letter for letter in plain if letter.isascii() or not _is_dropped(letter))
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:ANCHOR_LENGTH].strip("-")


def _is_dropped(letter: str) -> bool:
    """Accents, what nobody sees (soft hyphens) and letters of other scripts part no words."""
    return letter.isalnum() or unicodedata.category(letter) in ("Mn", "Mc", "Me", "Cf")


class Anchors:
    """Gives each heading of one article its anchor, in order."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def next(self, heading: str) -> str:
        """Give the anchor of the next heading, different from all before it."""
        base = slug(heading) or UNNAMED
        anchor, number = base, 1
        while anchor in self._given:
            number += 1
            anchor = f"{base}-{number}"
        self._given.add(anchor)
        return anchor


def render(text: str) -> str:
    """Give Markdown as HTML without scripts, styles, raw HTML or addresses that run anything."""
    tokens = _PARSER.parse(text)
    anchors = Anchors()
    for position, token in enumerate(tokens):
        # Headings inside lists and quotes are no places of their own for knowledge either.
        if token.type == "heading_open" and not token.level:
            token.attrSet("id", anchors.next(_words(tokens[position + 1].children or [])))
        # An empty cell heads nothing; a screen reader would announce a heading without words.
        if token.type == "th_open" and not _words(tokens[position + 1].children or []):
            token.tag = tokens[position + 2].tag = "td"
    html: str = _PARSER.renderer.render(tokens, _PARSER.options, {})
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener",
    )


def _words(inline: Sequence[Token]) -> str:
    return " ".join("".join(part.content for part in inline).split())
