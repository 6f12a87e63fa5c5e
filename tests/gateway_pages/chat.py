"""The widget's tests have in common: answers, what to press, and the way to each state."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

TOP = Path(__file__).resolve().parents[2]
AXE = (TOP / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
FOCUSED = """() => {
    const inner = document.querySelector("svar-chat").shadowRoot.activeElement;
    return inner ? inner.id || inner.className || inner.tagName : document.activeElement.tagName;
}"""
# What would be gone after five seconds stays until all has been looked at.
LASTING = """() => {
    const real = setTimeout;
    window.setTimeout = (act, pause) => pause === 5000 ? 0 : real(act, pause);
}"""
SOURCE = {
    "article": "bygglov",
    "title": "Söka bygglov",
    "heading": "Vad kostar det?",
    "url": "/bygglov#vad-kostar-det",
    "updated": "2026-03-12",
}
ANSWER = {
    "author": "bot",
    "text": "Ett bygglov kostar **8 900 kr**.\n\n| Vad | Pris |\n|---|---|\n| Garage | 8 900 kr |",
    "answer": {"status": "answered", "confidence": 0.9, "sources": [SOURCE]},
}
UNSURE = {
    "author": "bot",
    "text": "Det hittar jag inte.",
    "answer": {"status": "unanswerable", "confidence": 0.1, "sources": []},
    "choices": [
        {"title": "Söka bygglov", "text": "Söka bygglov", "chunk": "bygglov#", "action": None},
        {"title": "Prata", "text": "Jag vill prata", "chunk": None, "action": "handoff"},
    ],
}

CONTRADICTED = {
    **ANSWER,
    "answer": {
        **ANSWER["answer"],
        "also": [
            {
                "text": "En garage kostar **9 500 kr**.",
                "source": {**SOURCE, "title": "Garage", "url": "/garage#pris"},
            }
        ],
        "page_language": "sv",
        "question_language": "en",
        "notes": [{"text": "This page is in Swedish.", "language": "en"}],
    },
}

ROWS = "".join(f"| Ärende {number} | {number} 900 kr |\n" for number in range(1, 21))
LONG = {**ANSWER, "text": f"Priserna gäller 2026.\n\n| Vad | Pris |\n|---|---|\n{ROWS}\nFråga oss."}
MANY = "Parkeringstillstånd för dig som är rörelsehindrad: Så förlänger du ditt parkeringstillstånd"

NOTICE = {
    "text": "Vattnet är avstängt på Storgatan till klockan 15.",
    "since": "2026-03-12T08:00:00Z",
}
OFFER = {
    "author": "system",
    "text": "Det är ingen på plats.",
    "choices": [
        {"title": "Lämna frågan", "text": "Lämna frågan", "chunk": None, "action": "case"},
    ],
}

Open = Callable[..., Page]


def violations(page: Page) -> list[str]:
    """What axe finds on the page, one line each."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document).then(({ violations }) => violations)")
    return [f"{each['id']}: {node['target']}" for each in found for node in each["nodes"]]


def panel(page: Page, name: str = "Fråga kommunen") -> Locator:
    return page.get_by_role("dialog", name=name)


def open_chat(page: Page) -> Locator:
    page.get_by_role("button", name="Fråga kommunen").click()
    expect(panel(page).locator(".message")).to_have_count(1)
    return panel(page)


def field(page: Page) -> Locator:
    return page.get_by_label("Skriv din fråga")


def write(page: Page, text: str) -> None:
    field(page).fill(text)
    field(page).press("Enter")


def pick(page: Page, name: str) -> None:
    """Choose something of the menu."""
    page.get_by_role("button", name="Meny", exact=True).click()
    page.get_by_role("button", name=name, exact=True).click()


def nothing(page: Page, gateway) -> None:
    """The closed chat."""


def opened(page: Page, gateway) -> None:
    open_chat(page)


def answered(page: Page, gateway) -> None:
    gateway.replies.append(ANSWER)
    open_chat(page)
    write(page, "Vad kostar bygglov?")
    expect(page.get_by_role("link", name="Söka bygglov")).to_be_visible()


def rated(page: Page, gateway) -> None:
    answered(page, gateway)
    page.get_by_role("group", name="Hjälpte svaret?").get_by_role("button", name="Ja").click()
    expect(page.get_by_text("Tack, vad bra")).to_be_focused()


def folded(page: Page, gateway) -> None:
    gateway.replies.append(LONG)
    open_chat(page)
    write(page, "Vad kostar bygglov?")
    expect(page.get_by_role("button", name="Visa hela svaret")).to_be_visible()


def unfolded(page: Page, gateway) -> None:
    folded(page, gateway)
    page.get_by_role("button", name="Visa hela svaret").click()
    expect(page.get_by_text("Fråga oss.")).to_be_visible()


