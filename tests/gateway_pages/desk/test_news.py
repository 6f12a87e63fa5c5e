"""What begins to wait, and what the other side is doing, is noticed."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.gateway_pages.chat import LASTING
from tests.gateway_pages.desk.people import section
from tests.gateway_pages.limit import LIMIT


def test_each_side_sees_that_the_other_writes(svar, at, browser, t, faultless) -> None:
    """The words come only when they are sent, and the line goes with them."""
    page = at()
    context = browser.new_context(base_url=svar.url, reduced_motion="reduce", locale="sv")
    context.set_default_timeout(LIMIT)
    theirs = context.new_page()
    theirs.goto("/demo/ekhamn/")
    theirs.get_by_role("button", name=t("widget.launcher")).click()
    theirs.get_by_role("button", name=t("widget.person")).click()
    section(page, "waiting").locator("li .ds-button").click()
    reply, written = page.locator("#reply"), theirs.get_by_label(t("widget.form.label"))
    expect(reply).to_be_focused()
    expect(theirs.get_by_text(t("widget.status.with_operator"))).to_be_visible()
    reply.press_sequentially("Hej!")
    expect(theirs.get_by_text(t("widget.writing"))).to_be_visible()
    reply.press("Enter")
    expect(theirs.get_by_text("Hej!", exact=True)).to_be_visible()
    expect(theirs.get_by_text(t("widget.writing"))).to_have_count(0)
    page.evaluate(LASTING)
    before = reply.bounding_box()
    written.press_sequentially("Hejsan")
    line = page.get_by_text(t("desk.writing"))
    expect(line).to_be_visible()
    assert before == reply.bounding_box()
    assert line.evaluate("one => !one.closest('[role=log], [role=status], [aria-live]')")
    assert "Hejsan" not in page.content()
    faultless(page, "writing")
    written.press("Enter")
    expect(page.locator(".transcript").get_by_text("Hejsan")).to_be_visible()
    expect(line).to_have_count(0)
    context.close()


def test_the_waiting_time_ticks(svar, at, t) -> None:
    """Without anything happening, the line says how long somebody has waited by now."""
    page = at(path="/editor", account="admin")
    page.clock.install()
    page.goto("/desk")
    svar.resident()
    line = section(page, "waiting").locator("li")
    expect(line).to_contain_text(t("desk.waited.now"))
    page.clock.fast_forward(150_000)
    expect(line).to_contain_text(t("desk.waited.minutes", count=2))


def test_what_begins_to_wait_is_said_counted_and_sounded_only_if_wished(
    svar, at, t, faultless
) -> None:
    """Politely announced, counted in the title; sound and notification after being asked for."""
    page = at(permissions=["notifications"])
    page.evaluate(
        """() => {
          window.tones = 0;
          window.shown = [];
          window.asked = 0;
          const start = OscillatorNode.prototype.start;
          OscillatorNode.prototype.start = function (...all) {
            window.tones += 1;
            return start.apply(this, all);
          };
          window.Notification = class {
            static permission = "granted";
            static async requestPermission() { window.asked += 1; return "granted"; }
            constructor(text) { window.shown.push(text); }
            close() {}
          };
          document.hasFocus = () => false;
        }"""
    )
    svar.resident("en")
    expect(page.get_by_role("status").filter(has_text=t("desk.new.one"))).to_have_count(1)
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    assert [0, [], 0] == page.evaluate("[tones, shown, asked]")
    page.get_by_role("button", name=t("desk.settings"), exact=True).click()
    page.get_by_label(t("desk.settings.sound")).check()
    page.get_by_label(t("desk.settings.notify")).check()
    faultless(page, "settings")
    assert [2, [], 1] == page.evaluate("[tones, shown, asked]")
    page.get_by_role("button", name=t("desk.settings.save"), exact=True).click()
    svar.resident("hemligt två")
    expect(page).to_have_title(re.compile(r"^\(2\) "))
    page.wait_for_function("shown.length === 1")
    assert [4, [t("desk.new.one")], 1] == page.evaluate("[tones, shown, asked]")
    page.reload()
    page.get_by_role("button", name=t("desk.settings"), exact=True).click()
    expect(page.get_by_label(t("desk.settings.sound"))).to_be_checked()


def test_a_browser_that_refuses_notifications_is_explained(svar, at, t) -> None:
    """The box goes back by itself, with words."""
    page = at()
    page.evaluate("Notification.requestPermission = async () => 'denied'")
    page.get_by_role("button", name=t("desk.settings"), exact=True).click()
    page.get_by_label(t("desk.settings.notify")).click()
    expect(page.get_by_text(t("desk.settings.refused"))).to_be_visible()
    expect(page.get_by_label(t("desk.settings.notify"))).not_to_be_checked()
