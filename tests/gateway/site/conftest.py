"""A browser without JavaScript: it keeps cookies, follows redirects and sends forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any

import pytest


@dataclass
class Form:
    """A form as it stands on the page; `buttons` are the name and value of each."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.form: Form | None = None
        self.area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form = Form(values.get("method", "get"), values["action"])
            self.forms.append(self.form)
        elif self.form is None:
            return
        elif tag == "input":
            self.form.fields[values["name"]] = values.get("value", "")
        elif tag == "textarea":
            self.area = values["name"]
            self.form.fields[self.area] = ""
        elif tag == "button":
            self.form.buttons.append((values.get("name", ""), values.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self.form is not None and self.area is not None:
            self.form.fields[self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "textarea" and self.form is not None and self.area is not None:
            # The first line break after the tag is not the field's.
            self.form.fields[self.area] = self.form.fields[self.area].removeprefix("\n")
            self.area = None


@dataclass(frozen=True)
class Seen:
    """A page that a browser shows."""

    status: int
    address: str
    html: str
    headers: Any

    @property
    def forms(self) -> list[Form]:
        reader = _Reader()
        reader.feed(self.html)
        return reader.forms

    def form(self, part: str) -> Form:
        """The first form that is sent to a part of the page."""
        return next(each for each in self.forms if f"/{part}" in each.action)

    @property
    def title(self) -> str:
        found = re.search(r"<title>(.*?)</title>", self.html, re.S)
        assert found
        return found[1]

    @property
    def authors(self) -> list[str]:
        """Who wrote the messages, in order."""
        return re.findall(r'<li class="message (\w+)" id="m\d+"', self.html)

    @property
    def text(self) -> str:
        """What is read, without tags."""
        return " ".join(re.sub(r"<[^>]+>", " ", self.html).split())


@dataclass
class Visitor:
    """Somebody with a browser; `cookies` by name: value, path and attributes."""

    api: Any
    cookies: dict[str, Any] = field(default_factory=dict)
    language: str = ""
    sent: list[tuple[str, str]] = field(default_factory=list)

    async def get(self, path: str) -> Seen:
        return await self._ask("GET", path)

    async def send(self, form: Form, button: int = 0, **fields: str) -> Seen:
        """Fill a form in and press one of its buttons."""
        values = {**form.fields}
        if form.buttons and form.buttons[button][0]:
            values.update([form.buttons[button]])
        return await self.post(form.action, {**values, **fields})

    async def post(self, path: str, fields: Mapping[str, str], origin: str | None = "same") -> Seen:
        return await self._ask("POST", path, dict(fields), origin)

    async def write(self, text: str, path: str = "/ekhamn") -> Seen:
        """Open the page and send a message."""
        return await self.send((await self.get(path)).form("messages"), text=text)

    async def _ask(
        self, method: str, path: str, data: dict[str, str] | None = None, origin: str | None = ""
    ) -> Seen:
        for _ in range(5):
            headers = {"Accept-Language": self.language}
            if pairs := [
                f"{name}={each.value}"
                for name, each in self.cookies.items()
                if _is_below(re.split("[?#]", path)[0], each["path"])
            ]:
                headers["Cookie"] = "; ".join(pairs)
            if method == "POST" and origin:
                own = str(self.api.client.make_url("")).rstrip("/")
                headers["Origin"] = own if origin == "same" else origin
            self.sent.append((method, path))
            address = path.partition("#")[0]
            answer = await self.api.ask(method, address, headers=headers, data=data)
            self._keep(answer.headers)
            if answer.status in (301, 303):
                method, path, data = "GET", answer.headers["Location"], None
                continue
            return Seen(answer.status, path, answer.text, answer.headers)
        raise AssertionError("the redirects have no end")

    def _keep(self, headers: Any) -> None:
        for line in headers.getall("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel


def _is_below(path: str, cookie_path: str) -> bool:
    return path == cookie_path or path.startswith(cookie_path.rstrip("/") + "/")


@pytest.fixture
def visitor(api: Any) -> Visitor:
    return Visitor(api)


@pytest.fixture
def other(api: Any) -> Visitor:
    """Somebody else, with another browser."""
    return Visitor(api)
