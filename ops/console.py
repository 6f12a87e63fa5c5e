"""What the commands print: numbered steps with their progress, and errors in plain words."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import NoReturn


class CommandError(Exception):
    """Something the person at the keyboard can mend; the message says what and how."""


def fail(message: str) -> NoReturn:
    """End the command with exit code 2 and `message` alone, without a traceback."""
    print(f"\n{message}", file=sys.stderr, flush=True)
    raise SystemExit(2)


def say(message: str) -> None:
    """Print one line at once, so that a log shows progress as it happens."""
    print(message, flush=True)


class Steps:
    """Numbers the steps of a long command and says how long each took."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._number = 0

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Announce a step; its closing line gives the seconds, or "unchanged"."""
        self._number += 1
        step = Step(f"[{self._number}/{self._total}] {title}")
        say(step.label)
        started = time.monotonic()
        yield step
        outcome = "unchanged" if step.unchanged else f"done in {time.monotonic() - started:.1f} s"
        say(f"      {outcome}")


class Step:
    """One step under way."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.unchanged = False
