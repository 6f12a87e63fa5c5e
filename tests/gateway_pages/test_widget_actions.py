"""What residents do with a conversation, and what the chat does when something is missing."""

import re
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, expect

from tests.gateway_pages.chat import (
    FOCUSED,
    OFFER,
    Open,
    answered,
    closed,
    ended,
    field,
    leaving_case,
    mailing,
    menu,
    not_helped,
    noticed,
    open_chat,
    panel,
    pick,
    queued,
    stuck,
    waiting,
    with_operator,
    write,
)
from tests.gateway_pages.limit import LIMIT

EMAIL = "ingen@exempel.example"
LINES = """one => {
    const { lineHeight, paddingTop, paddingBottom } = getComputedStyle(one);
    const room = one.clientHeight - parseFloat(paddingTop) - parseFloat(paddingBottom);
    return Math.round(room / parseFloat(lineHeight));
}"""


def address(page):
    return page.get_by_role("textbox", name="Din e-postadress")


def give(page) -> None:
    panel(page).locator("form:visible").get_by_role("button", name="Skicka", exact=True).click()


def test_the_menu_says_what_each_thing_does(open_page: Open, gateway) -> None:
    """Every item has its consequence in plain words, by sight and by description."""
    page = open_page()
    menu(page, gateway)
    for name, does in {
        "Ladda ned samtalet": "Du får en textfil på din dator eller telefon.",
        "Skicka samtalet med e-post": "Vi använder adressen en gång och sparar den inte.",
        "Avsluta samtalet": "Ingen svarar mer här. Du kan läsa samtalet tills du startar ett nytt.",
        "Radera samtalet": "Allt försvinner, både här och hos kommunen.",
    }.items():
        button = page.get_by_role("button", name=name, exact=True)
        expect(button).to_have_accessible_description(does)
        expect(panel(page).locator(".menu").get_by_text(does)).to_be_visible()


def test_escape_closes_the_menu_first(open_page: Open, gateway) -> None:
    """Focus goes back to the menu's button, and the panel stays."""
    page = open_page()
    menu(page, gateway)
    page.keyboard.press("Escape")
    button = page.get_by_role("button", name="Meny", exact=True)
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(panel(page)).to_be_visible()


def test_a_conversation_is_downloaded(open_page: Open, gateway) -> None:
    """A text file with everything said, on a page that allows nothing inline."""
    page = open_page()
    answered(page, gateway)
    with page.expect_download() as download:
        pick(page, "Ladda ned samtalet")
    file = download.value
    assert re.fullmatch(r"svar-ekhamn-\d{4}-\d\d-\d\d\.txt", file.suggested_filename)
    assert "Vad kostar bygglov?" in Path(file.path()).read_text("utf-8")
    expect(panel(page).locator(".status")).to_have_text("Samtalet är nedladdat.")
    expect(page.get_by_role("button", name="Meny", exact=True)).to_be_focused()


def test_a_conversation_is_mailed(open_page: Open, gateway) -> None:
    """The address is sent once and kept nowhere in the browser; focus returns to the menu."""
    page = open_page()
    mailing(page, gateway)
    address(page).fill(EMAIL)
    address(page).press("Enter")
    expect(panel(page).locator(".status")).to_have_text(f"Samtalet är skickat till {EMAIL}.")
    expect(page.get_by_role("button", name="Meny", exact=True)).to_be_focused()
    assert [("transcript", {"email": EMAIL})] == gateway.given
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert EMAIL not in kept
    pick(page, "Skicka samtalet med e-post")
    expect(address(page)).to_have_value("")


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        ((422, "email", "invalid"), "Skriv en hel e-postadress"),
        ((429, "", "too_many"), "Samtalet har nyss skickats flera gånger."),
        ((503, "", "no_mail"), "Vi kan inte skicka e-post just nu."),
        ((500, "", ""), "Det gick inte att skicka."),
    ],
    ids=["address", "limit", "no_mail", "failure"],
)
def test_what_is_wrong_with_a_mail_is_said_and_nothing_lost(
    open_page: Open, gateway, problem: tuple[int, str, str], text: str
) -> None:
    """In the form, which keeps what was typed and works when tried again."""
    gateway.problems.append(problem)
    page = open_page()
    mailing(page, gateway)
    address(page).fill(EMAIL)
    give(page)
    expect(panel(page).get_by_text(text)).to_be_visible()
    expect(address(page)).to_have_value(EMAIL)
    if problem[1]:
        expect(address(page)).to_be_focused()
        expect(address(page)).to_have_attribute("aria-invalid", "true")
        expect(address(page)).to_have_accessible_description(re.compile(text))
    give(page)
    expect(address(page)).to_be_hidden()
    assert 1 == len(gateway.given)


