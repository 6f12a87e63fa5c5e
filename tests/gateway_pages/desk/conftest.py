"""The operators' desk in a real browser before a real gateway; bot and knowledge are made here."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from argon2 import PasswordHasher
from playwright.sync_api import Browser, Page, expect

from gateway.app import init_app
from gateway.opening import OpeningHours
from gateway.settings import PACKAGE, Settings
from tests.gateway_pages.desk.people import PASSAGES, Svar
from tests.gateway_pages.limit import LIMIT

TOP = Path(__file__).resolve().parents[3]


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
    # By night and on Sundays who waits is told that it is closed, unless a desk is open already.
    monkeypatch.setattr(OpeningHours, "is_open", lambda hours, at: True)
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
        context.set_default_timeout(LIMIT)
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
                page.emulate_media(color_scheme=scheme)
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
