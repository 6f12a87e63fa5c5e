"""The operators' desk in a real browser before a real gateway; bot and knowledge are made here."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import threading
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from argon2 import PasswordHasher
from playwright.sync_api import Browser, Locator, Page, Route, expect

from gateway.app import init_app
from gateway.settings import PACKAGE, Settings
from tests.gateway_pages.chat import LASTING

TOP = Path(__file__).resolve().parents[2]
AXE = TOP / "node_modules" / "axe-core" / "axe.min.js"
SHOTS = TOP / "artifacts" / "desk"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
RUN = """tags => axe.run(document, { runOnly: tags, resultTypes: ["violations"] })
  .then(({ violations }) => violations.map(({ id, nodes }) =>
    `${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(" ")}: ${failureSummary}`)
      .slice(0, 3).join(" | ")}`))"""
SIDEWAYS = """() => [document.scrollingElement,
    ...document.querySelectorAll(".queue, .conversation, .aside, .frame, .ds-dialog, .articles")]
  .filter((each) => each.clientWidth && each.scrollWidth > each.clientWidth + 1)
  .map((each) => each.className || each.tagName)"""
PASSAGES = [
    {
        "chunk": f"bygglov#{number}",
        "article": "bygglov",
        "title": "Söka bygglov",
        "heading": heading,
        "url": f"/demo/ekhamn/bygglov#{number}",
        "updated": "2026-03-12",
        "text": text,
        "score": 0.5,
    }
    for number, (heading, text) in enumerate(
        [
            ("Avgift", "Ett bygglov för ett garage kostar **8 900 kr**.\n\n- Du får en faktura."),
            ("Handläggning", "Du får beslut inom tio veckor."),
        ]
    )
]
PHONE = "070-174 06 77"


@dataclass
class Svar:
    """A gateway on a port of its own."""

    url: str = ""
    passwords: dict[str, str] = field(default_factory=dict)
    knowledge: bool = True
    stop: Callable[[], None] = lambda: None

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        request = urllib.request.Request(
            f"{self.url}/api/v1/{path}",
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json", **headers},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def resident(self, text: str = "Vad kostar ett garage?", *, waits: bool = True) -> Resident:
        begun = self.ask("POST", "conversations", {"municipality": "ekhamn"})
        found = Resident(self, begun["id"], begun["token"])
        if text:
            found.write(text)
        if waits:
            found.ask("POST", "handoff", {"reason": "asked"})
        return found


@dataclass
class Resident:
    """Somebody in another browser."""

    svar: Svar
    id: str
    token: str

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        where = f"conversations/{self.id}/{path}".rstrip("/")
        return self.svar.ask(method, where, body, Authorization=f"Bearer {self.token}")

    def write(self, text: str) -> Any:
        return self.ask("POST", "messages", {"text": text})

    def said(self, author: str) -> list[str]:
        messages = self.ask("GET", "messages")["messages"]
        return [each["text"] for each in messages if each["author"] == author]


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    """The tests look at the built script."""
    from ops.assets import build_assets

    build_assets()


@pytest.fixture
def svar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Svar]:
    """A gateway whose municipality lets the desk pull, beside a bot and a knowledge server."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SVAR_{name.upper()}", raising=False)
    # Checking a password is made cheap: it is not what is tested here.
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("gateway.sessions.PasswordHasher", lambda: cheap)
    folder = tmp_path / "municipalities"
    shutil.copytree(PACKAGE / "municipalities", folder)
    ekhamn = folder / "ekhamn.toml"
    ekhamn.write_text("desk_may_pull = true\n" + ekhamn.read_text("utf-8"), "utf-8")
    made = Svar()

    async def turn(request: web.Request) -> web.Response:
        said = (await request.json())["text"]
        source = {
            key: PASSAGES[0][key] for key in ("article", "title", "heading", "url", "updated")
        }
        answer = {"status": "answered", "confidence": 0.9, "sources": [source]}
        message = {"text": f"Så här står det om {said}", "choices": [], "answer": answer}
        return web.json_response({"intent": None, "messages": [message]})

    async def know(request: web.Request) -> web.Response:
        if request.path.endswith("/search"):
            if not made.knowledge:
                return web.json_response({}, status=500)
            return web.json_response({"results": PASSAGES})
        if request.path.endswith("/articles"):
            return web.json_response({"articles": []})
        return web.json_response({}, status=404)

    async def start() -> list[web.AppRunner]:
        bot, knowledge = web.Application(), web.Application()
        bot.router.add_post("/webhooks/svar/turns", turn)
        bot.router.add_delete("/webhooks/svar/conversations/{conversation}", _no_content)
        knowledge.router.add_route("*", "/{path:.*}", know)
        runners, ports = [], []
        for app in (bot, knowledge):
            runners.append(web.AppRunner(app))
            ports.append(await _serve(runners[-1]))
        settings = Settings(
            var=tmp_path / "var",
            municipalities=folder,
            bot_url=f"http://127.0.0.1:{ports[0]}",
            knowledge_url=f"http://127.0.0.1:{ports[1]}",
        )
        runners.append(web.AppRunner(init_app(settings)))
        made.url = f"http://127.0.0.1:{await _serve(runners[-1])}"
        return runners

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    runners = asyncio.run_coroutine_threadsafe(start(), loop).result(30)
    made.passwords = json.loads((tmp_path / "var" / "demo-accounts.json").read_text())
    yield made

    async def stop() -> None:
        for runner in reversed(runners):
            await runner.cleanup()

    asyncio.run_coroutine_threadsafe(stop(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


async def _no_content(_: web.Request) -> web.Response:
    return web.Response(status=204)


async def _serve(runner: web.AppRunner) -> int:
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return int(runner.addresses[0][1])


@pytest.fixture
def at(svar: Svar, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page for somebody who is signed in; errors on it fail the test."""
    contexts = []
    errors: list[str] = []

    def enter(account: str = "operator", path: str = "/desk", **options: Any) -> Page:
        context = browser.new_context(
            base_url=svar.url,
            reduced_motion="reduce",
            bypass_csp=True,
            **{"viewport": {"width": 1280, "height": 800}, **options},
        )
        context.set_default_timeout(8000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        email = account if "@" in account else f"{account}@ekhamn.example"
        body = {"email": email, "password": svar.passwords[email]}
        assert page.request.post("/api/v1/session", data=body).ok
        page.goto(path)
        expect(page.locator("header.frame")).to_be_visible()
        return page

    yield enter
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def t(locales) -> Callable[..., str]:
    """A text of the pages, in Swedish unless said otherwise."""

    def say(key: str, language: str = "sv", **values: object) -> str:
        text = locales[language][key]
        return re.sub(r"\{(\w+)\}", lambda match: str(values.get(match[1], match[0])), text)

    return say


@pytest.fixture
def faultless() -> Callable[[Page, str], None]:
    """Looks at a page as it stands: wide, narrow and at 400%, in light and in dark."""

    def check(page: Page, state: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        if not page.evaluate("typeof axe === 'object'"):
            page.add_script_tag(path=AXE)
        faults: dict[str, Any] = {}
        for name, width, height in (("wide", 1280, 800), ("narrow", 320, 640), ("400", 320, 200)):
            page.set_viewport_size({"width": width, "height": height})
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                page.screenshot(path=SHOTS / f"{state}-{name}-{scheme}.png", full_page=width == 320)
                found = page.evaluate(RUN, TAGS)
                if width == 320:
                    found += [f"scrolls sideways: {each}" for each in page.evaluate(SIDEWAYS)]
                if found:
                    faults[f"{state}, {name}, {scheme}"] = found
        page.set_viewport_size({"width": 1280, "height": 800})
        page.emulate_media(color_scheme="light")
        assert {} == faults

    return check


def section(page: Page, key: str) -> Locator:
    return page.locator("section", has=page.locator(f"#queue-{key}"))


def claim(page: Page, text: str) -> None:
    line = section(page, "waiting").locator("li").filter(has_text=text)
    line.locator(".ds-button").click()
    expect(section(page, "own").locator("li.selected")).to_contain_text(text)


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


def test_each_side_sees_that_the_other_writes(svar, at, browser, t, faultless) -> None:
    """The words come only when they are sent, and the line goes with them."""
    page = at()
    context = browser.new_context(base_url=svar.url, reduced_motion="reduce", locale="sv")
    context.set_default_timeout(8000)
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


def test_the_desk_by_single_keys(svar, at, t, faultless) -> None:
    """Take the oldest, use a passage, move in the list, note, hand over, resolve: no mouse."""
    svar.resident("första frågan")
    svar.resident("andra frågan")
    page = at()
    expect(section(page, "waiting").locator("li")).to_have_count(2)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name=t("desk.help"))).to_be_visible()
    faultless(page, "help")
    page.keyboard.press("n")
    expect(section(page, "waiting").locator("li")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("n")
    expect(page.locator("#reply")).to_be_focused()
    expect(section(page, "own").locator("li")).to_contain_text("första frågan")
    page.keyboard.type("nje")
    expect(page.locator("#reply")).to_have_value("nje")
    page.locator("#reply").fill("")
    page.keyboard.press("Escape")
    expect(page.locator(".aside .found > ol > li")).to_have_count(2)
    page.keyboard.press("2")
    expect(page.locator("#reply")).to_have_value(re.compile("Du får beslut inom tio veckor"))
    for key, selector in (("s", "#pages-search"), ("i", "#note"), ("r", "#reply")):
        page.locator(".conversation:not(.case)").focus()
        page.keyboard.press(key)
        expect(page.locator(selector)).to_be_focused()
    page.locator(".conversation:not(.case)").focus()
    page.keyboard.press("k")
    expect(section(page, "waiting").locator("li .open")).to_be_focused()
    page.keyboard.press("t")
    expect(page.get_by_role("dialog", name=t("desk.transfer.title"))).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(page.get_by_role("dialog", name=t("desk.resolve.title"))).to_be_visible()


def test_single_keys_can_be_switched_off(svar, at, t) -> None:
    """As WCAG 2.1.4 asks; the choice is remembered in the browser."""
    svar.resident()
    page = at()
    page.get_by_role("button", name=t("desk.settings"), exact=True).click()
    page.get_by_label(t("desk.settings.shortcuts")).uncheck()
    page.get_by_role("button", name=t("desk.settings.save"), exact=True).click()
    page.reload()
    expect(section(page, "waiting").locator("li")).to_have_count(1)
    page.keyboard.press("n")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(section(page, "waiting").locator("li")).to_have_count(1)
    page.get_by_role("button", name=t("desk.help"), exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text(t("desk.help.off"))


def test_focus_stays_while_the_queue_changes(svar, at, t) -> None:
    """New conversations, ticking times and colleagues take the focus from nothing."""
    svar.resident("första")
    page = at()
    expect(section(page, "waiting").locator("li")).to_have_count(1)
    places = [
        section(page, "waiting").locator("li .open").first,
        section(page, "waiting").locator("li .ds-button").first,
        page.get_by_label(t("desk.state"), exact=True),
        page.get_by_role("button", name=t("desk.settings"), exact=True),
    ]
    for number, place in enumerate(places):
        place.focus()
        svar.resident(f"nästa {number}")
        expect(section(page, "waiting").locator("li")).to_have_count(number + 2)
        expect(place).to_be_focused()
    claim(page, "första")
    page.locator("#note").fill("halv anteckning")
    svar.resident("under tiden")
    expect(section(page, "waiting").locator("li")).to_have_count(5)
    expect(page.locator("#note")).to_be_focused()
    expect(page.locator("#note")).to_have_value("halv anteckning")


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


def reach(page: Page, target: Locator, most: int = 150) -> None:
    """Go there with the Tab key, as somebody without a mouse does; its focus can be seen."""
    expect(target).to_be_visible()
    for _ in range(most):
        if target.evaluate("each => each === document.activeElement"):
            break
        page.keyboard.press("Tab")
    seen = target.evaluate(
        """each => {
          const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(each);
          return each.matches(":focus-visible") &&
            ((outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none");
        }"""
    )
    assert seen, f"{target} is not reached, or nothing shows it"


def test_everything_can_be_done_by_keyboard(svar, at, t) -> None:
    """Without a mouse and without single keys; focus is seen, and comes back after dialogs."""
    svar.resident("första frågan")
    svar.resident("till assistenten", waits=False)
    page = at()
    press = page.keyboard.press
    dialog, reply = page.get_by_role("dialog"), page.locator("#reply")

    def button(key: str, inside: Page | Locator = page) -> Locator:
        return inside.get_by_role("button", name=t(key), exact=True)

    presence = page.get_by_label(t("desk.state"), exact=True)
    reach(page, presence)
    press("ArrowDown")
    expect(presence).to_have_value("busy")
    press("ArrowUp")
    expect(presence).to_have_value("available")
    for key in ("desk.settings", "desk.help"):
        reach(page, button(key))
        press("Enter")
        expect(dialog).to_be_visible()
        press("Escape")
        expect(button(key)).to_be_focused()
    reach(page, section(page, "waiting").locator("li .ds-button"))
    press("Enter")
    expect(reply).to_be_focused()
    reach(page, page.locator(".aside .found > ol > li > button").first)
    press("Enter")
    expect(reply).to_be_focused()
    press("Enter")
    reach(page, button("desk.suggest"))
    press("Enter")
    expect(page.locator(".transcript")).to_be_focused()
    reach(page, page.locator("#pages-search"))
    page.keyboard.type("garage")
    press("Enter")
    expect(page.locator(".passages [role=status]")).to_have_text(t("desk.search.found", count=2))
    reach(page, page.locator(".aside summary"))
    press("Enter")
    reach(page, button("desk.canned.new"))
    press("Enter")
    page.keyboard.type("Hälsning")
    press("Tab")
    page.keyboard.type("Hej!")
    press("Tab")
    press("Enter")
    expect(dialog).to_have_count(0)
    expect(button("desk.canned.new")).to_be_focused()
    reach(page, page.get_by_role("button", name="Hälsning", exact=True))
    press("Enter")
    expect(reply).to_have_value("Hej!")
    reach(page, page.locator("#note"))
    page.keyboard.type("Bor i villa")
    reach(page, button("desk.notes.save"))
    press("Enter")
    expect(page.locator(".notes li")).to_have_count(1)
    reach(page, button("desk.contact.ask"))
    press("Enter")
    expect(page.locator("#contact-title")).to_be_focused()
    reach(page, button("desk.transfer"))
    press("Enter")
    expect(dialog).to_be_visible()
    press("Escape")
    expect(button("desk.transfer")).to_be_focused()
    press("Enter")
    expect(page.locator("#transfer-to")).to_be_focused()
    press("ArrowDown")
    reach(page, button("desk.transfer.button", dialog))
    press("Enter")
    expect(page.locator("[data-key=heading-own]")).to_be_focused()
    reach(page, section(page, "waiting").locator("li .ds-button"))
    press("Enter")
    expect(reply).to_be_focused()
    reach(page, button("desk.resolve"))
    press("Enter")
    expect(dialog.get_by_role("radio").first).to_be_focused()
    press("Space")
    reach(page, button("desk.resolve", dialog))
    press("Enter")
    expect(page.locator("[data-key=heading-own]")).to_be_focused()
    for key in ("resolved", "active"):
        reach(page, section(page, key).locator("li .ds-button").last)
        press("Enter")
        expect(reply).to_be_focused()
    reach(page, page.locator(".view").nth(1))
    press("Enter")
    expect(page.locator(".view").nth(1)).to_have_attribute("aria-pressed", "true")
    reach(page, button("staff.sign_out"))
    press("Enter")
    expect(page.locator("#email")).to_be_focused()
