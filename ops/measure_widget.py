"""How soon the chat can be used: `python -m ops.measure_widget`.

A website's page with the built script is opened in Chromium, each time without anything kept, and
asked from within: how long after the page's own load event the button is there and answers, and
how long from the press to a panel that has the focus and is painted. Nothing is fetched from
elsewhere; the gateway's answers are made here, so that only the page is measured.
"""

from __future__ import annotations

import gzip
import statistics
import sys
from pathlib import Path

from playwright.sync_api import Page, Route, sync_playwright

from .assets import build_assets
from .console import say
from .packages import ensure_browser

SCRIPT = Path("gateway/static/build/svar-chat.js")
ROUNDS = 30
HOME = "http://svar.test"
PAGE = (
    "<!doctype html><html lang=sv><title>Sida</title>"
    "<script type=module src=/static/build/svar-chat.js></script>"
    "<main><h1>Sida</h1></main><svar-chat municipality=ekhamn></svar-chat>"
)
BEGUN = {
    "id": "one",
    "token": "t",
    "status": "with_bot",
    "messages": [
        {
            "seq": 1,
            "author": "bot",
            "text": "Hej!",
            "language": "sv",
            "created_at": "2026-03-12T08:30:00.000Z",
            "choices": [],
            "answer": None,
        }
    ],
}
# Defining the element makes its button, with what a press does, before it returns.
WATCH = """
const define = customElements.define.bind(customElements);
customElements.define = (...all) => {
    define(...all);
    window.ready = performance.now();
};
addEventListener("load", () => (window.loaded = performance.now()));
"""
PRESS = """() => new Promise((done) => {
    const { shadowRoot } = document.querySelector("svar-chat");
    const began = performance.now();
    shadowRoot.querySelector("button").click();
    requestAnimationFrame(() => requestAnimationFrame(() =>
        done(shadowRoot.activeElement?.id === "text" ? performance.now() - began : null)));
})"""


def _serve(route: Route) -> None:
    path = route.request.url.removeprefix(HOME)
    if path == "/":
        route.fulfill(body=PAGE, content_type="text/html; charset=utf-8")
    elif path.startswith("/static/"):
        route.fulfill(path=SCRIPT)
    elif path == "/api/v1/conversations":
        route.fulfill(status=201, json=BEGUN)
    else:
        route.fulfill(json={"id": "ekhamn", "name": "Ekhamn", "languages": ["sv"]})


ARRIVED = (
    "performance.getEntriesByType('resource').find((one) => one.name.endsWith('.js')).responseEnd"
)


def _once(page: Page) -> tuple[float, float, float]:
    page.goto(HOME + "/", wait_until="load")
    page.wait_for_function("window.loaded && window.ready")
    running = page.evaluate(f"window.ready - {ARRIVED}")
    after = page.evaluate("Math.max(0, window.ready - window.loaded)")
    pressed = page.evaluate(PRESS)
    assert pressed is not None, "the press opened no panel with the focus in it"
    return running, after, pressed


def _row(name: str, values: list[float]) -> None:
    p95 = statistics.quantiles(values, n=20)[18]
    say(f"| {name} | {statistics.median(values):.0f} ms | {p95:.0f} ms | {max(values):.0f} ms |")


def main() -> int:
    """Print the figures as a Markdown table."""
    build_assets()
    path = ensure_browser("The measurement")
    running: list[float] = []
    after: list[float] = []
    pressed: list[float] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for _ in range(ROUNDS + 1):
            context = browser.new_context()
            page = context.new_page()
            page.route("**/*", _serve)
            page.route_web_socket("**/*", lambda socket: None)
            page.add_init_script(WATCH)
            found = _once(page)
            context.close()
            for values, value in zip((running, after, pressed), found, strict=True):
                values.append(value)
        browser.close()
    whole = SCRIPT.read_bytes()
    say(f"{len(gzip.compress(whole, 9)) / 1000:.1f} kB gzip, {len(whole) / 1000:.1f} kB as it is.")
    say("| what | median | p95 | longest |")
    say("|---|---|---|---|")
    # The first opens the browser's own caches.
    _row("from the script's arrival to a button that answers", running[1:])
    _row("from the page's load to a button that answers", after[1:])
    _row("from the press to a panel with the focus, painted", pressed[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main())