def test_an_empty_address_is_told_before_it_is_sent(open_page: Open, gateway) -> None:
    """The field says what it needs and has the focus."""
    page = open_page()
    mailing(page, gateway)
    give(page)
    expect(address(page)).to_have_accessible_description(re.compile(r"Skriv din e-postadress\."))
    expect(address(page)).to_be_focused()
    assert [] == gateway.given


def test_ending_keeps_the_conversation_to_read(open_page: Open, gateway) -> None:
    """It is closed, still there after a reload, and the next begins with one button."""
    page = open_page()
    ended(page, gateway)
    assert [("close", None)] == gateway.given
    expect(field(page)).to_be_hidden()
    expect(panel(page).locator(".message")).to_have_count(4)
    page.get_by_role("button", name="Meny", exact=True).click()
    expect(page.get_by_role("button", name="Avsluta samtalet")).to_be_hidden()
    expect(page.get_by_role("button", name="Ladda ned samtalet")).to_be_visible()
    page.reload()
    expect(panel(page).locator(".message")).to_have_count(4)
    page.get_by_role("button", name="Starta ett nytt samtal").click()
    expect(panel(page).locator(".message")).to_have_count(1)
    expect(field(page)).to_be_focused()
    assert 2 == gateway.begun


def test_a_line_can_be_added_to_no(open_page: Open, gateway) -> None:
    """The rating is sent at once, the line beside it when there is one."""
    page = open_page()
    not_helped(page, gateway)
    line = page.get_by_role("textbox", name="Vad saknades?")
    expect(line).to_be_in_viewport()
    line.fill("Priset är gammalt")
    line.press("Enter")
    expect(page.get_by_text("Tack för att du berättade.")).to_be_focused()
    expect(line).to_be_hidden()
    assert [
        ("feedback", {"message": 3, "helpful": False}),
        ("feedback", {"message": 3, "helpful": False, "comment": "Priset är gammalt"}),
    ] == gateway.given


def test_a_line_that_is_too_long_or_not_sent_stays(open_page: Open, gateway) -> None:
    """What is wrong is said beside it."""
    page = open_page()
    not_helped(page, gateway)
    line = page.get_by_role("textbox", name="Vad saknades?")
    line.fill("x" * 503)
    line.press("Enter")
    expect(line).to_have_accessible_description("Texten är 3 tecken för lång. Korta den lite.")
    gateway.down = True
    line.fill("Priset")
    line.press("Enter")
    expect(line).to_have_accessible_description("Ditt svar kom inte fram. Försök gärna igen.")
    expect(line).to_have_value("Priset")


def test_the_place_in_the_queue_is_said(open_page: Open, gateway) -> None:
    """Whose line, place and wait stand with the status, follow it, and go when a person comes."""
    page = open_page()
    queued(page, gateway)
    status = panel(page).locator(".status")
    expect(status).to_have_text(
        "Du väntar på en person. Skriv gärna mer under tiden. "
        "Du är nummer 2 i kön till Bygg och miljö. Det brukar ta 5 till 15 minuter."
    )
    gateway.tell(
        {
            "status": "waiting",
            "queue": {"position": 1, "of_department": None, "wait_minutes": [2, 2]},
        }
    )
    expect(status).to_contain_text("Du är nummer 1 i kön. Det brukar ta omkring 2 min.")
    gateway.status, gateway.queue = "with_operator", None
    gateway.push("operator", "Hej!")
    expect(status).to_have_text("Du pratar med en person.")


