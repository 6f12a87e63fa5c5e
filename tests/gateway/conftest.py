"""A whole gateway over real HTTP and SQLite, beside a bot and a knowledge server made here.

Every answer that passes through the client below is held against the OpenAPI document.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from aiohttp import ClientWebSocketResponse, DummyCookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher

from gateway.app import ENDPOINTS, init_app
from gateway.database import Database
from gateway.demo_accounts import make_demo_accounts
from gateway.municipalities import load_municipalities
from gateway.observe import AccessLogger
from gateway.openapi import document
from gateway.opening import OpeningHours
from gateway.sessions import Passwords
from gateway.settings import PACKAGE, Settings

DOCUMENT = document(ENDPOINTS)
Json = dict[str, Any]


@dataclass
class FakeBot:
    """Rasa's channel as the contract has it; `reply` decides what it says."""

    turns: list[Json] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    seconds: float = 0.0
    status: int = 200
    at_once: int = 0
    most_at_once: int = 0
    reply: Callable[[Json], Any] = lambda turn: {
        "intent": {"name": "service_building", "confidence": 0.9},
        "messages": [{"text": f"Svar på: {turn['text']}", "choices": [], "answer": None}],
    }

    def says(self, *messages: Json) -> None:
        """Let every turn be answered with these messages."""
        self.reply = lambda turn: {"intent": None, "messages": list(messages)}

    async def handle(self, request: web.Request) -> web.Response:
        turn = await request.json()
        self.turns.append(turn)
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        await asyncio.sleep(self.seconds)
        self.at_once -= 1
        return web.json_response(self.reply(turn), status=self.status)

    async def forget(self, request: web.Request) -> web.Response:
        await asyncio.sleep(self.seconds)
        if self.status == 200:
            self.forgotten.append(request.match_info["conversation"])
        return web.Response(status=204 if self.status == 200 else self.status)


@dataclass
class FakeKnowledge:
    """The articles' server; `replies` by method and path, else there are no articles."""

    asked: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    replies: dict[tuple[str, str], tuple[int, Any]] = field(default_factory=dict)
    seconds: float = 0.0

    def hears(self, language: str, probability: float = 0.99) -> None:
        """Let every text from now on be in a language."""
        found = {"language": language, "probability": probability}
        self.replies["POST", "/v1/languages"] = (200, found)

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else None
        self.asked.append((request.method, request.path, dict(request.query), body))
        await asyncio.sleep(self.seconds)
        status, reply = self.replies.get((request.method, request.path), self._nothing(request))
        return web.json_response(reply, status=status)

    def _nothing(self, request: web.Request) -> tuple[int, Any]:
        if not request.path.endswith("/articles"):
            return 404, problem(404, "No such article.")
        if request.method == "GET":
            return 200, {"articles": []}
        fault = {"field": "title", "code": "required", "detail": "title is missing."}
        return 422, problem(422, "title is missing.", fault)


def problem(status: int, detail: str, *faults: Json) -> Json:
    """Problem details as knowledge sends them."""
    return {
        "type": "about:blank",
        "title": "No",
        "status": status,
        "detail": detail,
        "errors": list(faults),
    }


@dataclass(frozen=True)
class Answer:
    """Status, headers and body of an answer; `json` when it has one."""

    status: int
    headers: Any
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def codes(self) -> list[tuple[str, str]]:
        """The fields at fault and why."""
        return [(fault["field"], fault["code"]) for fault in self.json["errors"]]


class Api:
    """A browser without habits: it sends what it is told to and checks what comes back."""

    def __init__(self, client: TestClient[Any, Any]) -> None:
        self.client = client

    async def ask(self, method: str, path: str, **options: Any) -> Answer:
        async with self.client.request(method, path, allow_redirects=False, **options) as response:
            answer = Answer(response.status, response.headers.copy(), await response.text())
        check_against_document(method, path, answer)
        return answer

    async def resident(self, municipality: str = "ekhamn", language: str = "sv") -> Resident:
        answer = await self.ask(
            "POST",
            "/api/v1/conversations",
            json={"municipality": municipality, "language": language},
        )
        assert 201 == answer.status, answer.text
        return Resident(self, answer.json["id"], answer.json["token"])

    async def staff(self, email: str, password: str) -> Staff:
        answer = await self.ask(
            "POST", "/api/v1/session", json={"email": email, "password": password}
        )
        assert 200 == answer.status, answer.text
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
        return Staff(self, cookie, answer.json["csrf"], answer.json)


