"""The chat on a strict website, in every state, by keyboard and for assistive technology."""

import re

import pytest
from playwright.sync_api import expect

from tests.gateway_pages.chat import (
    ANSWER,
    FOCUSED,
    MANY,
    SOURCE,
    STATES,
    UNSURE,
    Open,
    answered,
    asking_to_erase,
    contradicted,
    erased,
    field,
    folded,
    not_sent,
    open_chat,
    panel,
    too_long,
    unsure,
    violations,
    waiting,
    with_operator,
    write,
)


@pytest.mark.parametrize("reach", STATES, ids=lambda state: state.__name__)
def test_no_state_has_a_barrier_that_axe_knows(open_page: Open, gateway, reach, scheme) -> None:
    """Names, roles and contrast are right in light and dark colours."""
    page = open_page(colours=scheme)
    reach(page, gateway)
    assert violations(page) == []


@pytest.mark.parametrize(("width", "height"), [(320, 640), (320, 256)], ids=["phone", "zoomed"])
@pytest.mark.parametrize("reach", STATES[1:], ids=lambda state: state.__name__)
def test_every_state_fits_a_narrow_screen(
    open_page: Open, gateway, reach, width: int, height: int
) -> None:
    """At 320 pixels, and at 400% zoom of a laptop, nothing is cut off and targets are large."""
    page = open_page(width, height)
    reach(page, gateway)
    wide = panel(page).evaluate("panel => panel.scrollWidth - panel.clientWidth")
    boxes = (
        panel(page)
        .locator("button:visible, textarea:visible, input:visible, .way a:visible")
        .evaluate_all("all => all.map(one => one.getBoundingClientRect().toJSON())")
    )
    outside = [box for box in boxes if box["left"] < 0 or box["right"] > width]
    small = [box for box in boxes if box["width"] < 24 or box["height"] < 24]
    assert (wide, outside, small) == (0, [], [])


def test_focus_goes_into_the_panel_and_back(open_page: Open, gateway) -> None:
    """Opening moves focus to the text field, Escape closes and gives it back."""
    page = open_page()
    open_chat(page)
    assert page.evaluate(FOCUSED) == "text"
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    assert "launcher" in page.evaluate(FOCUSED)


def test_focus_leaves_the_panel(open_page: Open, gateway) -> None:
    """The panel is no trap: Tab goes through it and on."""
    page = open_page()
    open_chat(page)
    passed = []
    for _ in range(4):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(FOCUSED))
    assert "BODY" in passed


def test_escape_takes_back_the_question_first(open_page: Open, gateway) -> None:
    """Escape in the question whether to erase keeps the conversation and the panel."""
    page = open_page()
    asking_to_erase(page, gateway)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Meny", exact=True)).to_be_focused()
    expect(panel(page).locator(".message")).to_have_count(1)


def test_messages_are_announced(open_page: Open, gateway) -> None:
    """The messages are a polite, named log, whose messages say who wrote them."""
    page = open_page()
    with_operator(page, gateway)
    log = panel(page).get_by_role("log", name="Meddelanden i samtalet")
    expect(log).to_have_attribute("aria-live", "polite")
    expect(log.locator(".message").last).to_contain_text("Medarbetare, Ekhamns kommun:")


def test_history_is_not_announced_again(open_page: Open, gateway) -> None:
    """After a reload the log fills in silence."""
    page = open_page()
    answered(page, gateway)
    page.add_init_script(
        "window.spoken = [];"
        "const place = Element.prototype.append;"
        "Element.prototype.append = function (...all) {"
        "  if (all.length && this.getAttribute('role') === 'log')"
        "    spoken.push(this.getAttribute('aria-live'));"
        "  return place.apply(this, all); };"
    )
    page.reload()
    expect(panel(page).locator(".message")).to_have_count(3)
    assert page.evaluate("[...new Set(spoken)]") == ["off"]


