"""The HTML pages."""

import pytest

from gateway.pages import by_category, preferred_language

PUBLISHED = "/v1/municipalities/{}/published"
SUMMARY = {
    "id": "bygglov",
    "title": "Bygglov <nytt>",
    "url": "/demo/ekhamn/bygga-och-bo/bygglov",
    "language": "sv",
    "category": "Bygga och bo",
    "updated": "2026-05-04",
}
ARTICLE = {**SUMMARY, "text": "Du behöver bygglov.\n\n## Vad det kostar\n\nDet beror på."}


async def test_the_start_page_names_the_demo_sites(api) -> None:
    """In the browser's language, with links to both."""
    answer = await api.ask("GET", "/", headers={"Accept-Language": "nn-NO,nb;q=0.8"})
    assert 200 == answer.status
    assert "text/html; charset=utf-8" == answer.headers["Content-Type"]
    assert '<html lang="nn"' in answer.text
    for link in ('href="/demo/ekhamn/"', 'href="/demo/fjordvik/"', 'href="/desk"'):
        assert link in answer.text


async def test_a_demo_site_lists_its_articles(api, knowledge) -> None:
    """By category, with their addresses, and with the chat."""
    knowledge.replies["GET", PUBLISHED.format("ekhamn")] = (200, {"articles": [SUMMARY]})
    answer = await api.ask("GET", "/demo/ekhamn/")
    assert 200 == answer.status
    assert "Bygga och bo" in answer.text
    assert f'href="{SUMMARY["url"]}"' in answer.text
    assert "Bygglov &lt;nytt&gt;" in answer.text
    assert '<svar-chat municipality="ekhamn"' in answer.text
    assert '<script type="module" src="/static/build/svar-chat.js">' in answer.text


async def test_an_article_has_an_address_and_anchors(api, knowledge) -> None:
    """The address that knowledge gives in sources leads to the article and its heading."""
    knowledge.replies["GET", PUBLISHED.format("ekhamn")] = (200, ARTICLE)
    for path in (SUMMARY["url"], SUMMARY["url"] + "/"):
        answer = await api.ask("GET", path)
        assert 200 == answer.status
        assert '<h2 id="vad-det-kostar">' in answer.text
        assert {"url": SUMMARY["url"]} == knowledge.asked[-1][2]


async def test_a_page_speaks_the_articles_language(api, knowledge) -> None:
    """An article in Nynorsk makes its page Nynorsk, unless the reader chose otherwise."""
    article = {**ARTICLE, "language": "nn", "url": "/demo/fjordvik/x"}
    knowledge.replies["GET", PUBLISHED.format("fjordvik")] = (200, article)
    own = await api.ask("GET", "/demo/fjordvik/x")
    chosen = await api.ask("GET", "/demo/fjordvik/x?language=nb")
    assert '<html lang="nn"' in own.text
    assert '<html lang="nb"' in chosen.text


async def test_pages_that_are_not_there(api, texts) -> None:
    """404 as a page of the site it was looked for on."""
    for path, language in (
        ("/nothing", "sv"),
        ("/demo/ekhamn/nothing", "sv"),
        ("/demo/fjordvik/nothing", "nb"),
        ("/demo/atlantis/", "sv"),
    ):
        answer = await api.ask("GET", path)
        assert 404 == answer.status
        assert texts(language, "not_found.title") in answer.text


async def test_knowledge_is_down(api, knowledge_server, texts) -> None:
    """503 says so, with the telephone number, and the chat is there."""
    await knowledge_server.close()
    for path in ("/demo/fjordvik/", "/demo/fjordvik/bolig/byggesak"):
        answer = await api.ask("GET", path)
        assert 503 == answer.status
        assert texts("nb", "unavailable.title") in answer.text
        assert "55 00 01 00" in answer.text
        assert "<svar-chat" in answer.text


async def test_the_short_address_leads_to_the_site(api) -> None:
    """Without the slash, to the page with it."""
    answer = await api.ask("GET", "/demo/ekhamn")
    assert (301, "/demo/ekhamn/") == (answer.status, answer.headers["Location"])


@pytest.mark.parametrize("path", ["/desk", "/editor"])
async def test_the_staffs_shells(api, sign_in, path) -> None:
    """Anyone gets the shell; whoever is signed in gets it in their municipality's language."""
    anyone = await api.ask("GET", path, headers={"Accept-Language": "sv"})
    assert (200, True) == (anyone.status, '<html lang="sv"' in anyone.text)
    admin = await sign_in("admin@fjordvik.example")
    known = await admin.ask("GET", path, headers={"Accept-Language": "sv"})
    assert '<html lang="nb"' in known.text


async def test_static_files(api) -> None:
    """Served for any website, asked for anew each time, and nothing outside the folder."""
    answer = await api.ask("GET", "/static/images/svar.svg")
    assert (200, "*", "no-cache") == (
        answer.status,
        answer.headers["Access-Control-Allow-Origin"],
        answer.headers["Cache-Control"],
    )
    for path in ("/static/", "/static/nothing.js", "/static/%2e%2e/settings.py"):
        assert (await api.ask("GET", path)).status in (403, 404)


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("", "sv"),
        ("nb-NO", "nb"),
        ("no", "nb"),
        ("en, nn;q=0.5, sv;q=0.4", "nn"),
        ("sv;q=0.1, nb", "nb"),
        ("de;q=x,;;,", "sv"),
    ],
)
def test_the_readers_language(accepted, expected) -> None:
    """The best of ours that the browser names, else the first."""
    assert expected == preferred_language(accepted, ("sv", "nb", "nn"))


def test_articles_without_a_category_stay_together() -> None:
    """Grouping keeps the order and loses nothing."""
    articles = [{"id": "a", "category": "x"}, {"id": "b", "category": None}, {"id": "c"}]
    assert {"x": articles[:1], "": articles[1:]} == by_category(articles)
