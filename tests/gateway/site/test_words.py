"""A message's Markdown on the page without a script."""

import re

import pytest

from gateway.site.words import TableNames, address, words

T = TableNames("T", "T2")
BASE = "https://www.ekhamn.example/start/"


def seen(text: str, **options: object) -> str:
    return words(text, BASE, **{"breaks": False, "folds": False, "tables": T, **options}).seen


def plain(html: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", html).split())


def test_markup_is_shown_and_nothing_runs() -> None:
    """Bold, lists, tables and headings below the message's own; no raw HTML."""
    html = seen("# Stort\n\n**fet** <b onclick=x>b</b>\n\n[x](javascript:alert(1)) ![b](/b.png)")
    assert "<h4>Stort</h4>" in html
    assert "<strong>fet</strong>" in html
    assert "&lt;b onclick" in html
    assert "<img" not in html
    assert 'href="javascript' not in html


def test_addresses_are_of_the_municipalitys_website() -> None:
    """Relative ones too, and those that stand bare in what an operator wrote."""
    html = seen("[a](/bygga) se https://x.example/y. [b](https://z.example)")
    assert ["https://www.ekhamn.example/bygga", "https://x.example/y", "https://z.example"] == (
        re.findall(r'href="([^"]+)"', html)
    )
    assert "https://x.example/y</a>." in html


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("/bygga#avgift", "https://www.ekhamn.example/bygga#avgift"),
        ("https://x.example/", "https://x.example/"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
    ],
)
def test_a_sources_address(url, whole) -> None:
    """Only pages are linked."""
    assert whole == address(BASE, url)


def test_a_price_stays_on_one_line() -> None:
    """The spaces within a number and before its unit do not break; other spaces do."""
    html = seen("Det kostar **1 770 kr** och 25 % av 3 hus, [högst 2 000 kronor](/x).")
    assert ["1\u00a0770\u00a0kr", "25\u00a0%", "3 hus", "2\u00a0000\u00a0kronor"] == re.findall(
        r"\d[\d\s]*(?:kr\b|%|hus|kronor)", html.replace("&nbsp;", "\u00a0")
    )


def test_line_breaks() -> None:
    """Stay in what people write, and flow in pages' words."""
    assert ("<br", False) == (
        "<br" if "<br" in seen("a\nb", breaks=True) else "",
        "<br" in seen("a\nb"),
    )


def test_a_wide_table_scrolls_in_its_own_box() -> None:
    """Reached by keyboard, with a name; an empty cell heads nothing."""
    html = seen("|  | Pris |\n|---|---|\n| A | 1 |", tables=TableNames('"T" <b>', ""))
    assert 1 == html.count('<div class="table" tabindex="0" role="group"')
    assert 1 == html.count('<th scope="col">Pris</th>')
    assert "<b>" not in html
    assert html.endswith("</table>\n</div>") or html.rstrip().endswith("</div>")


def test_a_short_answer_is_whole() -> None:
    """Hiding a line or two saves nobody anything."""
    found = words("Ett.\n\n- a\n- b", BASE, breaks=False, folds=True, tables=T)
    assert "" == found.rest


@pytest.mark.parametrize(
    "text",
    [
        "\n\n".join(f"Stycke {number} med några ord." for number in range(30)),
        "Först.\n\n" + "\n".join(f"- punkt {number}" for number in range(30)) + "\n\nSist.",
        "\n".join(f"{number}. steg {number}" for number in range(3, 33)),
        "Priser.\n\n| A | B |\n|---|---|\n" + "| x | y |\n" * 30 + "\nSist.",
        "Ett.\n\n" + "## Rubrik\n\n" + "ord " * 400,
        "".join(f"- c\n\n  | C | D |\n  |---|---|\n  | x{n} | y |\n\n" for n in range(20)),
        "> | C | D |\n> |---|---|\n" + "> | x | y |\n" * 30 + "\n" + "ord " * 400,
        "- a\n\n  b\n" + "".join(f"- c{number}\n  - d{number}\n" for number in range(20)),
    ],
)
def test_a_long_answer_folds_and_loses_nothing(text) -> None:
    """The words before and after the fold are all the words, each part whole HTML."""
    whole = seen(text)
    found = words(text, BASE, breaks=False, folds=True, tables=T)
    assert found.rest
    # The rest of a table has its headings once more.
    rest = plain(found.rest).removeprefix("A B ")
    assert plain(whole) == f"{plain(found.seen)} {rest}"
    for part in (found.seen, found.rest):
        for tag in ("ul", "ol", "li", "p", "table", "div"):
            assert part.count(f"<{tag}>") + part.count(f"<{tag} ") == part.count(f"</{tag}>")
    assert not found.seen.rstrip().endswith("</h4>")


def test_a_cut_list_goes_on_counting() -> None:
    """Step 11 is step 11 after the fold too."""
    text = "\n".join(f"{number}. steg {number}" for number in range(1, 31))
    found = words(text, BASE, breaks=False, folds=True, tables=T)
    (start,) = re.findall(r'<ol start="(\d+)"', found.rest)
    assert f"steg {start}" == plain(found.rest)[: len(f"steg {start}")]


@pytest.mark.parametrize("text", ["", "   ", "\n", "|", "```", "- ", "#", "*" * 500, "> " * 50])
def test_odd_text(text) -> None:
    """Gives some HTML and no error."""
    assert isinstance(words(text, BASE, breaks=True, folds=True, tables=T).seen, str)


@pytest.mark.parametrize("before", ["Priser.\n\n", "", "## Priser\n\n", "- punkt\n\n"])
def test_a_long_table_shows_its_first_rows(before) -> None:
    """Both parts are tables with the headings of every column; the rest is named as such."""
    rows = "".join(f"| Ärende {number} | {number} kr |\n" for number in range(1, 31))
    found = words(
        f"{before}| Vad | Pris |\n|---|---|\n{rows}\nSist.",
        BASE,
        breaks=False,
        folds=True,
        tables=T,
    )
    assert ("Ärende 1 ", False) == (
        re.findall("Ärende 1 ", plain(found.seen))[0],
        "Ärende 30" in found.seen,
    )
    for part, name in ((found.seen, "T"), (found.rest, "T2")):
        assert [name] == re.findall(r'aria-label="(\w+)"', part)
        assert ["Vad", "Pris"] == re.findall(r'<th scope="col">(\w+)</th>', part)
        for tag in ("thead", "tbody", "tr", "table"):
            assert part.count(f"<{tag}>") == part.count(f"</{tag}>") > 0


def test_a_tables_tall_rows_count_as_many_lines() -> None:
    """Six rows with long cells are as long as thirty short ones."""
    rows = f"| {'ord ' * 40}| {'ord ' * 40}|\n" * 6
    found = words(f"| A | B |\n|---|---|\n{rows}", BASE, breaks=False, folds=True, tables=T)
    assert "<tbody>" in found.rest


def test_a_table_after_a_long_text_is_not_cut_at_its_headings() -> None:
    """Headings of columns without a row say nothing: the table goes with the rest."""
    text = "ord " * 130 + "\n\n| A | B |\n|---|---|\n" + "| x | y |\n" * 30
    found = words(text, BASE, breaks=False, folds=True, tables=T)
    assert ("<table>" in found.seen, 1) == (False, found.rest.count("<thead>"))
