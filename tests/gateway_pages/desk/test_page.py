"""The page around the conversations: signing out, languages, room, drafts and the menu."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from tests.gateway_pages.desk.people import PASSAGES, Resident, claim, section


def test_a_list_that_is_being_fetched_does_not_hold_back_who_signs_out(svar, at, t) -> None:
    """What was asked before is given up: no "you were signed out" over the sign-in."""
    page = at()
    held: list[Route] = []
    page.route("**/api/v1/desk/resolved", lambda route: held.append(route))
    with page.expect_request("**/api/v1/desk/resolved"):
        svar.resident("Vad kostar ett garage?")
    expect(section(page, "waiting").locator("li")).to_have_count(1)
    with page.expect_event("requestfailed", lambda request: "resolved" in request.url):
        page.get_by_role("button", name=t("staff.sign_out")).click()
    expect(page.get_by_role("button", name=t("staff.sign_in.button"))).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert held != []


@pytest.mark.parametrize("language", ["nb", "nn"])
def test_the_norwegian_desk(svar, at, t, faultless, language) -> None:
    """The same in Bokmål and Nynorsk; changing the language loses no word that was typed."""
    begun = svar.ask("POST", "conversations", {"municipality": "fjordvik", "language": language})
    resident = Resident(svar, begun["id"], begun["token"])
    resident.write("Kva kostar ein garasje?")
    resident.ask("POST", "handoff", {"reason": "asked"})
    page = at("operator@fjordvik.example")
    page.locator("#language").select_option(language)
    claim(page, "garasje")
    expect(page.locator(".aside")).to_contain_text(t("desk.passages", language))
    page.locator("#reply").fill("Hei")
    page.locator("#note").fill("Notat")
    page.locator("#language").select_option("nb" if language == "nn" else "nn")
    expect(page.locator("#reply")).to_have_value("Hei")
    expect(page.locator("#note")).to_have_value("Notat")
    faultless(page, f"norwegian-{language}")


def test_the_newest_message_and_the_reply_are_seen_together(svar, at) -> None:
    """However much stands above: the last words, the field and its button are in view."""
    resident = svar.resident()
    page = at()
    claim(page, "garage")
    for number in range(6):
        resident.write(f"rad {number}")
    last = page.locator(".message.resident").last
    expect(last).to_contain_text("rad 5")
    for place in (last, page.locator("#reply"), page.locator(".reply button")):
        expect(place).to_be_in_viewport(ratio=1)
    bottom, top = page.evaluate(
        """() => [
          [...document.querySelectorAll(".message.resident")].at(-1).getBoundingClientRect().bottom,
          document.querySelector(".reply").getBoundingClientRect().top,
        ]"""
    )
    assert bottom <= top


def test_what_was_begun_outlasts_a_reload_and_ends_with_the_session(svar, at, t, faultless) -> None:
    """Reply, note and the pages used; in this tab only, and gone once sent or signed out.

    Signing out asks first, and only when there is something to lose.
    """
    svar.resident()
    page = at()
    claim(page, "garage")
    page.locator(".aside .found > ol > li > button").first.click()
    page.keyboard.type(" Hör av dig!")
    page.locator("#note").fill("Bor i villa")
    written = page.locator("#reply").input_value()

    def again() -> None:
        page.reload()
        section(page, "own").locator("li .open").click()

    again()
    expect(page.locator("#reply")).to_have_value(written)
    expect(page.locator("#note")).to_have_value("Bor i villa")
    page.locator("#reply").press("Enter")
    expect(page.locator(".message.operator")).to_have_count(1)
    expect(page.locator("#reply")).to_have_value("")
    again()
    expect(page.locator("#reply")).to_have_value("")
    with page.expect_request("**/suggestions") as sent:
        page.get_by_role("button", name=t("desk.suggest"), exact=True).click()
    assert [PASSAGES[0]["url"]] == [each["url"] for each in sent.value.post_data_json["sources"]]
    kept = "JSON.stringify([Object.values(sessionStorage), Object.values(localStorage)])"
    assert "Hör av dig" not in page.evaluate(kept)
    assert "Bor i villa" in page.evaluate(kept)
    leave = page.get_by_role("button", name=t("staff.sign_out"))
    leave.click()
    faultless(page, "leave")
    page.get_by_role("button", name=t("staff.leave.stay")).click()
    expect(page.locator("#note")).to_have_value("Bor i villa")
    expect(leave).to_be_focused()
    leave.click()
    page.get_by_role("button", name=t("staff.leave.go")).click()
    expect(page.locator("#email")).to_be_focused()
    assert "Bor i villa" not in page.evaluate(kept)


def test_one_menu_leads_everywhere(svar, at, t, faultless) -> None:
    """Conversations stand there once, beside cases and, for who may, the articles."""
    page = at("admin")
    menu = page.get_by_role("navigation", name=t("page.menu"))
    expect(page.get_by_text(t("desk.link"), exact=True)).to_have_count(1)
    expect(menu.get_by_role("button", name=t("desk.link"), exact=True)).to_be_visible()
    expect(menu.get_by_role("link", name=t("editor.link"), exact=True)).to_be_visible()
    faultless(page, "menu")
    menu.get_by_role("button", name=t("cases.title")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(t("cases.title"))
    page.locator("#language").or_(menu).first.focus()
    menu.get_by_role("button", name=t("desk.link"), exact=True).click()
    expect(section(page, "waiting")).to_be_visible()
