"""The municipality's page in a real browser without JavaScript, before a real gateway.

axe itself needs JavaScript: it runs in another browser, on the same HTML in the same state.
"""

import asyncio
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.sync_api import Browser, BrowserContext, Page, expect

from gateway.app import init_app
from gateway.settings import PACKAGE, Settings
from tests.gateway.conftest import FakeBot, FakeKnowledge
from tests.gateway.smtp_server import smtp_server
from tests.gateway_pages.limit import LIMIT

TOP = Path(__file__).resolve().parents[2]
AXE = TOP / "node_modules" / "axe-core" / "axe.min.js"
SHOTS = Path(os.environ.get("SVAR_ARTIFACTS", TOP / "artifacts")) / "site"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
WIDE, NARROW, ZOOMED = (1280, 800), (320, 640), (320, 256)
"""The last is a screen of 1280 × 1024 at 400%."""
HOST = "http://www.ekhamn.example"
SOURCE = {
    "article": "bygglov",
    "title": "Söka bygglov för garage, altan och andra tillbyggnader",
    "heading": "Avgift",
    "url": "/demo/ekhamn/bygga/bygglov#avgift",
    "updated": "2026-03-12",
}
ROWS = "".join(
    f"| Ärende {number} med långt namn | {number} 900 kr | Ja |\n" for number in range(1, 21)
)
LONG = f"Priserna gäller 2026.\n\n| Vad | Pris | Moms |\n|---|---|---|\n{ROWS}\nFråga oss."
ANSWER = {
    "text": LONG,
    "choices": [],
    "answer": {
        "status": "answered",
        "confidence": 0.9,
        "sources": [SOURCE],
        "also": [
            {"text": "Ett garage kostar **9 500 kr**.", "source": {**SOURCE, "heading": "Pris"}}
        ],
        "page_language": "sv",
        "notes": [{"text": "This page is in Swedish.", "language": "en"}],
    },
}
UNSURE = {
    "text": "Menar du något av det här?",
    "choices": [
        {
            "title": "Parkeringstillstånd för dig som är rörelsehindrad: så förlänger du det",
            "text": "Parkering",
            "chunk": "p#",
            "action": None,
        },
        {"title": "Söka bygglov", "text": "Söka bygglov", "chunk": "bygglov#", "action": None},
        {"title": "Prata", "text": "Jag vill prata", "chunk": None, "action": "handoff"},
    ],
    "answer": {"status": "clarification", "confidence": 0.4, "sources": []},
}
SIDEWAYS = "document.scrollingElement.scrollWidth > document.scrollingElement.clientWidth"
# WCAG 1.4.12: the distances that a reader may ask for.
SPACING = """*, ::before, ::after { line-height: 1.5 !important; letter-spacing: .12em !important;
  word-spacing: .16em !important } p { margin-bottom: 2em !important }"""
# What sticks out of a box that cuts it off, is covered or runs over its neighbour.
CUT_OFF = """() => [...document.querySelectorAll("main *")]
  .filter((each) => !each.matches(".sr-only, textarea, input, .table")
    && getComputedStyle(each).overflow !== "visible"
    && (each.scrollHeight > each.clientHeight + 1 || each.scrollWidth > each.clientWidth + 1))
  .map((each) => each.outerHTML.slice(0, 80))"""
RUN = """tags => axe.run(document, { runOnly: tags, resultTypes: ["violations"] })
  .then(({ violations }) => violations.map(({ id, nodes }) =>
    `${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(" ")}: ${failureSummary}`)
      .slice(0, 3).join(" | ")}`))"""
# WCAG 2.5.8, without its exception for links within a sentence.
SMALL = """() => [...document.querySelectorAll(
    "a:not(.ds-skip-link), button, summary, input:not([type=hidden]), textarea")]
  .filter((each) => !each.closest(".text") && each.getClientRects().length)
  .map((each) => ({ name: each.textContent.trim(), box: each.getBoundingClientRect() }))
  .filter(({ box }) => box.width < 24 || box.height < 24)
  .map(({ name, box }) => `${name}: ${box.width} × ${box.height}`)"""