def test_an_answer_that_was_overtaken_does_not_turn_back_time(open_page: Open, gateway) -> None:
    """The operator came before an answer that still says "waiting": they are still there."""
    page = open_page()
    open_chat(page)
    gateway.held = []
    page.get_by_role("button", name="Prata med en person").click()
    while not gateway.held:
        page.wait_for_timeout(10)
    gateway.status = "with_operator"
    gateway.push("operator", "Hej!")
    expect(panel(page).locator(".status")).to_have_text("Du pratar med en person.")
    with page.expect_response("**/messages?after=*"):
        gateway.held[0]()
    page.wait_for_timeout(300)  # nothing is to happen, so there is nothing to wait for
    assert "Du pratar med en person." == panel(page).locator(".status").inner_text()


def test_a_message_while_closed_is_counted_on_the_button(open_page: Open, gateway) -> None:
    """An operator's answer to a closed panel shows, and is in the button's name."""
    page = open_page()
    waiting(page, gateway)
    page.keyboard.press("Escape")
    gateway.status = "with_operator"
    gateway.push("operator", "Hej!")
    expect(page.get_by_role("button", name="1 nytt meddelande")).to_be_visible()
    expect(page.locator("svar-chat").get_by_role("status")).to_have_text("1 nytt meddelande")


def test_a_source_names_page_heading_and_date(open_page: Open, gateway) -> None:
    """The card links to the place and says when it was updated."""
    page = open_page()
    answered(page, gateway)
    card = panel(page).locator(".source")
    expect(card.get_by_role("link")).to_have_attribute("href", "/bygglov#vad-kostar-det")
    expect(card).to_contain_text("Vad kostar det?")
    expect(card).to_contain_text("Uppdaterad 12 mars 2026")


def test_the_source_comes_before_the_words(open_page: Open, gateway) -> None:
    """Where an answer is from is read and seen first."""
    page = open_page()
    answered(page, gateway)
    said = panel(page).locator(".message").last.locator(".bubble").inner_text()
    first, date, words = said.split("\n\n")[:3]
    assert (
        "Från sidan Söka bygglov – Vad kostar det?",
        "Uppdaterad 12 mars 2026",
        "Ett bygglov kostar 8\u00a0900\u00a0kr.",
    ) == (first, date, words)


def test_pages_that_may_help_come_after_the_words(open_page: Open, gateway) -> None:
    """Where there is no answer, its words come first and no page is called their source."""
    gateway.replies.append({**UNSURE, "answer": {**UNSURE["answer"], "sources": [SOURCE]}})
    page = open_page()
    open_chat(page)
    write(page, "Vem är du?")
    bubble = panel(page).locator(".message").last.locator(".bubble")
    expect(bubble).to_have_text(re.compile(r"^Det hittar jag inte\.Sidor som kan hjälpa"))
    expect(bubble).not_to_contain_text("Från sidan")


@pytest.mark.parametrize("width", [1280, 320])
def test_reading_begins_at_the_top(open_page: Open, gateway, width: int) -> None:
    """A long answer begins at the top of what is seen, also after a reload."""
    page = open_page(width, 640)
    folded(page, gateway)
    edge = panel(page).get_by_role("log").bounding_box()["y"]
    top = """message => message.getBoundingClientRect().top"""
    answer = panel(page).locator(".message").last
    assert 8 == round(answer.evaluate(top) - edge)
    expect(answer.locator(".source")).to_be_in_viewport(ratio=1)
    page.reload()
    expect(answer.locator(".source")).to_be_in_viewport(ratio=1)
    assert 8 == round(answer.evaluate(top) - edge)


def test_the_question_is_seen_with_an_answer_that_leaves_room(open_page: Open, gateway) -> None:
    """After much talk, a short answer is in sight together with what was asked."""
    page = open_page()
    folded(page, gateway)
    gateway.replies.append({**ANSWER, "text": "Det kostar 8 900 kr."})
    write(page, "Och för ett garage?")
    expect(panel(page).get_by_text("Det kostar 8")).to_be_in_viewport(ratio=1)
    expect(panel(page).locator(".message.resident").last).to_be_in_viewport(ratio=1)


