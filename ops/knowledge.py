"""The knowledge process alone, for as long as something needs its embeddings."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from .console import CommandError
from .settings import Layout
from .stack import is_ready


class Knowledge:
    """The knowledge process, up inside `with`."""

    def __init__(self, layout: Layout, python: Path) -> None:
        self._layout = layout
        self._python = python
        self._log = layout.var / "log" / "prepare.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> None:
        address = self._layout.addresses["knowledge"]
        address.check_free()
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [str(self._python), "-m", "knowledge", "serve"],
                env=dict(self._layout.environment),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + 300
        while not is_ready(address.url + "/health/ready"):
            if self._process.poll() is not None:
                raise CommandError("knowledge could not start.\n" + self._log.read_text())
            if time.monotonic() > deadline:
                self.__exit__()
                raise CommandError(f"knowledge was not ready in time; its log is {self._log}.")
            time.sleep(0.2)

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
