"""A real browser before the running stack, and the pages in the words of the people who use them.

A test fails on any error in the browser that it did not expect, and on any request that leaves
the gateway. Screenshots go to the folder that SVAR_ARTIFACTS names, `artifacts/` by default.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    expect,
    sync_playwright,
)

from ops.packages import ensure_browser

TOP = Path(__file__).resolve().parents[2]
ARTIFACTS = Path(os.environ.get("SVAR_ARTIFACTS", TOP / "artifacts"))
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


LIMIT = 8_000  # ms that a page may take; the gateway itself gives up on a turn after 4 s
FAILED = pytest.StashKey[bool]()
REGIONS = {"sv": "sv-SE", "nb": "nb-NO", "nn": "nn-NO"}

expect.set_options(timeout=LIMIT)


@dataclass(frozen=True)
class Place:
    """A municipality's website in one language, with the words that stand on our pages."""

    municipality: str
    language: str
    words: dict[str, str]

    def t(self, key: str, **values: object) -> str:
        """The text of a locale file, with its values in place."""
        return re.sub(r"\{(\w+)\}", lambda hit: str(values[hit[1]]), self.words[key])

    def bot_says(self, response: str) -> str:
        """The fixed sentence of the bot's domain."""
        for file in (TOP / "bot" / "domain").glob("*.yml"):
            found = (yaml.safe_load(file.read_text()).get("responses") or {}).get(response, ())
            for variant in found:
                conditions = variant.get("condition", ())
                if any(self.language == each["value"] for each in conditions):
                    return str(variant["text"])
        raise LookupError(f"{response} has no text in {self.language}")

    def date(self, iso: str) -> str:
        """A day as residents read it."""
        year, month, day = iso.split("-")
        name = self.t(f"page.month.{int(month)}")
        return self.t("page.date", day=int(day), month=name, year=year)

    def email(self, account: str) -> str:
        return f"{account}@{self.municipality}.example"


@dataclass(frozen=True)
class Seed:
    """An article as it was seeded."""

    title: str
    url: str
    updated: str
    language: str
    text: str

    def under(self, heading: str) -> str:
        """The Markdown under one heading."""
        match = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", self.text, re.M | re.S)
        assert match, f"{self.title} has no heading {heading}"
        return match[1]