def test_a_long_answer_folds(open_page: Open, gateway) -> None:
    """What follows the first eight lines is hidden until the button shows it, which keeps focus."""
    page = open_page()
    folded(page, gateway)
    rows = panel(page).locator(".message").last.locator("tbody tr")
    button = panel(page).locator("[data-unfold]")
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(rows.filter(visible=True)).to_have_count(6)
    expect(page.get_by_text("Fråga oss.")).to_be_hidden()
    button.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(button).to_be_focused()
    expect(rows.filter(visible=True)).to_have_count(20)
    expect(page.get_by_text("Fråga oss.")).to_be_visible()
    button.press("Enter")
    expect(button).to_have_text("Visa hela svaret")
    expect(rows.filter(visible=True)).to_have_count(6)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Först.\n\n{'Ord ' * 150}", ["Först."]),
        (f"{'Ord ' * 100}\n\n### Sedan\n\n{'Ord ' * 60}", ["Ord " * 99 + "Ord"]),
        ("\n".join(f"- punkt {number}" for number in range(1, 13)), None),
        ("\n".join(f"- punkt {number}" for number in range(1, 12)), []),
    ],
    ids=["paragraph", "heading", "items", "fits"],
)
def test_folding_leaves_no_heading_alone(
    open_page: Open, gateway, text: str, shown: list[str] | None
) -> None:
    """Whole paragraphs, items and rows are hidden, and a heading goes with what it is for."""
    gateway.replies.append({**ANSWER, "text": text})
    page = open_page()
    open_chat(page)
    write(page, "Hur?")
    expect(page.get_by_role("link", name="Söka bygglov")).to_be_visible()
    body = panel(page).locator(".message").last.locator(".text")
    seen = body.locator("p, h3, li").filter(visible=True).all_inner_texts()
    if shown is None:
        shown = [f"punkt {number}" for number in range(1, 9)]
    elif not shown:
        shown = [f"punkt {number}" for number in range(1, 12)]
        expect(panel(page).locator("[data-unfold]")).to_have_count(0)
    assert shown == [each.strip() for each in seen]


def test_a_person_is_offered_by_one_button(open_page: Open, gateway) -> None:
    """The button that is always there stands out when a message offers it, until the next one."""
    page = open_page()
    open_chat(page)
    person = page.get_by_role("button", name="Prata med en person")
    expect(person).to_have_attribute("data-variant", "secondary")
    gateway.replies += [UNSURE, ANSWER]
    write(page, "Vem är du?")
    expect(person).to_have_attribute("data-variant", "primary")
    expect(panel(page).locator(".choices button")).to_have_text(["Söka bygglov"])
    told = "Knappen ”Prata med en person” finns nedanför meddelandena."
    expect(panel(page).get_by_role("log")).to_contain_text(told)
    write(page, "Vad kostar bygglov?")
    expect(person).to_have_attribute("data-variant", "secondary")
    expect(panel(page).get_by_role("log")).not_to_contain_text(told)


def test_a_person_alone_makes_no_list_of_choices(open_page: Open, gateway) -> None:
    """Where the person is all that is offered, there is no empty group of buttons."""
    gateway.replies.append({**UNSURE, "choices": UNSURE["choices"][1:]})
    page = open_page()
    open_chat(page)
    write(page, "Vem är du?")
    person = page.get_by_role("button", name="Prata med en person")
    expect(person).to_have_attribute("data-variant", "primary")
    expect(panel(page).locator(".choices")).to_have_count(0)


