"""Packages of the operating system that a step needs: installed when root, else named."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

from .console import CommandError, say

# The first starts and draws in half the processor time: it has no window around the page.
_BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser")


def ensure_programs(programs: Sequence[str], packages: Sequence[str], purpose: str) -> None:
    """Make sure that one of `programs` is on the PATH, installing Debian `packages` as root.

    Raises:
        CommandError: it is missing and can't be installed here; the message names the packages.
    """
    if any(shutil.which(program) for program in programs):
        return
    wanted = " ".join(packages)
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"      installing {wanted} for {purpose}")
        quiet = {"DEBIAN_FRONTEND": "noninteractive", **os.environ}
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=False, timeout=300)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
            env=quiet,
            check=False,
            timeout=1200,
            stdout=subprocess.DEVNULL,
        )
        if any(shutil.which(program) for program in programs):
            return
    raise CommandError(
        f"{purpose} needs {' or '.join(programs)}.\n"
        f"Install it and run the command again, on Debian and Ubuntu with:\n"
        f"  apt-get install {wanted}"
    )


def ensure_browser(purpose: str) -> str:
    """The path of a Chromium, installed when there is none.

    Raises:
        CommandError: as ensure_programs does.
    """
    ensure_programs(_BROWSERS, _BROWSERS[:1], purpose)
    return next(path for name in _BROWSERS if (path := shutil.which(name)))