@dataclass
class Site:
    """A gateway in a thread of its own."""

    url: str
    bot: FakeBot
    loop: asyncio.AbstractEventLoop
    accounts: dict[str, str]

    def run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The gateway, the bot and an empty knowledge server."""
    from ops.assets import build_assets

    build_assets()
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(PACKAGE / "municipalities", folder / "municipalities")
    ekhamn = folder / "municipalities" / "ekhamn.toml"
    text = ekhamn.read_text("utf-8")
    ekhamn.write_text(
        text.replace("allowed_origins = []", f'allowed_origins = ["{HOST}"]'), "utf-8"
    )
    bot, knowledge = FakeBot(), FakeKnowledge()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    mail = AsyncExitStack()

    async def start() -> list[TestServer]:
        smtp = await mail.enter_async_context(smtp_server())
        bots, articles = web.Application(), web.Application()
        bots.router.add_post("/webhooks/svar/turns", bot.handle)
        bots.router.add_delete("/webhooks/svar/conversations/{conversation}", bot.forget)
        articles.router.add_route("*", "/{path:.*}", knowledge.handle)
        servers = [TestServer(bots), TestServer(articles)]
        for server in servers:
            await server.start_server(access_log=None)
        app = init_app(
            Settings(
                var=folder / "var",
                municipalities=folder / "municipalities",
                bot_url=str(servers[0].make_url("")),
                knowledge_url=str(servers[1].make_url("")),
                turn_seconds=1.0,
                smtp_host="127.0.0.1",
                smtp_port=smtp.port,
                smtp_tls="none",
            )
        )
        servers.append(TestServer(app))
        await servers[-1].start_server(access_log=None)
        return servers

    async def stop() -> None:
        for server in reversed(servers):
            await server.close()
        await mail.aclose()

    servers = asyncio.run_coroutine_threadsafe(start(), loop).result(60)
    accounts = dict(json.loads((folder / "var" / "demo-accounts.json").read_text()))
    yield Site(str(servers[-1].make_url("")).rstrip("/"), bot, loop, accounts)
    asyncio.run_coroutine_threadsafe(stop(), loop).result(60)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


@pytest.fixture
def site(running: Site) -> Site:
    running.bot.says({"text": "Hej!", "choices": [], "answer": None})
    return running


Open = Callable[..., Page]


@pytest.fixture
def someone(browser: Browser, site: Site) -> Iterator[Open]:
    """Opens a fresh browser without JavaScript."""
    contexts: list[BrowserContext] = []

    def open_it(size: tuple[int, int] = WIDE, **options: Any) -> Page:
        context = browser.new_context(
            base_url=site.url,
            viewport={"width": size[0], "height": size[1]},
            **{"java_script_enabled": False, "locale": "sv-SE", **options},
        )
        contexts.append(context)
        context.set_default_timeout(LIMIT)
        return context.new_page()

    yield open_it
    for context in contexts:
        context.close()


@pytest.fixture
def faultless(browser: Browser, site: Site) -> Iterator[Callable[[Page, str], None]]:
    """Holds a state of a page against axe and the rest, in sizes, colours and spacings."""
    contexts: list[BrowserContext] = []

    def check(page: Page, state: str) -> None:
        html = page.content()
        address = page.url.partition("#")[0]
        SHOTS.mkdir(parents=True, exist_ok=True)
        contexts.append(browser.new_context(bypass_csp=True))
        copy = contexts[-1].new_page()
        # Only the page itself: its styles come from the gateway.
        copy.route(
            lambda url: url.partition("#")[0] == address,
            lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"),
        )
        copy.goto(address)
        copy.add_script_tag(path=AXE)
        faults: dict[str, Any] = {}
        for size, scheme in ((WIDE, "light"), (WIDE, "dark"), (NARROW, "dark"), (NARROW, "light")):
            copy.set_viewport_size({"width": size[0], "height": size[1]})
            copy.emulate_media(color_scheme=scheme)
            copy.screenshot(path=SHOTS / f"{state}-{size[0]}-{scheme}.png", full_page=True)
            found = copy.evaluate(RUN, TAGS)
            found += [f"too small: {each}" for each in copy.evaluate(SMALL)]
            found += ["scrolls sideways"] * copy.evaluate(SIDEWAYS)
            faults[f"{state}, {size[0]}, {scheme}"] = found
        copy.add_style_tag(content=SPACING)
        for size in (NARROW, ZOOMED, WIDE):
            copy.set_viewport_size({"width": size[0], "height": size[1]})
            found = ["scrolls sideways"] * copy.evaluate(SIDEWAYS)
            found += [f"cut off: {each}" for each in copy.evaluate(CUT_OFF)]
            faults[f"{state}, {size}, wide spacing"] = found
            if size == NARROW:
                copy.screenshot(path=SHOTS / f"{state}-spacing.png", full_page=True)
        faults = {name: found for name, found in faults.items() if found}
        assert {} == faults, json.dumps(faults, indent=1, ensure_ascii=False)

    yield check
    for context in contexts:
        context.close()


def field(page: Page) -> Any:
    return page.get_by_label("Skriv din fråga")


def ask(page: Page, text: str) -> None:
    field(page).fill(text)
    page.get_by_role("button", name="Skicka", exact=True).click()


class Desk:
    """An operator, by the API."""

    def __init__(self, site: Site, browser: Browser) -> None:
        self.context = browser.new_context(base_url=site.url)
        self.request = self.context.request
        email = "operator@ekhamn.example"
        answer = self.request.post(
            "/api/v1/session", data={"email": email, "password": site.accounts[email]}
        )
        self.csrf = {"X-CSRF-Token": answer.json()["csrf"]}

    def waiting(self) -> str:
        """The conversation that began to wait last."""
        return str(self.request.get("/api/v1/desk/queue").json()["waiting"][-1]["id"])

    def do(self, conversation: str, action: str, body: Any = None) -> None:
        path = f"/api/v1/desk/conversations/{conversation}/{action}"
        answer = self.request.post(path, data=body, headers=self.csrf)
        assert answer.ok, answer.text()


@pytest.fixture
def desk(site: Site, browser: Browser) -> Iterator[Desk]:
    made = Desk(site, browser)
    yield made
    made.context.close()


def test_a_whole_conversation(site, someone, desk) -> None:
    """Question, long answer, rating, choice, person, news, erasing: nothing needs a script."""
    page = someone()
    page.goto("/ekhamn")
    site.bot.says(ANSWER)
    ask(page, "Vad kostar bygglov?")
    messages = page.locator(".messages > li")
    expect(messages).to_have_count(3)
    expect(page).to_have_title("1 nytt meddelande – Fråga kommunen – Ekhamns kommun")
    expect(messages.nth(1).get_by_role("heading")).to_contain_text("Du")
    row = page.get_by_text("Ärende 7 med")
    expect(row).to_be_hidden()
    page.get_by_text("Visa resten av svaret").click()
    expect(row).to_be_visible()
    page.get_by_role("button", name="Ja").click()
    expect(page.get_by_text("Tack, vad bra att det hjälpte!")).to_be_visible()
    site.bot.says(UNSURE)
    ask(page, "bygg")
    page.get_by_role("button", name="Söka bygglov").click()
    expect(messages).to_have_count(7)
    page.get_by_role("button", name="Prata med en person").click()
    expect(page.get_by_text("Du väntar på en person")).to_be_visible()
    conversation = desk.waiting()
    desk.do(conversation, "claim")
    desk.do(conversation, "messages", {"text": "Hej, jag hjälper dig."})
    page.get_by_role("link", name="Se om det har kommit något nytt").click()
    expect(page.get_by_text("2 nya meddelanden", exact=True)).to_be_visible()
    expect(page.get_by_text("Hej, jag hjälper dig.")).to_be_visible()
    page.get_by_role("link", name="Se om det har kommit något nytt").click()
    expect(page.get_by_text("Inget nytt har kommit än")).to_be_visible()
    page.get_by_role("link", name="Radera samtalet").click()
    page.get_by_role("button", name="Ja, radera").click()
    expect(page.get_by_text("Samtalet är raderat.")).to_be_visible()
    expect(messages).to_have_count(0)


def test_by_keyboard_alone(site, someone) -> None:
    """Tab and Enter are enough, the focus is seen, and is where one reads on after each step."""
    page = someone()
    page.goto("/ekhamn")
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))
        if page.evaluate("document.activeElement.id") == "text":
            break
    assert ["Hoppa till innehållet", "Ekhamns kommun"] == reached[:2]
    site.bot.says(UNSURE)
    page.keyboard.type("bygg")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".messages > li")).to_have_count(3)
    page.wait_for_load_state()
    # The reply is where reading and tabbing go on.
    expect(page.locator("#m3")).to_be_focused()
    page.keyboard.press("Tab")
    focused = "document.activeElement.textContent.trim()"
    assert page.evaluate(focused).startswith("Parkeringstillstånd")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert "none" != outline
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".messages > li")).to_have_count(5)


def test_an_error_is_met_first(someone) -> None:
    """The summary has the focus, its link leads to the field, where what was typed stands."""
    page = someone()
    page.goto("/ekhamn")
    ask(page, "å" * 2001)
    expect(page).to_have_title("Fel: Fråga kommunen – Ekhamns kommun")
    expect(page.locator("#errors")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(field(page)).to_be_focused()
    expect(field(page)).to_have_value("å" * 2001)
    expect(field(page)).to_have_accessible_description(
        "Skriv inte personnummer eller andra känsliga uppgifter. Högst 2 000 tecken. "
        "Meddelandet är 1 tecken för långt. Korta det lite eller skicka det i två delar."
    )


def test_every_state_is_accessible(site, someone, desk, faultless) -> None:
    """Beginning, error, answer, choices, waiting, with a person, erasing, closed."""
    page = someone()
    page.goto("/ekhamn")
    faultless(page, "begin")
    ask(page, "")
    faultless(page, "error")
    site.bot.says(ANSWER)
    ask(page, "Vad kostar bygglov?")
    faultless(page, "answer")
    page.get_by_role("button", name="Nej").click()
    faultless(page, "rated")
    site.bot.says(UNSURE)
    ask(page, "Olgoooordutanmellanslag" * 12)
    faultless(page, "choices")
    page.get_by_role("button", name="Prata med en person").click()
    faultless(page, "waiting")
    conversation = desk.waiting()
    desk.do(conversation, "claim")
    desk.do(conversation, "messages", {"text": "Hej! Se https://www.ekhamn.example/" + "x" * 90})
    page.get_by_role("link", name="Se om det har kommit något nytt").click()
    faultless(page, "operator")
    page.get_by_role("link", name="Radera samtalet").click()
    faultless(page, "erase")
    page.get_by_role("link", name="Nej, behåll samtalet").click()
    desk.do(conversation, "resolve", {"outcome": "closed"})
    page.goto("/ekhamn")
    faultless(page, "closed")


def test_every_form_is_accessible(site, someone, faultless) -> None:
    """A case and a copy with faults and done, a comment, erased, carried over in vain."""
    page = someone()
    page.goto("/ekhamn")
    site.bot.says(ANSWER)
    ask(page, "Vad kostar bygglov?")
    page.locator("summary").click()
    faultless(page, "unfolded")
    page.get_by_role("button", name="Nej").click()
    page.get_by_label("Vill du säga något mer?").fill("x" * 501)
    page.get_by_role("button", name="Skicka kommentaren").click()
    faultless(page, "comment-error")
    page.get_by_role("button", name="Prata med en person").click()
    ask(page, "få svar med e-post")
    faultless(page, "case")
    page.get_by_label("Din fråga").fill("")
    page.get_by_role("button", name="Skicka").click()
    faultless(page, "case-errors")
    page.get_by_label("Din fråga").fill("Vem äger bänken?")
    page.get_by_label("Din e-postadress").fill("jag@example.org")
    page.get_by_role("button", name="Skicka").click()
    expect(page.get_by_text("Ärendet har nummer")).to_be_visible()
    faultless(page, "case-receipt")
    page.get_by_role("link", name="Få samtalet med e-post").click()
    page.get_by_role("button", name="Skicka").click()
    faultless(page, "copy-error")
    page.get_by_label("Din e-postadress").fill("jag@example.org")
    page.get_by_role("button", name="Skicka").click()
    expect(page.get_by_text("Samtalet är på väg till din e-post.")).to_be_visible()
    faultless(page, "copy-done")
    page.goto("/ekhamn/erase")
    page.get_by_role("button", name="Ja, radera").click()
    faultless(page, "erased")
    page.goto("/ekhamn?done=lost")
    faultless(page, "lost")


def test_what_is_too_big_is_told_on_the_page(someone, faultless) -> None:
    """A megabyte isn't read, but whoever sent it reads what to do."""
    page = someone()
    page.goto("/ekhamn")
    field(page).evaluate("(each) => { each.value = 'å'.repeat(200000) }")
    page.get_by_role("button", name="Skicka", exact=True).click(no_wait_after=True)
    expect(page.get_by_role("alert")).to_contain_text("alldeles för långt", timeout=30_000)
    faultless(page, "too-big")


