"""Fixtures that several folders of tests share: the running stack and a client for its API."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
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


def layout_below(folder: Path, settings: dict[str, str] | None = None) -> Layout:
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
            **(settings or {}),
            "SVAR_VAR": str(folder),
            "SVAR_ENCODER": made.environment["SVAR_ENCODER"],
            "SVAR_MODEL": made.environment["SVAR_MODEL"],
        }
    )


@dataclass(frozen=True)
class Mailbox:
    """A mail server that takes everything, and what it was sent, oldest first."""

    port: int
    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        parsed = message_from_bytes(envelope.content, policy=default)
        assert isinstance(parsed, EmailMessage)
        assert [parsed["To"]] == envelope.rcpt_tos
        self.mails.append(parsed)
        return "250 OK"

    def wait_for(self, text: str, seconds: float = 20.0) -> EmailMessage:
        """The mail whose subject holds a text."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for mail in self.mails:
                if text in mail["Subject"]:
                    return mail
            time.sleep(0.1)
        raise AssertionError(f"no mail about {text}: {[mail['Subject'] for mail in self.mails]}")


@pytest.fixture(scope="session")
def mailbox() -> Iterator[Mailbox]:
    """The municipalities' mail server."""
    from aiosmtpd.controller import Controller  # not in the bot's environment

    mailbox = Mailbox(free_ports(1)[0])
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    yield mailbox
    controller.stop()


@pytest.fixture(scope="session")
def svar(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[Svar]:
    """Svar with freshly seeded demo municipalities, stopped at the end of the tests."""
    os.chdir(TOP)
    mail = {
        "SVAR_SMTP_HOST": "127.0.0.1",
        "SVAR_SMTP_PORT": str(mailbox.port),
        "SVAR_SMTP_TLS": "none",
    }
    layout = layout_below(tmp_path_factory.mktemp("svar") / "var", mail)
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
