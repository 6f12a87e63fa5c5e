"""`make measure`: latency, memory and sizes, as docs/measurements.md gives them.

Two stacks run side by side on one machine: Svar, and the same bot on stock Rasa (its own
validation, every utterance encoded twice). Questions alternate between them, so that both see
the same machine at the same time.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import aiohttp

from .console import say
from .settings import Layout, read_layout
from .stack import HEALTH, Stack

_WARM_UP = 10
_ALONE = 120
_AT_ONCE = 20
_LANGUAGES = ("sv", "nb", "nn")
_LONG = 8
_EARLY, _LATE = range(3, 8), range(98, 103)
"""Conversations that go on for long, and the turns that are compared: about the 5th and 100th."""
_WIDGET = Path("gateway/static/build/svar-chat.js")


@dataclass(frozen=True)
class Question:
    """A labelled question of one of the demo municipalities."""

    municipality: str
    language: str
    text: str


@dataclass(frozen=True)
class Turn:
    """How long one answer took, and whether it was only the honest failure message."""

    seconds: float
    failed: bool


@dataclass(frozen=True)
class Latency:
    """Milliseconds from POST messages to the answer, and how many got none in time."""

    p50: float
    p95: float
    count: int
    failed: int

    @classmethod
    def of(cls, turns: Sequence[Turn]) -> Latency:
        """Summarise measured turns; one that failed counts with the time it took to say so."""
        milliseconds = [1000 * turn.seconds for turn in turns]
        cuts = statistics.quantiles(milliseconds, n=20)
        failed = sum(turn.failed for turn in turns)
        return cls(statistics.median(milliseconds), cuts[18], len(turns), failed)


def measure() -> int:
    """Print the figures as one Markdown table each."""
    made = read_layout()
    with tempfile.TemporaryDirectory(prefix="svar-measure-") as folder:
        ours = _layout(made, Path(folder) / "ours", SVAR_BEGINNINGS_PER_ADDRESS="0")
        stock = _layout(
            made,
            Path(folder) / "stock",
            SVAR_BOT_ENTRY="bot.stock_rasa",
            SVAR_QUERY_CACHE="0",
            SVAR_BEGINNINGS_PER_ADDRESS="0",
        )
        stacks = [Stack(ours), Stack(stock)]
        try:
            for layout, stack in zip((ours, stock), stacks, strict=True):
                _seed(made, layout)
                stack.start()
                stack.wait_ready(tell=say)
            asyncio.run(_latencies(ours, stock))
            asyncio.run(_long_conversations(ours))
            _memory(stacks[0])
        finally:
            for stack in stacks:
                stack.stop()
    _sizes()
    return 0


def _layout(made: Layout, var: Path, **settings: str) -> Layout:
    sockets = {name: socket.socket() for name in HEALTH}
    for each in sockets.values():
        each.bind(("127.0.0.1", 0))
    ports = {
        f"SVAR_{name.upper()}_PORT": str(each.getsockname()[1]) for name, each in sockets.items()
    }
    for each in sockets.values():
        each.close()
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SVAR_")}
    shared = {key: made.environment[key] for key in ("SVAR_ENCODER", "SVAR_MODEL")}
    return read_layout({**kept, **shared, **ports, **settings, "SVAR_VAR": str(var)})


def _seed(made: Layout, layout: Layout) -> None:
    layout.ensure_folders()
    if (made.var / "index").exists():
        shutil.copytree(made.var / "index", layout.var / "index")
    for module, command in (("knowledge", "seed"), ("gateway", "demo-accounts")):
        subprocess.run(
            [".venv/bin/python", "-m", module, command],
            env=dict(layout.environment),
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=900,
        )


def _questions() -> list[Question]:
    found: list[Question] = []
    municipalities = sorted(folder.name for folder in Path("knowledge/seed").iterdir())
    rows = [_rows(Path("knowledge/evaluation") / f"{name}.jsonl") for name in municipalities]
    for several in zip(*rows, strict=False):
        found.extend(several)
    return found


def _rows(file: Path) -> Iterable[Question]:
    for line in file.read_text().splitlines():
        row = json.loads(line)
        # A conversation is begun in a language of the municipality's; others are only written.
        if row["language"] in _LANGUAGES:
            yield Question(file.stem, row["language"], row["text"])


async def _latencies(ours: Layout, stock: Layout) -> None:
    questions = _questions()
    alone = questions[: _WARM_UP + _ALONE]
    crowd = questions[len(alone) :]
    limit = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(timeout=limit) as session:
        single: dict[str, list[Turn]] = {"ours": [], "stock": []}
        for number, question in enumerate(alone):
            for name, layout in (("ours", ours), ("stock", stock)):
                turn = await _ask(session, layout, question)
                if number >= _WARM_UP:
                    single[name].append(turn)
        many = {
            "ours": await _ask_at_once(session, ours, crowd),
            "stock": await _ask_at_once(session, stock, crowd),
        }
    say(f"\n{platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    say("| residents | | p50 ms | p95 ms | questions | failed |")
    say("|---|---|---|---|---|---|")
    for who, results in (("one", single), (f"{_AT_ONCE} at once", many)):
        for name, label in (("ours", "Svar"), ("stock", "stock Rasa")):
            it = Latency.of(results[name])
            figures = f"{it.p50:.1f} | {it.p95:.1f} | {it.count} | {it.failed}"
            say(f"| {who} | {label} | {figures} |")
        ratio = Latency.of(results["stock"]).p50 / Latency.of(results["ours"]).p50
        say(f"| {who} | stock / Svar at p50 | {ratio:.1f} | | | |")


async def _ask_at_once(
    session: aiohttp.ClientSession, layout: Layout, questions: Sequence[Question]
) -> list[Turn]:
    waiting = list(questions)
    turns: list[Turn] = []

    async def resident() -> None:
        while waiting:
            turns.append(await _ask(session, layout, waiting.pop()))

    await asyncio.gather(*(resident() for _ in range(_AT_ONCE)))
    return turns


async def _long_conversations(layout: Layout) -> None:
    """Whether a turn takes longer the more has been said before it."""
    questions = [each for each in _questions() if each.municipality == "ekhamn"]
    early: list[Turn] = []
    late: list[Turn] = []
    random = Random(5)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
        # The first one fills the caches, so that it's the turn's place alone that differs.
        for number in range(_LONG + 1):
            begun = await _begin(session, layout, questions[0])
            asked = random.choices(questions, k=_LATE.stop)
            for place, question in enumerate(asked):
                turn = await _write(session, begun, question.text)
                if number and place in _EARLY:
                    early.append(turn)
                if number and place in _LATE:
                    late.append(turn)
    say("\n| turn | p50 ms | p95 ms | turns | failed |")
    say("|---|---|---|---|---|")
    for label, turns in (("about the 5th", early), ("about the 100th", late)):
        it = Latency.of(turns)
        say(f"| {label} | {it.p50:.1f} | {it.p95:.1f} | {it.count} | {it.failed} |")


async def _ask(session: aiohttp.ClientSession, layout: Layout, question: Question) -> Turn:
    return await _write(session, await _begin(session, layout, question), question.text)


async def _begin(
    session: aiohttp.ClientSession, layout: Layout, question: Question
) -> tuple[str, dict[str, str]]:
    """Begin a conversation; give the address of its messages and the headers that open it."""
    base = layout.addresses["gateway"].url + "/api/v1/conversations"
    body = {"municipality": question.municipality, "language": question.language}
    async with session.post(base, json=body) as made:
        made.raise_for_status()
        conversation = await made.json()
    headers = {"Authorization": f"Bearer {conversation['token']}"}
    return f"{base}/{conversation['id']}/messages", headers


async def _write(
    session: aiohttp.ClientSession, begun: tuple[str, dict[str, str]], text: str
) -> Turn:
    url, headers = begun
    message = {"text": text, "client_id": str(uuid.uuid4())}
    began = time.perf_counter()
    async with session.post(url, json=message, headers=headers) as answer:
        answer.raise_for_status()
        reply = (await answer.json())["messages"][-1]
    taken = time.perf_counter() - began
    failed = reply["answer"] is not None and reply["answer"]["status"] == "error"
    return Turn(taken, failed)


def _memory(stack: Stack) -> None:
    say("\n| process | resident MB |")
    say("|---|---|")
    for name in HEALTH:
        pages = Path(f"/proc/{stack.pid(name)}/status").read_text()
        resident = next(line for line in pages.splitlines() if line.startswith("VmRSS"))
        say(f"| {name} | {int(resident.split()[1]) / 1024:.0f} |")


def _sizes() -> None:
    script = _WIDGET.read_bytes()
    say(f"\nwidget: {len(gzip.compress(script, 9)) / 1000:.1f} kB gzip, {len(script)} bytes")