@pytest.mark.parametrize(
    ("municipality", "language"), [("ekhamn", "sv"), ("fjordvik", "nb"), ("fjordvik", "nn")]
)
def test_the_statements_are_accessible(someone, faultless, municipality, language) -> None:
    """In each language, and the page itself and one that is not there too."""
    page = someone()
    for part in ("", "/accessibility", "/privacy", "/nothing"):
        page.goto(f"/{municipality}{part}?language={language}")
        faultless(page, f"{municipality}{part.replace('/', '-')}-{language}")


def test_forced_colors_keep_every_border(site, someone) -> None:
    """Messages, buttons and fields are told apart where the system chooses the colours."""
    page = someone(forced_colors="active")
    page.goto("/ekhamn")
    site.bot.says(UNSURE)
    ask(page, "bygg")
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / "forced-colors.png", full_page=True)
    for part in (".bubble", "textarea", "button"):
        style = page.locator(part).first.evaluate("(each) => getComputedStyle(each).borderTopStyle")
        assert "solid" == style, part


def test_a_message_from_right_to_left(site, someone) -> None:
    """Arabic is read from the right, on a page that is read from the left."""
    page = someone(NARROW)
    page.goto("/ekhamn")
    site.bot.says({"text": "مرحبا، كيف يمكنني مساعدتك؟", "choices": [], "answer": None})
    ask(page, "أين يمكنني التقدم بطلب؟")
    for number in (1, 2):
        text = page.locator(".messages > li").nth(number).locator(".text")
        assert "rtl" == text.evaluate("(each) => getComputedStyle(each).direction")
    assert "ltr" == page.locator("h1").evaluate("(each) => getComputedStyle(each).direction")
    page.screenshot(path=SHOTS / "right-to-left.png", full_page=True)


