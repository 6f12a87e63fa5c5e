"""The pages' templates, in every language, with the values that the gateway gives them."""

import re
from datetime import date
from typing import Any

import pytest

from gateway.municipalities import LANGUAGES, load_municipalities
from gateway.pages import TEMPLATES, Pages
from gateway.texts import load_texts

FOLDER = TEMPLATES.parent
MUNICIPALITIES = load_municipalities(FOLDER / "municipalities")
ARTICLE = {
    "id": "bygglov",
    "title": "Bygglov & <b>lov</b>",
    "url": "/demo/ekhamn/bygga/bygglov",
    "language": "sv",
    "category": "Bygga & bo",
    "updated": "2026-03-12",
}
PAGES: dict[str, dict[str, Any]] = {
    "start.html": {"municipalities": list(MUNICIPALITIES.values())},
    "demo_home.html": {"articles": {"Bygga & bo": [ARTICLE]}},
    "demo_article.html": {"article": ARTICLE, "html": "<p>Ord</p>", "updated": "2026-03-12"},
    "demo_unavailable.html": {},
    "not_found.html": {},
    "desk.html": {},
    "editor.html": {},
}


@pytest.fixture(scope="module")
def pages() -> Pages:
    """The gateway's own renderer."""
    return Pages(load_texts(FOLDER / "locales", LANGUAGES))


def render(pages: Pages, name: str, language: str = "sv", municipality: str = "ekhamn") -> str:
    return pages.render(name, language, MUNICIPALITIES[municipality], **PAGES[name])


@pytest.mark.parametrize("municipality", ["ekhamn", "fjordvik"])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(PAGES))
def test_every_page_renders_in_every_language(pages, name, language, municipality) -> None:
    """No template asks for a value or a text that is not there, and each names its language."""
    html = render(pages, name, language, municipality)
    assert f'<html lang="{language}"' in html
    assert len(re.findall(r"<h1[ >]", html)) == (0 if name in ("desk.html", "editor.html") else 1)


@pytest.mark.parametrize("name", sorted(PAGES))
def test_no_page_needs_an_exception_in_the_policy(pages, name) -> None:
    """Nothing inline, nothing from elsewhere: a strict Content-Security-Policy holds."""
    html = render(pages, name)
    assert re.findall(r"<style|<script(?![^>]* src=\"/)|\s(?:style|on\w+)=", html) == []
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//", html) == []


def test_what_editors_write_is_escaped(pages) -> None:
    """A title is text, wherever it stands."""
    html = render(pages, "demo_article.html") + render(pages, "demo_home.html")
    assert "<b>lov</b>" not in html
    assert "Bygglov &amp; &lt;b&gt;lov&lt;/b&gt;" in html


@pytest.mark.parametrize(
    ("language", "expected"),
    [("sv", "12 mars 2026"), ("nb", "12. mars 2026"), ("nn", "12. mars 2026")],
)
@pytest.mark.parametrize("updated", ["2026-03-12", date(2026, 3, 12)])
def test_a_date_is_written_as_the_language_does(pages, updated, language, expected) -> None:
    """The day of an article's update, from a text or a date."""
    values = {**PAGES["demo_article.html"], "updated": updated}
    html = pages.render("demo_article.html", language, MUNICIPALITIES["ekhamn"], **values)
    assert f'<time datetime="2026-03-12">{expected}</time>' in html


def test_the_municipalities_have_their_own_colours(pages) -> None:
    """Ekhamn and Fjordvik can be told apart, and the chat follows its page."""
    for municipality, colour in (("ekhamn", "accent"), ("fjordvik", "brand1")):
        html = render(pages, "demo_home.html", municipality=municipality)
        assert f'data-color="{colour}"' in html.split("<head>")[0]
        # The link is for browsers without scripts.
        link = f'<a class="ds-link" href="/{municipality}">Fråga kommunen</a>'
        assert f'color="{colour}">{link}</svar-chat>' in html


def test_the_demo_says_that_it_is_invented(pages) -> None:
    """Nobody takes the demo for a real municipality."""
    assert "finns inte på riktigt" in render(pages, "demo_home.html")


def test_a_page_that_is_not_there_leads_home(pages) -> None:
    """Within a demo to its first page, else to the start page."""
    html = pages.render("not_found.html", "sv", None)
    assert '<a class="ds-link" href="/">' in html
    assert '<a class="ds-link" href="/demo/ekhamn/">' in render(pages, "not_found.html")