@dataclass(frozen=True)
class Resident:
    """One conversation, as the resident's page holds it."""

    api: Api
    id: str
    token: str

    @property
    def path(self) -> str:
        return f"/api/v1/conversations/{self.id}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def ask(self, method: str, path: str = "", **options: Any) -> Answer:
        headers = {**self.headers, **options.pop("headers", {})}
        return await self.api.ask(method, self.path + path, headers=headers, **options)

    async def write(self, text: str, client_id: str | None = None) -> Json:
        body = {"text": text} if client_id is None else {"text": text, "client_id": client_id}
        answer = await self.ask("POST", "/messages", json=body)
        assert 200 == answer.status, answer.text
        return dict(answer.json)

    async def want_person(self) -> Json:
        answer = await self.ask("POST", "/handoff", json={"reason": "asked"})
        assert 200 == answer.status, answer.text
        return dict(answer.json)

    async def transcript(self) -> list[tuple[str, str]]:
        messages = (await self.ask("GET", "/messages")).json["messages"]
        assert list(range(1, len(messages) + 1)) == [message["seq"] for message in messages]
        return [(message["author"], message["text"]) for message in messages]

    @asynccontextmanager
    async def events(self, after: int = 0) -> AsyncIterator[ClientWebSocketResponse]:
        async with self.api.client.ws_connect(
            f"{self.path}/events?after={after}", protocols=("svar", f"bearer.{self.token}")
        ) as socket:
            yield socket


@dataclass(frozen=True)
class Staff:
    """A member of staff who is signed in."""

    api: Api
    cookie: str
    csrf: str
    session: Json

    async def ask(self, method: str, path: str, **options: Any) -> Answer:
        headers = {"Cookie": self.cookie, **options.pop("headers", {})}
        if method != "GET":
            headers.setdefault("X-CSRF-Token", self.csrf)
        return await self.api.ask(method, path, headers=headers, **options)

    async def desk(self, conversation: str, action: str, body: Json | None = None) -> Answer:
        options = {} if body is None else {"json": body}
        path = f"/api/v1/desk/conversations/{conversation}/{action}"
        return await self.ask("POST", path, **options)

    async def queue(self) -> Json:
        return dict((await self.ask("GET", "/api/v1/desk/queue")).json)

    @asynccontextmanager
    async def events(self) -> AsyncIterator[ClientWebSocketResponse]:
        async with self.api.client.ws_connect(
            "/api/v1/desk/events", headers={"Cookie": self.cookie}
        ) as socket:
            yield socket


def check_against_document(method: str, path: str, answer: Answer) -> None:
    """Hold an API answer against the OpenAPI document."""
    for template, operations in DOCUMENT["paths"].items():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path.partition("?")[0]) and method.lower() in operations:
            break
    else:
        return
    responses = operations[method.lower()]["responses"]
    assert str(answer.status) in responses, f"{method} {template} may not answer {answer.status}"
    content = responses[str(answer.status)].get("content")
    if content is None:
        assert "" == answer.text
        return
    kind = answer.headers["Content-Type"].partition(";")[0]
    assert kind in content
    if kind == "text/plain":
        return
    schema = {**content[kind]["schema"], "components": DOCUMENT["components"]}
    jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    ).validate(answer.json)


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    """Waits until something holds, for as long as a busy machine may need."""

    async def wait(holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not holds():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)

    return wait


@pytest.fixture(scope="session")
def var_with_accounts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database with the demo accounts, made once; their hashes are cheap to check."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    var = tmp_path_factory.mktemp("gateway") / "var"

    async def make() -> None:
        database = Database(f"sqlite+aiosqlite:///{var / 'gateway.db'}")
        await database.migrate()
        await make_demo_accounts(
            database,
            Passwords(hasher),
            load_municipalities(PACKAGE / "municipalities"),
            var / "demo-accounts.json",
        )
        await database.close()

    asyncio.run(make())
    return var


@pytest.fixture
def accounts(var_with_accounts: Path) -> dict[str, str]:
    return dict(json.loads((var_with_accounts / "demo-accounts.json").read_text()))


