"""The desk's page for cases, in a real browser before a real gateway that mails."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Browser, Page, expect

from tests.gateway.smtp_server import Server, free_port
from tests.gateway_pages.limit import LIMIT

TOP = Path(__file__).resolve().parents[2]
AXE = TOP / "node_modules" / "axe-core" / "axe.min.js"
SHOTS = TOP / "artifacts" / "cases"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@dataclass
class Desk:
    """A running gateway and what it has mailed."""

    address: str
    passwords: dict[str, str]
    smtp: Server
    database: Path

    def delay(self, reference: str) -> None:
        """Let the day by which a case was to be answered be past."""
        with closing(sqlite3.connect(self.database, timeout=10)) as database, database:
            changed = database.execute(
                "UPDATE question_cases SET deadline = '2026-01-02' WHERE reference = ?",
                (reference,),
            )
            assert changed.rowcount == 1

    def ask(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        """Ask the API as a resident's page does."""
        request = urllib.request.Request(
            f"{self.address}/api/v1/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def leave(self, text: str, municipality: str = "ekhamn", language: str = "sv") -> str:
        """Leave a question as a case; gives its reference."""
        begun = self.ask(
            "POST", "conversations", {"municipality": municipality, "language": language}
        )
        path, token = f"conversations/{begun['id']}", begun["token"]
        self.ask("POST", f"{path}/handoff", {"reason": "asked"}, token)
        body = {"email": f"x{time.monotonic_ns()}@exempel.example", "text": text}
        return str(self.ask("POST", f"{path}/case", body, token)["reference"])


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A gateway of its own, with a mail server."""
    var = tmp_path_factory.mktemp("cases") / "var"
    smtp = Server()
    controller = Controller(smtp, hostname="127.0.0.1", port=free_port())
    controller.start()
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway"],
        cwd=TOP,
        env={
            **os.environ,
            "SVAR_VAR": str(var),
            "SVAR_GATEWAY_PORT": str(port),
            "SVAR_SMTP_HOST": "127.0.0.1",
            "SVAR_SMTP_PORT": str(controller.port),
            "SVAR_SMTP_TLS": "none",
        },
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 90
        while True:
            try:
                urllib.request.urlopen(f"{address}/health/live", timeout=1)
                break
            except OSError:
                assert time.monotonic() < deadline, "the gateway does not start"
                time.sleep(0.1)
        yield Desk(
            address, json.loads((var / "demo-accounts.json").read_text()), smtp, var / "gateway.db"
        )
    finally:
        process.terminate()
        process.wait(10)
        controller.stop()


@pytest.fixture
def open_desk(browser: Browser, desk: Desk) -> Iterator[Any]:
    """Gives a function that signs in at the desk; errors on the page fail the test."""
    contexts, errors = [], []

    def open_it(
        municipality: str = "ekhamn",
        width: int = 1280,
        colours: Any = "light",
        fragment: str = "",
        told: bool = True,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=colours, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(LIMIT)
        page.on("pageerror", lambda error: errors.append(str(error)))
        if not told:
            page.route_web_socket("**/desk/events", lambda _: None)
        page.goto(f"{desk.address}/desk{fragment}")
        email = f"operator@{municipality}.example"
        page.locator("#email").fill(email)
        page.locator("#password").fill(desk.passwords[email])
        page.keyboard.press("Enter")
        expect(page.locator(".views")).to_be_visible()
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert errors == []


def check(page: Page, name: str) -> None:
    """Hold a state against axe, and keep a picture of it."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(
        "tags => axe.run(document, {runOnly: tags}).then(r => r.violations)", TAGS
    )
    assert [] == [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "scrolls sideways"


def test_a_case_is_answered_by_keyboard_alone(desk: Desk, open_desk: Any, locales: Any) -> None:
    """From the list to the reply that is mailed, without a mouse."""
    texts = locales["sv"]
    reference = desk.leave("Hur ansöker jag om färdtjänst?")
    page = open_desk()
    page.get_by_role("button", name=re.compile(f"^{texts['cases.title']}")).press("Enter")
    page.get_by_role("button", name=re.compile(reference)).press("Enter")
    expect(page.locator(".case h2")).to_be_focused()
    reply = page.get_by_label(texts["cases.reply"], exact=True)
    for _ in range(12):
        page.keyboard.press("Tab")
        if reply.evaluate("field => field === document.activeElement"):
            break
    expect(reply).to_be_focused()
    page.keyboard.type("Du ansöker på vår blankett.")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".case .alert")).to_have_text(texts["cases.is_closed"])
    expect(page.locator(".case h2")).to_be_focused()
    expect(page.locator(".case .message.operator .text")).to_have_text(
        "Du ansöker på vår blankett."
    )
    deadline = time.monotonic() + 20
    while not any("vår blankett" in mail.get_content() for mail in desk.smtp.mails):
        assert time.monotonic() < deadline, "no mail came"
        time.sleep(0.05)


