"""What an operator does at the desk while residents write in the chat."""

import re

import pytest
from playwright.sync_api import Page, expect

SECOND = 1_000  # ms
BOTH = pytest.mark.parametrize("place", ["sv", "nb"], indirect=True)

LAMPS = {
    "sv": "Lyktan utanför Strandvägen 41 har varit trasig i tre veckor.",
    "nb": "Lykta utenfor Strandvegen 41 har vært i stykker i tre uker.",
}
QUESTIONS = {
    "sv": ("Vad kostar det att gifta sig borgerligt?", "1 500 kr"),
    "nb": ("Hva koster det å svømme i svømmehallen?", "120 kr"),
}
GREETINGS = {"sv": "Hej, jag tittar på det.", "nb": "Hei, jeg ser på det."}
THANKS = {"sv": "Tack, det var snällt!", "nb": "Takk, det var snilt!"}

# Remembers, by the page's own clock, when a text first stood in an element.
STOPWATCH = """([selector, text]) => {
  const there = () => [...document.querySelectorAll(selector)]
    .some((element) => element.textContent.includes(text));
  if (there()) throw new Error("The text stands there already");
  return { at: new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`"${text}" has not come`)), 5000);
    new MutationObserver((_, observer) => {
      if (!there()) return;
      observer.disconnect();
      resolve(Date.now());
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
  }) };
}"""
# Remembers when the resident pressed; the widget's button is in a shadow tree.
PRESS = "() => addEventListener('click', () => (window.pressed ??= Date.now()), true)"


@BOTH
def test_signing_in_says_what_is_wrong(svar, page, place, staff_page, watch, shot) -> None:
    """Empty fields and a wrong password are explained; with the right one I am at the desk.

    After signing out, nobody who uses the same browser sees the conversations.
    """
    watch.expects("(GET|POST) /api/v1/session answered 401")
    desk = staff_page(page, place)
    page.goto("/desk")
    desk.button("staff.sign_in.button").click()
    for key in ("staff.error.email_required", "staff.error.password_required"):
        expect(page.get_by_text(place.t(key))).to_be_visible()
    desk.sign_in(place.email("operator"), "fel lösenord")
    expect(page.get_by_role("alert")).to_have_text(place.t("staff.error.wrong"))
    expect(page.get_by_label(place.t("staff.email"))).to_have_value(place.email("operator"))
    expect(page.get_by_label(place.t("staff.password"))).to_be_focused()
    shot(f"desk-sign-in-{place.language}", page)
    desk.sign_in(place.email("operator"), svar.accounts()[place.email("operator")])
    expect(page.get_by_text(place.t("desk.live"))).to_be_visible()
    desk.button("staff.sign_out").click()
    page.goto("/desk")
    expect(desk.button("staff.sign_in.button")).to_be_visible()
    expect(page.locator(".queue")).to_have_count(0)


@BOTH
def test_an_editor_is_not_let_in(place, signed_in, watch) -> None:
    """With an editor's account the desk says kindly that it is not for me."""
    watch.expects("/api/v1/desk/")
    desk = signed_in(place, "editor", "/desk")
    expect(desk.page.get_by_text(place.t("staff.error.role"))).to_be_visible()
    expect(desk.page.locator(".queue")).to_have_count(0)