@pytest.fixture
def bot() -> FakeBot:
    return FakeBot()


@pytest.fixture
def knowledge() -> FakeKnowledge:
    return FakeKnowledge()


@pytest.fixture
async def bot_server(bot: FakeBot) -> AsyncIterator[TestServer]:
    app = web.Application()
    app.router.add_post("/webhooks/svar/turns", bot.handle)
    app.router.add_delete("/webhooks/svar/conversations/{conversation}", bot.forget)
    server = TestServer(app)
    await server.start_server(access_log=None)
    yield server
    await server.close()


@pytest.fixture
async def knowledge_server(knowledge: FakeKnowledge) -> AsyncIterator[TestServer]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", knowledge.handle)
    server = TestServer(app)
    await server.start_server(access_log=None)
    yield server
    await server.close()


@pytest.fixture
def municipalities_folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The demo municipalities; Ekhamn's chat may stand on one other website too.

    A test may put lines above the tables of every file as a parameter.
    """
    folder = tmp_path / "municipalities"
    shutil.copytree(PACKAGE / "municipalities", folder)
    ekhamn = folder / "ekhamn.toml"
    ekhamn.write_text(
        ekhamn.read_text("utf-8").replace(
            "allowed_origins = []", 'allowed_origins = ["https://www.ekhamn.example"]'
        ),
        "utf-8",
    )
    for file in folder.glob("*.toml"):
        file.write_text(f"{getattr(request, 'param', '')}\n{file.read_text('utf-8')}", "utf-8")
    return folder


@pytest.fixture
def patience() -> float:
    """How many seconds bot and knowledge have; the tests of slow ones give them less."""
    return 5.0


@pytest.fixture
def settings(
    tmp_path: Path,
    var_with_accounts: Path,
    municipalities_folder: Path,
    bot_server: TestServer,
    knowledge_server: TestServer,
    monkeypatch: pytest.MonkeyPatch,
    patience: float,
) -> Settings:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SVAR_{name.upper()}", raising=False)
    # These tests mean the same by night and on Sundays; those about closing say so themselves.
    monkeypatch.setattr(OpeningHours, "is_open", lambda hours, at: True)
    shutil.copytree(var_with_accounts, tmp_path / "var")
    return Settings(
        var=tmp_path / "var",
        municipalities=municipalities_folder,
        bot_url=str(bot_server.make_url("")),
        knowledge_url=str(knowledge_server.make_url("")),
        turn_seconds=patience,
        knowledge_seconds=patience,
    )


@pytest.fixture
async def start_gateway() -> AsyncIterator[Callable[[Settings], Awaitable[Api]]]:
    """Starts gateways; they stop at the end, or by `await api.client.close()`."""
    clients: list[TestClient[Any, Any]] = []

    async def start(settings: Settings) -> Api:
        server = TestServer(init_app(settings))
        client = TestClient(server, cookie_jar=DummyCookieJar())
        clients.append(client)
        await server.start_server(access_log_class=AccessLogger)
        return Api(client)

    yield start
    for client in clients:
        await client.close()


@pytest.fixture
async def api(start_gateway: Callable[[Settings], Awaitable[Api]], settings: Settings) -> Api:
    return await start_gateway(settings)


@pytest.fixture
def sign_in(api: Api, accounts: dict[str, str]) -> Callable[[str], Awaitable[Staff]]:
    """Signs in a demo account by its e-mail address."""

    async def sign_in(email: str) -> Staff:
        return await api.staff(email, accounts[email])

    return sign_in


@pytest.fixture
async def operator(sign_in: Callable[[str], Awaitable[Staff]]) -> Staff:
    return await sign_in("operator@ekhamn.example")


@pytest.fixture
async def colleague(sign_in: Callable[[str], Awaitable[Staff]]) -> Staff:
    return await sign_in("admin@ekhamn.example")


@pytest.fixture
async def editor(sign_in: Callable[[str], Awaitable[Staff]]) -> Staff:
    return await sign_in("editor@ekhamn.example")


@pytest.fixture
def texts() -> Callable[..., str]:
    """A text of the locale files with its placeholders filled."""

    def say(language: str, key: str, **values: str) -> str:
        found = json.loads((PACKAGE / "locales" / f"{language}.json").read_text("utf-8"))
        return str(found[key]).format(**values)

    return say