def test_what_the_wish_for_a_person_brings_is_in_sight(open_page: Open, gateway) -> None:
    """Also for those who like motion: the log moves while what stands around it changes."""
    page = open_page(height=600, reduced_motion="no-preference")
    gateway.replies.append({"author": "bot", "text": "Ett långt svar.\n\n" * 20})
    open_chat(page)
    write(page, "Vad kostar bygglov?")
    expect(panel(page).locator(".message.bot")).to_have_count(2)
    page.get_by_role("button", name="Prata med en person").click()
    expect(panel(page).locator(".status")).to_have_text(re.compile("Du väntar på en person"))
    last = panel(page).locator(".message").last
    expect(last).to_have_class(re.compile("system"))
    expect(last).to_be_in_viewport(ratio=0.9)


def test_a_question_is_left_when_nobody_is_there(open_page: Open, gateway) -> None:
    """What was asked stands in the form; it and the address are sent, and the answer is shown."""
    page = open_page()
    leaving_case(page, gateway)
    expect(page.get_by_role("textbox", name="Din fråga", exact=True)).to_have_value(
        "Vad kostar bygglov?"
    )
    address(page).fill(EMAIL)
    give(page)
    expect(panel(page).get_by_text("EK-26-4F7KD")).to_be_visible()
    expect(field(page)).to_be_visible()
    assert page.evaluate(FOCUSED) == "log"
    assert [("case", {"text": "Vad kostar bygglov?", "email": EMAIL})] == gateway.given
    assert ["Vad kostar bygglov?"] == [each["text"] for each in gateway.received]


def test_a_question_has_room_and_grows(open_page: Open, gateway) -> None:
    """Four lines at first, more as they are written; too many words are told beside the field."""
    page = open_page()
    leaving_case(page, gateway)
    text = page.get_by_role("textbox", name="Din fråga", exact=True)
    assert 4 == text.evaluate(LINES)
    text.fill("rad\n" * 6 + "rad")
    assert 7 == text.evaluate(LINES)
    assert text.evaluate("one => one.scrollHeight <= one.clientHeight")
    address(page).fill(EMAIL)
    text.fill("x" * 2003)
    give(page)
    expect(text).to_be_focused()
    expect(text).to_have_accessible_description(re.compile("3 tecken för lång"))
    assert [] == gateway.given


def test_an_offer_taken_in_words_opens_the_form(open_page: Open, gateway) -> None:
    """As its button does; the words that took it are no part of the question."""
    page = open_page()
    gateway.replies += [OFFER, {**OFFER, "opens": "case"}]
    open_chat(page)
    write(page, "Vem äger bänken?")
    expect(page.get_by_role("button", name="Lämna frågan")).to_be_visible()
    write(page, "ja tack")
    expect(page.get_by_role("form", name="Få svar med e-post")).to_be_visible()
    expect(page.get_by_label("Din fråga", exact=True)).to_have_value("Vem äger bänken?")


def test_what_was_written_for_a_case_stays(open_page: Open, gateway) -> None:
    """Left by Escape and opened again, the form has what was typed, also after an error."""
    gateway.problems.append((422, "email", "invalid"))
    page = open_page()
    leaving_case(page, gateway)
    text = page.get_by_role("textbox", name="Din fråga", exact=True)
    text.fill("Vad kostar bygglov för en altan?")
    address(page).fill("ingen")
    give(page)
    expect(address(page)).to_have_accessible_description(re.compile("Skriv en hel e-postadress"))
    page.keyboard.press("Escape")
    expect(text).to_be_hidden()
    page.get_by_role("button", name="Lämna frågan").click()
    expect(text).to_have_value("Vad kostar bygglov för en altan?")
    expect(address(page)).to_have_value("ingen")