def test_a_choice_with_a_long_name_wraps(open_page: Open, gateway) -> None:
    """On a narrow screen its lines begin at the left, and nothing of it is cut off."""
    choice = {"title": MANY, "text": MANY, "chunk": "p#", "action": None}
    gateway.replies.append({**UNSURE, "choices": [choice]})
    page = open_page(320, 640)
    open_chat(page)
    write(page, "Parkering")
    button = page.get_by_role("button", name=MANY)
    expect(button).to_have_css("text-align", "start")
    size = button.evaluate(
        "one => [one.scrollWidth - one.clientWidth, one.scrollHeight - one.clientHeight]"
    )
    assert [0, 0] == size


@pytest.mark.parametrize("width", [1280, 320])
def test_the_button_that_sends_says_so(open_page: Open, gateway, width: int) -> None:
    """It shows its word, not only an arrow."""
    page = open_page(width, 640)
    open_chat(page)
    send = page.get_by_role("button", name="Skicka", exact=True)
    assert "Skicka" == send.inner_text()
    assert send.locator(".sr-only").count() == 0


def test_only_the_last_choices_can_be_taken(open_page: Open, gateway) -> None:
    """A choice is sent as the resident's message, and its buttons go."""
    page = open_page()
    unsure(page, gateway)
    page.get_by_role("button", name="Söka bygglov").click()
    expect(panel(page).locator(".choices")).to_have_count(0)
    assert gateway.received[-1]["text"] == "Söka bygglov"
    assert page.evaluate(FOCUSED) == "log"


def test_too_long_a_text_is_kept(open_page: Open, gateway) -> None:
    """Nothing is cut or sent; shortened, it goes."""
    page = open_page()
    too_long(page, gateway)
    assert (len(field(page).input_value()), gateway.received) == (2012, [])
    expect(field(page)).to_have_attribute("aria-invalid", "true")
    write(page, "x" * 2000)
    expect(panel(page).locator(".message.resident")).to_have_count(1)


def test_the_counter_appears_near_the_limit(open_page: Open, gateway) -> None:
    """How much room is left is said from 1 800 characters on."""
    page = open_page()
    open_chat(page)
    field(page).fill("x" * 1799)
    expect(panel(page).locator(".counter")).to_have_text("")
    field(page).fill("x" * 1990)
    expect(panel(page).locator(".counter")).to_have_text("10 tecken kvar")


def test_an_empty_message_is_told(open_page: Open, gateway) -> None:
    """Enter in an empty field explains itself."""
    page = open_page()
    open_chat(page)
    write(page, "   ")
    expect(panel(page).get_by_role("alert")).to_have_text("Skriv något först, så svarar vi.")


def test_a_failed_message_is_tried_again_as_the_same(open_page: Open, gateway) -> None:
    """The text stays, "try again" sends it with the same client_id, and it is there once."""
    page = open_page()
    not_sent(page, gateway)
    kept = page.evaluate("JSON.parse(sessionStorage.getItem('svar:ekhamn')).pending")
    gateway.down = False
    panel(page).get_by_role("button", name="Försök igen").click()
    expect(panel(page).locator(".message.resident")).to_have_text(re.compile("Skickat"))
    assert [(each["text"], each["client_id"]) for each in kept] == [
        (each["text"], each["client_id"]) for each in gateway.received
    ]
    expect(panel(page).locator(".message.resident")).to_have_count(1)


def test_a_message_written_without_network_survives_a_reload(open_page: Open, gateway) -> None:
    """What was not sent before the reload is sent after it, once."""
    page = open_page()
    not_sent(page, gateway)
    gateway.down = False
    page.reload()
    expect(panel(page).locator(".message.resident")).to_have_text(re.compile("Skickat"))
    assert [each["text"] for each in gateway.received] == ["Hej"]


def test_a_draft_survives_a_reload(open_page: Open, gateway) -> None:
    """What is typed but not sent is still there, and the panel is open."""
    page = open_page()
    open_chat(page)
    field(page).fill("Jag undrar")
    page.reload()
    expect(field(page)).to_have_value("Jag undrar")


