"""A message's Markdown as safe HTML, a long one cut in two: what is seen, and what unfolds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

LINES = 10
"""How many lines of a long answer are seen at first."""
SLACK = 4
"""Hiding a line or two behind a button saves nobody anything."""
SIGNS = 60
"""What a line holds, about; a server doesn't know how wide the page is."""

_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")
_TAGS = {
    "a", "blockquote", "br", "code", "em", "h4", "hr", "li", "ol", "p", "pre", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "class"}, "ol": {"start"}, "th": {"scope"}}
_SCHEMES = {"http", "https", "mailto", "tel"}
_BREAKABLE = re.compile(
    r"(?<=\d) (?=\d{3}(?!\d)|"
    r"(?:kr|kronor|kroner|öre|øre|%|°C?|[ck]?m[²³2]?|mm|kvm|k?g|hg|l|liter|ton|tonn|kWh?)(?!\w))"
)
"""A space inside a number ("1 770") or between it and its unit ("1 770 kr")."""
_ADDRESS = re.compile(r"https?://[^\s<>()]*[^\s<>().,;:!?]")


@dataclass(frozen=True, slots=True)
class Words:
    """A message as HTML; `rest` is what unfolds, empty when everything is seen."""

    seen: str
    rest: str = ""


@dataclass(frozen=True, slots=True)
class TableNames:
    """What a screen reader calls a table, and the rest of one that is cut."""

    whole: str
    rest: str


def words(text: str, base: str, *, breaks: bool, folds: bool, tables: TableNames) -> Words:
    """Give Markdown as HTML without scripts, raw HTML or headings above a message's own.

    `base` is the website that the addresses in it are of; with `breaks` a line break stays
    one; with `folds` a long text is cut between two blocks, items of a list or rows of a table.
    """
    tokens = _PARSER.parse(text)
    for position, token in enumerate(tokens):
        _prepare(token, tokens, position, base, breaks)
    cut = _cut(tokens) if folds else None
    if cut is None:
        return Words(_html(tokens, tables.whole))
    seen, rest = cut
    goes_on = rest[0].type == "table_open" and seen[-1].type == "table_close"
    first = tables.rest if goes_on else tables.whole
    return Words(_html(seen, tables.whole), _html(rest, tables.whole, first))


def address(base: str, url: str) -> str | None:
    """Give the whole address of a page of the municipality's website; None for no page's."""
    joined = urljoin(base, url)
    return joined if urlsplit(joined).scheme in ("", "http", "https") else None


def _prepare(token: Token, tokens: list[Token], position: int, base: str, breaks: bool) -> None:
    if token.type in ("heading_open", "heading_close"):
        token.tag = "h4"
    elif token.type == "th_open":
        # An empty cell heads nothing; a screen reader would announce a heading without words.
        if tokens[position + 1].content.strip():
            token.attrSet("scope", "col")
        else:
            token.tag = tokens[position + 2].tag = "td"
    elif token.type == "inline" and token.children is not None:
        if breaks:
            for child in token.children:
                if child.type == "softbreak":
                    child.type, child.tag = "hardbreak", "br"
        token.children = list(_linked(token.children))
        for child in token.children:
            if child.type == "link_open":
                child.attrSet("href", urljoin(base, str(child.attrGet("href") or "")))
                child.attrSet("class", "ds-link")


def _linked(tokens: Sequence[Token]) -> Iterator[Token]:
    """Make links of addresses that stand bare in the text, as operators paste them."""
    within = 0
    for token in tokens:
        within += token.type == "link_open"
        within -= token.type == "link_close"
        if token.type != "text" or within:
            yield token if token.type != "text" else _text(token.content)
            continue
        end = 0
        for found in _ADDRESS.finditer(token.content):
            yield _text(token.content[end : found.start()])
            yield Token("link_open", "a", 1, attrs={"href": found[0]})
            yield _text(found[0])
            yield Token("link_close", "a", -1)
            end = found.end()
        yield _text(token.content[end:])


def _text(content: str) -> Token:
    # A price broken in two is misread in a narrow table.
    return Token("text", "", 0, content=_BREAKABLE.sub("\u00a0", content))