@BOTH
def test_a_conversation_goes_to_a_person_and_back(
    page, place, chat, signed_in, watch, shot
) -> None:
    """A resident asks for a person; an operator takes over, helps, and hands back to the bot.

    The conversation appears at the desk by itself within a second, with the reason and all that
    was said. Only one operator gets it. Both see what the other writes as it is written.
    """
    operator = signed_in(place, "operator", "/desk")
    colleague = signed_in(place, "admin", "/desk")
    for each in (operator, colleague):
        expect(each.page.get_by_text(place.t("desk.live"))).to_be_visible()
    shot(f"desk-empty-{place.language}", operator.page)
    lamp = f"{LAMPS[place.language]} {place.municipality}"
    chat.open()
    chat.write(lamp)
    expect(chat.messages).to_have_count(3)

    seen = operator.page.evaluate_handle(STOPWATCH, [".queue li", lamp])
    page.evaluate(PRESS)
    chat.person.click()
    waited = seen.evaluate("seen => seen.at") - page.evaluate("pressed")
    assert waited < SECOND, f"the conversation came to the desk after {waited} ms"
    expect(chat.status).to_contain_text(place.t("widget.status.waiting"))
    expect(chat.says("system").last).to_contain_text(place.t("system.waiting_operator_there"))
    expect(operator.page).to_have_title(re.compile(r"^\([1-9]\d*\) "))
    line = operator.waiting.filter(has_text=lamp)
    expect(line).to_contain_text(place.t("desk.reason.asked"))
    shot(f"desk-queue-{place.language}", operator.page)

    line.get_by_role("button").first.click()
    expect(operator.page.get_by_role("region", name=place.t("desk.why"))).to_contain_text(lamp)
    expect(operator.transcript.locator(".message.resident")).to_have_text(
        re.compile(re.escape(lamp))
    )
    expect(operator.transcript.locator(".message")).to_have_count(chat.messages.count())
    shot(f"desk-conversation-{place.language}", operator.page)
    colleague.waiting.filter(has_text=lamp).get_by_role("button").first.click()
    expect(colleague.transcript).to_contain_text(lamp)

    operator.claim(lamp)
    expect(operator.mine.filter(has_text=lamp)).to_be_visible()
    expect(operator.waiting.filter(has_text=lamp)).to_have_count(0)
    expect(chat.status).to_have_text(place.t("widget.status.with_operator"))
    expect(colleague.page.get_by_text(place.t("desk.gone")).first).to_be_visible()
    expect(colleague.waiting.filter(has_text=lamp)).to_have_count(0)

    operator.answer(GREETINGS[place.language])
    expect(chat.says("operator").locator(".text")).to_have_text(GREETINGS[place.language])
    expect(operator.reply).to_have_value("")
    bot = chat.says("bot").count()
    chat.write(THANKS[place.language])
    expect(operator.transcript.locator(".message.resident").last).to_contain_text(
        THANKS[place.language]
    )
    expect(chat.says("bot")).to_have_count(bot)
    expect(operator.reply).to_be_in_viewport(ratio=1)
    shot(f"desk-own-{place.language}", operator.page)
    shot(f"with-operator-{place.language}", page)

    operator.resolve("answered")
    expect(operator.mine.filter(has_text=THANKS[place.language])).to_have_count(0)
    expect(chat.says("system").last).to_contain_text(place.t("system.resolved"))
    expect(chat.status).to_be_hidden()
    question, fact = QUESTIONS[place.language]
    expect(chat.ask(question)).to_contain_text(fact)
    expect(chat.person).to_be_visible()


@BOTH
def test_only_one_of_two_gets_a_conversation(svar, page, place, chat, signed_in, watch) -> None:
    """A colleague was faster: my claim is refused kindly, and I can't write in it.

    My page has not heard of it yet, as when the network is slow.
    """
    watch.expects("POST .*/claim answered 409", "GET .*/desk/conversations/.* answered 404")
    lamp = f"{LAMPS[place.language]} {place.email('admin')[:5]}"
    late = signed_in(place, "operator", "/desk")
    late.page.route_web_socket("**/api/v1/desk/events", lambda socket: None)
    late.page.reload()
    chat.open()
    chat.write(lamp)
    expect(chat.messages).to_have_count(3)
    chat.person.click()
    expect(chat.status).to_contain_text(place.t("widget.status.waiting"))
    late.page.reload()
    quick = signed_in(place, "admin", "/desk")
    expect(late.waiting.filter(has_text=lamp)).to_be_visible()
    quick.claim(lamp)
    line = late.waiting.filter(has_text=lamp)
    line.get_by_role("button", name=re.compile(re.escape(place.t("desk.claim")))).click()
    expect(late.page.get_by_text(place.t("desk.claimed_by_other")).first).to_be_visible()
    expect(late.reply).to_have_count(0)
    expect(chat.status).to_have_text(place.t("widget.status.with_operator"))
    quick.resolve("closed")
    expect(chat.status).to_contain_text(place.t("widget.status.closed"))