def test_a_notice_stands_at_the_top_until_hidden(open_page: Open, gateway) -> None:
    """Dated and named; hidden for this visit, there again on the next."""
    page = open_page()
    noticed(page, gateway)
    notice = page.get_by_role("region", name="Meddelande från kommunen")
    expect(notice).to_contain_text("12 mars 2026")
    expect(notice).to_contain_text("Vattnet är avstängt")
    assert notice.bounding_box()["y"] < panel(page).get_by_role("log").bounding_box()["y"]
    notice.get_by_role("button", name="Dölj").click()
    expect(notice).to_be_hidden()
    expect(page.get_by_role("heading", name="Fråga kommunen")).to_be_focused()
    page.reload()
    expect(panel(page).locator(".message")).to_have_count(1)
    expect(notice).to_be_hidden()
    another = page.context.new_page()
    another.route("**/*", gateway.serve)
    another.route_web_socket("**/*", gateway.connect)
    another.goto(page.url)
    another.get_by_role("button", name="Fråga kommunen").click()
    expect(another.get_by_role("region", name="Meddelande från kommunen")).to_be_visible()


def test_when_nothing_can_be_begun_there_is_a_link(open_page: Open, gateway) -> None:
    """After some tries the button is a plain link to the chat as a page, and back when it works."""
    page = open_page()
    field_text = "Jag undrar"
    stuck(page, gateway)
    field(page).fill(field_text)
    link = panel(page).get_by_role("link", name="Fråga på en egen sida")
    expect(link).to_have_attribute("href", "http://svar.test/ekhamn")
    expect(panel(page).locator(".status")).to_contain_text("Chatten går inte att använda här")
    page.keyboard.press("Escape")
    expect(page.locator("svar-chat .out a")).to_be_focused()
    gateway.refuses = 0
    page.reload()
    page.get_by_role("button", name="Fråga kommunen").click()
    expect(panel(page).locator(".message")).to_have_count(1)
    expect(field(page)).to_have_value(field_text)
    expect(page.locator("svar-chat .out")).to_be_hidden()


def test_it_begins_by_itself_when_it_works_again(open_page: Open, gateway) -> None:
    """The tries go on behind the link, which goes when one succeeds."""
    page = open_page()
    stuck(page, gateway)
    panel(page).get_by_role("link", name="Fråga på en egen sida").focus()
    gateway.refuses = 0
    expect(panel(page).locator(".message")).to_have_count(1, timeout=15_000)
    expect(page.get_by_role("heading", name="Fråga kommunen")).to_be_focused()
    expect(panel(page).get_by_role("link", name="Fråga på en egen sida")).to_have_count(0)
    expect(page.locator("svar-chat button.launcher")).to_be_visible()


def test_a_conversation_goes_along_to_the_page(open_page: Open, gateway) -> None:
    """Where there is one, the way out is a form that posts its id and token, not in an address."""
    page = open_page()
    page.clock.install()
    answered(page, gateway)
    gateway.refuses = 503
    for socket in gateway.sockets:
        socket.close()
    gateway.sockets.clear()
    way = panel(page).get_by_role("button", name="Fråga på en egen sida")
    for _ in range(40):
        page.clock.run_for(3000)
        if way.is_visible():
            break
    way.click()
    page.wait_for_url("**/ekhamn/continue")
    ((path, body),) = gateway.posted
    assert ("/ekhamn/continue", {"conversation": ["c1"], "token": ["t"]}) == (path, parse_qs(body))


@pytest.mark.parametrize("html", [
    "<svar-chat municipality='ekhamn'></svar-chat>",
    "<svar-chat municipality='ekhamn'><a href='/ekhamn'>Fråga oss</a></svar-chat>",
], ids=["bare", "with_link"])  # fmt: skip
def test_a_browser_that_lacks_something_has_a_link(open_page: Open, gateway, html) -> None:
    """Without dialogs there is no panel, but one way to ask."""
    gateway.html = html
    page = open_page()
    page.add_init_script("delete window.HTMLDialogElement")
    page.reload()
    links = page.locator("svar-chat").get_by_role("link")
    expect(links).to_have_count(1)
    expect(links).to_have_text(re.compile("^Fråga (på en egen sida|oss)$"))
    expect(links).to_have_attribute("href", re.compile(r"^(http://svar\.test)?/ekhamn$"))
    assert page.evaluate("document.querySelector('svar-chat').shadowRoot") is None


