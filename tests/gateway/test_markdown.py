"""Articles as HTML, and the anchors that sources point at."""

import datetime
import re
from pathlib import Path

import pytest

from gateway.markdown import Anchors, render, slug
from knowledge.indexing.chunking import split_article
from knowledge.types import Article

TOP = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Så söker du bygglov", "sa-soker-du-bygglov"),
        ("Hva koster det å søke?", "hva-koster-det-a-soke"),
        ("Ærlig talt", "aerlig-talt"),
        ("Café & idé – öppettider 8–17", "cafe-ide-oppettider-8-17"),
        ("Läsåret 2026–2027", "lasaret-2026-2027"),
        ("Kväll—natt… och 5\u202fkr", "kvall-natt-och-5-kr"),
        ("För\u00adskola på Šiauliai\u2019s", "forskola-pa-siauliai-s"),
        ("Łódź och Київ", "odz-och"),
        ("Varumärke™", "varumarketm"),
        ("ÅÄÖ ÆØ", "aao-aeo"),
        ("A\u030a", "a"),
        ("  1.  Först  ", "1-forst"),
        ("???", ""),
        ("x" * 100, "x" * 80),
    ],
)
def test_slugs(heading, expected) -> None:
    """Letters of the north in ASCII, everything else as single hyphens."""
    assert expected == slug(heading)


def test_repeated_headings_are_numbered() -> None:
    """The second of its kind gets -2, the third -3, and no two are ever the same."""
    anchors = Anchors()
    headings = ("Avgift", "Avgift!", "Ansök", "avgift", "Avgift 2", "?", "!")
    assert ["avgift", "avgift-2", "ansok", "avgift-3", "avgift-2-2", "del", "del-2"] == [
        anchors.next(heading) for heading in headings
    ]


def test_anchors_are_those_of_knowledge() -> None:
    """Every address that an answer's source can have leads to a heading on the article's page."""
    headings = ("# A–B … 2026–2027", "## För\u00adskola’s ł", "## Avgift", "## Avgift", "## ?")
    hard = "Inledning\n\n" + "".join(f"{heading}\n\nx\n\n" for heading in headings)
    texts = {"hard": hard}
    for path in sorted((TOP / "knowledge" / "seed").rglob("*.md")):
        texts[path.stem] = path.read_text("utf-8").split("\n---\n", 1)[-1]
    for name, text in texts.items():
        article = Article("ekhamn", name, "sv", name, text, "/x", datetime.date(2026, 5, 4))
        wanted = {chunk.anchor for chunk in split_article(article)} - {""}
        assert wanted <= set(re.findall(r' id="([^"]+)"', render(text))), name
    assert len(texts) > 1


def test_headings_have_anchors() -> None:
    """Also setext headings and headings with emphasis; those inside quotes are no places."""
    html = render("# Vad *kostar* det?\n\nAvgift\n------\n\n## Avgift\n\n> ## Citat\n")
    assert '<h1 id="vad-kostar-det">Vad <em>kostar</em> det?</h1>' in html
    assert '<h2 id="avgift">Avgift</h2>' in html
    assert '<h2 id="avgift-2">Avgift</h2>' in html
    assert "<h2>Citat</h2>" in html


def test_tables_lists_and_links() -> None:
    """What articles are made of comes through."""
    html = render("| a | b |\n|---|---|\n| 1 | 2 |\n\n- ett\n\n3. tre\n\n[länk](/demo/x#y)")
    for part in ("<table>", "<td>1</td>", "<li>ett</li>", '<ol start="3">', 'href="/demo/x#y"'):
        assert part in html


def test_an_empty_table_heading_is_a_plain_cell() -> None:
    """What heads no column is no heading; those beside it are, and the rows stay as they are."""
    html = render("| | Kronor | &nbsp; |\n|---|--:|---|\n| Altan | 4 200 | |")
    assert ["td", "th", "td", "td", "td", "td"] == re.findall(r"<(t[hd])\b", html)
    assert re.findall(r"<(t[hd])\b", html) == re.findall(r"</(t[hd])>", html)
    assert ">Kronor</th>" in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,hej)",
        '<a href="/" onclick="x()">x</a>',
        "<style>*{}</style>",
        '<iframe src="/"></iframe>',
    ],
)
def test_nothing_that_runs(text) -> None:
    """Raw HTML is shown as text, and addresses that run something are dropped."""
    html = render(text)
    for bad in ("<script", "<style", "<iframe", "<a href", 'href="javascript', 'href="data'):
        assert bad not in html
