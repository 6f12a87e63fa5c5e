"""The two Python environments: one for Svar, one for Rasa, which lives with nothing modern."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .console import CommandError, Step, say
from .interpreters import find_interpreter
from .stamps import Stamp, digest


@dataclass(frozen=True)
class Environment:
    """A folder with an interpreter and exactly the packages of its lock files."""

    folder: Path
    purpose: str
    versions: Sequence[str]
    locks: Sequence[Path]

    @property
    def python(self) -> Path:
        """The interpreter inside the environment."""
        return self.folder / "bin" / "python"

    def ensure(self, step: Step) -> None:
        """Make the environment, or leave it alone when its lock files are those it was made from.

        Raises:
            CommandError: no fitting Python is found, or a package can't be installed.
        """
        stamp = Stamp(self.folder / "made-from", digest(self.locks))
        if stamp.matches() and self.python.exists():
            step.unchanged = True
            return
        stamp.clear()
        if not self._works():
            self._create(find_interpreter(self.versions, self.purpose))
        self._install()
        stamp.write()

    def _works(self) -> bool:
        if not self.python.exists():
            return False
        probe = [str(self.python), "-m", "pip", "--version"]
        return subprocess.run(probe, capture_output=True, timeout=60, check=False).returncode == 0

    def _create(self, interpreter: Path) -> None:
        say(f"      {interpreter}")
        if self.folder.exists():
            shutil.rmtree(self.folder)
        command = [str(interpreter), "-m", "venv", str(self.folder)]
        made = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if made.returncode != 0:
            version = self.versions[0]
            raise CommandError(
                f"{interpreter} can't make an environment. On Debian and Ubuntu it needs:\n"
                f"  apt-get install python{version}-venv\n\n{made.stdout}{made.stderr}"
            )

    def _install(self) -> None:
        self._pip("install", "--quiet", "pip==26.3")
        arguments = [part for lock in self.locks for part in ("-r", str(lock))]
        self._pip("install", *arguments, expected=sum(map(_pinned, self.locks)))

    def _pip(self, *arguments: str, expected: int = 0) -> None:
        command = [str(self.python), "-m", "pip", *arguments, "--disable-pip-version-check"]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PIP_ROOT_USER_ACTION": "ignore"}
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )
        assert process.stdout is not None
        last: list[str] = []
        collected = 0
        for line in process.stdout:
            last = [*last[-30:], line]
            if line.startswith("Collecting "):
                collected += 1
                if collected % 20 == 0:
                    name = line.split()[1].split("==")[0]
                    say(f"      package {collected} of {max(expected, collected)}: {name}")
            elif line.startswith("Installing collected"):
                say(f"      installing {collected} packages")
        if process.wait() != 0:
            raise CommandError(
                f"The packages for {self.purpose} could not be installed. pip said:\n\n"
                + "".join(last)
            )


def _pinned(lock: Path) -> int:
    return sum("==" in line for line in lock.read_text().splitlines())


def svar_environment(for_tests: bool) -> Environment:
    """The environment of gateway, knowledge, actions and these commands."""
    locks = [Path("requirements/svar.txt"), Path("requirements/build.txt")]
    if for_tests:
        locks.append(Path("requirements/dev.txt"))
    return Environment(Path(".venv"), "Svar", ("3.11", "3.12", "3.13"), locks)


def bot_environment(for_tests: bool) -> Environment:
    """The environment of Rasa 3.6, which runs on Python 3.10 at the newest."""
    locks = [Path("requirements/bot.txt")]
    if for_tests:
        locks.append(Path("requirements/bot-dev.txt"))
    return Environment(Path(".venv-bot"), "the bot", ("3.10",), locks)
