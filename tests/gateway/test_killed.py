"""A gateway that is killed in the middle of everything, and started again."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector, WSMsgType

TOP = Path(__file__).parents[2]
CONVERSATIONS = 100
MESSAGES = 4
PATIENCE = 90.0
BROKEN = (ClientError, OSError, TimeoutError)


class Gateway:
    """A real process; `start` again after `kill` on the same port and database."""

    def __init__(self, settings) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("SVAR_")},
            "SVAR_VAR": str(settings.var),
            "SVAR_MUNICIPALITIES": str(settings.municipalities),
            "SVAR_GATEWAY_PORT": str(self.port),
            "SVAR_BOT_URL": settings.bot_url,
            "SVAR_KNOWLEDGE_URL": settings.knowledge_url,
            # A slow machine is not what this is about.
            "SVAR_TURN_SECONDS": "30",
        }
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "gateway",
            env=self.environment,
            cwd=TOP,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with ClientSession() as session, asyncio.timeout(PATIENCE):
            while True:
                with suppress(*BROKEN):
                    async with session.get(f"{self.url}/health/live") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.1)

    async def kill(self) -> None:
        assert self.process is not None
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


class Page:
    """A resident's page: sends until it is told that it arrived, and resumes after what it saw."""

    def __init__(self, session: ClientSession, url: str, number: int) -> None:
        self.session = session
        self.url = f"{url}/api/v1/conversations"
        self.number = number
        self.seen: list[dict] = []
        self.breaks = 0

    async def begin(self) -> None:
        async with self.session.post(self.url, json={"municipality": "ekhamn"}) as answer:
            begun = await answer.json()
        self.url = f"{self.url}/{begun['id']}"
        self.token = begun["token"]

    async def write(self) -> None:
        for count in range(MESSAGES):
            body = {"text": f"{self.number} {count}", "client_id": f"{self.number}-{count}"}
            while True:
                with suppress(*BROKEN):
                    async with self.session.post(
                        f"{self.url}/messages", json=body, headers=self.headers
                    ) as answer:
                        if answer.status == 200:
                            break
                await asyncio.sleep(0.2)

    async def follow(self) -> None:
        """Read the events; every break is mended by asking for what comes after the last seq."""
        while True:
            after = self.seen[-1]["seq"] if self.seen else 0
            with suppress(*BROKEN):
                async with self.session.ws_connect(
                    f"{self.url}/events?after={after}", protocols=("svar", f"bearer.{self.token}")
                ) as events:
                    async for frame in events:
                        if frame.type is not WSMsgType.TEXT:
                            break
                        self.seen.append(frame.json())
            self.breaks += 1
            await asyncio.sleep(0.2)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def transcript(self) -> list[dict]:
        async with self.session.get(f"{self.url}/messages", headers=self.headers) as answer:
            return (await answer.json())["messages"]


async def _until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not done():  # noqa: ASYNC110 - what is waited for happens in other processes
            await asyncio.sleep(0.01)


async def test_a_kill_loses_and_doubles_nothing(settings, bot) -> None:
    """A hundred conversations, killed while bot and database are busy with them.

    Each message is stored and answered once, and every page has seen each message once, in order.
    """
    bot.seconds = 0.2
    gateway = Gateway(settings)
    await gateway.start()
    followers: list[asyncio.Task] = []
    try:
        async with ClientSession(
            connector=TCPConnector(limit=0), timeout=ClientTimeout(total=60)
        ) as session:
            pages = [Page(session, gateway.url, number) for number in range(CONVERSATIONS)]
            for page in pages:
                await page.begin()
            followers = [asyncio.create_task(page.follow()) for page in pages]
            writers = [asyncio.create_task(page.write()) for page in pages]
            await _until(lambda: len(bot.turns) >= CONVERSATIONS)
            await gateway.kill()
            assert not all(writer.done() for writer in writers)
            await gateway.start()
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*writers)
                kept = [await page.transcript() for page in pages]
            whole = [len(messages) for messages in kept]
            await _until(lambda: whole == [len(page.seen) for page in pages])
    finally:
        for follower in followers:
            follower.cancel()
        await gateway.kill()
    for page, messages in zip(pages, kept, strict=True):
        own = [f"{page.number} {count}" for count in range(MESSAGES)]
        assert own == [each["text"] for each in messages if each["author"] == "resident"]
        answers = [each["text"] for each in messages[1:] if each["author"] == "bot"]
        assert [f"Svar på: {text}" for text in own] == answers
        assert list(range(1, len(messages) + 1)) == [each["seq"] for each in page.seen]
        assert page.breaks > 0
