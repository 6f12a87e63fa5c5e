"""`make evaluate`: how well questions are answered, understood and followed.

Everything that is measured on labelled data, one section after the other. Public sets are left
out unless a folder with their files is given.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .console import CommandError, say
from .knowledge import Knowledge
from .settings import Layout, read_layout

_SVAR = ".venv/bin/python"
_BOT = ".venv-bot/bin/python"


def evaluate(public: Path | None) -> int:
    """Run all sections; 1 when one of them could not be measured."""
    layout = read_layout()
    compare = [_SVAR, "-m", "knowledge", "compare"]
    intents = [_BOT, "-m", "bot.evaluate_intents"]
    sections = [
        ("Answers", [*compare, *(["--public", str(public)] if public else [])]),
        ("Follow-ups", [_SVAR, "-m", "knowledge", "evaluate-dialogues"]),
    ]
    if public:
        short, outside = public / "slide_dev_short.jsonl", public / "massive_nb.jsonl"
        language = [_SVAR, "-m", "knowledge", "evaluate-language", "--file", str(short)]
        sections.append(("Languages", language))
        if outside.exists():
            intents += ["--outside", str(outside)]
    done = [_section(layout, title, command) for title, command in sections]
    with Knowledge(layout, Path(_SVAR)):
        done.append(_section(layout, "Intents", intents))
        done.append(_section(layout, "Crises", [_BOT, "-m", "bot.evaluate_crisis"]))
    return 0 if all(done) else 1


def with_knowledge(command: Sequence[str]) -> int:
    """Run a command while the knowledge process is up; its exit code.

    Raises:
        CommandError: there is no command.
    """
    if not command:
        raise CommandError("Which command is to be run?")
    layout = read_layout()
    with Knowledge(layout, Path(_SVAR)):
        environment = {**os.environ, **layout.environment}
        return subprocess.run(command, env=environment, check=False).returncode


def _section(layout: Layout, title: str, command: Sequence[str]) -> bool:
    say(f"\n== {title}: {' '.join(command)}\n")
    environment = {**os.environ, **layout.environment}
    return subprocess.run(command, env=environment, check=False).returncode == 0
