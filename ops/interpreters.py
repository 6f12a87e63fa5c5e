"""Finding a Python that really runs: the bot needs 3.10, the rest 3.11 or newer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from .console import CommandError, say

_PROBE = "import sys; print('%d.%d' % sys.version_info[:2])"


def find_interpreter(versions: Sequence[str], purpose: str) -> Path:
    """Return an interpreter of the first of `versions` that is found, or fetched with uv.

    A name on the PATH may be a shim that fails when called, so every candidate is run.
    Looks on the PATH, then among pyenv's, then uv's, and then lets uv fetch the first version.

    Raises:
        CommandError: none is there and none can be fetched; the message names what to install.
    """
    for version in versions:
        for candidate in _candidates(version):
            if _version_of(candidate) == version:
                return Path(candidate)
    fetched = _fetch(versions[0])
    if fetched is not None:
        return fetched
    wanted = " or ".join(versions)
    raise CommandError(
        f"Python {wanted} is needed for {purpose} and was not found.\n"
        f"Install it in one of these ways and run the command again:\n"
        f"  - with your system's packages (python{versions[0]} and python{versions[0]}-venv),\n"
        f"  - with pyenv:  pyenv install {versions[0]}\n"
        f"  - with uv:     uv python install {versions[0]}"
    )


def _candidates(version: str) -> Iterator[str]:
    if f"{sys.version_info[0]}.{sys.version_info[1]}" == version and sys.prefix == sys.base_prefix:
        yield sys.executable
    on_path = shutil.which(f"python{version}")
    if on_path:
        yield on_path
    roots = [os.environ.get("PYENV_ROOT"), str(Path.home() / ".pyenv")]
    for root in dict.fromkeys(filter(None, roots)):
        for binary in sorted(Path(root).glob(f"versions/{version}.*/bin/python"), reverse=True):
            yield str(binary)
    found = _uv("python", "find", "--no-project", version)
    if found:
        yield found


def _fetch(version: str) -> Path | None:
    if shutil.which("uv") is None:
        return None
    say(f"      fetching Python {version} with uv")
    _uv("python", "install", version, limit=600)
    found = _uv("python", "find", "--no-project", version)
    return Path(found) if found and _version_of(found) == version else None


def _uv(*arguments: str, limit: float = 30) -> str | None:
    try:
        done = subprocess.run(
            ["uv", *arguments], capture_output=True, text=True, timeout=limit, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _version_of(executable: str) -> str | None:
    try:
        done = subprocess.run(
            [executable, "-c", _PROBE], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