def test_the_chat_can_be_carried_over(site, someone) -> None:
    """A form on the municipality's own website, with another address, leads into the same."""
    page = someone()
    begun = page.request.post(
        f"{site.url}/api/v1/conversations", data={"municipality": "ekhamn", "language": "sv"}
    ).json()
    page.request.post(
        f"{site.url}/api/v1/conversations/{begun['id']}/messages",
        data={"text": "skrivet i chatten"},
        headers={"Authorization": f"Bearer {begun['token']}"},
    )
    form = f"""<!doctype html><form method="post" action="{site.url}/ekhamn/continue">
      <input type="hidden" name="conversation" value="{begun["id"]}">
      <input type="hidden" name="token" value="{begun["token"]}"><button>Fortsätt</button></form>"""
    page.route(f"{HOST}/", lambda route: route.fulfill(body=form, content_type="text/html"))
    page.goto(f"{HOST}/")
    page.get_by_role("button").click()
    expect(page.get_by_text("skrivet i chatten", exact=True)).to_be_visible()
    ask(page, "och här")
    expect(page.locator(".messages > li")).to_have_count(5)
    page.reload()
    expect(page.locator(".messages > li")).to_have_count(5)


def test_two_windows_hold_one_conversation(site, someone) -> None:
    """Both write in it; one that was opened before the first word loses nothing."""
    page = someone()
    page.goto("/ekhamn")
    second = page.context.new_page()
    second.goto("/ekhamn")
    ask(page, "från det första")
    ask(second, "från det andra")
    expect(field(second)).to_have_value("från det andra")
    second.get_by_role("button", name="Skicka", exact=True).click()
    expect(second.locator(".messages > li")).to_have_count(5)


