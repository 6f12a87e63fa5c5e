"""Beside a conversation: passages, pages, canned replies, notes, a contact, suggestions."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.gateway_pages.desk.people import PASSAGES, PHONE, claim, section


def test_passages_go_into_the_reply_and_are_never_sent_by_themselves(
    svar, at, t, faultless
) -> None:
    """What the pages say stands beside, with its link; used, it can be changed before sending."""
    resident = svar.resident()
    page = at()
    claim(page, "garage")
    first = page.locator(".aside .found > ol > li").first
    expect(first.get_by_role("link")).to_have_attribute("href", PASSAGES[0]["url"])
    faultless(page, "conversation")
    first.locator("> button").click()
    reply = page.locator("#reply")
    expect(reply).to_be_focused()
    expect(reply).to_have_value(
        "Ett bygglov för ett garage kostar 8 900 kr.\n\n- Du får en faktura.\n"
        f"{svar.url}/demo/ekhamn/bygglov#0"
    )
    assert [] == resident.said("operator")
    reply.press("End")
    page.keyboard.type(" Hör av dig!")
    reply.press("Enter")
    expect(page.locator(".message.operator")).to_have_count(1)
    assert resident.said("operator")[0].endswith(" Hör av dig!")


def test_searching_and_a_silent_knowledge(svar, at, t) -> None:
    """Search shows its own results; without knowledge the desk says so and goes on."""
    svar.knowledge = False
    svar.resident()
    page = at()
    claim(page, "garage")
    expect(page.locator(".aside .passages")).to_contain_text(t("desk.passages.error"))
    svar.knowledge = True
    page.get_by_label(t("desk.search"), exact=True).fill("garage")
    page.get_by_role("button", name=t("desk.search.button"), exact=True).click()
    expect(page.locator(".aside .found > ol > li")).to_have_count(2)
    expect(page.locator(".passages [role=status]")).to_have_text(t("desk.search.found", count=2))


def test_canned_replies_are_written_filled_and_removed(svar, at, t, faultless) -> None:
    """Placeholders are filled; what can't be filled is not sent; mistakes are named."""
    svar.resident()
    page = at()
    claim(page, "garage")
    page.get_by_text(t("desk.canned.edit")).click()
    page.get_by_role("button", name=t("desk.canned.new"), exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(t("desk.canned.name"), exact=True).fill("Hälsning")
    dialog.get_by_label(t("desk.canned.text"), exact=True).fill("Hej {namn}")
    dialog.get_by_role("button", name=t("desk.settings.save"), exact=True).click()
    expect(dialog.locator("#canned-text-error")).to_have_text(t("desk.canned.error.placeholder"))
    faultless(page, "canned-dialog")
    dialog.get_by_label(t("desk.canned.text"), exact=True).fill(
        "Hej från {operator} i {municipality}. Ärende {reference}."
    )
    dialog.get_by_role("button", name=t("desk.settings.save"), exact=True).click()
    expect(dialog).to_have_count(0)
    page.locator(".picks").get_by_role("button", name="Hälsning").click()
    reply = page.locator("#reply")
    expect(reply).to_have_value(
        "Hej från Ekhamns kontaktcenter i Ekhamns kommun. Ärende {reference}."
    )
    reply.press("Enter")
    expect(page.locator("#reply-error")).to_have_text(
        t("desk.reply.unfilled", placeholder="{reference}")
    )
    page.locator(".aside details").get_by_role("button", name=t("desk.canned.remove")).click()
    expect(page.locator(".picks")).to_have_count(0)


def test_notes_stay_here_and_a_contact_comes_only_to_me(svar, at, t, faultless) -> None:
    """A note is seen by a colleague; a number the resident shares is seen by me alone."""
    resident = svar.resident()
    page = at()
    claim(page, "garage")
    page.get_by_label(t("desk.notes.new"), exact=True).fill("Gäller Storgatan")
    page.get_by_role("button", name=t("desk.notes.save")).click()
    expect(page.locator(".aside .notes li")).to_contain_text("Gäller Storgatan")
    page.get_by_role("button", name=t("desk.contact.ask")).click()
    expect(page.locator(".message.system").last).to_contain_text(
        t("system.contact_asked", operator="Ekhamns kontaktcenter")
    )
    resident.write(f"Ja, {PHONE}")
    expect(page.locator(".aside .shared")).to_have_text(PHONE)
    expect(page.locator(".transcript")).not_to_contain_text("174")
    assert "Gäller" not in str(resident.ask("GET", "messages"))
    faultless(page, "contact")


def test_an_answer_becomes_a_suggestion_and_a_draft(svar, at, t, faultless) -> None:
    """One click sends it to the editors, who begin a draft from it or take it off the list."""
    svar.resident("Får jag bygga ett garage?")
    page = at()
    claim(page, "garage")
    page.locator(".aside .found > ol > li > button").first.click()
    page.locator("#reply").fill("Ja, om det är lägre än tre meter.")
    page.locator("#reply").press("Enter")
    page.get_by_role("button", name=t("desk.suggest"), exact=True).click()
    expect(page.locator(".message.operator .suggest")).to_have_text(t("desk.suggest.done"))
    expect(page.locator(".transcript")).to_be_focused()
    editor = at("editor", "/editor")
    editor.locator(".suggestions summary").click()
    entry = editor.locator(".suggestions li")
    expect(entry).to_contain_text("Får jag bygga ett garage?")
    expect(entry.get_by_role("link")).to_have_attribute("href", PASSAGES[0]["url"])
    faultless(editor, "suggestions")
    entry.get_by_role("button", name=t("editor.suggestions.draft")).click()
    expect(editor.get_by_label(t("editor.field.text"), exact=True)).to_have_value(
        "Ja, om det är lägre än tre meter."
    )
    expect(editor.get_by_label(t("editor.field.questions"), exact=True)).to_have_value(
        "Får jag bygga ett garage?"
    )
    entry.get_by_role("button", name=t("editor.suggestions.done")).click()
    expect(editor.locator(".suggestions")).to_be_hidden()


def test_a_colleagues_note_appears_by_itself(svar, at, t) -> None:
    """On every desk that shows the conversation; what somebody is writing there stays."""
    svar.resident()
    mine, other = at(), at("admin")
    for page in (mine, other):
        section(page, "waiting").locator("li .open").click()
        expect(page.locator("#note")).to_be_visible()
    other.locator("#note").fill("halv anteckning")
    mine.locator("#note").fill("Bor i villa")
    mine.get_by_role("button", name=t("desk.notes.save"), exact=True).click()
    expect(other.locator(".notes li")).to_contain_text("Bor i villa")
    expect(other.locator("#note")).to_have_value("halv anteckning")
    expect(mine.locator(".notes li")).to_have_count(1)