def contradicted(page: Page, gateway) -> None:
    gateway.replies.append(CONTRADICTED)
    open_chat(page)
    write(page, "What does a garage cost?")
    expect(page.get_by_text("En annan sida säger något annat:")).to_be_visible()


def unsure(page: Page, gateway) -> None:
    gateway.replies.append(UNSURE)
    open_chat(page)
    write(page, "Vem är du?")
    expect(page.get_by_role("group", name="Välj ett svar")).to_be_visible()


def too_long(page: Page, gateway) -> None:
    open_chat(page)
    write(page, "x" * 2012)
    expect(panel(page).get_by_role("alert")).to_contain_text("12 tecken för långt")


def not_sent(page: Page, gateway) -> None:
    open_chat(page)
    gateway.down = True
    write(page, "Hej")
    expect(panel(page).get_by_role("button", name="Försök igen")).to_be_visible()


def waiting(page: Page, gateway) -> None:
    open_chat(page)
    page.get_by_role("button", name="Prata med en person").click()
    expect(panel(page).locator(".status")).to_have_text(re.compile("Du väntar på en person"))


def with_operator(page: Page, gateway) -> None:
    waiting(page, gateway)
    gateway.status = "with_operator"
    gateway.push("operator", "Hej!\nHur kan jag hjälpa dig?")
    expect(panel(page).locator(".status")).to_have_text("Du pratar med en person.")


def operator_writes(page: Page, gateway) -> None:
    with_operator(page, gateway)
    page.evaluate(LASTING)
    gateway.tell({"type": "typing"})
    expect(panel(page).get_by_text("Medarbetaren skriver …")).to_be_visible()


def closed(page: Page, gateway) -> None:
    waiting(page, gateway)
    gateway.status = "closed"
    gateway.push("system", "Samtalet är avslutat.")
    expect(page.get_by_role("button", name="Starta ett nytt samtal")).to_be_visible()


def asking_to_erase(page: Page, gateway) -> None:
    open_chat(page)
    pick(page, "Radera samtalet")
    expect(page.get_by_role("button", name="Nej, behåll samtalet")).to_be_focused()


def erased(page: Page, gateway) -> None:
    asking_to_erase(page, gateway)
    page.get_by_role("button", name="Ja, radera").click()
    expect(page.get_by_role("button", name="Starta ett nytt samtal")).to_be_focused()


def noticed(page: Page, gateway) -> None:
    gateway.municipality["notice"] = NOTICE
    open_chat(page)
    expect(page.get_by_role("region", name="Meddelande från kommunen")).to_be_visible()


def queued(page: Page, gateway) -> None:
    department = "Bygg och miljö"
    gateway.queue = {"position": 2, "of_department": department, "wait_minutes": [5, 15]}
    waiting(page, gateway)
    expect(panel(page).locator(".status")).to_contain_text(f"nummer 2 i kön till {department}.")


def menu(page: Page, gateway) -> None:
    open_chat(page)
    page.get_by_role("button", name="Meny", exact=True).click()
    expect(page.get_by_role("button", name="Ladda ned samtalet")).to_be_focused()


def mailing(page: Page, gateway) -> None:
    open_chat(page)
    pick(page, "Skicka samtalet med e-post")
    expect(page.get_by_role("textbox", name="Din e-postadress")).to_be_focused()


def no_address(page: Page, gateway) -> None:
    gateway.problems.append((422, "email", "invalid"))
    mailing(page, gateway)
    page.get_by_role("textbox", name="Din e-postadress").fill("ingen")
    panel(page).get_by_role("button", name="Skicka", exact=True).click()
    expect(panel(page).get_by_text("Skriv en hel e-postadress")).to_be_visible()


def leaving_case(page: Page, gateway) -> None:
    gateway.replies.append(OFFER)
    open_chat(page)
    write(page, "Vad kostar bygglov?")
    page.get_by_role("button", name="Lämna frågan").click()
    expect(page.get_by_role("textbox", name="Din e-postadress")).to_be_focused()


def not_helped(page: Page, gateway) -> None:
    answered(page, gateway)
    page.get_by_role("group", name="Hjälpte svaret?").get_by_role("button", name="Nej").click()
    expect(page.get_by_role("textbox", name="Vad saknades?")).to_be_visible()


def ended(page: Page, gateway) -> None:
    answered(page, gateway)
    pick(page, "Avsluta samtalet")
    expect(page.get_by_role("button", name="Starta ett nytt samtal")).to_be_focused()


def stuck(page: Page, gateway) -> None:
    gateway.refuses = 503
    page.get_by_role("button", name="Fråga kommunen").click()
    expect(panel(page).get_by_role("link", name="Fråga på en egen sida")).to_be_visible()


STATES = (
    nothing, opened, answered, contradicted, folded, unfolded, rated, unsure, too_long, not_sent,
    waiting, with_operator, operator_writes, closed, asking_to_erase, erased,
    noticed, queued, menu, mailing, no_address, leaving_case, not_helped, ended, stuck,
)  # fmt: skip
