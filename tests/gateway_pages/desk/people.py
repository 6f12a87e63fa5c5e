"""Who is at the desk's tests: the gateway, a resident in another browser, and the lists."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Locator, Page, expect

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


def section(page: Page, key: str) -> Locator:
    return page.locator("section", has=page.locator(f"#queue-{key}"))


def claim(page: Page, text: str) -> None:
    line = section(page, "waiting").locator("li").filter(has_text=text)
    line.locator(".ds-button").click()
    expect(section(page, "own").locator("li.selected")).to_contain_text(text)