def _html(tokens: Sequence[Token], label: str, first: str | None = None) -> str:
    """Give tokens as safe HTML; `first` is what the first table is called, if not as the others."""
    html: str = _PARSER.renderer.render(tokens, _PARSER.options, {})
    clean = nh3.clean(
        html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener"
    )
    # A wide table scrolls in a box of its own, reachable by keyboard, so that the page never
    # does. What was cleaned has these tags only where a table was.
    for name, times in ((first or label, 1), (label, -1)):
        box = f'<div class="table" tabindex="0" role="group" aria-label="{nh3.clean_text(name)}">'
        # The box's own mark keeps it from being put into a box again.
        clean = clean.replace("<table>", f"{box}<table >", times)
    return clean.replace("<table >", "<table>").replace("</table>", "</table></div>")


def _cut(tokens: Sequence[Token]) -> tuple[list[Token], list[Token]] | None:
    """Give the parts before and after the place where a long text folds; None for a short one."""
    parts = list(_parts(tokens))
    if sum(_lines(part) for part in parts) <= LINES + SLACK:
        return None
    used, kept = 0, 0
    while kept < len(parts) and used + _lines(parts[kept]) <= LINES:
        used += _lines(parts[kept])
        kept += 1
    kept = max(1, kept)
    # A heading says nothing without what it is the heading of, nor do those of columns.
    while kept > 1 and parts[kept - 1][0].type in ("heading_open", "table_open"):
        kept -= 1
    if kept == len(parts):
        return None
    place = parts[kept][0]
    at = next(number for number, token in enumerate(tokens) if token is place)
    if place.level == 0:
        return list(tokens[:at]), list(tokens[at:])
    return _cut_table(tokens, at) if place.type == "tr_open" else _cut_list(tokens, at)


def _cut_table(tokens: Sequence[Token], at: int) -> tuple[list[Token], list[Token]]:
    """Cut before a row: the table ends there, and the rest is a table with the same headings."""
    opened = max(number for number in range(at) if tokens[number].type == "table_open")
    body = next(number for number in range(opened, at) if tokens[number].type == "tbody_open")
    closed = next(
        number for number in range(at, len(tokens)) if tokens[number].type == "tbody_close"
    )
    seen = [*tokens[:at], *tokens[closed : closed + 2]]
    return seen, [*tokens[opened : body + 1], *tokens[at:]]


def _cut_list(tokens: Sequence[Token], at: int) -> tuple[list[Token], list[Token]]:
    """Cut before an item of a list: the list ends there and is taken up again, still counting."""
    opened = max(
        number
        for number in range(at)
        if tokens[number].level == 0 and tokens[number].type.endswith("_list_open")
    )
    again = tokens[opened]
    closed = next(
        token for token in tokens[at:] if token.level == 0 and token.type.endswith("_list_close")
    )
    items = sum(token.type == "list_item_open" and token.level == 1 for token in tokens[opened:at])
    first = int(again.attrGet("start") or 1)
    resumed = Token(again.type, again.tag, 1, attrs=dict(again.attrs))
    if again.type == "ordered_list_open":
        resumed.attrSet("start", str(first + items))
    return [*tokens[:at], closed], [resumed, *tokens[at:]]


def _parts(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Give the smallest parts that can be hidden: blocks, items of lists, rows of tables."""
    begin = 0
    for number, token in enumerate(tokens):
        outer = token.level == 0
        if (outer and token.type.endswith(("_list_open", "_list_close", "table_close"))) or (
            token.level == 1 and token.type in ("tbody_open", "tbody_close")
        ):
            begin = number + 1
        elif (
            (outer and token.nesting <= 0)
            or (token.level == 1 and token.type in ("list_item_close", "thead_close"))
            # The row of the headings goes with them.
            or (token.level == 2 and token.type == "tr_close" and tokens[begin].type == "tr_open")
        ):
            yield tokens[begin : number + 1]
            begin = number + 1


def _lines(part: Sequence[Token]) -> int:
    texts = [token.content for token in part if token.type == "inline"]
    if any(token.type == "tr_open" for token in part):
        # The cells of a row stand beside each other.
        width = max(1, SIGNS // max(1, len(texts)))
        return max((max(1, -(-len(text) // width)) for text in texts), default=1)
    return sum(max(1, -(-len(text) // SIGNS)) for text in texts)
