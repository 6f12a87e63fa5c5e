"""Everybody can use the pages: no fault that axe-core finds against WCAG 2.2 A and AA.

Each state is looked at wide and narrow, in light and in dark, and never scrolls sideways.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
SIZES = ({"width": 1280, "height": 800}, {"width": 320, "height": 640})
SCHEMES = ("light", "dark")
RUN = """tags => axe.run(document, { runOnly: tags, resultTypes: ["violations"] })
  .then(({ violations }) => violations.map(({ id, nodes }) =>
    `${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(" ")}: ${failureSummary}`)
      .slice(0, 3).join(" | ")}`))"""
# Elements that stick out sideways, where nothing of their own scrolls them.
SIDEWAYS = """() => {
  const wide = [];
  const scrollable = (element) => /auto|scroll/.test(getComputedStyle(element).overflowX);
  const look = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) look(element.shadowRoot);
      if (element.matches(".log, .panel, .queue, .articles, .conversation, .article, .ds-dialog")
        && element.scrollWidth > element.clientWidth + 1) wide.push(element.className);
    }
  };
  look(document);
  const page = document.scrollingElement;
  if (page.scrollWidth > page.clientWidth) wide.push("the page");
  return wide;
}"""

# The policy for scripts would keep axe out; nothing else differs from what residents get.
OPEN = {"bypass_csp": True}
Check = Callable[[Page, str], None]


@pytest.fixture
def faultless(shot) -> Check:
    """Looks at a page as it stands, in both sizes and both colour schemes."""

    def check(page: Page, state: str) -> None:
        if not page.evaluate("typeof axe === 'object'"):
            page.add_script_tag(path=AXE)
        faults: dict[str, Any] = {}
        for size in SIZES:
            page.set_viewport_size(size)
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                shot(f"accessible/{state}-{size['width']}-{scheme}", page)
                found = page.evaluate(RUN, TAGS)
                if size["width"] == 320:
                    found += [f"scrolls sideways: {each}" for each in page.evaluate(SIDEWAYS)]
                if found:
                    faults[f"{state}, {size['width']} px, {scheme}"] = found
        page.set_viewport_size(SIZES[0])
        page.emulate_media(color_scheme="light")
        assert {} == faults

    return check


@pytest.mark.parametrize("language", ["sv", "nb", "nn"])
def test_start_page(someone, faultless: Check, language: str) -> None:
    """The first page names the demo municipalities to everybody."""
    page = someone(language, **OPEN)
    page.goto(f"/?language={language}")
    faultless(page, f"start-{language}")


@pytest.mark.parametrize(
    ("language", "article"),
    [("sv", "bygglov"), ("nb", "gjenvinningsstasjon"), ("nn", "bibliotek")],
)
def test_demo_website(places, someone, chat_on, seed, faultless: Check, language, article) -> None:
    """A municipality's front page and an article with a table, the chat closed."""
    place = places[language]
    page = someone(language, **OPEN)
    chat_on(page, place)
    faultless(page, f"home-{language}")
    page.goto(seed(place.municipality, article).url)
    expect(page.get_by_role("article")).to_be_visible()
    faultless(page, f"article-{language}")


@pytest.mark.parametrize(
    ("language", "answerable", "unanswerable"),
    [
        (
            "sv",
            "Vad kostar bygglov för ett garage?",
            "Vem vann melodifestivalen i fjol?",
        ),
        ("nn", "Når må hunden vere i band?", "Kven vann fotballkampen i går?"),
    ],
)
def test_chat_with_the_bot(
    places, someone, chat_on, faultless: Check, language, answerable, unanswerable
) -> None:
    """The open chat: greeting, answer with a table, choices, an error, and the end."""
    place = places[language]
    page = someone(language, **OPEN)
    chat = chat_on(page, place)
    chat.open()
    faultless(page, f"chat-open-{language}")
    expect(chat.source(chat.ask(answerable)).first).to_be_visible()
    faultless(page, f"chat-answer-{language}")
    chat.ask(unanswerable)
    expect(chat.person).to_have_attribute("data-variant", "primary")
    chat.write("")
    expect(chat.problem).to_be_visible()
    faultless(page, f"chat-unanswerable-{language}")
    chat.pick("widget.menu.erase")
    faultless(page, f"chat-end-{language}")


def test_chat_with_a_person_and_the_desk(
    places, someone, chat_on, signed_in, faultless: Check
) -> None:
    """Waiting and being answered by a person, seen by the resident and by the operator."""
    place = places["nb"]
    page = someone("nb", **OPEN)
    chat = chat_on(page, place)
    chat.open()
    question = "Hvem har ansvar for benken ved Utsikten?"
    chat.write(question)
    expect(chat.messages).to_have_count(3)
    chat.person.click()
    expect(chat.status).to_contain_text(place.t("widget.status.waiting"))
    faultless(page, "chat-waiting-nb")
    desk = signed_in(place, "operator", "/desk", **OPEN)
    expect(desk.waiting.filter(has_text=question)).to_be_visible()
    faultless(desk.page, "desk-queue-nb")
    desk.claim(question)
    desk.answer("Hei, det er vi som har det.")
    expect(chat.says("operator")).to_be_visible()
    faultless(page, "chat-operator-nb")
    faultless(desk.page, "desk-conversation-nb")
    desk.button("desk.resolve", desk.page.locator(".bar")).click()
    dialog = desk.page.get_by_role("dialog")
    desk.button("desk.resolve", dialog).click()
    expect(dialog.get_by_text(place.t("desk.resolve.required"))).to_be_visible()
    faultless(desk.page, "desk-resolve-nb")


@pytest.mark.parametrize("path", ["/desk", "/editor"])
def test_signing_in(places, someone, staff_page, watch, faultless: Check, path: str) -> None:
    """The sign-in form with all it may have to say."""
    watch.expects("(GET|POST) /api/v1/session answered 401")
    page = someone("sv", **OPEN)
    page.goto(path)
    staff = staff_page(page, places["sv"])
    staff.sign_in("operator@ekhamn.example", "fel lösenord")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label(places["sv"].t("staff.password")).fill("")
    staff.button("staff.sign_in.button").click()
    faultless(page, f"sign-in-{path[1:]}")


def test_editor(places, seed, signed_in, watch, faultless: Check) -> None:
    """The list of articles, an article, and an article with mistakes."""
    watch.expects("PUT /api/v1/editor/articles.* answered 422")
    place = places["sv"]
    article = seed("ekhamn", "hund")
    editor = signed_in(place, "editor", "/editor", **OPEN)
    expect(editor.found.first).to_be_visible()
    faultless(editor.page, "editor-list")
    editor.find(article.title, article.title)
    expect(editor.preview.get_by_role("heading").nth(1)).to_be_visible()
    faultless(editor.page, "editor-article")
    editor.input("title").fill("")
    editor.input("url").fill("ingen adress")
    editor.button("editor.save").click()
    expect(editor.error("title")).to_be_visible()
    faultless(editor.page, "editor-errors")