def tab_to(page: Page, target: Any) -> None:
    """Go to an element by the tabulator key alone."""
    for _ in range(60):
        if target.evaluate("each => each === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(target).to_be_focused()


@pytest.mark.parametrize(
    ("width", "colours"), [(1280, "light"), (1280, "dark"), (320, "light"), (320, "dark")]
)
def test_all_that_is_done_with_a_case_is_done_by_keyboard(
    desk: Desk, open_desk: Any, locales: Any, width: int, colours: str
) -> None:
    """An overdue case is found, handed over, answered and closed; each step is accessible."""
    texts = locales["sv"]
    reference = desk.leave("Vem sköter lekplatsen vid Ängsgatan?\n" * 40)
    desk.delay(reference)
    page = open_desk(width=width, colours=colours)

    def button(text: str, within: Any = page) -> Any:
        return within.get_by_role("button", name=text, exact=True)

    def pictured(name: str) -> None:
        check(page, f"keyboard-{name}-{width}-{colours}")

    views = page.get_by_role("button", name=re.compile(f"^{texts['cases.title']}"))
    late = texts["cases.overdue.count"].partition("{")[0]
    expect(views).to_contain_text(late)
    tab_to(page, views)
    page.keyboard.press("Enter")
    line = page.get_by_role("button", name=re.compile(reference))
    expect(line).to_contain_text(texts["cases.overdue"])
    tab_to(page, line)
    pictured("list")
    page.keyboard.press("Enter")
    expect(page.locator(".case h2")).to_be_focused()
    expect(page.locator(".case .facts")).to_contain_text(texts["cases.overdue"])
    pictured("case")

    tab_to(page, button(texts["cases.hand_over"]))
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name=texts["cases.hand_over.title"])
    tab_to(page, dialog.locator("select"))
    page.keyboard.type("Gata")
    tab_to(page, dialog.locator("textarea"))
    page.keyboard.type("Gäller gungorna")
    pictured("hand-over")
    tab_to(page, button(texts["cases.hand_over"], dialog))
    page.keyboard.press("Enter")
    expect(page.locator(".case .facts")).to_contain_text("Gata och park")
    expect(page.locator(".case h2")).to_be_focused()

    tab_to(page, page.get_by_label(texts["cases.reply"], exact=True))
    page.keyboard.type("Gatukontoret gör det.")
    tab_to(page, button(texts["cases.reply.send"]))
    page.keyboard.press("Enter")
    expect(page.locator(".case .message.operator .text")).to_have_text("Gatukontoret gör det.")
    expect(page.locator(".case h2")).to_be_focused()

    tab_to(page, button(texts["cases.close"]))
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name=texts["cases.close.title"])
    pictured("close")
    tab_to(page, button(texts["cases.close"], dialog))
    page.keyboard.press("Enter")
    expect(page.locator(".case .alert")).to_have_text(texts["cases.is_closed"])
    expect(page.locator(".case h2")).to_be_focused()
    pictured("closed")


