"""The four processes as one thing: started, awaited, one of them stopped, all of them stopped."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import xmlrpc.client
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from .console import CommandError
from .settings import Layout

HEALTH = {
    "knowledge": "/health/ready",
    "actions": "/health/ready",
    "bot": "/webhooks/svar/health/ready",
    "gateway": "/health/ready",
}
BAD_SETTING = 2
"""The exit code of a process that can't use its settings."""
_SET_PARENT_DEATH_SIGNAL = 1


class Stack:
    """The process manager with the four processes below it."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._manager: subprocess.Popen[bytes] | None = None
        # A socket's path may hold about a hundred characters; folders of data can be deeper.
        self._folder = tempfile.TemporaryDirectory(prefix="svar-")
        self._socket = str(Path(self._folder.name) / "manager.sock")

    def start(self) -> None:
        """Start the manager, which starts the processes.

        Raises:
            CommandError: one of the ports is taken.
        """
        for address in self._layout.addresses.values():
            address.check_free()
        self._layout.ensure_folders()
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", "ops/supervisord.conf"]
        self._manager = subprocess.Popen(
            command,
            env={**self._layout.environment, "SVAR_SOCKET": self._socket},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            preexec_fn=_die_with_parent,
        )

    def wait_ready(self, limit: float = 180, tell: Callable[[str], None] = lambda _: None) -> None:
        """Wait until all four say that they are ready; `tell` gets a line for each that is.

        Raises:
            CommandError: one ended because of its settings, or was not ready within `limit`
                seconds; the message ends with the last lines of its log.
        """
        deadline = time.monotonic() + limit
        missing = dict(HEALTH)
        while missing:
            for name, path in list(missing.items()):
                if is_ready(self._layout.addresses[name].url + path):
                    del missing[name]
                    tell(f"      {name} is ready")
            self._raise_if_ended(missing)
            if missing and time.monotonic() > deadline:
                raise CommandError(
                    f"Not ready after {limit:.0f} s: {', '.join(missing)}.\n"
                    + "\n".join(self.log_tail(name) for name in missing)
                )
            time.sleep(0.2)

    def _raise_if_ended(self, names: Any) -> None:
        if self._manager is None or self._manager.poll() is not None:
            log = self._layout.var / "log" / "supervisord.log"
            raise CommandError("The process manager has ended. Its log is " + str(log))
        for name in names:
            if self.state(name) in {"EXITED", "FATAL"} or self._refuses_settings(name):
                raise CommandError(f"{name} could not start.\n{self.log_tail(name)}")

    def state(self, name: str) -> str:
        """The manager's word for a process: STARTING, RUNNING, STOPPED, EXITED, FATAL …"""
        try:
            return str(self._control().getProcessInfo(name)["statename"])
        except (OSError, xmlrpc.client.Error):
            return "STARTING"

    def _refuses_settings(self, name: str) -> bool:
        # Ended sooner than the manager waits for a start, it is started again all the same.
        try:
            info = cast(Any, self._control().getProcessInfo(name))
        except (OSError, xmlrpc.client.Error):
            return False
        return bool(info["statename"] == "BACKOFF" and info["exitstatus"] == BAD_SETTING)

    def stop_process(self, name: str) -> None:
        """Stop one process and leave it stopped."""
        self._control().stopProcess(name)

    def start_process(self, name: str) -> None:
        """Start one process that was stopped."""
        self._control().startProcess(name)

    def pid(self, name: str) -> int:
        """The process id of one of the four, 0 when it does not run."""
        return int(cast(Any, self._control().getProcessInfo(name)["pid"]))

    def log_tail(self, name: str, lines: int = 15) -> str:
        """The last lines of a process's log, for an error message."""
        log = self._layout.var / "log" / f"{name}.log"
        if not log.exists():
            return f"({name} has written no log)"
        tail = log.read_text(errors="replace").splitlines()[-lines:]
        return "\n".join([f"--- {log} ---", *tail])

    def wait(self) -> int:
        """Wait until the manager ends by itself or by a signal; its exit code."""
        assert self._manager is not None
        return self._manager.wait()

    def stop(self) -> None:
        """Stop everything and wait until nothing is left running."""
        if self._manager is None:
            return
        if self._manager.poll() is None:
            self._manager.send_signal(signal.SIGTERM)
            try:
                self._manager.wait(timeout=40)
            except subprocess.TimeoutExpired:
                self._manager.kill()
                self._manager.wait()
        self._manager = None
        self._folder.cleanup()

    def _control(self) -> Any:
        from supervisor.xmlrpc import SupervisorTransport

        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        return xmlrpc.client.ServerProxy("http://manager", transport=transport).supervisor


def is_ready(url: str) -> bool:
    """Whether a health address answers 200 within two seconds."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _die_with_parent() -> None:
    # Whatever kills the command, the manager is told to stop, and stops the processes.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
        if os.getppid() == 1:
            os._exit(1)
