"""Fixtures that several folders of tests share: the running stack and a client for its API."""

import json
import os
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ops.settings import Layout, read_layout
from ops.stack import Stack

TOP = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Answered:
    """Status and JSON body of one HTTP answer."""

    status: int
    body: Any


@dataclass(frozen=True)
class Svar:
    """The four processes running on ports and data of their own."""

    layout: Layout
    stack: Stack

    @property
    def url(self) -> str:
        return self.layout.addresses["gateway"].url

    def request(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Answered:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        request.add_header("Content-Type", "application/json")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                text = answer.read()
                return Answered(answer.status, json.loads(text) if text else None)
        except urllib.error.HTTPError as error:
            return Answered(error.code, json.loads(error.read() or b"null"))

    def accounts(self) -> dict[str, str]:
        return dict(json.loads((self.layout.var / "demo-accounts.json").read_text()))

    def converse(self, municipality: str, language: str) -> "Talk":
        made = self.request(
            "POST",
            "/api/v1/conversations",
            {"municipality": municipality, "language": language},
        )
        assert 201 == made.status, made.body
        return Talk(self, made.body["id"], made.body["token"])


@dataclass(frozen=True)
class Talk:
    """One conversation, as a resident holds it."""

    svar: Svar
    id: str
    token: str

    def post(self, text: str, client_id: str | None = None) -> Answered:
        body: dict[str, Any] = {"text": text}
        body["client_id"] = client_id or os.urandom(16).hex()
        return self.svar.request("POST", f"{self.path}/messages", body, self.headers)

    def messages(self, after: int = 0) -> list[dict[str, Any]]:
        got = self.svar.request("GET", f"{self.path}/messages?after={after}", None, self.headers)
        assert 200 == got.status, got.body
        return list(got.body["messages"])

    @property
    def path(self) -> str:
        return f"/api/v1/conversations/{self.id}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def layout_below(folder: Path) -> Layout:
    """A layout with its own data and ports that shares the encoder and the trained model."""
    made = read_layout()
    names = ("GATEWAY", "KNOWLEDGE", "ACTIONS", "BOT")
    ports = {
        f"SVAR_{name}_PORT": str(port)
        for name, port in zip(names, free_ports(len(names)), strict=True)
    }
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SVAR_")}
    return read_layout(
        {
            **kept,
            **ports,
            "SVAR_VAR": str(folder),
            "SVAR_ENCODER": made.environment["SVAR_ENCODER"],
            "SVAR_MODEL": made.environment["SVAR_MODEL"],
        }
    )


@pytest.fixture(scope="session")
def svar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Svar]:
    """Svar with freshly seeded demo municipalities, stopped at the end of the tests."""
    os.chdir(TOP)
    layout = layout_below(tmp_path_factory.mktemp("svar") / "var")
    layout.ensure_folders()
    # Unchanged chunks keep their vectors, so the tests needn't wait for them to be made again.
    index = read_layout().var / "index"
    if index.exists():
        shutil.copytree(index, layout.var / "index")
    for command in (["knowledge", "seed"], ["gateway", "demo-accounts"]):
        subprocess.run(
            [".venv/bin/python", "-m", *command],
            env=dict(layout.environment),
            check=True,
            timeout=600,
        )
    stack = Stack(layout)
    stack.start()
    try:
        stack.wait_ready()
        yield Svar(layout, stack)
    finally:
        stack.stop()
