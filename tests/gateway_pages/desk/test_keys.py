"""The desk by keyboard, and where the focus is."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.gateway_pages.desk.people import claim, section


def test_the_desk_by_single_keys(svar, at, t, faultless) -> None:
    """Take the oldest, use a passage, move in the list, note, hand over, resolve: no mouse."""
    svar.resident("första frågan")
    svar.resident("andra frågan")
    page = at()
    expect(section(page, "waiting").locator("li")).to_have_count(2)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name=t("desk.help"))).to_be_visible()
    faultless(page, "help")
    page.keyboard.press("n")
    expect(section(page, "waiting").locator("li")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("n")
    expect(page.locator("#reply")).to_be_focused()
    expect(section(page, "own").locator("li")).to_contain_text("första frågan")
    page.keyboard.type("nje")
    expect(page.locator("#reply")).to_have_value("nje")
    page.locator("#reply").fill("")
    page.keyboard.press("Escape")
    expect(page.locator(".aside .found > ol > li")).to_have_count(2)
    page.keyboard.press("2")
    expect(page.locator("#reply")).to_have_value(re.compile("Du får beslut inom tio veckor"))
    for key, selector in (("s", "#pages-search"), ("i", "#note"), ("r", "#reply")):
        page.locator(".conversation:not(.case)").focus()
        page.keyboard.press(key)
        expect(page.locator(selector)).to_be_focused()
    page.locator(".conversation:not(.case)").focus()
    page.keyboard.press("k")
    expect(section(page, "waiting").locator("li .open")).to_be_focused()
    page.keyboard.press("t")
    expect(page.get_by_role("dialog", name=t("desk.transfer.title"))).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(page.get_by_role("dialog", name=t("desk.resolve.title"))).to_be_visible()


def test_single_keys_can_be_switched_off(svar, at, t) -> None:
    """As WCAG 2.1.4 asks; the choice is remembered in the browser."""
    svar.resident()
    page = at()
    page.get_by_role("button", name=t("desk.settings"), exact=True).click()
    page.get_by_label(t("desk.settings.shortcuts")).uncheck()
    page.get_by_role("button", name=t("desk.settings.save"), exact=True).click()
    page.reload()
    expect(section(page, "waiting").locator("li")).to_have_count(1)
    page.keyboard.press("n")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(section(page, "waiting").locator("li")).to_have_count(1)
    page.get_by_role("button", name=t("desk.help"), exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text(t("desk.help.off"))


def test_focus_stays_while_the_queue_changes(svar, at, t) -> None:
    """New conversations, ticking times and colleagues take the focus from nothing."""
    svar.resident("första")
    page = at()
    expect(section(page, "waiting").locator("li")).to_have_count(1)
    places = [
        section(page, "waiting").locator("li .open").first,
        section(page, "waiting").locator("li .ds-button").first,
        page.get_by_label(t("desk.state"), exact=True),
        page.get_by_role("button", name=t("desk.settings"), exact=True),
    ]
    for number, place in enumerate(places):
        place.focus()
        svar.resident(f"nästa {number}")
        expect(section(page, "waiting").locator("li")).to_have_count(number + 2)
        expect(place).to_be_focused()
    claim(page, "första")
    page.locator("#note").fill("halv anteckning")
    svar.resident("under tiden")
    expect(section(page, "waiting").locator("li")).to_have_count(5)
    expect(page.locator("#note")).to_be_focused()
    expect(page.locator("#note")).to_have_value("halv anteckning")


def reach(page: Page, target: Locator, most: int = 150) -> None:
    """Go there with the Tab key, as somebody without a mouse does; its focus can be seen."""
    expect(target).to_be_visible()
    for _ in range(most):
        if target.evaluate("each => each === document.activeElement"):
            break
        page.keyboard.press("Tab")
    seen = target.evaluate(
        """each => {
          const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(each);
          const at = document.activeElement;
          if (each !== at) return `not reached: ${at.outerHTML.slice(0, 200)}`;
          return each.matches(":focus-visible") &&
            ((outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none");
        }"""
    )
    assert seen is True, f"{target}: {seen or 'nothing shows that it has the focus'}"


def test_everything_can_be_done_by_keyboard(svar, at, t) -> None:
    """Without a mouse and without single keys; focus is seen, and comes back after dialogs."""
    svar.resident("första frågan")
    svar.resident("till assistenten", waits=False)
    page = at()
    press = page.keyboard.press
    dialog, reply = page.get_by_role("dialog"), page.locator("#reply")

    def button(key: str, inside: Page | Locator = page) -> Locator:
        return inside.get_by_role("button", name=t(key), exact=True)

    presence = page.get_by_label(t("desk.state"), exact=True)
    reach(page, presence)
    press("ArrowDown")
    expect(presence).to_have_value("busy")
    press("ArrowUp")
    expect(presence).to_have_value("available")
    for key in ("desk.settings", "desk.help"):
        reach(page, button(key))
        press("Enter")
        expect(dialog).to_be_visible()
        press("Escape")
        expect(button(key)).to_be_focused()
    reach(page, section(page, "waiting").locator("li .ds-button"))
    press("Enter")
    expect(reply).to_be_focused()
    reach(page, page.locator(".aside .found > ol > li > button").first)
    press("Enter")
    expect(reply).to_be_focused()
    press("Enter")
    reach(page, button("desk.suggest"))
    press("Enter")
    expect(page.locator(".transcript")).to_be_focused()
    reach(page, page.locator("#pages-search"))
    page.keyboard.type("garage")
    press("Enter")
    expect(page.locator(".passages [role=status]")).to_have_text(t("desk.search.found", count=2))
    reach(page, page.locator(".aside summary"))
    press("Enter")
    reach(page, button("desk.canned.new"))
    press("Enter")
    page.keyboard.type("Hälsning")
    press("Tab")
    page.keyboard.type("Hej!")
    press("Tab")
    press("Enter")
    expect(dialog).to_have_count(0)
    expect(button("desk.canned.new")).to_be_focused()
    reach(page, page.get_by_role("button", name="Hälsning", exact=True))
    press("Enter")
    expect(reply).to_have_value("Hej!")
    reach(page, page.locator("#note"))
    page.keyboard.type("Bor i villa")
    reach(page, button("desk.notes.save"))
    press("Enter")
    expect(page.locator(".notes li")).to_have_count(1)
    reach(page, button("desk.contact.ask"))
    press("Enter")
    expect(page.locator("#contact-title")).to_be_focused()
    reach(page, button("desk.transfer"))
    press("Enter")
    expect(dialog).to_be_visible()
    press("Escape")
    expect(button("desk.transfer")).to_be_focused()
    press("Enter")
    expect(page.locator("#transfer-to")).to_be_focused()
    press("ArrowDown")
    reach(page, button("desk.transfer.button", dialog))
    press("Enter")
    expect(page.locator("[data-key=heading-own]")).to_be_focused()
    reach(page, section(page, "waiting").locator("li .ds-button"))
    press("Enter")
    expect(reply).to_be_focused()
    reach(page, button("desk.resolve"))
    press("Enter")
    expect(dialog.get_by_role("radio").first).to_be_focused()
    press("Space")
    reach(page, button("desk.resolve", dialog))
    press("Enter")
    expect(page.locator("[data-key=heading-own]")).to_be_focused()
    # What is resolved is with the bot again; the lists tell so when they have been asked for.
    for key, active in (("resolved", 2), ("active", 1)):
        expect(section(page, "active").locator("li")).to_have_count(active)
        reach(page, section(page, key).locator("li .ds-button"))
        press("Enter")
        expect(reply).to_be_focused()
    reach(page, page.locator(".view").nth(1))
    press("Enter")
    expect(page.locator(".view").nth(1)).to_have_attribute("aria-pressed", "true")
    reach(page, button("staff.sign_out"))
    press("Enter")
    expect(page.locator("#email")).to_be_focused()
