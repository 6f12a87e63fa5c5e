"""The locale files, a browser, and a page that carries the widget before a gateway of routes."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, expect, sync_playwright

from ops.packages import ensure_browser
from tests.gateway_pages.limit import LIMIT

TOP = Path(__file__).resolve().parents[2]
STATIC = TOP / "gateway" / "static"
LANGUAGES = ("sv", "nb", "nn")
HOME = "http://svar.test"
PAGES = {"/": "Värdsida", "/bygglov": "Bygglov"}
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
# Stricter than most municipalities': nothing inline, nothing from elsewhere.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws://svar.test"
)
expect.set_options(timeout=LIMIT)


@pytest.fixture(scope="session")
def locales() -> dict[str, dict[str, str]]:
    """Every text of every language, by language and key."""
    folder = TOP / "gateway" / "locales"
    return {
        language: json.loads((folder / f"{language}.json").read_text("utf-8"))
        for language in LANGUAGES
    }


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, once per file, so that asynchronous tests can run after it."""
    path = ensure_browser("The browser tests")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def built() -> None:
    """The tests look at the built script."""
    from ops.assets import build_assets

    build_assets()


@dataclass
class Gateway:
    """Answers the widget's requests as a gateway would, from what a test puts here."""

    municipality: dict[str, Any] = field(
        default_factory=lambda: {"id": "ekhamn", "name": "Ekhamns kommun", "languages": ["sv"]}
    )
    replies: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    status: str = "with_bot"
    down: bool = False
    silent: bool = False
    """Requests are never answered."""
    refuses: int = 0
    """When a status: everything is answered with it."""
    problems: list[tuple[int, str, str]] = field(default_factory=list)
    """Status, field and code of what is wrong with the next mails and cases."""
    queue: dict[str, Any] | None = None
    given: list[tuple[str, Any]] = field(default_factory=list)
    """Feedback, mails, cases and ends that were asked for, in order."""
    posted: list[tuple[str, str]] = field(default_factory=list)
    """Forms that left the page, by path and body."""
    html: str = "<svar-chat municipality='ekhamn' language='sv'></svar-chat>"
    held: list[Callable[[], None]] | None = None
    """When a list: answers to requests for messages are put here instead of given."""
    begun: int = 0
    received: list[dict[str, Any]] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    styles: str = ""
    sockets: list[WebSocketRoute] = field(default_factory=list)
    heard: list[str | bytes] = field(default_factory=list)
    """What pages said on their WebSockets."""

    def say(self, author: str, text: str, **more: Any) -> dict[str, Any]:
        """Store a message and give it."""
        message = {
            "seq": len(self.messages) + 1,
            "author": author,
            "text": text,
            "language": "sv",
            "created_at": "2026-03-12T08:30:00.000Z",
            "choices": [],
            "answer": None,
            "client_id": None,
            **more,
        }
        self.messages.append(message)
        return message

    def connect(self, socket: WebSocketRoute) -> None:
        """Tell a page that opens its events what it has missed, and what comes from now on."""
        self.sockets.append(socket)
        socket.on_message(lambda said: self.heard.append(said))
        after = int(socket.url.rpartition("=")[2])
        for message in self.messages[after:]:
            socket.send(json.dumps({**message, "status": self.status, "queue": self.queue}))

    def push(self, author: str, text: str, **more: Any) -> None:
        """Say something by itself to every open page."""
        message = self.say(author, text, **more)
        for socket in self.sockets:
            socket.send(json.dumps({**message, "status": self.status, "queue": self.queue}))

    def tell(self, frame: dict[str, Any]) -> None:
        """Send a frame without a message to every open page."""
        for socket in self.sockets:
            socket.send(json.dumps(frame))

    def serve(self, route: Route) -> None:
        """Answer one request."""
        request = route.request
        path = request.url.removeprefix(HOME).partition("?")[0]
        if not request.url.startswith(HOME):
            self.elsewhere.append(request.url)
            route.abort()
        elif path in PAGES:
            body = (
                f"<!doctype html><html lang='sv'><title>{PAGES[path]}</title>"
                "<link rel='stylesheet' href='/host.css'>"
                "<script type='module' src='/static/build/svar-chat.js'></script>"
                f"<main><h1>{PAGES[path]}</h1></main>"
                f"{self.html}"
            )
            route.fulfill(
                body=body,
                content_type="text/html; charset=utf-8",
                headers={"Content-Security-Policy": POLICY},
            )
        elif path == "/host.css":
            route.fulfill(body=self.styles, content_type="text/css")
        elif path.startswith("/static/"):
            route.fulfill(path=STATIC / path.removeprefix("/static/"))
        elif path.startswith("/api/"):
            self._api(route, request.method, path.removeprefix("/api/v1/").split("/"))
        elif path.startswith("/ekhamn"):
            self.posted.append((path, request.post_data or ""))
            route.fulfill(body="<title>Sidan</title>", content_type="text/html")
        else:
            route.fulfill(status=404)

    def _api(self, route: Route, method: str, parts: list[str]) -> None:
        if self.silent:
            return
        if self.down:
            route.abort()
            return
        if self.refuses:
            route.fulfill(status=self.refuses, json={"errors": []})
            return
        match method, parts:
            case "GET", ["municipalities", _]:
                route.fulfill(json=self.municipality)
            case "POST", ["conversations"]:
                self.begun += 1
                self.messages.clear()
                self.status = "with_bot"
                self.say("bot", "Hej! Jag är en automatisk assistent.")
                begun = {"id": f"c{self.begun}", "token": "t", **self._state()}
                route.fulfill(status=201, json=begun)
            case "GET", ["conversations", _, "messages"]:
                answer = {**self._state(), "messages": [*self.messages]}
                if self.held is None:
                    route.fulfill(json=answer)
                else:
                    self.held.append(lambda: route.fulfill(json=answer))
            case "POST", ["conversations", _, "messages"]:
                self._turn(route)
            case "POST", ["conversations", _, "handoff"]:
                self.status = "waiting"
                self.say("system", "Du står i kö.")
                route.fulfill(json=self._state())
            case "POST", ["conversations", _, "close"]:
                self.given.append(("close", None))
                self.status = "closed"
                self.say("system", "Du har avslutat samtalet.")
                route.fulfill(json=self._state())
            case "GET", ["conversations", _, "transcript"]:
                body = "\n".join(each["text"] for each in self.messages)
                route.fulfill(body=body, content_type="text/plain; charset=utf-8")
            case "POST", ["conversations", _, ("transcript" | "case") as what]:
                self._give(route, what)
            case "POST", ["conversations", _, "feedback"]:
                self.given.append(("feedback", route.request.post_data_json))
                route.fulfill(status=204)
            case "DELETE", ["conversations", _]:
                route.fulfill(status=204)
            case _:
                route.fulfill(status=404, json={})

    def _turn(self, route: Route) -> None:
        wanted = route.request.post_data_json
        self.received.append(wanted)
        opens = None
        if not any(each["client_id"] == wanted["client_id"] for each in self.messages):
            self.say("resident", wanted["text"], client_id=wanted["client_id"])
            if self.replies:
                reply = self.replies.pop(0)
                opens = reply.get("opens")
                self.say(**{name: value for name, value in reply.items() if name != "opens"})
        route.fulfill(json={**self._state(), "opens": opens})

    def _give(self, route: Route, what: str) -> None:
        if self.problems:
            status, name, code = self.problems.pop(0)
            route.fulfill(status=status, json={"errors": [{"field": name, "code": code}]})
            return
        self.given.append((what, route.request.post_data_json))
        if what == "transcript":
            route.fulfill(status=202)
            return
        self.status = "with_bot"
        said = self.say("system", "Din fråga har referensen EK-26-4F7KD.")
        answer = {"reference": "EK-26-4F7KD", "deadline": "2026-03-14", "messages": [said]}
        route.fulfill(status=201, json=answer)

    def _state(self) -> dict[str, Any]:
        return {"status": self.status, "messages": self.messages, "queue": self.queue}


@pytest.fixture
def gateway() -> Gateway:
    """What the page talks to."""
    return Gateway()


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    """Which colours the resident's device asks for."""
    return str(request.param)


@pytest.fixture
def open_page(browser: Browser, gateway: Gateway, built: None) -> Iterator[Any]:
    """Gives a function that opens the host page in a fresh browser; errors on it fail the test."""
    contexts = []
    errors: list[str] = []

    def open_it(
        width: int = 1280,
        height: int = 800,
        colours: Literal["light", "dark"] = "light",
        **more: Any,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=colours,
            **{"reduced_motion": "reduce", **more},
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(LIMIT)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda line: (
                errors.append(line.text)
                if line.type == "error" and not line.text.startswith("Failed to load resource")
                else None
            ),
        )
        page.route("**/*", gateway.serve)
        page.route_web_socket("**/*", gateway.connect)
        page.goto(HOME + "/")
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert errors == []