def test_a_mails_link_opens_its_case(desk: Desk, open_desk: Any) -> None:
    """The department comes straight to the question; an unknown one is said to be none."""
    reference = desk.leave("Varför är fontänen avstängd?")
    page = open_desk(fragment=f"#case={reference}")
    expect(page.locator(".case h2")).to_contain_text(reference)
    expect(page.locator(".case .message")).to_contain_text("Varför är fontänen avstängd?")


def test_a_case_is_handed_over_and_closed(desk: Desk, open_desk: Any, locales: Any) -> None:
    """With a note; what was done stands in the thread."""
    texts = locales["sv"]
    reference = desk.leave("När sopas Storgatan?")
    page = open_desk(fragment=f"#case={reference}")
    page.get_by_role("button", name=texts["cases.hand_over"], exact=True).click()
    dialog = page.get_by_role("dialog", name=texts["cases.hand_over.title"])
    dialog.get_by_label(texts["cases.department"], exact=True).select_option("streets")
    dialog.get_by_label(texts["cases.hand_over.note"]).fill("Gäller våren")
    check(page, "hand-over")
    dialog.get_by_role("button", name=texts["cases.hand_over"], exact=True).click()
    expect(page.locator(".case .message").last).to_contain_text("Gata och park")
    expect(page.locator(".case .facts")).to_contain_text("Gata och park")
    expect(page.locator(".case h2")).to_be_focused()
    page.get_by_role("button", name=texts["cases.close"], exact=True).click()
    dialog = page.get_by_role("dialog", name=texts["cases.close.title"])
    dialog.get_by_role("button", name=texts["cases.close"], exact=True).click()
    expect(page.locator(".case .alert")).to_have_text(texts["cases.is_closed"])


def test_what_is_typed_outlives_a_refused_reply(desk: Desk, open_desk: Any, locales: Any) -> None:
    """A colleague was faster: their reply is shown, and one's own text is still there."""
    texts = locales["sv"]
    reference = desk.leave("Får man elda löv?")
    one = open_desk(fragment=f"#case={reference}")
    # The other page is not told of what happens meanwhile.
    other = open_desk(fragment=f"#case={reference}", told=False)
    for page in (one, other):
        page.get_by_label(texts["cases.reply"], exact=True).fill("Nej, inte i tätort.")
    send = texts["cases.reply.send"]
    one.get_by_role("button", name=send).click()
    expect(one.locator(".case .message.operator")).to_have_count(1)
    other.get_by_role("button", name=send).click()
    expect(other.locator(".case .alert")).to_have_text(texts["cases.changed"])
    expect(other.locator(".case .message.operator")).to_have_count(1)
    expect(other.get_by_label(texts["cases.reply"], exact=True)).to_have_value(
        "Nej, inte i tätort."
    )


def test_a_reply_that_was_begun_outlasts_a_reload(desk: Desk, open_desk: Any, locales: Any) -> None:
    """Signing out says that it would be lost, and stays if one wants to."""
    texts = locales["sv"]
    reference = desk.leave("Får man ha höns?")
    page = open_desk(fragment=f"#case={reference}")
    reply = page.get_by_label(texts["cases.reply"], exact=True)
    reply.fill("Ja, om")
    page.reload()
    page.get_by_role("button", name=re.compile(f"^{texts['cases.title']}")).click()
    page.get_by_role("button", name=re.compile(reference)).click()
    expect(reply).to_have_value("Ja, om")
    page.get_by_role("button", name=texts["staff.sign_out"], exact=True).click()
    page.get_by_role("button", name=texts["staff.leave.stay"]).click()
    expect(reply).to_have_value("Ja, om")


