"""That somebody is writing: the resident sees it of the operator, and lets the operator see it."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.gateway_pages.chat import Open, field, open_chat, panel, with_operator, write

TYPING = {"type": "typing"}
WRITES = "Medarbetaren skriver …"
LIVE = """one => {
    const live = "[role=status], [role=log], [role=alert], [aria-live]";
    return Boolean(one.closest(live) || one.querySelector(live));
}"""
BOXES = """() => [...document.querySelector("svar-chat").shadowRoot
    .querySelectorAll(".log, textarea, .message")]
    .map((one) => one.getBoundingClientRect())
    .map(({ x, y, width, height }) => [x, y, width, height])"""


def still(page: Page) -> None:
    """Let only the test move the page's clock."""
    page.clock.install()
    page.reload()
    page.clock.pause_at(page.evaluate("Date.now()") + 60_000)


def pressed(page: Page, keys: int, pause: int) -> None:
    for _ in range(keys):
        field(page).press("a")
        page.clock.run_for(pause)


def test_the_operators_writing_is_seen_and_goes(open_page: Open, gateway) -> None:
    """Five seconds after the last word of it; kept up while it goes on."""
    page = open_page()
    still(page)
    with_operator(page, gateway)
    line = panel(page).get_by_text(WRITES)
    expect(line).to_have_count(0)
    for _ in range(3):
        gateway.tell(TYPING)
        expect(line).to_be_visible()
        page.clock.run_for(4900)
        expect(line).to_be_visible()
    page.clock.run_for(200)
    expect(line).to_have_count(0)


def test_it_goes_when_the_message_comes_or_the_person_leaves(open_page: Open, gateway) -> None:
    """What was written is there now, or nobody writes any more."""
    page = open_page()
    with_operator(page, gateway)
    line = panel(page).get_by_text(WRITES)
    for status, text in (("with_operator", "Nu vet jag."), ("with_bot", "Assistenten svarar.")):
        gateway.tell(TYPING)
        expect(line).to_be_visible()
        gateway.status = status
        gateway.push("operator" if status == "with_operator" else "system", text)
        expect(panel(page).get_by_text(text)).to_be_visible()
        expect(line).to_have_count(0)


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (320, 640), (320, 256)])
def test_it_disturbs_nobody(open_page: Open, gateway, width: int, height: int) -> None:
    """It is words in no live region, and nothing moves when it comes or goes."""
    page = open_page(width, height)
    with_operator(page, gateway)
    page.wait_for_timeout(300)  # the log's gliding to the message ends
    before = page.evaluate(BOXES)
    gateway.tell(TYPING)
    line = panel(page).get_by_text(WRITES)
    expect(line).to_be_attached()
    assert before == page.evaluate(BOXES)
    assert line.evaluate(LIVE) is False


@pytest.mark.parametrize(("wish", "expected"), [("reduce", "none"), ("no-preference", "svar-dot")])
def test_its_dots_stand_still_for_those_who_wish_it(
    open_page: Open, gateway, wish: str, expected: str
) -> None:
    """2.3.3: as those of the bot."""
    page = open_page(reduced_motion=wish)
    with_operator(page, gateway)
    gateway.tell(TYPING)
    dots = panel(page).locator(".writing .dots i").first
    expect(dots).to_have_css("animation-name", expected)


def test_the_operator_learns_that_the_resident_writes(open_page: Open, gateway) -> None:
    """At most every three seconds, at once when it begins, and never what is written."""
    page = open_page()
    still(page)
    with_operator(page, gateway)
    pressed(page, 1, 0)
    assert [TYPING] == [json.loads(each) for each in gateway.heard]
    pressed(page, 20, 500)
    assert [TYPING] * 4 == [json.loads(each) for each in gateway.heard]
    page.clock.run_for(60_000)
    assert 4 == len(gateway.heard)


def test_nobody_is_told_where_nobody_reads(open_page: Open, gateway) -> None:
    """Not the bot, not the queue; and a text that is there again was not written now."""
    page = open_page()
    open_chat(page)
    field(page).press("a")
    waiting_page = page.get_by_role("button", name="Prata med en person")
    waiting_page.click()
    expect(panel(page).locator(".status")).to_contain_text("Du väntar på en person")
    field(page).press("b")
    gateway.status = "with_operator"
    gateway.push("operator", "Hej!")
    expect(panel(page).locator(".status")).to_have_text("Du pratar med en person.")
    before = len(gateway.sockets)
    page.reload()
    expect(field(page)).to_have_value("ab")
    expect(panel(page).locator(".status")).to_have_text("Du pratar med en person.")
    while len(gateway.sockets) == before:
        page.wait_for_timeout(10)
    field(page).fill(" ")
    write(page, " ")
    assert [] == gateway.heard
