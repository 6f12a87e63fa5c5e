"""`python -m ops measure-desk`: how fast resident and operator reach each other, under load.

One gateway process with a database of its own and a bot made here that answers at once, so that
only the gateway is measured. Nothing else has to run.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from .console import CommandError, say

OPEN = 200
"""Conversations that operators have, or that wait, while it is measured."""
ROUNDS = 200
IDLE = 1000
START_SECONDS = 60.0
FOUND_SECONDS = 20.0
MUNICIPALITY = "ekhamn"
Json = dict[str, Any]


def measure_desk() -> int:
    """Print the figures as one Markdown table."""
    with tempfile.TemporaryDirectory(prefix="svar-desk-") as folder:
        asyncio.run(_measure(Path(folder)))
    return 0


async def _measure(var: Path) -> None:
    limit = aiohttp.ClientTimeout(total=60)
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        _bot() as bot,
        _gateway(var, bot) as (url, pid),
        aiohttp.ClientSession(timeout=limit, connector=connector) as session,
    ):
        say(f"\n{platform.processor() or platform.machine()}, {os.cpu_count()} cores")
        say("| | p50 ms | p95 ms | |")
        say("|---|---|---|---|")
        await _there_and_back(session, url, var)
        await _idle(session, url, pid)


async def _there_and_back(session: aiohttp.ClientSession, url: str, var: Path) -> None:
    """Measure one conversation's messages while many others are open at the same desk."""
    operator = await _sign_in(session, url, var)
    residents = [await _resident(session, url) for _ in range(OPEN)]
    for resident in residents:
        await _ask(session, resident, "/handoff", {"reason": "asked"})
    one = residents[0]
    desk = f"{url}/api/v1/desk"
    claim = f"{desk}/conversations/{one['id']}/claim"
    async with session.post(claim, headers=operator) as answer:
        answer.raise_for_status()
    there: list[float] = []
    back: list[float] = []
    async with (
        session.ws_connect(f"{desk}/events", headers={"Cookie": operator["Cookie"]}) as events,
        session.ws_connect(
            f"{one['url']}/events", protocols=("svar", f"bearer.{one['token']}")
        ) as own,
    ):
        for number in range(ROUNDS):
            # Half of the others write at the same time, as on a busy morning.
            other = residents[1 + number % (OPEN - 1)]
            noise = asyncio.create_task(_ask(session, other, "/messages", {"text": f"n{number}"}))
            text = f"fråga {number}"
            began = time.perf_counter()
            sent = asyncio.create_task(_ask(session, one, "/messages", {"text": text}))
            await _until(events, text)
            there.append(time.perf_counter() - began)
            text = f"svar {number}"
            began = time.perf_counter()
            path = f"{desk}/conversations/{one['id']}/messages"
            written = asyncio.create_task(_post(session, path, {"text": text}, operator))
            await _until(own, text)
            back.append(time.perf_counter() - began)
            await asyncio.gather(sent, noise, written)
    total = [one_way + other_way for one_way, other_way in zip(there, back, strict=True)]
    what = f"{OPEN} open conversations, {ROUNDS} rounds"
    _row("resident's send to the operator's screen", there, what)
    _row("operator's send to the resident's screen", back, what)
    _row("there and back", total, what)


async def _idle(session: aiohttp.ClientSession, url: str, pid: int) -> None:
    """Measure memory and one page's messages beside many pages that only listen."""
    before = _resident_megabytes(pid)
    begun = [await _resident(session, url) for _ in range(IDLE)]
    made = _resident_megabytes(pid)
    sockets = []
    for resident in begun:
        sockets.append(
            await session.ws_connect(
                f"{resident['url']}/events?after=1",
                protocols=("svar", f"bearer.{resident['token']}"),
            )
        )
    opened = _resident_megabytes(pid)
    resident = await _resident(session, url)
    taken: list[float] = []
    async with session.ws_connect(
        f"{resident['url']}/events", protocols=("svar", f"bearer.{resident['token']}")
    ) as own:
        for number in range(ROUNDS):
            text = f"fråga {number}"
            began = time.perf_counter()
            sent = asyncio.create_task(_ask(session, resident, "/messages", {"text": text}))
            await _until(own, f"Svar på: {text}")
            taken.append(time.perf_counter() - began)
            await sent
    _row("resident's send to the bot's answer on screen", taken, f"{IDLE} idle WebSockets")
    for each in sockets:
        await each.close()
    say(
        f"\ngateway: {before:.0f} MB before, {made:.0f} MB with {IDLE} conversations, "
        f"{opened:.0f} MB with their WebSockets open "
        f"({1000 * (opened - made) / IDLE:.0f} kB each)"
    )


