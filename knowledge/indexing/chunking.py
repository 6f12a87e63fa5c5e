"""Cuts an article into chunks, one to a heading; the words are left as they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from knowledge.indexing.markdown import Block, blocks, lines
from knowledge.indexing.naming import slug
from knowledge.types import Article, Chunk

UNNAMED_ANCHOR = "del"


@dataclass(slots=True)
class _Section:
    path: tuple[str, ...] = ()
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.lines).strip("\n").rstrip()


def split_article(article: Article) -> list[Chunk]:
    """The article's chunks in order; at least one unless the article has no text.

    Texts are verbatim, but for line ends, which become line feeds.

    A heading without words of its own below it gives no chunk but stays in the path of those
    under it. The article's questions go with its first chunk; the index ties each to the chunk
    that fits it best.
    """
    sections = list(_sections(article.text))
    anchors = _anchors([section.path[-1] if section.path else "" for section in sections])
    filled = [
        (section, anchor) for section, anchor in zip(sections, anchors, strict=True) if section.text
    ]
    if not filled and article.text.strip():
        # Headings alone: they are all there is to find and to show.
        filled = [(_Section(lines=[article.text]), "")]
    return [
        Chunk(
            id=f"{article.id}#{anchor}",
            municipality=article.municipality,
            article=article.id,
            language=article.language,
            title=article.title,
            heading=section.path[-1] if section.path else "",
            anchor=anchor,
            text=section.text,
            url=f"{article.url}#{anchor}" if anchor else article.url,
            updated=article.updated,
            path=section.path,
            questions=article.questions if position == 0 else (),
        )
        for position, (section, anchor) in enumerate(filled)
    ]


def _sections(text: str) -> Iterator[_Section]:
    """The introduction, then one section for every heading, empty ones too."""
    section = _Section()
    path: list[tuple[int, str]] = []
    end = 0
    all_lines = lines(text)
    for block in blocks(text):
        if not block.heading_level:
            continue
        section.lines = all_lines[end : block.start]
        yield section
        path = [*(step for step in path if step[0] < block.heading_level), _step(block)]
        section = _Section(tuple(words for _, words in path if words))
        end = block.end
    section.lines = all_lines[end:]
    yield section


def _step(block: Block) -> tuple[int, str]:
    return block.heading_level, block.heading


def _anchors(headings: list[str]) -> list[str]:
    """A slug for every heading, "" for none; a repeated one gets -2, -3 …"""
    anchors: list[str] = []
    for position, heading in enumerate(headings):
        base = slug(heading) or (UNNAMED_ANCHOR if position else "")
        anchor, number = base, 1
        while anchor in anchors:
            number += 1
            anchor = f"{base}-{number}"
        anchors.append(anchor)
    return anchors