@dataclass
class Watch:
    """What went wrong in the browser, and what of it the test expects."""

    home: str
    problems: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expects(self, *patterns: str) -> None:
        """Lets problems pass that match, such as `POST /api/v1/session answered 401`."""
        self.expected += patterns

    def follow(self, context: BrowserContext) -> None:
        context.on("request", lambda request: self._left_home(request.url))
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)
        context.on("console", self._console)
        context.on(
            "weberror",
            lambda error: self.problems.append(f"script error: {error.error}"),
        )
        context.on(
            "page",
            lambda page: page.on("websocket", lambda ws: self._left_home(ws.url)),
        )

    def unexpected(self) -> list[str]:
        passes = [re.compile(pattern) for pattern in self.expected]
        return [line for line in self.problems if not any(each.search(line) for each in passes)]

    def _left_home(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != self.home:
            self.problems.append(f"request to another host: {url}")

    def _failed(self, request: Any) -> None:
        # A page that is left gives up its requests; that is no fault.
        if request.failure != "net::ERR_ABORTED":
            path = urlsplit(request.url).path
            self.problems.append(f"{request.method} {path} failed: {request.failure}")

    def _answered(self, response: Any) -> None:
        if response.status >= 400:
            path = urlsplit(response.url).path
            self.problems.append(f"{response.request.method} {path} answered {response.status}")

    def _console(self, message: Any) -> None:
        # The browser repeats failed requests here; they are told once, above.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.problems.append(f"console: {message.text}")


@dataclass(frozen=True)
class Chat:
    """The widget on a page, as a resident uses it."""

    page: Page
    place: Place

    @property
    def element(self) -> Locator:
        return self.page.locator("svar-chat")

    @property
    def launcher(self) -> Locator:
        return self.element.locator("button.launcher")

    @property
    def panel(self) -> Locator:
        return self.element.get_by_role("dialog", name=self.place.t("widget.title"))

    @property
    def field(self) -> Locator:
        return self.panel.get_by_role("textbox", name=self.place.t("widget.form.label"))

    @property
    def problem(self) -> Locator:
        return self.panel.get_by_role("alert")

    @property
    def status(self) -> Locator:
        return self.panel.locator("p.status")

    @property
    def log(self) -> Locator:
        return self.panel.get_by_role("log", name=self.place.t("widget.log"))

    @property
    def messages(self) -> Locator:
        return self.log.locator(".message")

    @property
    def own(self) -> Locator:
        return self.log.locator(".message.resident")

    @property
    def choices(self) -> Locator:
        return self.log.get_by_role("group", name=self.place.t("widget.choices")).get_by_role(
            "button"
        )

    def says(self, author: str) -> Locator:
        return self.log.locator(f".message.{author}")

    def pick(self, key: str) -> None:
        """Choose something of the menu."""
        self.button("widget.menu").click()
        self.button(key).click()

    def button(self, key: str) -> Locator:
        return self.panel.get_by_role("button", name=self.place.t(key), exact=True)

    @property
    def person(self) -> Locator:
        """The one button for a person, which is always there."""
        return self.button("widget.person")

    def open(self) -> None:
        self.launcher.click()
        expect(self.says("system").or_(self.says("bot")).first).to_be_visible()

    def write(self, text: str) -> None:
        """Writes and sends by keyboard, without waiting for what comes back."""
        self.field.fill(text)
        self.field.press("Enter")

    def ask(self, text: str) -> Locator:
        """Sends a message and gives the bot's answer to it."""
        before = self.says("bot").count()
        self.write(text)
        expect(self.says("bot")).not_to_have_count(before)
        return self.says("bot").last

    def source(self, answer: Locator) -> Locator:
        return answer.locator(".source")

    def conversation(self) -> dict[str, Any]:
        """What the browser remembers of it: id, token, language, status."""
        key = f"svar:{self.place.municipality}"
        kept = self.page.evaluate("key => localStorage.getItem(key)", key)
        return dict(json.loads(kept))


@dataclass(frozen=True)
class Staff:
    """A page for staff: the desk or the editor."""

    page: Page
    place: Place

    def t(self, key: str, **values: object) -> str:
        return self.place.t(key, **values)

    def button(self, key: str, within: Locator | None = None) -> Locator:
        return (within or self.page).get_by_role("button", name=self.t(key), exact=True)

    def sign_in(self, email: str, password: str) -> None:
        self.page.get_by_label(self.t("staff.email")).fill(email)
        self.page.get_by_label(self.t("staff.password")).fill(password)
        self.button("staff.sign_in.button").click()

    # The desk

    @property
    def waiting(self) -> Locator:
        return self.page.locator("section", has=self.page.locator("#queue-waiting")).locator("li")

    @property
    def mine(self) -> Locator:
        return self.page.locator("section", has=self.page.locator("#queue-own")).locator("li")

    @property
    def transcript(self) -> Locator:
        return self.page.get_by_role("log", name=self.t("desk.transcript"))

    def claim(self, text: str) -> None:
        """Takes the waiting conversation whose last message this is."""
        line = self.waiting.filter(has_text=text)
        line.get_by_role("button", name=re.compile(re.escape(self.t("desk.claim")))).click()
        expect(self.reply).to_be_visible()

    @property
    def reply(self) -> Locator:
        return self.page.get_by_label(self.t("desk.reply"), exact=True)

    def answer(self, text: str) -> None:
        self.reply.fill(text)
        self.button("desk.reply.send").click()

    def resolve(self, outcome: str = "answered") -> None:
        self.button("desk.resolve", self.page.locator(".bar")).click()
        dialog = self.page.get_by_role("dialog", name=self.t("desk.resolve.title"))
        dialog.get_by_role("radio", name=self.t(f"desk.outcome.{outcome}")).check()
        self.button("desk.resolve", dialog).click()

    # The editor

    def input(self, name: str) -> Locator:
        return self.page.get_by_label(self.t(f"editor.field.{name}"), exact=True)

    def error(self, name: str) -> Locator:
        """The words at a field that is wrong."""
        return self.page.locator(f"#article-{name}-error")

    @property
    def note(self) -> Locator:
        return self.page.locator("p.note:not(.notices *)")

    @property
    def found(self) -> Locator:
        return self.page.locator(".articles .results button")

    @property
    def preview(self) -> Locator:
        return self.page.get_by_role("region", name=self.t("editor.preview"))

    def find(self, words: str, title: str) -> None:
        """Searches the list and opens the article with this title."""
        self.page.get_by_label(self.t("editor.search")).fill(words)
        self.found.filter(has=self.page.get_by_text(title, exact=True)).click()
        expect(self.input("title")).to_have_value(title)

    def write_new(self, **values: str) -> None:
        """Opens the form for a new article and fills in the fields that are named."""
        self.button("editor.new").click()
        for name, value in values.items():
            self.input(name).fill(value)

    def publish(self) -> None:
        self.button("editor.publish").click()
        expect(self.note).to_have_text(self.t("editor.published"))

    def save(self) -> None:
        self.button("editor.save").click()
        expect(self.note).to_have_text(self.t("editor.saved"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, once per file.

    Playwright keeps an event loop running for as long as it is up. Ending it with the file lets
    asynchronous tests of other folders run after this one.
    """
    path = ensure_browser("The browser tests")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def places() -> dict[str, Place]:
    homes = {"sv": "ekhamn", "nb": "fjordvik", "nn": "fjordvik"}
    folder = TOP / "gateway" / "locales"
    return {
        language: Place(home, language, json.loads((folder / f"{language}.json").read_text()))
        for language, home in homes.items()
    }


@pytest.fixture(params=["sv", "nb", "nn"])
def place(request: pytest.FixtureRequest, places: dict[str, Place]) -> Place:
    return places[request.param]


@pytest.fixture
def seed() -> Callable[[str, str], Seed]:
    """Reads a seeded article of a municipality by its id."""

    def read(municipality: str, article: str) -> Seed:
        (file,) = (TOP / "knowledge" / "seed" / municipality).glob(f"*/{article}.md")
        _, about, text = file.read_text().split("---\n", 2)
        known = yaml.safe_load(about)
        return Seed(known["title"], known["url"], str(known["updated"]), known["language"], text)

    return read


@pytest.fixture
def watch(svar) -> Watch:
    return Watch(urlsplit(svar.url).netloc)


@pytest.fixture
def someone(
    browser: Browser, svar, watch: Watch, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """Gives a page in a browser of its own to each person of a test."""
    contexts: list[BrowserContext] = []

    def arrive(language: str = "sv", **options: Any) -> Page:
        context = browser.new_context(
            base_url=svar.url,
            locale=REGIONS[language],
            timezone_id="Europe/Stockholm",
            reduced_motion="reduce",
            **{"viewport": {"width": 1280, "height": 800}, **options},
        )
        context.set_default_timeout(LIMIT)
        watch.follow(context)
        contexts.append(context)
        return context.new_page()

    yield arrive
    if request.node.stash.get(FAILED, False):
        pages = [page for context in contexts for page in context.pages]
        for number, page in enumerate(pages, 1):
            _save(f"failed/{request.node.name}-{number}", page)
    for context in contexts:
        context.close()
    assert [] == watch.unexpected()


@pytest.fixture
def page(someone: Callable[..., Page], request: pytest.FixtureRequest) -> Page:
    names = request.fixturenames
    return someone(request.getfixturevalue("place").language if "place" in names else "sv")


@pytest.fixture
def chat(page: Page, place: Place, chat_on: Callable[..., Chat]) -> Chat:
    """The closed widget on the front page of the demo website."""
    return chat_on(page, place)


@pytest.fixture
def chat_on() -> Callable[..., Chat]:
    """Takes a page to the demo website, where the closed widget waits."""

    def visit(page: Page, place: Place, path: str = "") -> Chat:
        page.goto(f"/demo/{place.municipality}/{path}?language={place.language}")
        chat = Chat(page, place)
        expect(chat.launcher).to_be_visible()
        return chat

    return visit


@pytest.fixture
def staff_page() -> Callable[..., Staff]:
    """Wraps a page of somebody who has not signed in yet."""
    return Staff


@pytest.fixture
def signed_in(svar, someone: Callable[..., Page]) -> Callable[..., Staff]:
    """Opens the desk or the editor for somebody whose browser has a session already."""

    def enter(place: Place, account: str, path: str, **options: Any) -> Staff:
        page = someone(place.language, **options)
        body = {
            "email": place.email(account),
            "password": svar.accounts()[place.email(account)],
        }
        assert page.request.post("/api/v1/session", data=body).ok
        page.goto(path)
        expect(page.get_by_role("navigation", name=place.t("page.menu"))).to_be_visible()
        return Staff(page, place)

    return enter


@pytest.fixture
def shot() -> Callable[[str, Page], None]:
    """Saves a picture of a page under a name."""
    return _save


def _save(name: str, page: Page) -> None:
    file = ARTIFACTS / f"{name}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Tells the fixtures that take pictures at the end whether the test has failed."""
    report = yield
    if call.when == "call":
        item.stash[FAILED] = report.failed
    return report