@BOTH
def test_what_an_operator_types_is_never_lost(page, place, chat, signed_in, watch) -> None:
    """An empty reply is explained; one that can't be sent stays in its field until it can."""
    watch.expects("ERR_INTERNET_DISCONNECTED")
    lamp = f"{LAMPS[place.language]} {place.language}"
    desk = signed_in(place, "operator", "/desk")
    chat.open()
    chat.write(lamp)
    expect(chat.messages).to_have_count(3)
    chat.person.click()
    desk.claim(lamp)
    desk.answer("   ")
    expect(desk.page.get_by_text(place.t("desk.reply.required"))).to_be_visible()
    desk.page.context.set_offline(True)
    desk.answer(GREETINGS[place.language])
    expect(desk.page.get_by_text(place.t("staff.error.network"))).to_be_visible()
    expect(desk.reply).to_have_value(GREETINGS[place.language])
    desk.page.context.set_offline(False)
    desk.button("desk.reply.send").click()
    expect(chat.says("operator")).to_have_count(1)
    expect(desk.reply).to_have_value("")
    desk.resolve("closed")


def test_another_municipality_sees_nothing(places, chat_on, someone, signed_in) -> None:
    """An operator of Fjordvik never sees that somebody in Ekhamn waits, nor what they wrote."""
    swedish, norwegian = places["sv"], places["nb"]
    ours = signed_in(swedish, "operator", "/desk")
    theirs = signed_in(norwegian, "operator", "/desk")
    frames: list[str] = []
    theirs.page.on(
        "websocket",
        lambda ws: ws.on("framereceived", lambda frame: frames.append(str(frame))),
    )
    theirs.page.reload()
    expect(theirs.page.get_by_text(norwegian.t("desk.live"))).to_be_visible()
    secret = "Grannens hund vid Långörsstigen 9 har rymt igen."
    chat = chat_on(someone("sv"), swedish)
    chat.open()
    chat.write(secret)
    expect(chat.messages).to_have_count(3)
    chat.person.click()
    expect(ours.waiting.filter(has_text=secret)).to_be_visible()
    # One of their own comes after it, so that whatever could have come has come.
    own = "Naboens hund ved Langøystien 9 har rømt igjen."
    resident = chat_on(someone("nb"), norwegian)
    resident.open()
    resident.write(own)
    expect(resident.messages).to_have_count(3)
    resident.person.click()
    expect(theirs.waiting.filter(has_text=own)).to_be_visible()
    assert "Långörsstigen" not in theirs.page.content()
    assert [] == [frame for frame in frames if "Långörsstigen" in frame]
    number = chat.conversation()["id"]
    answer = theirs.page.request.get(f"/api/v1/desk/conversations/{number}")
    assert 404 == answer.status


def test_nobody_is_promised_once_the_desk_is_left(places, chat_on, someone, signed_in) -> None:
    """With an operator there a person is announced; when the desk is closed, no more."""
    place = places["sv"]
    desk = signed_in(place, "operator", "/desk")
    expect(desk.page.get_by_text(place.t("desk.live"))).to_be_visible()
    first = chat_on(someone("sv"), place)
    first.open()
    first.person.click()
    expect(first.says("system").last).to_contain_text(place.t("system.waiting_operator_there"))
    _leave(desk.page)
    second = chat_on(someone("sv"), place)
    second.open()
    second.person.click()
    absent = place.t("system.waiting_nobody_there", phone="", hours="").partition(".")[0]
    # By night and on Sundays it says instead that it is closed.
    closed = place.t("system.waiting_closed", opens="").partition(",")[0]
    expect(second.says("system").last).to_contain_text(
        re.compile(f"{re.escape(absent)}|{re.escape(closed)}")
    )


def _leave(page: Page) -> None:
    with page.expect_event("close"):
        page.close()
