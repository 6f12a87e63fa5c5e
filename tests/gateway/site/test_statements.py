"""What the law asks of a municipality's page: a statement of accessibility, and what is stored."""

import pytest

from gateway.site.statement import AUTHORITIES, SHORTCOMINGS

LANGUAGES = [("ekhamn", "sv"), ("fjordvik", "nb"), ("fjordvik", "nn")]


@pytest.mark.parametrize(("municipality", "language"), LANGUAGES)
async def test_the_accessibility_statement(visitor, texts, municipality, language) -> None:
    """What the law asks for: status, every shortcoming, how it was found and when, a form to
    report with, when it was looked through, and where to complain.
    """
    page = await visitor.get(f"/{municipality}/accessibility?language={language}")
    assert (200, True) == (page.status, f'<html lang="{language}"' in page.html)
    authority = AUTHORITIES["SE" if municipality == "ekhamn" else "NO"]
    for key in (
        "statement.status",
        *SHORTCOMINGS,
        "statement.report",
        authority.law,
        authority.enforcement,
    ):
        assert texts(language, key) in page.text
    for _, url in authority.links:
        assert f'href="{url}"' in page.html
    assert (authority.registered is not None) is ("uustatus.no" in page.text)
    assert texts(language, "statement.report.form") in page.text
    assert texts(language, "statement.tested") in page.text
    assert 'href="tel:' in page.html
    assert 'href="mailto:' in page.html
    assert 2 == page.html.count('<time datetime="2026-')


async def test_a_registered_statement_is_linked(
    start_gateway, settings, municipalities_folder
) -> None:
    """In Norway the statement itself stands at the supervisory authority's."""
    fjordvik = municipalities_folder / "fjordvik.toml"
    link = 'accessibility_statement = "https://uustatus.no/nb/erklaringer/publisert/x"\n'
    fjordvik.write_text(link + fjordvik.read_text("utf-8"), "utf-8")
    api = await start_gateway(settings)
    page = await api.ask("GET", "/fjordvik/accessibility")
    assert 'href="https://uustatus.no/nb/erklaringer/publisert/x"' in page.text


@pytest.mark.parametrize(("municipality", "language"), LANGUAGES)
async def test_the_privacy_page(start_gateway, settings, texts, municipality, language) -> None:
    """It says that it is a machine, and how long this installation keeps what."""
    kept = settings.model_copy(update={"retention_days": 41, "case_retention_days": 77})
    api = await start_gateway(kept)
    page = await api.ask("GET", f"/{municipality}/privacy?language={language}")
    for key, days in (("privacy.stored.days", 41), ("privacy.stored.cases", 77)):
        assert texts(language, key, days=str(days)) in page.text
    assert texts(language, "privacy.masked") in page.text
    assert texts(language, "privacy.cookie", days="7") in page.text


async def test_what_is_not_there_leads_to_the_page(visitor, texts) -> None:
    """Below a municipality's page, in its frame and language; elsewhere as before."""
    page = await visitor.get("/fjordvik/nothing/here?language=nn")
    assert (404, True) == (page.status, '<html lang="nn"' in page.html)
    assert texts("nn", "not_found.title") in page.title
    assert f'href="/fjordvik?language=nn">{texts("nn", "site.ask")}</a>' in page.html
    assert 404 == (await visitor.get("/nowhere/at/all")).status


@pytest.mark.parametrize("path", ["/ekhamn", "/ekhamn/privacy", "/ekhamn/accessibility"])
async def test_every_page_links_to_both(visitor, path) -> None:
    """In its footer."""
    footer = (await visitor.get(path)).html.partition("<footer")[2]
    for part in ("privacy", "accessibility"):
        assert f'href="/ekhamn/{part}"' in footer
