"""Answers that come late or in another order, as they do on a slow network, undo nothing."""

from __future__ import annotations

import json

from playwright.sync_api import APIResponse, Page, Route, WebSocketRoute, expect

from tests.gateway_pages.desk.people import claim, section


class Held:
    """Holds back the requests to an address, from now until they are let go."""

    def __init__(self, page: Page, address: str, method: str = "GET") -> None:
        self.routes: list[Route] = []
        self._page = page
        self._method = method
        self._holds = True
        page.route(address, self._hold)

    def _hold(self, route: Route) -> None:
        if self._holds and route.request.method == self._method:
            self.routes.append(route)
        else:
            route.fallback()

    def wait(self, count: int) -> None:
        """Wait until so many requests are held."""
        for _ in range(100):
            if len(self.routes) >= count:
                return
            self._page.wait_for_timeout(50)
        raise AssertionError(f"{len(self.routes)} of {count} requests came")

    def read(self) -> list[APIResponse]:
        """Have them answered now, and let nothing more be held; the page isn't told yet."""
        self._holds = False
        return [route.fetch() for route in self.routes]

    def tell(self, answers: list[APIResponse]) -> None:
        """Let these answers come."""
        for route, answer in zip(self.routes, answers, strict=True):
            route.fulfill(response=answer)


def test_a_choice_of_presence_is_not_undone_by_how_it_was(svar, at, t) -> None:
    """An answer to what was asked before the choice; and two choices are stored in their order."""
    page = at()
    presence = page.get_by_label(t("desk.state"), exact=True)
    expect(presence).to_have_value("available")
    expect(page.locator("#queue-active")).to_be_visible()
    choices = Held(page, "**/desk/presence", "PUT")
    presence.select_option("busy")
    choices.wait(1)
    # What a colleague does is told to every desk, with how everybody was a moment ago.
    other = at("admin")
    expect(page.locator(".queue .tag.available")).to_have_count(1)
    expect(presence).to_have_value("busy")
    presence.select_option("away")
    page.wait_for_timeout(200)
    assert len(choices.routes) == 1
    choices.tell(choices.read())
    expect(other.locator(".queue .tag.away")).to_be_visible()
    expect(presence).to_have_value("away")


def test_a_list_that_comes_late_does_not_replace_a_newer_one(svar, at, t) -> None:
    """A conversation that was just pulled does not stand among the bot's again."""
    svar.resident("första", waits=False)
    page = at()
    with_bot = section(page, "active").locator("li")
    expect(with_bot).to_have_count(1)
    late = Held(page, "**/desk/resolved")
    svar.resident("andra")
    late.wait(1)
    before = late.read()
    with_bot.locator("button").click()
    expect(with_bot).to_have_count(0)
    page.wait_for_timeout(1000)
    late.tell(before)
    page.wait_for_timeout(300)
    assert with_bot.count() == 0


def test_a_queue_from_before_the_claim_does_not_take_the_conversation_away(svar, at, t) -> None:
    """It may be read before and arrive after; one that is really gone is said to be gone."""
    resident = svar.resident("Vad kostar ett garage?")
    sockets: list[WebSocketRoute] = []

    def through(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.connect_to_server()

    page = at()
    page.route_web_socket("**/desk/events", through)
    page.reload()
    claim(page, "garage")
    page.locator("#reply").fill("Hej")
    empty = {"type": "queue", "queue": {"waiting": [], "own": []}}
    sockets[0].send(json.dumps(empty))
    page.wait_for_timeout(300)
    expect(page.locator("#reply")).to_have_value("Hej")
    expect(section(page, "own").locator("li.selected")).to_have_count(1)
    resident.ask("DELETE", "")
    expect(page.locator(".conversation").first).to_have_text(t("desk.gone"))