def test_a_new_case_appears_by_itself(desk: Desk, open_desk: Any, locales: Any) -> None:
    """Long before the list is read anew; whoever stands on a line of it stays there."""
    texts = locales["sv"]
    first = desk.leave("Kan jag elda ris på tomten?")
    page = open_desk()
    page.get_by_role("button", name=re.compile(f"^{texts['cases.title']}")).click()
    line = page.get_by_role("button", name=re.compile(first))
    line.focus()
    second = desk.leave("Var lämnar jag grovsopor?")
    expect(page.get_by_role("button", name=re.compile(second))).to_be_visible(timeout=20_000)
    expect(line).to_be_focused()


def test_an_open_case_follows_what_others_do(desk: Desk, open_desk: Any, locales: Any) -> None:
    """A colleague answers and closes it: what is being typed stays, to the caret."""
    texts = locales["sv"]
    reference = desk.leave("Hur länge gäller bygglovet?")
    one, other = open_desk(fragment=f"#case={reference}"), open_desk(fragment=f"#case={reference}")
    mine = "Det gäller i fem år."
    one.get_by_label(texts["cases.reply"], exact=True).press_sequentially(mine)
    one.locator("#case-reply").evaluate("field => field.setSelectionRange(3, 9)")
    other.get_by_label(texts["cases.reply"], exact=True).fill("I fem år.")
    other.get_by_role("button", name=texts["cases.reply.send"]).click()
    expect(one.locator(".case .message.operator")).to_have_count(1, timeout=20_000)
    expect(one.locator("#case-reply")).to_be_focused()
    assert [mine, 3, 9] == one.locator("#case-reply").evaluate(
        "field => [field.value, field.selectionStart, field.selectionEnd]"
    )
    expect(one.locator(".case .alert")).to_have_text(texts["cases.changed"])
    expect(other.locator(".case .alert")).to_have_count(0)
    check(one, "changed-meanwhile")
    other.get_by_role("button", name=texts["cases.close"], exact=True).click()
    dialog = other.get_by_role("dialog", name=texts["cases.close.title"])
    dialog.get_by_role("button", name=texts["cases.close"], exact=True).click()
    expect(one.locator(".case .alert")).to_have_text(texts["cases.is_closed"], timeout=20_000)
    unsent = one.get_by_label(texts["cases.reply.unsent"])
    expect(unsent).to_have_value(mine)
    expect(unsent).to_be_focused()
    expect(other.locator(".case h2")).to_be_focused()
    check(one, "closed-meanwhile")


@pytest.mark.parametrize(
    ("width", "colours"), [(1280, "light"), (1280, "dark"), (320, "light"), (320, "dark")]
)
def test_every_state_is_accessible(desk: Desk, open_desk: Any, width: int, colours: str) -> None:
    """List and case, open and empty, wide and at 320 px, in both colour schemes."""
    reference = desk.leave("Kan jag få hjälp med snöröjning på min uppfart i vinter? " * 3)
    page = open_desk(width=width, colours=colours)
    check(page, f"desk-{width}-{colours}")
    page.locator(".view").nth(1).click()
    expect(page.get_by_role("button", name=re.compile(reference))).to_be_visible()
    check(page, f"list-{width}-{colours}")
    page.get_by_role("button", name=re.compile(reference)).click()
    expect(page.locator(".case h2")).to_be_focused()
    check(page, f"case-{width}-{colours}")


def test_in_nynorsk(desk: Desk, open_desk: Any, locales: Any) -> None:
    """The page changes language with what was typed still there."""
    texts = locales["nn"]
    reference = desk.leave("Kor søkjer eg om parkering?", "fjordvik", "nn")
    page = open_desk("fjordvik", fragment=f"#case={reference}")
    page.locator("#case-reply").fill("Du søkjer her.")
    page.locator("#language").select_option("nn")
    expect(page.locator(".case h2")).to_have_text(f"{texts['cases.case']} {reference}")
    expect(page.locator("#case-reply")).to_have_value("Du søkjer her.")