def test_without_javascript_the_link_in_the_element_shows(browser: Browser, gateway, built) -> None:
    """The one line of HTML holds a plain link for browsers without scripts."""
    gateway.html = "<svar-chat municipality='ekhamn'><a href='/ekhamn'>Fråga oss</a></svar-chat>"
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.route("**/*", gateway.serve)
    page.goto("http://svar.test/")
    page.get_by_role("link", name="Fråga oss").click()
    page.wait_for_url("**/ekhamn")
    context.close()


def test_with_the_chat_the_link_in_the_element_does_not_show(open_page: Open, gateway) -> None:
    """There is one way in, not two."""
    gateway.html = "<svar-chat municipality='ekhamn'><a href='/ekhamn'>Fråga oss</a></svar-chat>"
    page = open_page()
    expect(page.get_by_role("button", name="Fråga kommunen")).to_be_visible()
    expect(page.get_by_role("link", name="Fråga oss")).to_be_hidden()


def second(page, gateway):
    """Another tab of the same browser."""
    tab = page.context.new_page()
    tab.set_default_timeout(LIMIT)
    tab.route("**/*", gateway.serve)
    tab.route_web_socket("**/*", gateway.connect)
    tab.goto(page.url)
    return tab


def test_two_tabs_have_one_conversation(open_page: Open, gateway) -> None:
    """The second takes up what the first began, and what one writes comes to both."""
    page = open_page()
    answered(page, gateway)
    tab = second(page, gateway)
    tab.get_by_role("button", name="Fråga kommunen").click()
    expect(panel(tab).locator(".message")).to_have_count(3)
    gateway.status = "with_operator"
    gateway.push("operator", "Hej!")
    for each in (page, tab):
        expect(panel(each).get_by_text("Hej!", exact=True)).to_be_visible()
    assert 1 == gateway.begun


def test_a_conversation_erased_in_one_tab_is_gone_in_the_other(open_page: Open, gateway) -> None:
    """The other says where it went, and takes up the one that is begun anew."""
    page = open_page()
    open_chat(page)
    tab = second(page, gateway)
    tab.get_by_role("button", name="Fråga kommunen").click()
    expect(panel(tab).locator(".message")).to_have_count(1)
    pick(tab, "Radera samtalet")
    tab.get_by_role("button", name="Ja, radera").click()
    expect(panel(page).locator(".message")).to_have_count(0)
    expect(panel(page).locator(".status")).to_have_text("Samtalet avslutades i ett annat fönster.")
    tab.get_by_role("button", name="Starta ett nytt samtal").click()
    for each in (page, tab):
        expect(panel(each).locator(".message")).to_have_count(1)
    assert 2 == gateway.begun


def test_lost_network_is_said_and_what_was_written_is_sent_once(open_page: Open, gateway) -> None:
    """Offline it says so and keeps the words; online again they go, each once."""
    page = open_page()
    waiting(page, gateway)
    while not gateway.sockets:
        page.wait_for_timeout(10)
    page.wait_for_timeout(100)
    gateway.status = "with_bot"
    gateway.push("system", "Nu svarar assistenten igen.")
    expect(panel(page).get_by_text("Nu svarar assistenten igen.")).to_be_visible()
    gateway.down = True
    page.context.set_offline(True)
    status = panel(page).locator(".status")
    expect(status).to_contain_text("Vi har ingen kontakt just nu.")
    write(page, "Vad kostar bygglov?")
    expect(panel(page).locator(".message.resident")).to_contain_text("Inte skickat")
    field(page).fill("Och ett")
    gateway.down = False
    page.context.set_offline(False)
    expect(panel(page).locator(".message.resident")).to_contain_text("Skickat")
    expect(status).to_have_text("")
    expect(field(page)).to_have_value("Och ett")
    assert ["Vad kostar bygglov?"] == [each["text"] for each in gateway.received]


def test_a_machine_that_slept_takes_up_the_conversation(open_page: Open, gateway) -> None:
    """A WebSocket that looks open is not trusted after a sleep: what came meanwhile is shown."""
    page = open_page()
    page.clock.install()
    page.reload()
    with_operator(page, gateway)
    before = len(gateway.sockets)
    gateway.say("operator", "Är du kvar?")
    page.clock.fast_forward("10:00")
    expect(panel(page).get_by_text("Är du kvar?")).to_be_visible()
    page.clock.run_for(2000)
    page.wait_for_timeout(200)
    assert len(gateway.sockets) > before