def test_erased_means_forgotten(open_page: Open, gateway) -> None:
    """After "end and erase" the browser keeps no conversation, until a new one is started."""
    page = open_page()
    erased(page, gateway)
    assert page.evaluate("localStorage.getItem('svar:ekhamn')") is None
    page.get_by_role("button", name="Starta ett nytt samtal").click()
    expect(panel(page).locator(".message")).to_have_count(1)
    assert gateway.begun == 2


def test_the_language_can_be_switched(open_page: Open, gateway) -> None:
    """Where a municipality has two languages, the panel follows the choice."""
    gateway.municipality = {"id": "ekhamn", "name": "Fjordvik", "languages": ["nb", "nn"]}
    page = open_page()
    page.get_by_role("button", name="Fråga kommunen").click()
    page.get_by_role("button", name="Nynorsk").click()
    expect(page.get_by_role("button", name="Snakk med eit menneske")).to_be_visible()
    expect(page.get_by_role("button", name="Nynorsk")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Nynorsk")).to_be_focused()


def test_a_narrow_head_leaves_room_to_read(open_page: Open, gateway) -> None:
    """With two languages to choose from, what the head has to offer stays on one line."""
    gateway.municipality = {"id": "ekhamn", "name": "Fjordvik", "languages": ["nb", "nn"]}
    page = open_page(320, 640)
    page.get_by_role("button", name="Fråga kommunen").click()
    page.get_by_role("button", name="Nynorsk").click()
    expect(page.get_by_role("button", name="Meny")).to_be_visible()
    tools = panel(page, "Spør kommunen").locator(".tools button")
    edges = tools.evaluate_all("all => all.map(one => Math.round(one.getBoundingClientRect().top))")
    assert ([edges[0]] * 4, 320) == (
        edges,
        max(320, *tools.evaluate_all("all => all.map(one => one.getBoundingClientRect().right)")),
    )


def test_the_host_pages_styles_do_not_reach_in(open_page: Open, gateway) -> None:
    """A page with its own sizes and colours for everything leaves the chat as it is."""
    look = """() => {
        const { fontSize, color } = getComputedStyle(
            document.querySelector("svar-chat").shadowRoot.querySelector(".message .text"));
        return [fontSize, color];
    }"""
    plain = open_page()
    open_chat(plain)
    gateway.styles = "html { font-size: 62.5%; } * { color: red; font: 30px serif !important; }"
    loud = open_page()
    open_chat(loud)
    assert plain.evaluate(look) == loud.evaluate(look)


def test_the_host_page_can_give_it_its_colours(open_page: Open, gateway) -> None:
    """Custom properties of the element are the theme."""
    gateway.styles = "svar-chat { --ds-color-base-default: rgb(10, 60, 10); }"
    page = open_page()
    launcher = page.locator("svar-chat .launcher")
    expect(launcher).to_have_css("background-color", "rgb(10, 60, 10)")


def test_nothing_is_asked_of_another_host(open_page: Open, gateway) -> None:
    """A whole conversation fetches only from where the script came from, and sets no cookie."""
    page = open_page()
    answered(page, gateway)
    assert (gateway.elsewhere, page.context.cookies()) == ([], [])


def test_what_another_page_says_stands_apart(open_page: Open, gateway) -> None:
    """With its own source after the answer's words; what language a page is in, before them."""
    page = open_page()
    contradicted(page, gateway)
    message = panel(page).locator(".message.bot").last
    assert "9 500" not in message.locator(".text").inner_text()
    expect(message.locator(".also").get_by_role("link", name="Garage")).to_have_attribute(
        "href", "/garage#pris"
    )
    expect(message.locator(".also strong")).to_have_text("9\u00a0500\u00a0kr")
    note = message.get_by_text("This page is in Swedish.")
    expect(note).to_have_attribute("lang", "en")
    follows = "note => Boolean(note.parentElement.querySelector('.note ~ .text'))"
    assert note.evaluate(follows)
