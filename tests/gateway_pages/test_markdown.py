"""The widget's Markdown: what articles use is drawn, and nothing in it can run."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

SHARED = Path(__file__).resolve().parents[2] / "gateway" / "static" / "src" / "shared"
RENDER = """([text, breaks]) => import("/markdown.js").then(({ markdown }) => {
    const box = document.createElement("div");
    box.append(markdown(text, { breaks, tableLabel: "Tabell" }));
    document.body.replaceChildren(box);
    return box.innerHTML;
})"""

Render = Callable[..., str]


@pytest.fixture
def render(browser: Browser) -> Iterator[Render]:
    """Gives the HTML that a text becomes; fails when anything in it ran or was fetched."""
    page = browser.new_page()
    asked: list[str] = []

    def serve(route) -> None:
        name = route.request.url.removeprefix("http://svar.test/")
        asked.append(name)
        if name == "":
            route.fulfill(body="<!doctype html><title>x</title>", content_type="text/html")
        else:
            route.fulfill(path=SHARED / name, content_type="text/javascript")

    page.route("**/*", serve)
    page.goto("http://svar.test/")
    yield lambda text, breaks=False: page.evaluate(RENDER, [text, breaks])
    page.wait_for_timeout(50)
    assert sorted({*asked, "dom.js", "markdown.js"} - {""}) == ["dom.js", "markdown.js"]
    page.close()


def link(address: str, text: str) -> str:
    return f'<a href="{address}" class="ds-link" rel="noopener">{text}</a>'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("En rad\nsom fortsätter.", "<p>En rad\nsom fortsätter.</p>"),
        ("Ett\n\nTvå", "<p>Ett</p><p>Två</p>"),
        ("### Avgift\nDet kostar.", "<h3>Avgift</h3><p>Det kostar.</p>"),
        ("- ett\n- två", "<ul><li>ett</li><li>två</li></ul>"),
        ("1. ett\n2. två", "<ol><li>ett</li><li>två</li></ol>"),
        ("3. tre", '<ol start="3"><li>tre</li></ol>'),
        ("- ett\n  - inne\n- två", "<ul><li>ett<ul><li>inne</li></ul></li><li>två</li></ul>"),
        ("- ett\n  fortsätter", "<ul><li>ett\nfortsätter</li></ul>"),
        ("Ta med:\n- id", "<p>Ta med:</p><ul><li>id</li></ul>"),
        ("**Viktigt** och *kursivt*", "<p><strong>Viktigt</strong> och <em>kursivt</em></p>"),
        ("2 * 3 * 4", "<p>2 * 3 * 4</p>"),
        ("fil_namn_här", "<p>fil_namn_här</p>"),
        (r"\*inte\*", "<p>*inte*</p>"),
        ("[Ansök](/ansok)", f"<p>{link('/ansok', 'Ansök')}</p>"),
        ("[Ring](tel:031123)", f"<p>{link('tel:031123', 'Ring')}</p>"),
        ("[**Mejla**](mailto:a@b.c)", f"<p>{link('mailto:a@b.c', '<strong>Mejla</strong>')}</p>"),
        ("Se https://a.se/x.", f"<p>Se {link('https://a.se/x', 'https://a.se/x')}.</p>"),
        ("<mailto:a@b.example>", f"<p>{link('mailto:a@b.example', 'a@b.example')}</p>"),
    ],
)  # fmt: skip
def test_what_articles_use_is_drawn(render: Render, text: str, expected: str) -> None:
    """Paragraphs, headings, lists, emphasis and links become elements."""
    assert expected == render(text)


def test_a_table_can_be_scrolled_by_keyboard(render: Render) -> None:
    """A table lies in a named box that takes focus; an empty heading is no heading."""
    expected = (
        '<div class="table" tabindex="0" role="group" aria-label="Tabell"><table>'
        '<thead><tr><td></td><th scope="col">Pris</th></tr></thead>'
        "<tbody><tr><td>Barn</td><td>20&nbsp;kr</td></tr></tbody></table></div>"
    )
    assert expected == render("|  | Pris |\n|---|---:|\n| Barn | 20 kr |")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Det kostar 1 770 kr i år.", "Det kostar 1~770~kr i år."),
        ("**1 234 567 kronor** eller 2 %", "<strong>1~234~567~kronor</strong> eller 2~%"),
        ("30 kvm, 15 m² och 20 °C", "30~kvm, 15~m² och 20~°C"),
        ("5 krukor, 3 maj, 12 2026", "5 krukor, 3 maj, 12 2026"),
    ],
)
def test_a_number_keeps_its_unit(render: Render, text: str, expected: str) -> None:
    """No line breaks inside a price or a measure; every other space stays as it was."""
    assert f"<p>{expected.replace('~', '&nbsp;')}</p>" == render(text)


def test_an_operators_line_breaks_stay(render: Render) -> None:
    """What a person wrote on two lines is shown on two lines."""
    assert render("Hej!\nVälkommen.", True) == "<p>Hej!<br>Välkommen.</p>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("<img src=x onerror=alert(1)>", "<p>&lt;img src=x onerror=alert(1)&gt;</p>"),
        ("[x](javascript:alert)", "<p>x</p>"),
        ("[x](JaVaScRiPt:alert)", "<p>x</p>"),
        ("[x](data:text/html,x)", "<p>x</p>"),
        ("[x](http://[bad)", "<p>x</p>"),
        ("![x](https://a.example/p.png)", f"<p>!{link('https://a.example/p.png', 'x')}</p>"),
        ('[x](/a"onclick="alert)', f"<p>{link('/a&quot;onclick=&quot;alert', 'x')}</p>"),
    ],
)
def test_nothing_in_a_text_can_run(render: Render, text: str, expected: str) -> None:
    """HTML stays text, and only harmless kinds of addresses become links."""
    assert expected == render(text)


def test_a_hostile_text_is_drawn_in_time(render: Render) -> None:
    """Thousands of half-open marks do not stop the page."""
    assert len(render("**_[(" * 2000)) > 0
