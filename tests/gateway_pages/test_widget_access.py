"""What axe can't see of WCAG 2.2 AA: each criterion is tried in the browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.gateway_pages.chat import (
    FOCUSED,
    STATES,
    TOP,
    Open,
    answered,
    field,
    leaving_case,
    menu,
    noticed,
    open_chat,
    panel,
    pick,
    unsure,
    violations,
    waiting,
    with_operator,
    write,
)

README = TOP / "gateway/static/src/widget/README.md"
# What Tab should reach, in the order in which it stands; each is numbered to be known again.
NUMBER = """() => {
    const root = document.querySelector("svar-chat").shadowRoot;
    const all = root.querySelectorAll(
        "a[href], button, input:not([type=hidden]), textarea, [tabindex='0']");
    return [...all].filter((one) => one.checkVisibility())
        .map((one, number) => (one.dataset.number = String(number)));
}"""
REACHED = """() => {
    const one = document.querySelector("svar-chat").shadowRoot.activeElement;
    if (!one) return null;
    const { outlineStyle, boxShadow } = getComputedStyle(one);
    const box = one.getBoundingClientRect();
    const seen = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    return { number: one.dataset.number ?? one.outerHTML,
        marked: outlineStyle !== "none" || boxShadow !== "none", seen };
}"""
SPACED = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important;" +
        " word-spacing: .16em !important; } p { margin-bottom: 2em !important; }");
    const { shadowRoot } = document.querySelector("svar-chat");
    shadowRoot.adoptedStyleSheets = [...shadowRoot.adoptedStyleSheets, sheet];
}"""
CLIPPED = """panel => [...panel.querySelectorAll("button, label, h2, h3, p, a")]
    .filter((one) => one.checkVisibility() && !one.closest(".sr-only") && !one.matches(".sr-only"))
    .filter((one) => {
        const box = one.getBoundingClientRect();
        const cut = getComputedStyle(one).overflow !== "visible" &&
            (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1);
        return cut || box.left < -1 || box.right > innerWidth + 1;
    }).map((one) => one.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("reach", STATES, ids=lambda state: state.__name__)
def test_tab_goes_through_everything_in_order_and_out(open_page: Open, gateway, reach) -> None:
    """2.1.1, 2.1.2, 2.4.3, 2.4.7, 2.4.11: reached, marked and in sight, one by one, then beyond.

    2.5.3, 4.1.2: a button's words are its name, and no name says something else than is read.
    """
    page = open_page()
    reach(page, gateway)
    page.wait_for_timeout(300)  # the last redraw would take the numbers away
    expected = page.evaluate(NUMBER)
    page.evaluate("document.activeElement.blur(); getSelection().removeAllRanges()")
    page.locator("h1").evaluate("one => { one.tabIndex = -1; one.focus(); }")
    passed = []
    for _ in range(len(expected) + 1):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(REACHED))
    assert passed[-1] is None
    assert expected == [each["number"] for each in passed[:-1]]
    assert [] == [each for each in passed[:-1] if not (each["marked"] and each["seen"])]
    named = page.locator("svar-chat button:visible").evaluate_all(
        "all => all.map((one) => [one.textContent.trim() !== '', one.hasAttribute('aria-label')])"
    )
    assert [[True, False]] * len(named) == named


@pytest.mark.parametrize("reach", STATES[1:], ids=lambda state: state.__name__)
def test_escape_leads_out_of_every_state_on_a_phone(open_page: Open, gateway, reach) -> None:
    """2.1.2: where the panel covers the page focus stays in it, and Escape gives it back."""
    page = open_page(320, 640)
    reach(page, gateway)
    for _ in range(3):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.tagName") in ("SVAR-CHAT", "BODY")
    for _ in range(3):
        page.keyboard.press("Escape")
        if not panel(page).is_visible():
            break
    expect(panel(page)).to_be_hidden()
    assert "launcher" in page.evaluate(
        "document.querySelector('svar-chat').shadowRoot.activeElement.className"
    )


@pytest.mark.parametrize("reach", STATES[1:], ids=lambda state: state.__name__)
def test_wider_spacing_of_text_cuts_nothing(open_page: Open, gateway, reach) -> None:
    """1.4.12: with the spacing of the criterion, all words are still there at 320 pixels."""
    page = open_page(320, 640)
    reach(page, gateway)
    page.evaluate(SPACED)
    assert [] == panel(page).evaluate(CLIPPED)
    assert 0 == panel(page).evaluate("panel => panel.scrollWidth - panel.clientWidth")


@pytest.mark.parametrize("reach", [answered, with_operator, leaving_case, menu, unsure, noticed])
def test_chosen_colours_of_the_device_are_kept(open_page: Open, gateway, reach) -> None:
    """With forced colours messages, buttons and fields have edges, and focus is marked."""
    page = open_page(forced_colors="active")
    reach(page, gateway)
    edges = (
        panel(page)
        .locator(".bubble, .ds-button[data-variant=secondary], .ds-input")
        .locator("visible=true")
        .evaluate_all("all => all.map((one) => getComputedStyle(one).borderTopStyle)")
    )
    assert {"solid"} == set(edges)
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(REACHED)["marked"]
    assert violations(page) == []


@pytest.mark.parametrize(("wish", "expected"), [("reduce", "none"), ("no-preference", "svar-dot")])
def test_nothing_moves_for_those_who_do_not_wish_it(
    open_page: Open, gateway, wish: str, expected: str
) -> None:
    """2.3.3: the dots of waiting stand still, and the log does not glide."""
    page = open_page(reduced_motion=wish)
    open_chat(page)
    page.route("**/conversations/*/messages", lambda route: None)
    write(page, "Hej")
    dots = panel(page).locator(".dots i").first
    expect(dots).to_have_css("animation-name", expected)
    expect(panel(page).locator(".typing")).to_have_text("Letar efter svar …")


def test_text_from_right_to_left_runs_so(open_page: Open, gateway) -> None:
    """Arabic goes from the right, in what is written and in what is answered."""
    gateway.replies.append(
        {"author": "bot", "text": "مرحبا، كيف يمكنني مساعدتك؟", "language": "ar"}
    )
    page = open_page()
    open_chat(page)
    field(page).fill("كم تكلفة رخصة البناء؟")
    expect(field(page)).to_have_css("direction", "rtl")
    field(page).press("Enter")
    expect(panel(page).locator(".message .text")).to_have_count(3)
    shown = panel(page).locator(".message .text")
    assert ["ltr", "rtl", "rtl"] == shown.evaluate_all(
        "all => all.map((one) => getComputedStyle(one).direction)"
    )


def test_a_new_message_is_put_into_a_live_region(open_page: Open, gateway) -> None:
    """4.1.3: what comes by itself is added while the log is polite, and focus stays."""
    page = open_page()
    waiting(page, gateway)
    field(page).fill("Jag undrar")
    page.wait_for_timeout(300)  # history is put in silently, which lasts a moment
    page.evaluate(
        """() => {
            window.spoken = [];
            const log = document.querySelector("svar-chat").shadowRoot.querySelector("[role=log]");
            new MutationObserver((all) => {
                for (const one of all.flatMap(({ addedNodes }) => [...addedNodes]))
                    spoken.push([log.getAttribute("aria-live"), one.textContent]);
            }).observe(log, { childList: true });
        }"""
    )
    gateway.status = "with_operator"
    gateway.push("operator", "Hej! Hur kan jag hjälpa dig?")
    expect(panel(page).get_by_text("Hur kan jag hjälpa dig?")).to_be_visible()
    ((live, said),) = page.evaluate("spoken")
    assert "polite" == live
    assert re.match("Medarbetare, Ekhamns kommun:Hej! Hur kan jag hjälpa dig?", said)
    expect(field(page)).to_be_focused()


@pytest.mark.parametrize("name", ["status", "typing"])
def test_what_goes_on_is_a_status(open_page: Open, gateway, name: str) -> None:
    """4.1.3: waiting, its place in the queue and looking for an answer are told without focus."""
    page = open_page()
    open_chat(page)
    expect(panel(page).locator(f"p.{name}")).to_have_role("status")


def test_focus_returns_from_every_sheet(open_page: Open, gateway) -> None:
    """2.4.3: menu, mail and the question about erasing give focus back to what opened them."""
    page = open_page()
    open_chat(page)
    button = page.get_by_role("button", name="Meny", exact=True)
    for name, leave in (
        ("Skicka samtalet med e-post", "Avbryt"),
        ("Radera samtalet", "Nej, behåll samtalet"),
    ):
        pick(page, name)
        page.get_by_role("button", name=leave, exact=True).click()
        expect(button).to_be_focused()
        pick(page, name)
        page.keyboard.press("Escape")
        expect(button).to_be_focused()
    expect(panel(page)).to_be_visible()
    expect(field(page)).to_be_visible()


def test_the_documented_theme_keeps_contrast(open_page: Open, gateway, scheme) -> None:
    """The example of the widget's page takes effect, and axe finds nothing to say."""
    (css,) = re.findall(r"```css\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    gateway.styles = css
    page = open_page(colours=scheme)
    expect(page.locator("svar-chat .launcher")).to_have_css("background-color", "rgb(122, 31, 61)")
    answered(page, gateway)
    assert violations(page) == []


def test_the_panel_is_named_and_says_where_focus_is(open_page: Open, gateway) -> None:
    """On a phone the heading has the focus, so that the field's keyboard covers nothing."""
    page = open_page(320, 640, has_touch=True, is_mobile=True)
    page.get_by_role("button", name="Fråga kommunen").click()
    expect(panel(page).locator(".message")).to_have_count(1)
    assert page.evaluate(FOCUSED) in ("title", "text")