def _row(what: str, seconds: list[float], about: str) -> None:
    milliseconds = [1000 * each for each in seconds]
    p95 = statistics.quantiles(milliseconds, n=20)[18]
    say(f"| {what} | {statistics.median(milliseconds):.1f} | {p95:.1f} | {about} |")


def _resident_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


async def _until(events: aiohttp.ClientWebSocketResponse, text: str) -> None:
    """Read frames until one is the message with this text."""
    async with asyncio.timeout(FOUND_SECONDS):
        while True:
            frame = await events.receive_json()
            if frame.get("message", frame).get("text") == text:
                return


async def _resident(session: aiohttp.ClientSession, url: str) -> dict[str, str]:
    base = f"{url}/api/v1/conversations"
    begun = await _post(session, base, {"municipality": MUNICIPALITY}, {})
    return {"id": begun["id"], "token": begun["token"], "url": f"{base}/{begun['id']}"}


async def _ask(
    session: aiohttp.ClientSession, resident: dict[str, str], path: str, body: Json
) -> Json:
    headers = {"Authorization": f"Bearer {resident['token']}"}
    return await _post(session, resident["url"] + path, body, headers)


async def _post(
    session: aiohttp.ClientSession, url: str, body: Json, headers: dict[str, str]
) -> Json:
    async with session.post(url, json=body, headers=headers) as answer:
        answer.raise_for_status()
        return dict(await answer.json())


async def _sign_in(session: aiohttp.ClientSession, url: str, var: Path) -> dict[str, str]:
    email = f"operator@{MUNICIPALITY}.example"
    password = json.loads((var / "demo-accounts.json").read_text())[email]
    body = {"email": email, "password": password}
    async with session.post(f"{url}/api/v1/session", json=body) as answer:
        answer.raise_for_status()
        cookie = answer.cookies["svar_session"].value
        csrf = (await answer.json())["csrf"]
    session.cookie_jar.clear()
    return {"Cookie": f"svar_session={cookie}", "X-CSRF-Token": csrf}


@asynccontextmanager
async def _bot() -> AsyncIterator[str]:
    async def turn(request: web.Request) -> web.Response:
        said = (await request.json())["text"]
        return web.json_response({"intent": None, "messages": [{"text": f"Svar på: {said}"}]})

    app = web.Application()
    app.router.add_post("/webhooks/svar/turns", turn)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    port = _free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _gateway(var: Path, bot: str) -> AsyncIterator[tuple[str, int]]:
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway",
        env={
            **{key: value for key, value in os.environ.items() if not key.startswith("SVAR_")},
            "SVAR_VAR": str(var),
            "SVAR_GATEWAY_PORT": str(port),
            "SVAR_BEGINNINGS_PER_ADDRESS": "0",
            "SVAR_BOT_URL": bot,
            # Nobody listens there: languages are then not told apart, which costs nothing.
            "SVAR_KNOWLEDGE_URL": f"http://127.0.0.1:{_free_port()}",
        },
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await _wait_live(url)
        yield url, process.pid
    finally:
        process.terminate()
        await process.wait()


async def _wait_live(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        for _ in range(int(START_SECONDS / 0.2)):
            with suppress(aiohttp.ClientError):
                async with session.get(f"{url}/health/live") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.2)
    raise CommandError("the gateway did not start")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
