"""What a resident does on the municipality's website, in Swedish, Bokmål and Nynorsk."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

LONGEST = 2000
# What depends on the page more than on the language.
TWO = pytest.mark.parametrize("place", ["sv", "nn"], indirect=True)
# Made-up numbers with correct checksums; no person has them.
IDENTITY_NUMBERS = {
    "sv": ("19811218-9876", "[personnummer]"),
    "nb": ("15076500565", "[fødselsnummer]"),
    "nn": ("15076500565", "[fødselsnummer]"),
}


@dataclass(frozen=True)
class Question:
    """What is asked, and where in the seeded articles the answer stands."""

    text: str
    article: str
    heading: str
    fact: str


ANSWERED = {
    "sv": Question("Vad kostar bygglov för ett garage?", "bygglov", "Vad kostar det?", "8 900 kr"),
    "nb": Question(
        "Når er gjenvinningsstasjonen åpen?",
        "gjenvinningsstasjon",
        "Åpningstider",
        "12–19",
    ),
    "nn": Question(
        "Når må hunden vere i band?", "bandtvang", "Når må hunden vere i band?", "Heile året"
    ),
}
SECOND = {
    "sv": Question(
        "Vad kostar det att gifta sig borgerligt?",
        "borgerlig-vigsel",
        "Vad kostar det?",
        "1 500 kr",
    ),
    "nb": Question("Hva koster det å svømme i svømmehallen?", "svommehall", "Priser", "120 kr"),
    "nn": Question("Kva er opningstidene på biblioteket?", "bibliotek", "Opningstider", "10–19"),
}
# Several sections of these articles have a price or a time; only one is what is asked for.
SECTIONS = {
    "sv": Question("Vad kostar det att gå och bada i simhallen?", "simhall", "Entré", "75 kr"),
    "nb": Question("Hva koster det å gå i barnehagen?", "barnehagepris", "Vanlig pris", "1 200 kr"),
    "nn": Question("Kva kostar kulturskulen?", "kulturskole", "Pris", "2 150 kr"),
}
LISTED = {
    "sv": Question(
        "Hur mycket betalar vi för andra barnet?",
        "forskoleavgift",
        "Så mycket kostar det",
        "1 180 kr",
    ),
    "nb": Question(
        "Hva koster det å levere en tilhenger med skrot?",
        "gjenvinningsstasjon",
        "Det du betaler for",
        "280 kr",
    ),
    "nn": Question("Når er biblioteket ope?", "bibliotek", "Opningstider", "10–19"),
}
UNCLEAR = {"sv": "öppettider", "nb": "åpningstider", "nn": "parkering"}
UNANSWERABLE = {
    "sv": "Vem vann melodifestivalen i fjol?",
    "nb": "Hvem vant fotballkampen i går?",
    "nn": "Kven vann fotballkampen i går?",
}
ASKING = {
    "sv": "jag vill prata med en människa",
    "nb": "jeg vil snakke med et menneske",
    "nn": "eg vil snakke med eit menneske",
}


def plain(markdown: str) -> str:
    """Markdown as one line of words, for comparing with what a page shows."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    return " ".join(re.sub(r"[*_`|]|^\s*(?:[-+]|\d+\.|#+) ", " ", text, flags=re.M).split())


def blocks(answer) -> list[str]:
    """The paragraphs, list items and table cells of an answer, as they are shown."""
    found = answer.locator(".text").locator("p, li, th, td").all_inner_texts()
    return [plain(text) for text in found if text.strip()]


def shown(chat) -> list[str]:
    """What the messages say, without the times and the buttons."""
    return [plain(text) for text in chat.log.locator(".message .text").all_inner_texts()]


def stored(svar, chat) -> list[dict]:
    """The conversation as the gateway keeps it."""
    kept = chat.conversation()
    path = f"/api/v1/conversations/{kept['id']}/messages?after=0"
    headers = {"Authorization": f"Bearer {kept['token']}"}
    return svar.request("GET", path, None, headers).body["messages"]


def test_the_chat_opens_by_mouse(page, place, shot) -> None:
    """From the start page I find my municipality's website, open the chat and am greeted."""
    page.goto(f"/?language={place.language}")
    name = {"ekhamn": "Ekhamns kommun", "fjordvik": "Fjordvik kommune"}[place.municipality]
    shot(f"start-{place.language}", page)
    page.get_by_role("link", name=name).click()
    expect(page).to_have_url(re.compile(rf"/demo/{place.municipality}/$"))
    if place.language == "nn":
        page.get_by_role("link", name="Nynorsk").click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(place.t("demo.heading", municipality=name))
    shot(f"demo-{place.language}", page)
    launcher = page.get_by_role("button", name=place.t("widget.launcher"))
    expect(launcher).to_have_attribute("aria-expanded", "false")
    launcher.click()
    expect(page.get_by_text(place.t("system.greeting", municipality=name))).to_be_visible()
    expect(launcher).to_have_attribute("aria-expanded", "true")
    shot(f"chat-open-{place.language}", page)


@TWO
def test_the_chat_works_by_keyboard_alone(page, place, chat) -> None:
    """With Tab, Enter and Escape I open the chat, ask, and come back to where I was."""
    page.get_by_role("contentinfo").get_by_role("link").last.focus()
    page.keyboard.press("Tab")
    expect(chat.launcher).to_be_focused()
    page.keyboard.press("Enter")
    expect(chat.field).to_be_focused()
    expect(chat.messages.first).to_be_visible()
    page.keyboard.type(ANSWERED[place.language].text)
    page.keyboard.press("Enter")
    expect(chat.says("bot").locator(".source a").first).to_be_visible()
    expect(chat.field).to_be_focused()
    expect(chat.field).to_have_value("")
    page.keyboard.press("Escape")
    expect(chat.panel).to_be_hidden()
    expect(chat.launcher).to_be_focused()


def test_an_answer_is_the_articles_own_words_with_their_source(
    page, place, chat, seed, shot
) -> None:
    """I get what the page says, word for word, and see which page, under which heading, how old.

    Its link takes me to that heading, and the conversation comes along, still open.
    """
    question = ANSWERED[place.language]
    article = seed(place.municipality, question.article)
    chat.open()
    answer = chat.ask(question.text)
    section = plain(article.under(question.heading))
    said = blocks(answer)
    assert question.fact in said
    assert [] == [block for block in said if block not in section]
    source = chat.source(answer).first
    expect(answer).to_contain_text(place.t("widget.source.answered"))
    expect(source.get_by_role("link")).to_have_text(article.title)
    expect(source.locator(".heading")).to_have_text(question.heading)
    expect(source).to_contain_text(
        place.t("widget.source.updated", date=place.date(article.updated))
    )
    # The proof is not below the fold.
    expect(source).to_be_in_viewport(ratio=1)
    shot(f"answer-{place.language}", page)

    before = shown(chat)
    source.get_by_role("link").click()
    expect(page).to_have_url(re.compile(re.escape(article.url) + "#[a-z0-9-]+$"))
    heading = page.get_by_role("article").get_by_role("heading", name=question.heading)
    expect(heading).to_be_in_viewport()
    expect(chat.panel).to_be_visible()
    expect(chat.messages).to_have_count(len(before))
    assert before == shown(chat)
    shot(f"article-{place.language}", page)


def test_a_reload_keeps_the_conversation_and_the_draft(page, place, chat) -> None:
    """The page is loaded again: all that was said is there, and so is what I began to write."""
    chat.open()
    chat.ask(ANSWERED[place.language].text)
    before = shown(chat)
    chat.field.press_sequentially("och")
    page.reload()
    expect(chat.panel).to_be_visible()
    expect(chat.messages).to_have_count(len(before))
    assert before == shown(chat)
    expect(chat.field).to_have_value("och")
    chat.field.fill("")
    second = SECOND[place.language]
    assert second.fact in blocks(chat.ask(second.text))


def test_choices_are_buttons_that_answer(page, place, chat, shot) -> None:
    """When my question can mean several things, I press the one I mean and get its answer."""
    chat.open()
    chat.ask(UNCLEAR[place.language])
    expect(chat.choices.first).to_be_visible()
    shot(f"choices-{place.language}", page)
    choice = chat.choices.first
    title = choice.inner_text()
    answers = chat.says("bot").count()
    choice.click()
    expect(chat.own).to_have_count(2)
    expect(chat.says("bot")).to_have_count(answers + 1)
    source = chat.source(chat.says("bot").last).first
    expect(source).to_be_visible()
    page_title = source.get_by_role("link").inner_text()
    assert page_title in title, f"{title} was answered from {page_title}"
    expect(chat.choices).to_have_count(0)


def test_what_nobody_can_answer_is_admitted(page, place, chat, shot) -> None:
    """The assistant says honestly that it has no answer, and offers a person, who I then get.

    The person is offered by one button, which stands out, and not by a second one beside it.
    """
    chat.open()
    reply = chat.ask(UNANSWERABLE[place.language])
    honest = {place.bot_says(f"utter_{kind}") for kind in ("unanswerable", "out_of_scope")}
    assert reply.locator(".text").inner_text() in honest
    expect(reply).not_to_contain_text(place.t("widget.source.answered"))
    shot(f"unanswerable-{place.language}", page)
    expect(chat.person).to_have_count(1)
    expect(chat.person).to_have_attribute("data-variant", "primary")
    expect(chat.choices.filter(has_text=place.t("choice.person.title"))).to_have_count(0)
    hint = place.t("widget.person.hint", button=place.t("widget.person"))
    expect(reply).to_contain_text(hint)
    chat.person.click()
    expect(chat.status).to_contain_text(place.t("widget.status.waiting"))
    expect(chat.person).to_be_hidden()


@TWO
@pytest.mark.parametrize("width", [1280, 320])
def test_a_person_is_always_within_reach(page, place, chat, width: int) -> None:
    """However long the talk and small the screen, "talk to a person" is in sight."""
    page.set_viewport_size({"width": width, "height": 640})
    chat.open()
    expect(chat.person).to_be_in_viewport(ratio=1)
    chat.ask(ANSWERED[place.language].text)
    expect(chat.person).to_be_in_viewport(ratio=1)
    chat.ask(UNANSWERABLE[place.language])
    expect(chat.person).to_be_in_viewport(ratio=1)
    chat.person.click()
    expect(chat.status).to_contain_text(place.t("widget.status.waiting"))


def test_asking_for_a_person_in_words_hands_over(svar, page, place, chat, shot) -> None:
    """I write that I want a person. Nobody is there, and I am told so, with number and hours.

    From then on no machine answers.
    """
    chat.open()
    chat.write(ASKING[place.language])
    expect(chat.status).to_contain_text(place.t("widget.status.waiting"))
    about = svar.request("GET", f"/api/v1/municipalities/{place.municipality}").body
    nobody = place.t(
        "system.waiting_nobody_there", phone=about["phone"], hours=about["hours"][place.language]
    )
    # By night and on Sundays it says instead when it opens.
    closed = place.t("system.waiting_closed", opens="…").partition("…")[0]
    expect(chat.says("system").last.locator(".text")).to_have_text(
        re.compile(f"^({re.escape(nobody)}$|{re.escape(closed)})")
    )
    shot(f"waiting-{place.language}", page)
    spoken = chat.says("bot").count()
    chat.write(ANSWERED[place.language].text)
    expect(chat.own).to_have_count(2)
    expect(chat.own.last).to_contain_text(place.t("widget.delivery.sent"))
    expect(chat.says("bot")).to_have_count(spoken)


def test_ending_erases_the_conversation(svar, page, place, chat, watch, shot) -> None:
    """I end it, am asked once whether I mean it, and then nothing of it is left."""
    chat.open()
    chat.ask(ANSWERED[place.language].text)
    kept = chat.conversation()
    chat.pick("widget.menu.erase")
    expect(chat.panel.get_by_text(place.t("widget.confirm.question"))).to_be_visible()
    shot(f"end-{place.language}", page)
    chat.button("widget.confirm.keep").click()
    expect(chat.own).to_have_count(1)
    chat.pick("widget.menu.erase")
    chat.button("widget.confirm.erase").click()
    expect(chat.status).to_have_text(place.t("widget.erased"))
    expect(chat.messages).to_have_count(0)
    shot(f"erased-{place.language}", page)
    headers = {"Authorization": f"Bearer {kept['token']}"}
    path = f"/api/v1/conversations/{kept['id']}/messages?after=0"
    assert svar.request("GET", path, None, headers).status in {401, 404}
    assert page.evaluate("key => localStorage.getItem(key)", f"svar:{place.municipality}") is None
    page.reload()
    expect(chat.messages).to_have_count(1)
    expect(chat.own).to_have_count(0)


@TWO
def test_a_new_conversation_can_follow_at_once(place, chat) -> None:
    """After ending, one press begins anew with a greeting and an empty field."""
    chat.open()
    chat.ask(ANSWERED[place.language].text)
    chat.pick("widget.menu.erase")
    chat.button("widget.confirm.erase").click()
    chat.button("widget.again").click()
    expect(chat.messages).to_have_count(1)
    expect(chat.field).to_be_focused()
    second = SECOND[place.language]
    assert second.fact in blocks(chat.ask(second.text))


@TWO
def test_an_empty_message_is_explained(place, chat) -> None:
    """Sending nothing tells me to write something first, and sends nothing."""
    chat.open()
    for nothing in ("", "   "):
        chat.write(nothing)
        expect(chat.problem).to_have_text(place.t("widget.error.required"))
        expect(chat.field).to_have_attribute("aria-invalid", "true")
        expect(chat.field).to_have_value(nothing)
        expect(chat.field).to_be_focused()
    expect(chat.own).to_have_count(0)
    chat.field.fill("hej")
    expect(chat.problem).to_be_hidden()


def test_a_too_long_message_is_kept_and_explained(page, place, chat, shot) -> None:
    """One character too many: I am told by how much, nothing is cut; shorter by one, it goes."""
    text = f"{ANSWERED[place.language].text} " + "å" * LONGEST
    text = text[: LONGEST + 1]
    chat.open()
    chat.write(text)
    expect(chat.problem).to_have_text(place.t("widget.error.too_long.one", count=1))
    expect(chat.field).to_have_attribute("aria-invalid", "true")
    expect(chat.field).to_have_value(text)
    expect(chat.own).to_have_count(0)
    shot(f"too-long-{place.language}", page)
    chat.ask(text[:LONGEST])
    expect(chat.own).to_have_count(1)
    expect(chat.own.locator(".text")).to_have_text(text[:LONGEST])
    expect(chat.problem).to_be_hidden()


def test_an_identity_number_is_taken_out(svar, page, place, chat, shot) -> None:
    """I happen to write my identity number. It is shown masked, and I am told so kindly."""
    number, marker = IDENTITY_NUMBERS[place.language]
    chat.open()
    chat.write(f"{number} {ANSWERED[place.language].text}")
    notice = chat.says("system").filter(has_text=place.t("system.masked"))
    expect(notice).to_be_visible()
    expect(chat.own.locator(".text")).to_have_text(f"{marker} {ANSWERED[place.language].text}")
    expect(chat.says("bot").last).to_be_visible()
    shot(f"masked-{place.language}", page)
    assert number not in page.content()
    assert number not in chat.panel.inner_text()
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert number not in kept
    assert number not in str(stored(svar, chat))


@TWO
def test_a_lost_network_loses_no_message(svar, page, place, chat, watch, shot) -> None:
    """Without a network my message stays in sight, marked as not sent; with it, it goes once."""
    watch.expects("ERR_INTERNET_DISCONNECTED")
    question = ANSWERED[place.language]
    chat.open()
    page.context.set_offline(True)
    chat.write(question.text)
    expect(chat.own.locator(".text")).to_have_text(question.text)
    expect(chat.own).to_contain_text(place.t("widget.error.not_sent"))
    expect(chat.status).to_contain_text(place.t("widget.status.offline"))
    shot(f"offline-{place.language}", page)
    page.context.set_offline(False)
    expect(chat.says("bot").locator(".source a").first).to_be_visible()
    expect(chat.own).to_have_count(1)
    expect(chat.own).not_to_contain_text(place.t("widget.error.not_sent"))
    expect(chat.status).to_be_hidden()
    sent = [each["text"] for each in stored(svar, chat) if each["author"] == "resident"]
    assert [question.text] == sent


@TWO
def test_trying_again_sends_once(svar, page, place, chat, watch) -> None:
    """A message that could not be sent goes with "try again", and is stored only once."""
    watch.expects(r"POST .*/messages failed: net::ERR_CONNECTION_FAILED")
    question = ANSWERED[place.language]
    chat.open()
    tries: list[str] = []

    def fail_first(route) -> None:
        tries.append(route.request.post_data_json["client_id"])
        if len(tries) == 1:
            route.abort("connectionfailed")
        else:
            route.continue_()

    page.route("**/api/v1/conversations/*/messages", fail_first)
    chat.write(question.text)
    retry = chat.own.get_by_role("button", name=place.t("widget.retry"))
    expect(chat.own).to_contain_text(place.t("widget.error.not_sent"))
    retry.click()
    expect(chat.says("bot").locator(".source a").first).to_be_visible()
    sent = [each["text"] for each in stored(svar, chat) if each["author"] == "resident"]
    assert [question.text] == sent
    assert 1 == len(set(tries))


@TWO
def test_an_answer_lost_on_the_way_is_not_asked_for_twice(svar, page, place, chat, watch) -> None:
    """The message arrived but the answer got lost: it shows up all the same, and only once."""
    watch.expects(r"POST .*/messages failed: net::ERR_CONNECTION_RESET")
    question = ANSWERED[place.language]
    chat.open()

    lost: list[str] = []

    def lose(route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.request.url)
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/api/v1/conversations/*/messages", lose)
    chat.write(question.text)
    expect(chat.says("bot").locator(".source a").first).to_be_visible()
    expect(chat.own).to_have_count(1)
    expect(chat.own).not_to_contain_text(place.t("widget.error.not_sent"))
    authors = [each["author"] for each in stored(svar, chat)]
    assert 1 == authors.count("resident")
    assert authors.count("bot") == chat.says("bot").count()


@pytest.mark.parametrize("questions", [SECTIONS, LISTED], ids=["sections", "listed"])
def test_the_answer_is_the_section_that_was_asked_for(place, chat, questions) -> None:
    """Not only the right page but the right part of it: another part's price would be wrong."""
    question = questions[place.language]
    chat.open()
    answer = chat.ask(question.text)
    expect(chat.source(answer).first.locator(".heading")).to_have_text(question.heading)
    assert question.fact in blocks(answer)


@TWO
def test_the_page_behind_is_reached_again_on_a_small_screen(page, place, chat, seed, shot) -> None:
    """On a phone the chat covers the page; following a source shows me the page itself."""
    page.set_viewport_size({"width": 320, "height": 640})
    question = ANSWERED[place.language]
    article = seed(place.municipality, question.article)
    chat.open()
    answer = chat.ask(question.text)
    shot(f"answer-small-{place.language}", page)
    chat.source(answer).first.get_by_role("link").click()
    expect(page).to_have_url(re.compile(re.escape(article.url)))
    heading = page.get_by_role("article").get_by_role("heading", name=question.heading)
    expect(heading).to_be_in_viewport()
    expect(chat.panel).to_be_hidden()
    shot(f"article-small-{place.language}", page)
    chat.launcher.click()
    expect(chat.own).to_have_count(1)
