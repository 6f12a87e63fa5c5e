"""What an operator takes, hands over and leaves, in a browser."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.gateway_pages.desk.people import claim, section


def test_presence_is_chosen_in_the_header_and_seen_by_colleagues(svar, at, t, faultless) -> None:
    """It survives a reload, a colleague sees it live, and residents are not promised anyone."""
    mine, other = at(), at("admin")
    expect(mine.locator("section", has=mine.locator("#colleagues"))).to_contain_text(
        t("desk.state.available")
    )
    mine.get_by_label(t("desk.state"), exact=True).select_option("busy")
    expect(other.locator(".queue .tag.busy")).to_have_text(t("desk.state.busy"))
    other.get_by_label(t("desk.state"), exact=True).select_option("away")
    mine.reload()
    expect(mine.get_by_label(t("desk.state"), exact=True)).to_have_value("busy")
    resident = svar.resident()
    assert t("system.waiting_operator_there") not in resident.said("system")
    expect(section(mine, "waiting").locator("li")).to_have_count(1)
    faultless(mine, "presence")


def test_one_too_many_is_said_and_nothing_is_lost(svar, at, t, faultless) -> None:
    """At the limit, a claim says why not; what I was writing stands where it stood."""
    page = at()
    for number in range(5):
        svar.resident(f"fråga {number}")
    for number in range(4):
        claim(page, f"fråga {number}")
    page.locator("#reply").fill("halvt svar")
    section(page, "waiting").locator("li .ds-button").click()
    expect(page.get_by_role("alert")).to_have_text(t("desk.limit", limit=4))
    expect(page.locator("#reply")).to_have_value("halvt svar")
    expect(page.locator("#queue-own .count")).to_have_text(t("desk.own.count", count=4, limit=4))
    faultless(page, "limit")


def test_pulling_from_the_bot_and_reopening(svar, at, t, faultless) -> None:
    """The list shows topic and last line; taking one tells the resident; a mistake is undone."""
    resident = svar.resident("Vad kostar ett garage?", waits=False)
    page = at()
    line = section(page, "active").locator("li")
    expect(line).to_contain_text("Söka bygglov")
    faultless(page, "active")
    line.locator(".ds-button").click()
    expect(page.locator("#reply")).to_be_focused()
    expect(page.locator(".why")).to_contain_text(t("desk.reason.operator_pulled"))
    told = t("system.pulled", operator="Ekhamns kontaktcenter")
    assert told == resident.said("system")[-1]
    page.locator(".bar .tools button").last.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(t("desk.outcome.closed")).check()
    dialog.get_by_role("button", name=t("desk.resolve")).click()
    again = section(page, "resolved").get_by_role("button")
    again.click()
    expect(page.locator("#reply")).to_be_focused()
    assert t("system.reopened", operator="Ekhamns kontaktcenter") == resident.said("system")[-1]


def test_handing_over_to_a_department(svar, at, t, faultless) -> None:
    """Departments, where there are any, with whether somebody is there; colleagues' states too."""
    svar.resident()
    page, other = at(), at("admin")
    other.get_by_label(t("desk.state"), exact=True).select_option("busy")
    claim(page, "garage")
    department = {"id": "water", "name": {"sv": "Vatten"}, "there": False, "open": True}
    closed = {"id": "waste", "name": {"sv": "Avfall"}, "there": True, "open": False}
    named = {"departments": [department, closed], "own": []}
    page.route("**/api/v1/desk/departments", lambda route: route.fulfill(json=named))
    page.get_by_role("button", name=t("desk.transfer"), exact=True).click()
    dialog = page.get_by_role("dialog")
    choice = dialog.get_by_label(t("desk.transfer.to"))
    expect(choice).to_contain_text(f"Ekhamns förvaltare ({t('desk.state.busy')})")
    expect(choice).to_contain_text(t("desk.transfer.department.nobody", department="Vatten"))
    expect(choice).to_contain_text(t("desk.transfer.department.closed", department="Avfall"))
    choice.select_option("queue:water")
    dialog.get_by_label(t("desk.transfer.note")).fill("Gäller vattnet")
    faultless(page, "transfer")
    with page.expect_request("**/transfer") as sent:
        dialog.get_by_role("button", name=t("desk.transfer.button"), exact=True).click()
    assert {"to": None, "department": "water", "note": "Gäller vattnet"} == (
        sent.value.post_data_json
    )
    expect(section(page, "waiting").locator("li")).to_have_count(1)


def test_a_colleague_who_cannot_take_it_is_named_as_such(svar, at, t, faultless) -> None:
    """Away: not to be chosen; busy: refused at the field. The note stays, also when closed."""
    svar.resident()
    page = at()
    claim(page, "garage")
    dialog = page.get_by_role("dialog")
    name = "Ekhamns förvaltare"

    def colleague(state: str) -> Locator:
        return dialog.locator("option").filter(has_text=f"{name} ({t(state)})")

    page.get_by_role("button", name=t("desk.transfer"), exact=True).click()
    expect(colleague("desk.transfer.away")).to_be_disabled()
    page.keyboard.press("Escape")
    other = at("admin")
    other.get_by_label(t("desk.state"), exact=True).select_option("busy")
    expect(page.locator(".queue .tag.busy")).to_be_visible()
    page.get_by_role("button", name=t("desk.transfer"), exact=True).click()
    expect(colleague("desk.state.busy")).to_be_enabled()
    dialog.get_by_label(t("desk.transfer.to"), exact=True).select_option("admin@ekhamn.example")
    note = dialog.get_by_label(t("desk.transfer.note"), exact=True)
    note.fill("Gäller en villa")
    dialog.get_by_role("button", name=t("desk.transfer.button"), exact=True).click()
    expect(dialog).to_contain_text(t("desk.transfer.refused.busy"))
    expect(page.locator("#transfer-to")).to_be_focused()
    expect(note).to_have_value("Gäller en villa")
    faultless(page, "transfer-refused")
    page.keyboard.press("Escape")
    page.get_by_role("button", name=t("desk.transfer"), exact=True).click()
    expect(note).to_have_value("Gäller en villa")


def test_the_queue_can_be_filtered_by_department(svar, at, t) -> None:
    """When conversations have one, the queue shows it and can be kept to one."""
    page = at()
    items = [
        {
            "id": name, "status": "waiting", "language": "sv", "waiting_since": None,
            "operator": None, "handoff": None, "last_text": name, "last_seq": 1,
            "department": department,
        }
        for name, department in (("gatan", "streets"), ("vattnet", "water"), ("allt", None))
    ]  # fmt: skip
    queue = {"waiting": items, "own": []}
    page.route("**/api/v1/desk/queue", lambda route: route.fulfill(json=queue))
    named = {"departments": [{"id": "water", "name": {"sv": "Vatten"}}], "own": []}
    page.route("**/api/v1/desk/departments", lambda route: route.fulfill(json=named))
    page.route_web_socket("**/api/v1/desk/events", lambda socket: None)
    page.reload()
    lines = section(page, "waiting").locator("li")
    expect(lines).to_have_count(3)
    page.get_by_label(t("desk.filter"), exact=True).select_option("water")
    expect(lines).to_have_count(1)
    expect(lines).to_contain_text("Vatten")
    expect(page).to_have_title(re.compile(r"^\(3\) "))
    page.get_by_label(t("desk.filter"), exact=True).select_option("")
    expect(lines).to_have_count(3)