def test_a_restarted_server_is_found_again(open_page: Open, gateway) -> None:
    """The page connects by itself, with what was said meanwhile, and says nothing was lost."""
    page = open_page()
    waiting(page, gateway)
    gateway.down = True
    for socket in gateway.sockets:
        socket.close()
    gateway.sockets.clear()
    expect(panel(page).locator(".status")).to_contain_text("Vi har ingen kontakt just nu.")
    gateway.down = False
    gateway.status = "with_operator"
    gateway.say("operator", "Nu är jag här.")
    expect(panel(page).get_by_text("Nu är jag här.")).to_be_visible(timeout=15_000)
    expect(panel(page).locator(".status")).to_have_text("Du pratar med en person.")
    expect(panel(page).locator(".message.operator")).to_have_count(1)


def test_a_closed_conversation_begins_anew_by_one_button(open_page: Open, gateway) -> None:
    """Nothing can be written in it, and the button says what it does."""
    page = open_page()
    closed(page, gateway)
    expect(field(page)).to_be_hidden()
    page.get_by_role("button", name="Starta ett nytt samtal").click()
    expect(field(page)).to_be_focused()
    assert 2 == gateway.begun


def test_a_source_opens_in_the_same_site_and_the_chat_goes_along(open_page: Open, gateway) -> None:
    """On the next page the panel is open, with what was said, in order, and what was typed."""
    page = open_page()
    answered(page, gateway)
    field(page).fill("Och ett garage?")
    said = panel(page).locator(".message").all_inner_texts()
    page.get_by_role("link", name="Söka bygglov").click()
    page.wait_for_url("**/bygglov#vad-kostar-det")
    expect(page.get_by_role("heading", name="Bygglov", level=1)).to_be_visible()
    expect(field(page)).to_have_value("Och ett garage?")
    expect(panel(page).locator(".message")).to_have_count(3)
    # What was thought of the answer is asked again; the words are the same.
    assert said == panel(page).locator(".message").all_inner_texts()
    page.go_back()
    expect(panel(page).locator(".message")).to_have_count(3)
    assert (1, 1) == (gateway.begun, len(page.context.pages))


def test_a_page_instead_of_an_answer_is_none(open_page: Open, gateway) -> None:
    """Where a network asks to sign in first, nothing counts as sent, and all goes on afterwards."""
    page = open_page()
    page.route("**/api/**", lambda route: route.fulfill(body="<p>Logga in</p>"))
    page.get_by_role("button", name="Fråga kommunen").click()
    write(page, "Vad kostar bygglov?")
    expect(panel(page).get_by_role("button", name="Försök igen")).to_be_visible()
    expect(panel(page).locator(".status")).to_contain_text("Vi har ingen kontakt just nu.")
    page.unroute("**/api/**")
    panel(page).get_by_role("button", name="Försök igen").click()
    expect(panel(page).locator(".message.resident")).to_contain_text("Skickat")
    assert ["Vad kostar bygglov?"] == [each["text"] for each in gateway.received]


def test_looking_for_an_answer_ends(open_page: Open, gateway) -> None:
    """Where no answer ever comes, it says so within the time limit, and nothing is lost."""
    page = open_page()
    page.add_init_script(
        "const limit = AbortSignal.timeout; AbortSignal.timeout = (ms) => limit(ms / 20);"
    )
    page.reload()
    open_chat(page)
    gateway.silent = True
    write(page, "Vad kostar bygglov?")
    expect(panel(page).get_by_text("Letar efter svar …")).to_be_visible()
    expect(panel(page).get_by_role("button", name="Försök igen")).to_be_visible()
    expect(panel(page).get_by_text("Letar efter svar …")).to_have_count(0)
    expect(panel(page).locator(".message.resident")).to_contain_text("Vad kostar bygglov?")
    expect(panel(page).get_by_role("button", name="Prata med en person")).to_be_enabled()