def test_going_back_and_sending_again(site, someone) -> None:
    """The back button and a form that is sent anew make no second message of the first."""
    page = someone()
    page.goto("/ekhamn")
    ask(page, "hej")
    expect(page.locator(".messages > li")).to_have_count(3)
    turns = len(site.bot.turns)
    page.go_back()
    page.go_forward()
    page.reload()
    expect(page.locator(".messages > li")).to_have_count(3)
    assert turns == len(site.bot.turns)


def test_nothing_is_left_behind_by_looking(site, someone) -> None:
    """No cookie before something is written; after that one, which scripts can't read."""
    page = someone()
    page.goto("/ekhamn")
    page.goto("/ekhamn/privacy")
    assert [] == page.context.cookies()
    page.goto("/ekhamn")
    ask(page, "hej")
    (cookie,) = page.context.cookies()
    assert ("svar_conversation", "/ekhamn", True, "Lax") == tuple(
        cookie[name] for name in ("name", "path", "httpOnly", "sameSite")
    )


def test_an_editor_tells_everybody(site, someone, faultless) -> None:
    """From the editor's page: a fault is said at its field, then it is shown until removed."""
    page = someone(java_script_enabled=True, bypass_csp=True)
    email = "editor@ekhamn.example"
    page.goto("/editor")
    page.get_by_label("E-postadress").fill(email)
    page.get_by_label("Lösenord").fill(site.accounts[email])
    page.get_by_role("button", name="Logga in").click()
    page.get_by_text("Meddelande till alla invånare").click()
    page.get_by_role("button", name="Visa meddelandet").click()
    words = page.get_by_role("textbox", name="Meddelandets text", exact=True)
    expect(words).to_have_accessible_description("Skriv vad invånarna ska få veta.")
    expect(words).to_be_focused()
    words.fill("Vattnet är avstängt på Storgatan.")
    page.add_script_tag(path=AXE)
    assert [] == page.evaluate(RUN, TAGS[:-1])
    page.screenshot(path=SHOTS / "editor-notice.png", full_page=True)
    page.get_by_role("button", name="Visa meddelandet").click()
    expect(page.locator(".notices li")).to_contain_text("Vattnet är avstängt på Storgatan.")
    resident = someone()
    resident.goto("/ekhamn")
    expect(resident.get_by_role("region", name="Meddelande från kommunen")).to_be_visible()
    faultless(resident, "notice")
    page.get_by_role("button", name="Ändra").click()
    expect(words).to_have_value("Vattnet är avstängt på Storgatan.")
    words.fill("Vattnet är på igen.")
    page.get_by_role("button", name="Spara ändringen").click()
    expect(page.locator(".notices li")).to_contain_text("Vattnet är på igen.")
    page.get_by_role("button", name="Ta bort").click()
    expect(page.locator(".notices li")).to_have_count(0)
    resident.reload()
    expect(resident.get_by_text("Vattnet")).to_have_count(0)
